"""Folds, views and reports, one at a time, without a database.

Not here: policies (tests/unit/policies) and pathways (tests/unit/pathways).
"""
