"""One module at a time, without a database.

Not here: generated cases (property) and suites that several implementations share (contract).
"""
