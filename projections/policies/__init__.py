"""Mastery policies: the documents, and the pure functions that judge evidence by them.

Not here: the database, the clock and the log; evidence and the moment are arguments.
"""
