"""Suites that every store and every standard must pass.

Not here: cases that bear on one implementation only (unit, integration).
"""
