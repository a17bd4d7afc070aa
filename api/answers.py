"""What a provider hears about each thing it sent.

Every item gets its own answer; one bad item never sinks the rest. An item about a group of
learners gets one answer for each of them, all with the same index.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from api.problems import Fault

Status = Literal["accepted", "duplicate", "withdrawn", "awaited", "rejected", "conflict"]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The answer to item `index` (from 0).

    `accepted`: recorded now; `duplicate`: the same was recorded before, and this is its first
    receipt; `withdrawn`: taken back; `awaited`: taken back before it came, and withdrawn as it
    comes. These are receipts: where the fact stands in the log, and the SHA-256 of what was
    sent. `rejected`: not understood, or not allowed; `conflict`: the
    same id and version came before with other content. These two carry `errors`.
    """

    index: int
    status: Status
    evidence: UUID | None = None
    learner: UUID | None = None
    position: int | None = None
    recorded_at: datetime | None = None
    sha256: str | None = None
    duplicate: bool = False
    errors: tuple[Fault, ...] = ()


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The answers to a document, in its order, and how many of which."""

    accepted: int
    duplicates: int
    rejected: int
    items: list[Answer]


class Summary(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The last line of a streamed answer: without it, the answer was cut off."""

    status: Literal["complete", "failed"]
    items: int | None = None
    accepted: int
    duplicates: int
    rejected: int
    detail: str | None = None


class Tally:
    """Counts answers as they come."""

    def __init__(self) -> None:
        self.accepted = self.duplicates = self.rejected = 0
        self.awaited = 0
        """Of these, withdrawals of what has not come yet."""

    def add(self, answers: Iterable[Answer]) -> None:
        """Count these too."""
        for answer in answers:
            self.awaited += answer.status == "awaited"
            if answer.errors:
                self.rejected += 1
            elif answer.duplicate:
                self.duplicates += 1
            else:
                self.accepted += 1

    def document(self, items: list[Answer]) -> Answers:
        """Give the answers with their counts."""
        return Answers(
            accepted=self.accepted, duplicates=self.duplicates, rejected=self.rejected, items=items
        )

    def summary(self, *, items: int | None, detail: str | None = None) -> Summary:
        """Close a stream; `detail` says why it failed."""
        return Summary(
            status="failed" if detail else "complete", items=items, accepted=self.accepted,
            duplicates=self.duplicates, rejected=self.rejected, detail=detail,
        )  # fmt: skip
