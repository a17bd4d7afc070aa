"""Following the log into the tables of one generation, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from psycopg import Cursor

from ledger.domain.catalogue import Recorded
from ledger.domain.facts import (
    AssessmentRegistered,
    AssessmentValidated,
    AuthorityGranted,
    AuthorityRevoked,
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    FrameworkPublished,
    PolicyAdopted,
    ProviderReinstated,
    ProviderSuspended,
)
from ledger.domain.ids import CompetencyId, LearnerId, Position
from ledger.store.reader import LEARNER_TOPICS, LogReader
from projections import statements
from projections.held import Held, Shelf
from projections.learner import LearnerRecord
from projections.observing import Observed
from projections.registry import Registry
from projections.rows import Pair
from projections.stepping import Stepper
from projections.views import Generation, last_sequence
from projections.writing import write

LEARNERS_READ_MAX = 200  # whole records read at once, where a reference fact affects many
_OF_LEARNERS = frozenset(LEARNER_TOPICS)


class Follower:
    """Takes facts in order and keeps one generation's tables as they say.

    After a failure it is of no more use: what it holds in memory may be ahead of the tables.
    """

    def __init__(
        self, log: LogReader, found: Generation, *, learners_max: int, feed: bool = True
    ) -> None:
        self._log, self._generation, self._feed = log, found.generation, feed
        self._shelf = Shelf(learners_max=learners_max)
        self._cursor: Cursor[Any] | None = None
        registry = Registry.fold(log.reference(until=found.position))
        self._stepper = Stepper(registry, self._load, position=found.position, clock=found.clock)

    @property
    def reached(self) -> tuple[int, Position, datetime]:
        """The generation, position and clock reached."""
        return self._generation, self._stepper.position, self._stepper.clock

    def take(self, cursor: Cursor[Any], facts: Sequence[Recorded]) -> None:
        """Take over the next facts and write what they change."""
        self._cursor = cursor
        for about_learners, run in groupby(facts, key=lambda one: one.topic in _OF_LEARNERS):
            if about_learners:
                self._take_learners(cursor, list(run))
            else:
                for recorded in run:
                    self._take_reference(cursor, recorded)
        self._shelf.trim(len(facts))

    def emit_due(self, cursor: Cursor[Any], until: datetime) -> int:
        """Write what time alone changed up to a moment; give how many pairs were judged."""
        self._cursor = cursor
        self._learn_due(cursor, until)
        judged = self._stepper.emit_due(until)
        self._write(cursor)
        self._shelf.trim(0)
        return judged

    # -- inside -----------------------------------------------------------------------------

    def _take_learners(self, cursor: Cursor[Any], facts: list[Recorded]) -> None:
        self._learn_due(cursor, facts[-1].recorded_at)
        new = {LearnerId(one.stream) for one in facts if one.version == 1}
        for learner in new:
            self._shelf.put(Held.new(learner, self._stepper.registry))
        self._fetch(cursor, {LearnerId(one.stream) for one in facts})
        for recorded in facts:
            self._stepper.step(recorded)
        self._write(cursor)

    def _take_reference(self, cursor: Cursor[Any], recorded: Recorded) -> None:
        self._learn_due(cursor, recorded.recorded_at)
        self._stepper.step_reference(recorded)
        self._write(cursor)
        affected = iter(self._affected(cursor, recorded))
        while some := list(islice(affected, LEARNERS_READ_MAX)):
            self._fetch(cursor, some)
            for learner in some:
                self._stepper.reread(learner, recorded)
            self._write(cursor)
            self._shelf.trim(0)

    def _affected(self, cursor: Cursor[Any], recorded: Recorded) -> list[LearnerId]:
        match recorded.fact:
            case (
                AuthorityGranted(provider=provider)
                | AuthorityRevoked(provider=provider)
                | ProviderSuspended(provider=provider)
                | ProviderReinstated(provider=provider)
            ):
                rows = self._ask(cursor, "learners_of_provider", provider=provider)
            case FrameworkPublished(framework=framework):
                rows = self._ask(cursor, "learners_of_framework", framework=framework)
            case (
                PolicyAdopted()
                | CrosswalkPublished()
                | CrosswalkSigned()
                | CrosswalkWithdrawn()
                | AssessmentRegistered()
                | AssessmentValidated()
            ):
                rows = self._ask(cursor, "learners_with_evidence")
            case CredentialAligned():
                rows = self._ask(cursor, "learners_with_credentials")
            case _:
                return []
        return [LearnerId(row[0]) for row in rows]

    def _learn_due(self, cursor: Cursor[Any], until: datetime) -> None:
        rows = self._ask(cursor, "due", until=until)
        self._stepper.learn_due(
            (due_at, LearnerId(learner), CompetencyId(competency))
            for learner, competency, due_at in rows
        )

    def _load(self, learner: LearnerId) -> Held:
        found = self._shelf.get(learner)
        if found is None:
            assert self._cursor is not None
            self._fetch(self._cursor, (learner,))
            found = self._shelf.get(learner)
        assert found is not None
        return found

    def _fetch(self, cursor: Cursor[Any], learners: Iterable[LearnerId]) -> None:
        """Read the learners that are not in memory, as they stand at the position reached."""
        cold = [learner for learner in learners if learner not in self._shelf]
        for some in _parts(cold, LEARNERS_READ_MAX):
            pairs: dict[LearnerId, dict[CompetencyId, Pair]] = {learner: {} for learner in some}
            for learner, competency, state, due_at in self._ask(cursor, "pairs", learners=some):
                pairs[learner][competency] = Pair(state, due_at)
            streams = self._log.streams(some, until=self._stepper.position)
            for learner in some:
                facts = (one for one in streams[learner] if one.topic in _OF_LEARNERS)
                record = LearnerRecord.fold(learner, facts)
                observed = Observed(record, self._stepper.registry)
                self._shelf.put(Held(observed, pairs[learner]))

    def _ask(self, cursor: Cursor[Any], name: str, **parameters: object) -> list[tuple[Any, ...]]:
        cursor.execute(statements.query(name, generation=self._generation), parameters)
        return cursor.fetchall()

    def _write(self, cursor: Cursor[Any]) -> None:
        writes = self._stepper.taken()
        sequence = last_sequence(cursor) if self._feed and writes.changes else None
        write(cursor, self._generation, writes, sequence=sequence)


def _parts(learners: list[LearnerId], count: int) -> Iterator[list[LearnerId]]:
    for start in range(0, len(learners), count):
        yield learners[start : start + count]
