"""Learners in memory: each one's record, how it reads, and what the views say of it.

A learner is held whole, or as far as some competencies go: of a long record, one fact touches a
little, and reading all of it for each would take the longer the more is on record.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Self

from ledger.domain.ids import CompetencyId, LearnerId
from projections.learner import LearnerRecord
from projections.observing import Observed
from projections.registry import Registry
from projections.rows import LearnerRow, Pair, learner_row

PIECES_PER_LEARNER = 10
"""Evidence kept in memory, at most, per learner that may be kept: few learners with long records
must not fill the memory either."""


class Held:
    """One learner in memory.

    `known` are the competencies on which all evidence is here, None where all is; `elsewhere` is
    how much evidence is not here.
    """

    __slots__ = ("elsewhere", "known", "observed", "pairs")

    def __init__(
        self, observed: Observed, pairs: dict[CompetencyId, Pair], *,
        known: set[CompetencyId] | None = None, elsewhere: int = 0,
    ) -> None:  # fmt: skip
        self.observed, self.pairs = observed, pairs
        self.known, self.elsewhere = known, elsewhere

    @classmethod
    def new(cls, learner: LearnerId, registry: Registry) -> Self:
        """Hold a learner of whom nothing is known yet."""
        return cls(Observed(LearnerRecord(learner), registry), {})

    @classmethod
    def part(
        cls, record: LearnerRecord, row: LearnerRow, registry: Registry, *,
        known: set[CompetencyId], pairs: dict[CompetencyId, Pair],
    ) -> Self:  # fmt: skip
        """Hold what was read of a learner on some competencies; `row` says what there is in all."""
        record.facts, record.withdrawn = row.facts, row.withdrawn
        record.position, record.recorded_at = row.last_position, row.last_recorded_at
        elsewhere = row.evidence - len(record.pieces)
        return cls(Observed(record, registry), pairs, known=known, elsewhere=elsewhere)

    @property
    def record(self) -> LearnerRecord:
        """The learner's record, of all that is here."""
        return self.observed.record

    def knows(self, competencies: Collection[CompetencyId] | None) -> bool:
        """Say whether all evidence on some competencies is here; None: all there is."""
        if self.known is None:
            return True
        return competencies is not None and self.known.issuperset(competencies)

    def erase(self, registry: Registry) -> None:
        """Hold nothing any more but what the views still say."""
        before = self.record
        record = LearnerRecord(before.learner, erased=True, erased_as=before.erased_as)
        self.observed = Observed(record, registry)
        self.known, self.elsewhere = None, 0

    def row(self) -> LearnerRow:
        """Give the learner's row of the directory."""
        return learner_row(self.record, elsewhere=self.elsewhere)

    def join(
        self, part: LearnerRecord, pairs: Mapping[CompetencyId, Pair], *, known: set[CompetencyId]
    ) -> int:
        """Take in what was read on more competencies; give how much evidence that was."""
        assert self.known is not None
        new = self.record.join(part)
        self.observed.join(new)
        self.elsewhere -= len(new)
        self.pairs.update(pairs)
        self.known |= known
        return len(new)


class Shelf:
    """Learners that were needed lately. Let go only by `trim`, when all is written."""

    def __init__(self, *, learners_max: int) -> None:
        self._learners_max = learners_max
        self._held: OrderedDict[LearnerId, Held] = OrderedDict()
        self._pieces_at_most = 0

    def get(self, learner: LearnerId) -> Held | None:
        """Give a learner if it is held, as one that was just needed."""
        found = self._held.get(learner)
        if found is not None:
            self._held.move_to_end(learner)
        return found

    def put(self, held: Held) -> Held:
        """Hold a learner, in place of what was held of it."""
        self._held[held.record.learner] = held
        self.grew(len(held.record.pieces))
        return held

    def drop(self, learner: LearnerId) -> None:
        """Let go of a learner of whom all is written, and who reads otherwise now."""
        self._held.pop(learner, None)

    def grew(self, pieces: int) -> None:
        """Count what a held learner has more."""
        self._pieces_at_most += pieces

    def trim(self, more: int) -> None:
        """Let go of those not needed for longest, down to the limits.

        `more` is how many pieces were added at most to those that are held: it saves counting
        all of them each time.
        """
        while len(self._held) > self._learners_max:
            self._held.popitem(last=False)
        self.grew(more)
        if self._pieces_at_most <= self._learners_max * PIECES_PER_LEARNER:
            return
        pieces = sum(len(held.record.pieces) for held in self._held.values())
        while pieces > self._learners_max * PIECES_PER_LEARNER and len(self._held) > 1:
            _, gone = self._held.popitem(last=False)
            pieces -= len(gone.record.pieces)
        self._pieces_at_most = pieces
