"""A pathway asks, a learner holds, the audit compares.

Not here: where the mastery states come from (tests/unit/projections).
"""
