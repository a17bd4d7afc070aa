"""Claims about the ledger, each a test; the folders say how a claim is checked.

Not here: sample documents for users (docs), and code that the service runs.
"""
