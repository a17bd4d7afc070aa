"""Who is one person: as the slow definition says, also where very many are."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.facts import LearnerMerged, LearnerUnmerged
from ledger.domain.identities import Identities
from ledger.domain.ids import LearnerId
from tests.builders import learner

MANY = 5_000

_numbers = st.integers(0, 5)
_words = st.lists(st.tuples(st.booleans(), _numbers, _numbers), max_size=30)


def merge(one: LearnerId, into: LearnerId) -> LearnerMerged:
    return LearnerMerged(learner=one, into=into, reason="same_person")


def part(one: LearnerId) -> LearnerUnmerged:
    return LearnerUnmerged(learner=one, reason="mistaken")


@given(_words)
def test_people_are_those_with_the_same_end(words: list[tuple[bool, int, int]]) -> None:
    found, into, ever = Identities(), dict[int, int](), {one: {one} for one in range(6)}

    def end(one: int) -> int:
        return end(into[one]) if one in into else one

    for merges, one, other in words:
        if not merges:
            found.apply(part(learner(one)))
            into.pop(one, None)
            continue
        found.apply(merge(learner(one), learner(other)))
        if one not in into and (last := end(other)) != one:
            into[one] = other
            together = ever[one] | ever[last]
            ever.update(dict.fromkeys(together, together))
    for one in range(6):
        everybody = {learner(other) for other in range(6) if end(other) == end(one)}
        assert found.person(learner(one)) == learner(end(one))
        assert set(found.everybody(learner(one))) == everybody
        assert found.others(learner(one)) == (
            everybody - {learner(one)} if one not in into else frozenset()
        )
        assert found.kin(learner(one)) == {learner(other) for other in ever[one]}


def test_thousands_are_merged_into_one_and_parted() -> None:
    """Quick as long as no step looks at all of them: else this takes half a minute."""
    some = [LearnerId(UUID(int=number)) for number in range(1, MANY + 2)]
    found = Identities()
    for one in some[1:]:
        assert found.apply(merge(one, some[0]))
    assert len(found.everybody(some[-1])) == MANY + 1
    for one in some[1:]:
        assert found.apply(part(one))
    assert found.everybody(some[0]) == (some[0],)
