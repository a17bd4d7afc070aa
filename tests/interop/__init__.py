"""Exchanges with programs that we did not write.

Not here: our own reading of a standard (contract).
"""
