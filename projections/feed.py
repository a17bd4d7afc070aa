"""The feed of changes and the progress of the views, for reading.

Not here: writing them (following, rebuild), nor pushing them on (consumers).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import psycopg
from msgspec import field

from ledger.domain.ids import CompetencyId, LearnerId, Position
from ledger.domain.value import Value
from ledger.service import Ledger
from projections import statements, views


class FeedEntry(Value):
    """One change of one learner's state in one competency.

    `sequence` grows by one from entry to entry; `id` is a function of the cause, so that a
    replay repeats it. `cause_position` is that of the fact, or None where time alone changed it.
    With the cause `erasure` and no competency, it says that the learner was erased.
    `floors` are the digests of policies that could not be undercut, and `crosswalks` those of
    crosswalks over which evidence counts.
    """

    sequence: int
    id: UUID
    learner: LearnerId
    competency: CompetencyId
    from_state: str
    to_state: str
    estimate: Decimal | None
    level: str | None
    cause: str
    cause_position: Position | None
    policy: str
    policy_digest: str
    framework_version: str | None
    effective_at: datetime
    recorded_at: datetime
    floors: list[str] = field(default_factory=list[str])
    crosswalks: list[str] = field(default_factory=list[str])

    @property
    def is_erasure(self) -> bool:
        """Whether it is about no competency, but about all that is held of the learner."""
        return self.cause == "erasure" and not self.competency


class Feed:
    """Reads what the engine wrote; thread-safe."""

    def __init__(self, ledger: Ledger) -> None:
        self._conninfo = ledger.conninfo

    def after(self, sequence: int, *, limit: int) -> list[FeedEntry]:
        """Read on after a sequence number, oldest first; empty before the engine ran once.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer.
        """
        asked = {"after": sequence, "limit": limit}
        with views.connected(self._conninfo) as connection:
            try:
                rows = connection.execute(statements.query("changes_after"), asked).fetchall()
            except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
                return []  # as it was before an engine of this version ran
        names = FeedEntry.__struct_fields__
        return [FeedEntry(**dict(zip(names, row, strict=True))) for row in rows]

    def head(self) -> int:
        """Give the last sequence number; 0 before the engine ran once.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer.
        """
        with views.connected(self._conninfo) as connection, connection.cursor() as cursor:
            try:
                return views.last_sequence(cursor)
            except psycopg.errors.UndefinedTable:
                return 0

    def reached(self) -> Position | None:
        """Give the position that the live views have reached; None before the engine ran once.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer.
        """
        with views.connected(self._conninfo) as connection, connection.cursor() as cursor:
            try:
                found = views.live(cursor)
            except psycopg.errors.UndefinedTable:
                return None
        return found.position if found is not None else None
