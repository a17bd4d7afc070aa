"""Policies by named cases. Not here: what holds for all of them (tests/property)."""
