"""Evidence in order, whether it was read at once or came in one by one."""

from __future__ import annotations

from datetime import timedelta, timezone
from itertools import permutations
from typing import Any

import pytest

from ledger.domain.framework import Strand
from projections.policies import compile_policy
from projections.policies.observation import Observation
from projections.policies.ordering import Ordered, in_order
from tests.unit.policies.cases import NOW, SKILL, document, seen

EASTERN = timezone(timedelta(hours=-5))
FOUR = [
    seen(1, "Developing", days_ago=9, task="x"),
    seen(2, days_ago=5, kind="credential"),
    seen(3, "Advanced", days_ago=5, task="x"),
    seen(4, "Beginning", occurred_at=(NOW - timedelta(days=1)).astimezone(EASTERN), task="y"),
]


def levels(seen: Any) -> list[Any]:
    return [one.result and one.result.level for one in seen]


def assert_same(one: Ordered, other: Ordered) -> None:
    assert [*one] == [*other]
    assert (one.places, one.kinds) == (other.places, other.kinds)
    assert (one.expiring, one.plain) == (other.expiring, other.plain)
    assert one.column("level", levels) == levels(other)


def put_in(pieces: Any) -> Ordered:
    """Read the first, look at a column, and put in the others one by one."""
    first, *others = pieces
    ordered = in_order([first])
    assert ordered.column("level", levels) == levels([first])
    assert all(ordered.put(one) for one in others)
    return ordered


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_evidence_put_in_one_by_one_is_as_if_read_at_once(order: tuple[int, ...]) -> None:
    pieces = [FOUR[place] for place in order]
    assert [one.evidence.int for one in put_in(pieces)] == [1, 2, 3, 4]
    assert_same(put_in(pieces), in_order(FOUR))
    assert_same(in_order(pieces), in_order(FOUR))


@pytest.mark.parametrize(
    ("last", "expiring", "plain"),
    [
        ({}, False, True),
        ({"valid_until": NOW}, True, False),
        ({"excluded": "withdrawn"}, False, False),
        ({"valid_until": NOW, "excluded": "withdrawn"}, True, False),
    ],
    ids=str,
)
def test_one_that_expires_or_is_excluded_makes_all_no_longer_plain(
    last: dict[str, Any], *, expiring: bool, plain: bool
) -> None:
    for pieces in ([seen(1, **last), seen(2)], [seen(1), seen(2, **last)]):
        ordered = put_in(pieces)
        assert (ordered.expiring, ordered.plain) == (expiring, plain)
        assert_same(ordered, in_order(pieces))


def test_two_in_one_place_are_not_put_in_but_read_again() -> None:
    ordered = in_order(FOUR)
    again = seen(3, "Beginning", days_ago=5, kind="work_based_learning")
    assert not ordered.put(again)
    assert_same(ordered, in_order(FOUR))


def test_a_column_is_read_once_and_follows_what_is_put_in() -> None:
    read: list[int] = []

    def counted(seen: Any) -> list[int]:
        read.append(len(seen))
        return [one.evidence.int for one in seen]

    ordered = in_order(FOUR[1:])
    assert ordered.column("ids", counted) == ordered.column("ids", counted) == [2, 3, 4]
    assert ordered.put(FOUR[0])
    assert ordered.column("ids", counted) == [1, 2, 3, 4]
    assert read == [3, 1]


def test_what_is_in_order_stays_as_it_is() -> None:
    ordered = in_order(FOUR)
    assert in_order(ordered) is ordered


def test_a_judge_sees_what_was_put_in_since() -> None:
    judge = compile_policy(document(estimate={"method": "latest"}))
    ordered = in_order(FOUR[:2])
    before = judge(ordered, competency=SKILL, on=NOW)
    assert ordered.put(FOUR[2])
    after = judge(ordered, competency=SKILL, on=NOW)
    assert (before.level, after.level) == ("Proficient", "Advanced")
    assert after == judge(FOUR[:3], competency=SKILL, on=NOW)


def test_two_alignments_of_one_evidence_are_ordered_by_what_they_say() -> None:
    one, other = seen(1, "Advanced"), seen(1, "Beginning")
    pieces: list[Observation] = [seen(2, days_ago=1), other, one, seen(3, days_ago=20)]
    for order in permutations(pieces):
        found = in_order(order)
        assert [*found] == [*in_order(pieces)]
        assert [one.evidence.int for one in found] == [3, 1, 1, 2]


@pytest.mark.parametrize(
    ("strands", "speaks_for"),
    [
        ((), {None, "academic", "technical"}),
        (("dispositions",), {"dispositions"}),
        (("academic", "dispositions"), {"academic", "dispositions"}),
    ],
)
def test_a_policy_is_about_dispositions_only_if_it_says_so(
    strands: tuple[Any, ...], speaks_for: set[Strand | None]
) -> None:
    policy = document(strands=list(strands))
    every: set[Any] = {None, "academic", "technical", "dispositions"}
    assert {one for one in every if policy.speaks_for(one)} == speaks_for
