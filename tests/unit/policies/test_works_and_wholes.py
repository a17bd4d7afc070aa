"""Requirements about improvement, single results, children, and of other requirements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.evidence import Result
from projections.policies.observation import Observation
from projections.policies.verdict import Verdict
from tests.unit.policies.cases import SCALE, document, evidence_id, judged, numbers, seen

Json = dict[str, Any]


def verdict(rule: Json, *observations: Observation, **fields: Any) -> Verdict:
    return judged(document(rule, any_evidence=True, **fields), *observations)


def is_met(rule: Json, *observations: Observation, **fields: Any) -> bool:
    return verdict(rule, *observations, **fields).state == "mastered"


B, D, P, A = "Beginning", "Developing", "Proficient", "Advanced"


def chain(*levels: str, **fields: Any) -> list[Observation]:
    """Revisions, each of the one before."""
    return [
        seen(n, level, days_ago=50 - n, revises=evidence_id(n - 1) if n > 1 else None, **fields)
        for n, level in enumerate(levels, 1)
    ]


@pytest.mark.parametrize(
    ("levels", "kept", "raised"),
    [
        ([D, P], True, True),
        ([P, P], True, False),
        ([P, D], False, False),
        ([D, A, P], True, True),
        ([P, A, P], True, False),
        ([P, D, A], True, True),
        ([P], True, False),
    ],
)
@pytest.mark.parametrize("of", ["work", "competency"])
def test_improved_compares_last_with_first(
    levels: list[str], of: str, *, kept: bool, raised: bool
) -> None:
    for by, expected in (("kept", kept), ("raised", raised)):
        rule = {"rule": "improved", "of": of, "by": by}
        both = {"rule": "all_of", "rules": [rule, {"rule": "observations_at_least", "at_least": 1}]}
        assert is_met(both, *chain(*levels)) is expected


def test_works_are_told_apart_and_counted() -> None:
    rule = {"rule": "improved", "by": "raised", "at_least": 2}
    two = [
        seen(1, D, task="x", days_ago=9),
        seen(2, P, task="x", days_ago=8),
        seen(3, B, task="y", days_ago=7),
    ]
    assert not is_met(rule, *two)
    assert is_met(rule, *two, seen(4, D, task="y", days_ago=6))
    assert is_met({**rule, "of": "task"}, *two, seen(4, D, task="y", days_ago=6))
    assert not is_met({**rule, "of": "task"}, *chain(D, P))


def test_a_chain_holds_through_a_link_that_was_withdrawn_or_has_not_come() -> None:
    rule = {"rule": "improved", "by": "raised"}
    first, middle, last = chain(D, B, P)
    gone = seen(2, B, revises=evidence_id(1), excluded="withdrawn")
    assert is_met(rule, first, gone, last)
    assert is_met(rule, last, first, middle)
    late = [
        seen(1, D, days_ago=9, revises=evidence_id(7)),
        seen(2, P, days_ago=8, revises=evidence_id(7)),
    ]
    assert is_met(rule, *late)


def test_attempts_that_a_later_one_replaced_are_still_compared() -> None:
    counting = {"attempts": {"keep": "latest", "per": "task"}}
    pieces = [seen(1, D, task="x", days_ago=9), seen(2, P, task="x", days_ago=8)]
    found = verdict({"rule": "improved", "by": "raised"}, *pieces, counting=counting)
    assert found.state == "mastered"
    assert numbers(found.counted) == [2]
    assert found.since == pieces[1].occurred_at


def result(share: str) -> Result:
    return Result(score=Decimal(share), max=Decimal(1))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param({"share": "0.8"}, False, id="the latest counts"),
        pytest.param({"share": "0.7"}, True, id="at least, exactly"),
        pytest.param({"share": "0.9", "attempt": "highest"}, True, id="the highest"),
        pytest.param(
            {"share": "0.5", "attempt": "first", "is": "equal"}, True, id="the first, exactly"
        ),
        pytest.param({"share": "0.7", "is": "at_most"}, True, id="at most, exactly"),
        pytest.param({"share": "0.69", "is": "at_most"}, False, id="at most, above"),
        pytest.param({"share": "0.71", "is": "at_most"}, True, id="at most, below"),
        pytest.param({"share": "0.1", "which": "other"}, False, id="another task"),
    ],
)
def test_result_of(words: Json, *, expected: bool) -> None:
    pieces = [
        seen(n, None, result=result(one), task="t", days_ago=9 - n)
        for n, one in enumerate(("0.5", "0.9", "0.7"), 1)
    ]
    assert is_met({"rule": "result_of", "which": "t", **words}, *pieces) is expected


def test_result_of_an_assessment_and_of_a_level() -> None:
    rule = {"rule": "result_of", "which": "exam", "share": "0.75"}
    assert is_met(rule, seen(1, None, result=result("0.75"), assessment="exam"))
    assert is_met(rule, seen(1, P, assessment="exam"))  # 3 of 4
    assert not is_met(rule, seen(1, D, assessment="exam"))
    bounded = Result(score=Decimal(8), min=Decimal(4), max=Decimal(8))
    assert is_met({**rule, "share": 1, "is": "equal"}, seen(1, None, result=bounded, task="exam"))


@pytest.mark.parametrize(
    ("words", "children", "expected"),
    [
        pytest.param({}, "MM", True, id="all"),
        pytest.param({}, "MI", False, id="not all"),
        pytest.param({}, "", False, id="no children"),
        pytest.param({"share": 0.5}, "MI", True, id="half"),
        pytest.param({"share": 0.51}, "MI", False, id="more than half"),
        pytest.param({"share": 0.5}, "MIL", False, id="half of three is two"),
        pytest.param({"at_least": 2}, "MMI", True, id="two"),
        pytest.param({"at_least": 2}, "MIL", False, id="lapsed is not mastered"),
        pytest.param({"children": ["a", "z"]}, "MM", False, id="a named child without any record"),
        pytest.param({"children": ["b"]}, "IM", True, id="only the named one matters"),
    ],
)
def test_covers(words: Json, children: str, *, expected: bool) -> None:
    states: Any = {"M": "mastered", "I": "in_progress", "L": "lapsed"}
    given = {name: states[one] for name, one in zip("abc", children, strict=False)}
    found = judged(document({"rule": "covers", **words}), children=given)
    assert (found.state == "mastered") is expected


def test_at_least_n_of_and_any_of() -> None:
    parts = [{"rule": "facet", "which": one} for one in ("explanation", "transfer", "revision")]
    two = {"rule": "at_least", "n": 2, "of": parts}
    assert is_met(two, seen(1, facets=("explanation", "revision")))
    assert not is_met(two, seen(1, facets=("explanation",)))
    assert is_met({"rule": "any_of", "rules": parts}, seen(1, facets=("revision",)))
    assert not is_met(
        {"rule": "all_of", "rules": parts}, seen(1, facets=("explanation", "revision"))
    )


def test_within_looks_at_recent_evidence_only_and_its_end_is_included() -> None:
    rule = {
        "rule": "within",
        "period": "P10D",
        "inner": {"rule": "observations_at_least", "at_least": 2},
    }
    assert is_met(rule, seen(1, days_ago=10), seen(2, days_ago=1))
    assert not is_met(rule, seen(1, days_ago=10.001), seen(2, days_ago=1))


def test_children_that_are_mastered_are_not_asked_for_again() -> None:
    found = judged(document({"rule": "covers", "at_least": 3}), children={"a": "mastered"})
    assert [dict(one.asks) for one in found.missing] == [{"children": "2"}]
    named = document({"rule": "covers", "children": ["a"], "at_least": 1})
    assert judged(named, children={"a": "mastered"}).state == "mastered"


def test_since_agrees_with_the_estimate_where_there_are_chances_to_learn() -> None:
    answers = [None, D, None, P, P, None, P, P]
    pieces = [seen(n, level, days_ago=20 - n) for n, level in enumerate(answers, 1)]
    bayes = {
        "method": "bayesian", "prior": 0.3, "learn": 0.15, "guess": 0.2, "slip": 0.1,
        "correct_from": 3, "opportunities": True,
    }  # fmt: skip
    rule = {"rule": "estimate_at_least", "points": 0.9}
    policy = document(rule, estimate=bayes, scale={**SCALE, "decimals": 9})
    states = [judged(policy, *pieces[:end]).state for end in range(1, len(pieces) + 1)]
    assert judged(policy, *pieces).since == pieces[states.index("mastered")].occurred_at
    assert judged(policy, pieces[0]).estimate is None
