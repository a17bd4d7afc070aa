"""Measures rates and latencies, from an empty database.

Not here: claims that pass or fail; nothing in this folder runs in `make check`.
"""
