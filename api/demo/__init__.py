"""Sample learners: two school years of a welding programme, made up from a seed.

Five providers of different kinds deliver what they saw in formats of their own, with the noise
of real feeds. `mastery demo` plays the deliveries into an empty ledger.

Not here: the command (`api.cli.demo`), and any real person.
"""
