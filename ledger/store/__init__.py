"""The log in PostgreSQL: append, read by position, receipts, keys and migrations.

SQL lives beside the code in named `.sql` files.
Not here: decisions about facts (ledger.domain), and read models (projections).
"""
