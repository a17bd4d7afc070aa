"""What evidence means: the pure folds, judged by the facts they are given.

Not here: PostgreSQL (tests/integration) and random histories (tests/property).
"""
