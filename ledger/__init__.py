"""What happened: facts, how they are decided, stored, sealed and proved.

Not here: what facts mean (projections), HTTP and the command line (api), Kafka (consumers).
"""
