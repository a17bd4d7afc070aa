"""Following the log into the tables of one generation, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby
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
    Fact,
    FrameworkPublished,
    PolicyAdopted,
    ProviderReinstated,
    ProviderSuspended,
)
from ledger.domain.ids import CompetencyId, LearnerId, Position
from ledger.store.reader import LEARNER_TOPICS, LogReader
from projections import statements
from projections.fetching import WHOLE_READ_MAX, Fetcher, Needs, add_need, cut, touched_by
from projections.held import Held, Shelf
from projections.registry import Registry
from projections.stepping import Stepper
from projections.views import Generation, last_sequence
from projections.writing import write


class Follower:
    """Takes facts in order and keeps one generation's tables as they say.

    After a failure it is of no more use: what it holds in memory may be ahead of the tables.
    """

    def __init__(
        self, log: LogReader, found: Generation, *, learners_max: int, feed: bool = True
    ) -> None:
        self._log, self._generation, self._feed = log, found.generation, feed
        self._shelf = Shelf(learners_max=learners_max)
        self._fetcher = Fetcher(log, found.generation, self._shelf)
        self._cursor: Cursor[Any] | None = None
        self._registry = Registry.fold(log.reference(until=found.position))
        self._stepper = Stepper(
            self._registry, self._load, position=found.position, clock=found.clock,
            tells_of=self._tells_of,
        )  # fmt: skip

    @property
    def reached(self) -> tuple[int, Position, datetime]:
        """The generation, position and clock reached."""
        return self._generation, self._stepper.position, self._stepper.clock

    def persons(self, learners: Iterable[LearnerId]) -> list[LearnerId]:
        """Give whom learners are, at the position reached."""
        return list({self._registry.identities.person(one) for one in learners})

    def take(self, cursor: Cursor[Any], facts: Sequence[Recorded]) -> None:
        """Take over the next facts and write what they change."""
        self._cursor = cursor
        for of_learners, run in groupby(facts, key=lambda one: one.topic in LEARNER_TOPICS):
            if of_learners:
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
        needs: Needs = {}
        for one in facts:
            learner = self._registry.identities.person(LearnerId(one.stream))
            if one.version == 1:
                self._shelf.put(Held.new(learner, self._registry))
            add_need(needs, learner, touched_by(one.fact, self._registry))
        self._fetch(cursor, needs)
        for recorded in facts:
            self._stepper.step(recorded)
        self._write(cursor)

    def _take_reference(self, cursor: Cursor[Any], recorded: Recorded) -> None:
        self._learn_due(cursor, recorded.recorded_at)
        before = self._persons(recorded.fact)
        self._stepper.step_reference(recorded)
        self._write(cursor)
        if before:
            self._regroup(cursor, recorded, sorted(before | self._persons(recorded.fact)))
            return
        for some in cut(self._affected(cursor, recorded), WHOLE_READ_MAX):
            self._fetch(cursor, dict.fromkeys(some))
            for learner in some:
                self._stepper.reread(learner, recorded)
            self._write(cursor)
            self._shelf.trim(0)

    def _tells_of(self, learner: LearnerId) -> bool:  # noqa: ARG002  some tell of some
        return True

    def _persons(self, fact: Fact) -> set[LearnerId]:
        return self._registry.identities.spoken_of(fact)

    def _regroup(
        self, cursor: Cursor[Any], recorded: Recorded, persons: Sequence[LearnerId]
    ) -> None:
        """Write whom a merge or its undoing concerns anew, from all the streams that they are."""
        for learner in persons:
            self._shelf.drop(learner)
        self._fetch(cursor, dict.fromkeys(persons))
        for learner in persons:
            self._stepper.regroup(learner, recorded)
        self._write(cursor)

    def _affected(self, cursor: Cursor[Any], recorded: Recorded) -> list[LearnerId]:
        rows = self._ask_affected(cursor, recorded.fact)
        return [LearnerId(row[0]) for row in rows]

    def _ask_affected(self, cursor: Cursor[Any], fact: Fact) -> list[tuple[Any, ...]]:
        """Find whom a reference fact may affect.

        Where credentials attest something, or crosswalks carry evidence further, the rows of
        observations do not tell of all that is on record: then it may be anybody.
        """
        equivalences = self._registry.equivalences
        match fact:
            case CredentialAligned():
                return self._ask(cursor, "everybody")
            case (
                AuthorityGranted()
                | AuthorityRevoked()
                | ProviderSuspended()
                | ProviderReinstated()
                | FrameworkPublished()
            ) if equivalences.attests:
                return self._ask(cursor, "everybody")
            case FrameworkPublished() if equivalences.counts:
                return self._ask(cursor, "learners_with_evidence")
            case (
                AuthorityGranted(provider=provider)
                | AuthorityRevoked(provider=provider)
                | ProviderSuspended(provider=provider)
                | ProviderReinstated(provider=provider)
            ):
                return self._ask(cursor, "learners_of_provider", provider=provider)
            case FrameworkPublished(framework=framework):
                return self._ask(cursor, "learners_of_framework", framework=framework)
            case (
                PolicyAdopted()
                | CrosswalkPublished()
                | CrosswalkSigned()
                | CrosswalkWithdrawn()
                | AssessmentRegistered()
                | AssessmentValidated()
            ):
                return self._ask(cursor, "learners_with_evidence")
            case _:
                return []

    def _learn_due(self, cursor: Cursor[Any], until: datetime) -> None:
        rows = self._ask(cursor, "due", until=until)
        self._stepper.learn_due(
            (due_at, LearnerId(learner), CompetencyId(competency))
            for learner, competency, due_at in rows
        )

    def _load(self, learner: LearnerId, competencies: Collection[CompetencyId]) -> Held:
        found = self._shelf.get(learner)
        if found is None or not found.knows(competencies):
            assert self._cursor is not None
            need = self._registry.bearing_on(set(competencies))
            self._fetch(self._cursor, {learner: need})
            found = self._shelf.get(learner)
        assert found is not None
        return found

    def _fetch(self, cursor: Cursor[Any], needs: Needs) -> None:
        """Read what is not in memory, as it stands at the position reached."""
        self._fetcher.fetch(cursor, needs, self._registry, until=self._stepper.position)

    def _ask(self, cursor: Cursor[Any], name: str, **parameters: object) -> list[tuple[Any, ...]]:
        cursor.execute(statements.query(name, generation=self._generation), parameters)
        return cursor.fetchall()

    def _write(self, cursor: Cursor[Any]) -> None:
        writes = self._stepper.taken()
        sequence = last_sequence(cursor) if self._feed and writes.changes else None
        write(cursor, self._generation, writes, sequence=sequence)
