"""What in the store does not belong together: facts, receipts and keys that miss each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, LiteralString, NamedTuple

Rows = Callable[[LiteralString, Sequence[object]], list[tuple[Any, ...]]]


class _Question(NamedTuple):
    query: LiteralString
    words: str


_QUESTIONS = (
    # A deleted last fact leaves no gap behind it, but its receipt.
    _Question(
        "SELECT r.position FROM ledger.receipts AS r"
        "  LEFT JOIN ledger.facts AS f ON f.position = r.position"
        " WHERE f.position IS NULL ORDER BY r.position LIMIT %s",
        "the fact at position {} is gone, its receipt is not",
    ),
    # A deleted receipt would let its message be recorded twice.
    _Question(
        "SELECT f.position FROM ledger.facts AS f"
        "  LEFT JOIN ledger.receipts AS r ON r.position = f.position"
        " WHERE f.topic LIKE 'mastery.evidence-%%' AND r.position IS NULL"
        " ORDER BY f.position LIMIT %s",
        "the evidence at position {} has no receipt",
    ),
    # Found by the index of facts in clear.
    _Question(
        "SELECT f.position FROM ledger.facts AS f"
        "  JOIN ledger.data_keys AS k ON k.owner = f.originator_id"
        " WHERE f.topic = 'mastery.learner-erased.v1'"
        " AND substring(f.state, 1, 1) <> '\\x01'::bytea ORDER BY f.position LIMIT %s",
        "the learner erased at position {} has a key: erase them again",
    ),
    _Question(
        "SELECT later.position FROM ledger.facts AS f"
        "  JOIN ledger.facts AS later ON later.originator_id = f.originator_id"
        "   AND later.originator_version > f.originator_version AND later.topic <> f.topic"
        " WHERE f.topic = 'mastery.learner-erased.v1'"
        " AND substring(f.state, 1, 1) <> '\\x01'::bytea ORDER BY later.position LIMIT %s",
        "position {} is about a learner who was erased before",
    ),
)


def found(rows: Rows, *, limit: int) -> list[str]:
    """Ask each question, and list at most `limit` answers to it in words."""
    return [
        question.words.format(row[0])
        for question in _QUESTIONS
        for row in rows(question.query, (limit,))
    ]
