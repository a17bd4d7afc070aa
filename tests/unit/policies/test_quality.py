"""Improvement, single results and works, against the slow way of reckoning them."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from ledger.domain.evidence import Result
from projections.policies import compile_policy
from projections.policies.documents import PolicyDocument
from projections.policies.observation import Observation
from projections.policies.verdict import Finding, Missing, Verdict
from projections.policies.works import first_places, repeats
from tests.unit.policies.cases import (
    LEVELS,
    NOW,
    SCALE,
    SKILL,
    document,
    evidence_id,
    judged,
    numbers,
    seen,
)

Json = dict[str, Any]
ONE = {"rule": "observations_at_least", "at_least": 1}
B, D, P, A = LEVELS


def verdict(rule: Json, *observations: Observation, **fields: Any) -> Verdict:
    return judged(document(rule, any_evidence=True, **fields), *observations)


def assert_since_is_slow_since(policy: PolicyDocument, pieces: list[Observation]) -> Verdict:
    """Judge after each piece, and compare the first mastery with what `since` says."""
    judge = compile_policy(policy)
    states = [
        judge.standing(pieces[:end], competency=SKILL, on=pieces[end - 1].occurred_at).state
        for end in range(1, len(pieces) + 1)
    ]
    whole = judge(pieces, competency=SKILL, on=NOW)
    if whole.state == "mastered":
        assert whole.since == pieces[states.index("mastered")].occurred_at
    return whole


def improvement(levels: tuple[str, ...], by: str) -> tuple[str, bool]:
    """What the works "odd" and "even" come to, attempted in turn: by its definition."""
    points = [LEVELS.index(one) for one in levels]
    moves = [work[-1] - work[0] for work in (points[::2], points[1::2])]
    risen, fallen = sum(one > 0 for one in moves), sum(one < 0 for one in moves)
    return f"{risen} raised, {fallen} fallen", risen >= 1 if by == "raised" else not fallen


@pytest.mark.parametrize("by", ["kept", "raised"])
@pytest.mark.parametrize("log", [None, 0, 3], ids=["works", "a log first", "a log between"])
def test_improvement_is_the_last_attempt_against_the_first(by: str, log: int | None) -> None:
    rules = [{"rule": "improved", "by": by}, ONE, {"rule": "hours_at_least", "hours": 1}]
    policy = document(
        {"rule": "at_least", "n": 2 if log is None else 3, "of": rules}, any_evidence=True
    )
    for levels in product((D, P, A), repeat=5):
        pieces = [
            seen(n, level, days_ago=20 - n, task="even" if n % 2 else "odd")
            for n, level in enumerate(levels)
        ]
        if log is not None:
            pieces.insert(log, seen(9, None, days_ago=20.5 - log, task="odd", hours=Decimal(1)))
        whole = assert_since_is_slow_since(policy, pieces)
        found, met = improvement(levels, by)
        assert (whole.findings[0].parts[0].found, whole.state == "mastered") == (found, met)


def test_what_improvement_needs_and_asks_for() -> None:
    fell = [seen(1, P, task="x", days_ago=9), seen(2, D, task="x", days_ago=8)]
    rules = [{"rule": "improved", "by": by, "at_least": 2} for by in ("kept", "raised")]
    found = verdict({"rule": "all_of", "rules": rules}, *fell)
    assert found.findings == (
        Finding("improved:kept", False, "0 raised, 1 fallen", "0 fallen"),
        Finding("improved:raised", False, "0 raised, 1 fallen", "2 raised"),
    )
    assert found.missing == (
        Missing("improved:kept", "", {"revision": "as_good", "works": "1"}),
        Missing("improved:raised", "", {"revision": "better", "works": "2", "new": "1"}),
    )


def test_replaced_attempts_are_compared_within_a_period_too() -> None:
    counting = {"attempts": {"keep": "latest", "per": "task"}}
    rule: Json = {"rule": "within", "period": "P15D", "inner": {"rule": "improved"}}
    pieces = [
        seen(n, one, task="x", days_ago=days)
        for n, one, days in ((1, D, 20), (2, P, 12), (3, A, 5))
    ]
    recent = verdict(rule, *pieces, counting=counting)
    assert (recent.state, recent.findings[0].found) == ("mastered", "1 raised, 0 fallen")
    kept = verdict(rule, pieces[0], pieces[1], counting=counting)
    assert kept.findings[0].found == "0 raised, 0 fallen"  # the first is too old to compare with


def test_a_revision_ties_works_only_where_works_are_asked_for() -> None:
    pieces = [
        seen(1, D, task="x", days_ago=9),
        seen(2, P, task="y", days_ago=8, revises=evidence_id(1)),
    ]
    expected = {"work": "1 raised", "task": "0 raised", "competency": "1 raised"}
    for of, found in expected.items():
        rule = {"rule": "improved", "of": of}
        assert verdict(rule, *pieces).findings[0].found == f"{found}, 0 fallen", of


def result_of(which: str, share: Any, **words: Any) -> Json:
    return {"rule": "result_of", "which": which, "share": share, **words}


@pytest.mark.parametrize(
    ("result", "found"),
    [
        pytest.param(Result(score=Decimal(7), max=Decimal(10), cut=Decimal(7)), "0.7", id="a cut moves no share"),
        pytest.param(Result(score=Decimal(1), max=Decimal(3)), "0.333333333333333", id="cut, not rounded up"),
        pytest.param(Result(score=Decimal(2), max=Decimal(3)), "0.666666666666666", id="two thirds are not more"),
        pytest.param(Result(level=A, score=Decimal(5), max=Decimal(10)), "0.5", id="a score before a level"),
        pytest.param(Result(level=P, max=Decimal(10)), "0.75", id="a level, whatever the bounds"),
        pytest.param(Result(level=P, score=Decimal(5), max=Decimal(0)), "0.75", id="bounds of no width"),
        pytest.param(Result(score=Decimal(3), min=Decimal(2), max=Decimal(6)), "0.25", id="from a minimum"),
        pytest.param(Result(score=Decimal(-1), min=Decimal(-5), max=Decimal(5)), "0.4", id="from below zero"),
        pytest.param(Result(success=True), "0.75", id="passed"),
    ],
)  # fmt: skip
def test_a_result_is_a_share_of_its_own_bounds_or_else_of_full_marks(
    result: Result, found: str
) -> None:
    finding = verdict(result_of("t", 1), seen(1, task="t", result=result)).findings[0]
    assert finding == Finding("result_of:t", False, found, "at_least 1")


@pytest.mark.parametrize("top", [0, -1])
def test_where_full_marks_are_worth_nothing_a_level_is_no_share(top: int) -> None:
    levels = [{"name": "low", "points": top - 1}, {"name": "high", "points": top}]
    scale = {**SCALE, "levels": levels, "mastery_level": "high", "points_possible": 0}
    rule = {"rule": "all_of", "rules": [result_of("t", "0.5"), ONE]}
    found = verdict(rule, seen(1, "high", task="t"), scale=scale, results={})
    assert (found.findings[0].met, found.findings[0].found) == (False, "0")


@pytest.mark.parametrize("words", [{}, {"attempt": "first"}, {"attempt": "highest"}, {"is": "equal"}, {"is": "at_most"}], ids=str)  # fmt: skip
def test_since_agrees_with_results_as_they_came_in(words: Json) -> None:
    rule = {"rule": "all_of", "rules": [result_of("t", "0.75", **words), ONE]}
    policy = document(rule, any_evidence=True)
    for levels in product((D, P, A), repeat=3):
        pieces = [seen(n, one, task="t", days_ago=9 - n) for n, one in enumerate(levels)]
        assert_since_is_slow_since(policy, [seen(8, P, task="u"), *pieces])


def test_an_hour_log_is_no_result_of_its_task() -> None:
    rules = [result_of("t", "0.5"), {"rule": "hours_at_least", "hours": 1}]
    log = seen(2, None, task="t", days_ago=1, hours=Decimal(1))
    found = verdict({"rule": "all_of", "rules": rules}, seen(1, P, task="t"), log)
    assert (found.state, found.findings[0].found) == ("mastered", "0.75")
    assert verdict({"rule": "all_of", "rules": rules}, log).findings[0].found == ""


ESTIMATES: list[Json] = [
    {"method": "mean"}, {"method": "mean", "weighted": True}, {"method": "latest"},
    {"method": "bayesian", "prior": 0.95, "learn": 0.2, "guess": 0.2, "slip": 0.1, "opportunities": True},
]  # fmt: skip


@pytest.mark.parametrize("estimate", ESTIMATES, ids=str)
def test_since_agrees_with_an_estimate_among_what_rates_nothing(estimate: Json) -> None:
    bar = {"points": "0.9"} if estimate["method"] == "bayesian" else {}
    rules = [{"rule": "estimate_at_least", **bar}, {"rule": "hours_at_least", "hours": 1}]
    rule = {"rule": "at_least", "n": 1, "of": [{"rule": "all_of", "rules": rules}]}
    policy = document(rule, any_evidence=True, estimate=estimate, scale={**SCALE, "decimals": 6})
    for levels in product((None, D, A), repeat=4):
        pieces = [
            seen(n, one, days_ago=20 - n, weight=Decimal(n + 1), hours=None if one else Decimal(1))
            for n, one in enumerate(levels)
        ]
        whole = assert_since_is_slow_since(policy, pieces)
        assert (whole.estimate is None) is (levels == (None,) * 4)


@pytest.mark.parametrize("size", [3, 7, 8, 9, 20])
def test_first_places_are_those_of_what_is_new(size: int) -> None:
    keys = [None, *range(size), 0, None, size - 1, "last"]
    assert first_places(keys) == [*range(1, size + 1), size + 4]
    assert first_places([*range(size)]) == [*range(size)]
    assert repeats(keys)
    assert not repeats([None, None, *range(size)])


def test_nine_sites_are_nine_whoever_says_nothing() -> None:
    pieces = [seen(n, site=None if n % 4 == 0 else f"s{n % 11}") for n in range(1, 30)]
    found = verdict({"rule": "distinct", "of": "site", "at_least": 11}, *pieces).findings[0]
    assert (found.found, found.met) == ("11", True)
    assert len(numbers(found.evidence)) == 11


@pytest.mark.parametrize(
    ("hours", "found", "evidence"),
    [
        (["0.5", "0", "-1", "NaN", "Infinity"], "0.5", [1]),
        (["1E-10", "1E-11"], "0.0000000001", [1]),
        (["1E+10", "1E+11"], "10000000000", [1]),
        (["0"], "0", []),
        ([], "0", []),
    ],
    ids=str,
)
def test_only_sane_hours_are_added_up(hours: list[str], found: str, evidence: list[int]) -> None:
    pieces = [seen(n, hours=Decimal(one)) for n, one in enumerate(hours, 1)]
    rule = {"rule": "hours_at_least", "hours": 900_000_000}
    finding = (
        verdict({"rule": "any_of", "rules": [rule, {**ONE, "at_least": 99}]}, *pieces)
        .findings[0]
        .parts[0]
    )
    assert (finding.found, numbers(finding.evidence)) == (found, evidence)


@pytest.mark.parametrize(
    ("rule", "asks"),
    [
        ({**ONE, "below": True, "level": D}, {"observations": "1", "below": D}),
        ({**ONE, "points": "0.0000001", "at_least": 9}, {"observations": "9", "at_least": "0.0000001"}),
        ({"rule": "distinct", "of": "site", "at_least": 2, "points": 3}, {"observations": "2", "distinct": "site", "at_least": "3"}),
        ({"rule": "confirmed_by_second_rater", "level": A}, {"observations": "1", "second_rater": "yes", "at_least": A, "new": "1"}),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_missing_names_the_bar(rule: Json, asks: Json) -> None:
    assert [dict(one.asks) for one in verdict(rule).missing] == [asks]


def test_a_log_of_hours_is_not_below_a_bar() -> None:
    below = {**ONE, "below": True, "level": P}
    rules = [below, {"rule": "hours_at_least", "hours": 99}]
    log = seen(1, None, hours=Decimal(1))
    found = verdict({"rule": "any_of", "rules": rules}, log, seen(2, D), seen(3, P))
    assert numbers(found.findings[0].parts[0].evidence) == [2]


def test_children_are_looked_at_as_they_are_whatever_the_period() -> None:
    rule = {"rule": "within", "period": "P1D", "inner": {"rule": "covers"}}
    children: Any = {"a": "mastered"}
    assert judged(document(rule), seen(1), children=children).findings[0].met
    lacking = judged(document(rule), seen(1), children={"a": "in_progress"})
    assert [dict(one.asks) for one in lacking.missing] == [{"children": "1", "within": "P1D"}]


@pytest.mark.parametrize("other", [{"rule": "covers"}, {"rule": "improved"}], ids=str)
def test_what_is_not_met_says_nothing_of_since_when(other: Json) -> None:
    pieces = [seen(n, days_ago=9 - n) for n in (1, 2, 3)]
    found = verdict({"rule": "any_of", "rules": [other, {**ONE, "at_least": 2}]}, *pieces)
    assert (found.state, found.since) == ("mastered", pieces[1].occurred_at)


def test_tools_used_again_are_not_new() -> None:
    used = [("saw",), ("lathe",), ("saw",), ("lathe", "drill")]
    pieces = [seen(n, equipment=tools, days_ago=9 - n) for n, tools in enumerate(used, 1)]
    found = verdict({"rule": "distinct", "of": "equipment", "at_least": 4}, *pieces).findings[0]
    assert (found.found, numbers(found.evidence)) == ("3", [1, 2, 4])


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param("aP bP cP cD", True, id="two of three still say yes"),
        pytest.param("aP bP cD", True, id="a third who says no takes nothing back"),
        pytest.param("aP bP bD", False, id="one of two takes it back"),
        pytest.param("aP bP bD bP", True, id="and comes round"),
        pytest.param("-- aP bP", True, id="a log of hours is no rating"),
        pytest.param("aP -- bP", True, id="nor between two"),
        pytest.param("aP --", False, id="nor a second one"),
    ],
)
def test_each_person_counts_by_their_last_word(pieces: str, *, expected: bool) -> None:
    rules = [{"rule": "confirmed_by_second_rater"}, {"rule": "hours_at_least", "hours": 99}]
    observations = [
        seen(n, None, task="w", evaluator="log", hours=Decimal(1), days_ago=20 - n)
        if one == "--"
        else seen(n, {"P": P, "D": D}[one[1]], task="w", evaluator=one[0], days_ago=20 - n)
        for n, one in enumerate(pieces.split(), 1)
    ]
    found = verdict({"rule": "any_of", "rules": rules}, *observations)
    assert found.findings[0].parts[0].met is expected
