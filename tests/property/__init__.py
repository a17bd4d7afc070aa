"""Invariants over generated histories and documents.

Not here: single named cases (unit).
"""
