"""Who is in the ledger, and how much: read from the live views, which hold no name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.domain.ids import LearnerId, Position, ProviderId
from ledger.service import Ledger
from projections import statements, views


class Row(NamedTuple):
    """One learner of the directory: counts, and nothing that says who it is."""

    learner: LearnerId
    facts: int
    evidence: int
    withdrawn: int
    last_position: Position
    last_recorded_at: datetime


class ProviderRow(NamedTuple):
    """What one provider sent; `delay_s` is the sum over its evidence."""

    provider: ProviderId
    evidence: int
    corrections: int
    withdrawals: int
    unverified: int
    unaligned: int
    delay_s: int


class Counts(NamedTuple):
    """What the views hold, and how far along the log they are."""

    position: Position
    clock: datetime
    learners: int
    evidence: int
    states: Mapping[str, int]
    providers: tuple[ProviderRow, ...]


def counts(ledger: Ledger) -> Counts:
    """Read the counts in one transaction, so that they fit together."""
    with (
        views.connected(ledger.conninfo) as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        reached = views.prepare(connection)
        cursor.execute("SELECT count(*), coalesce(sum(evidence), 0) FROM views.learners")
        learners, evidence = cursor.fetchone() or (0, 0)
        cursor.execute("SELECT state, count(*) FROM views.mastery GROUP BY state")
        states = {str(state): int(number) for state, number in cursor}
        cursor.execute(statements.query("provider_counts"))
        providers = tuple(ProviderRow(*row) for row in cursor)
    return Counts(reached.position, reached.clock, int(learners), int(evidence), states, providers)


def learner_rows(ledger: Ledger, *, after: UUID | None, limit: int) -> list[Row]:
    """Read one page of the directory, by learner id."""
    with views.connected(ledger.conninfo) as connection, connection.cursor() as cursor:
        views.prepare(connection)
        cursor.execute(statements.query("learner_page"), {"after": after, "limit": limit})
        return [Row(*row) for row in cursor]


def rows_of(ledger: Ledger, learners: Sequence[LearnerId]) -> list[Row]:
    """Read the rows of some learners, in the order asked; one the views lack is left out."""
    with views.connected(ledger.conninfo) as connection, connection.cursor() as cursor:
        views.prepare(connection)
        cursor.execute(
            "SELECT learner, facts, evidence, withdrawn, last_position, last_recorded_at"
            " FROM views.learners WHERE learner = ANY(%s)",
            (list(learners),),
        )
        found = {row[0]: Row(*row) for row in cursor}
    return [found[learner] for learner in learners if learner in found]


def state_counts_of(ledger: Ledger, learners: Sequence[LearnerId]) -> dict[UUID, dict[str, int]]:
    """Count the states of some learners' competencies."""
    with views.connected(ledger.conninfo) as connection, connection.cursor() as cursor:
        views.prepare(connection)
        cursor.execute(
            "SELECT learner, state, count(*) FROM views.mastery"
            " WHERE learner = ANY(%s) GROUP BY learner, state",
            (list(learners),),
        )
        found: dict[UUID, dict[str, int]] = {learner: {} for learner in learners}
        for learner, state, number in cursor:
            found[learner][state] = int(number)
    return found
