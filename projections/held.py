"""Learners in memory: each one's record, how it reads, and what the views say of it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Self

from ledger.domain.ids import CompetencyId, LearnerId
from projections.learner import LearnerRecord
from projections.observing import Observed
from projections.registry import Registry
from projections.rows import Pair

PIECES_PER_LEARNER = 10
"""Evidence kept in memory, at most, per learner that may be kept: few learners with long records
must not fill the memory either."""


class Held:
    """One learner in memory."""

    __slots__ = ("observed", "pairs")

    def __init__(self, observed: Observed, pairs: dict[CompetencyId, Pair]) -> None:
        self.observed, self.pairs = observed, pairs

    @classmethod
    def new(cls, learner: LearnerId, registry: Registry) -> Self:
        """Hold a learner of whom nothing is known yet."""
        return cls(Observed(LearnerRecord(learner), registry), {})

    @property
    def record(self) -> LearnerRecord:
        """The learner's record."""
        return self.observed.record


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
        """Hold a learner."""
        self._held[held.record.learner] = held
        self._pieces_at_most += len(held.record.pieces)
        return held

    def __contains__(self, learner: LearnerId) -> bool:
        return learner in self._held

    def trim(self, more: int) -> None:
        """Let go of those not needed for longest, down to the limits.

        `more` is how many pieces were added at most to those that are held: it saves counting
        all of them each time.
        """
        while len(self._held) > self._learners_max:
            self._held.popitem(last=False)
        self._pieces_at_most += more
        if self._pieces_at_most <= self._learners_max * PIECES_PER_LEARNER:
            return
        pieces = sum(len(held.record.pieces) for held in self._held.values())
        while pieces > self._learners_max * PIECES_PER_LEARNER and len(self._held) > 1:
            _, gone = self._held.popitem(last=False)
            pieces -= len(gone.record.pieces)
        self._pieces_at_most = pieces
