"""The SQL of the consumers, read once from sql/queries.sql by name."""

from __future__ import annotations

from projections import statements


def query(name: str) -> bytes:
    """Give one named statement."""
    return statements.named("consumers")[name].encode()
