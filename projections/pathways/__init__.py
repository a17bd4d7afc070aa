"""Pathways: what a programme of study asks for, and how far a learner is.

Pure: documents, what a learner holds, and the audit between them.
Not here: whether a competency is mastered (projections.policies), and reading the log.
"""
