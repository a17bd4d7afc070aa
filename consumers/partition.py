"""One partition's share of the views: its learners' facts, and what bears on them, in order.

The same fold as the engine's, for the learners whose keys fall into this partition. What is about
nobody (frameworks, policies, providers) is read from the log and taken in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Cursor

from consumers import statements
from consumers.broker import partition_of
from ledger.domain.catalogue import Recorded
from ledger.domain.facts import Fact, LearnerErased, LearnerMerged
from ledger.domain.ids import CompetencyId, LearnerId, Position
from ledger.store.reader import LogReader
from projections.following import Follower
from projections.people import about_learners, in_order
from projections.views import Generation

WRITE_LOCK = 0x6D61_7374_776F_72


class Work(NamedTuple):
    """How far a partition is: the offset that comes next, the position and the clock reached."""

    next: int
    position: Position
    clock: datetime


class Share(Follower):
    """Follows the log for one partition's learners."""

    def __init__(
        self, log: LogReader, live: Generation, work: Work, *, partition: int, partitions: int,
        learners_max: int,
    ) -> None:  # fmt: skip
        found = live._replace(position=work.position, clock=work.clock)
        super().__init__(log, found, learners_max=learners_max)
        self._partition, self._partitions = partition, partitions
        self.expected = work
        """What the table says, unless another worker has this partition by now."""

    def take_mine(self, cursor: Cursor[Any], positions: Sequence[int], *, until: Position) -> int:
        """Take this partition's facts at these positions, and all reference facts up to `until`."""
        after = self._stepper.position
        # Facts up to where the views stood were in them before there were workers.
        new = [position for position in positions if position > after]
        reference = self._log.reference(after=after, until=until)
        facts = about_learners(self._log.at(new) if new else ())
        facts += self._of_merged(reference, after=after, until=until)
        facts = in_order([facts, reference])
        if facts:
            self.take(cursor, facts)
        self._stepper.position = Position(max(until, self._stepper.position))
        return len(new)

    def _of_merged(
        self, reference: Sequence[Recorded], *, after: Position, until: Position
    ) -> list[Recorded]:
        """Read what is about those who were merged, and comes by another partition.

        Whose it is when its turn comes, nobody knows yet: of all who are merged by then.
        """
        merged = {one.fact.learner for one in reference if isinstance(one.fact, LearnerMerged)}
        elsewhere = [
            one for one in merged | self._registry.identities.merged() if not self._tells_of(one)
        ]
        if not elsewhere:
            return []
        return about_learners(self._log.since(elsewhere, after=after, until=until))

    # -- what differs from following the whole log ---------------------------------------------

    def _tells_of(self, learner: LearnerId) -> bool:
        return partition_of(str(learner).encode(), self._partitions) == self._partition

    def _take_learners(self, cursor: Cursor[Any], facts: list[Recorded]) -> None:
        # Of those who were merged, whoever has the person takes the facts.
        mine = [one for one in facts if self._is_mine(one)]
        if mine:
            super()._take_learners(cursor, mine)

    def _affected(self, cursor: Cursor[Any], recorded: Recorded) -> list[LearnerId]:
        # Rows of somebody merged are there until their own partition comes to the merge: it tells.
        return [one for one in super()._affected(cursor, recorded) if self._tells_of(one)]

    def _persons(self, fact: Fact) -> set[LearnerId]:
        return {one for one in super()._persons(fact) if self._tells_of(one)}

    def _is_mine(self, recorded: Recorded) -> bool:
        learner = LearnerId(recorded.stream)
        # That somebody merged was erased is told by their own partition, after what it told before.
        return self._tells_of(self._registry.identities.person(learner)) or (
            isinstance(recorded.fact, LearnerErased) and self._tells_of(learner)
        )

    def _learn_due(self, cursor: Cursor[Any], until: datetime) -> None:
        rows = self._ask(cursor, "due", until=until)
        self._stepper.learn_due(
            (due_at, LearnerId(learner), CompetencyId(competency))
            for learner, competency, due_at in rows
            if self._tells_of(LearnerId(learner))
        )

    def _write(self, cursor: Cursor[Any]) -> None:
        cursor.execute(statements.query("one_writer"), {"lock": WRITE_LOCK})
        super()._write(cursor)
