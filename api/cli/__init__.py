"""The command line: `mastery`, one module a group of commands.

Not here: what the commands decide; they ask the same ledger and projections as the routes.
"""
