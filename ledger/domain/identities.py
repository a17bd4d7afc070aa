"""Which learners are one person: the fold over merges and their undoing.

Nothing that was recorded moves. A person is read from the streams of all who were merged, and goes
by the one that the others were merged into.
"""

from __future__ import annotations

from ledger.domain.facts import Fact, LearnerMerged, LearnerUnmerged
from ledger.domain.ids import LearnerId


class Identities:
    """Who is whom, as far as it was told. In place, as the registry is that holds it."""

    __slots__ = ("_direct", "_ever", "_into", "_kin")

    def __init__(self) -> None:
        self._into: dict[LearnerId, LearnerId] = {}
        self._direct: dict[LearnerId, set[LearnerId]] = {}  # by whom they were merged into
        self._ever: set[LearnerId] = set()  # who were ever merged into somebody, also if no more
        self._kin: dict[LearnerId, set[LearnerId]] = {}  # who were ever one, also if no more

    def apply(self, fact: Fact) -> bool:
        """Take over a fact; say whether anybody is somebody else now.

        Total: who was merged already stays where they are, and a circle is not closed.
        """
        match fact:
            case LearnerMerged(learner=learner, into=into) if learner not in self._into:
                return self._join(learner, into)
            case LearnerUnmerged(learner=learner) if learner in self._into:
                self._direct[self._into.pop(learner)].discard(learner)
                return True
            case _:
                return False

    def person(self, learner: LearnerId) -> LearnerId:
        """Give the learner that a person goes by: themselves, unless they were merged."""
        if self._into:
            while (further := self._into.get(learner)) is not None:
                learner = further
        return learner

    def into(self, learner: LearnerId) -> LearnerId | None:
        """Give whom a learner was merged into; None: nobody."""
        return self._into.get(learner)

    def is_merged(self, learner: LearnerId) -> bool:
        """Say whether a learner was merged into another, and can be parted from them again."""
        return learner in self._into

    def was_merged(self, learner: LearnerId) -> bool:
        """Say whether a learner ever was merged into another, parted again or not."""
        return learner in self._ever

    def spoken_of(self, fact: Fact) -> set[LearnerId]:
        """Give who is, as things stand, spoken of by a merge or its undoing; by any other, nobody."""
        match fact:
            case LearnerMerged(learner=learner, into=into):
                return {learner, self.person(learner), self.person(into)}
            case LearnerUnmerged(learner=learner):
                return {learner, self.person(learner)}
            case _:
                return set()

    def others(self, person: LearnerId) -> frozenset[LearnerId]:
        """Give those who were merged into a person; nobody, where the learner is not one."""
        if not self._direct.get(person) or person in self._into:
            return frozenset()
        found: set[LearnerId] = set()
        waiting = [person]
        while waiting:
            more = self._direct.get(waiting.pop(), ())
            found.update(more)
            waiting.extend(more)
        return frozenset(found)

    def everybody(self, learner: LearnerId) -> tuple[LearnerId, ...]:
        """Give all learners who are the same person, first the one that the person goes by."""
        person = self.person(learner)
        return person, *sorted(self.others(person))

    def merged(self) -> frozenset[LearnerId]:
        """Give all who were merged into somebody."""
        return frozenset(self._into)

    def kin(self, learner: LearnerId) -> frozenset[LearnerId]:
        """Give all who ever were one person with a learner, the learner included."""
        return frozenset(self._kin.get(learner, {learner}))

    # -- inside -----------------------------------------------------------------------------

    def _join(self, learner: LearnerId, into: LearnerId) -> bool:
        person = self.person(into)
        if person == learner:
            return False
        self._into[learner] = into
        self._ever.add(learner)
        self._direct.setdefault(into, set()).add(learner)
        one, other = (self._kin.setdefault(who, {who}) for who in (learner, person))
        if one is not other:
            # The few join the many: a thousand merged into one are not copied a thousand times.
            few, many = sorted((one, other), key=len)
            many |= few
            self._kin.update(dict.fromkeys(few, many))
        return True
