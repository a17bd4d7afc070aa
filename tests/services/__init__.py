"""The real servers that tests talk to: PostgreSQL, Kafka and Chromium.

Not here: fakes; a part that is missing is said to be missing.
"""
