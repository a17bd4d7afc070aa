"""Several parts together, on a real PostgreSQL and a real Kafka broker.

Not here: stopping a part on purpose (fault).
"""
