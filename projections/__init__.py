"""What the facts mean: mastery, transcripts, history, pathways and reports, each one a fold.

Not here: writing facts (ledger), and showing answers to people or machines (api, consumers).
"""
