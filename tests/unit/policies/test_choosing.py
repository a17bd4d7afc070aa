"""Choices among several: attempts, situations, pooled questions, and raters who disagree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.evidence import Result
from projections.policies.observation import Observation
from projections.policies.verdict import NotCounted, Verdict
from tests.unit.policies.cases import document, evidence_id, judged, numbers, seen

Json = dict[str, Any]
ONE = {"rule": "observations_at_least", "at_least": 1, "level": "Proficient"}
P, D, A, B = "Proficient", "Developing", "Advanced", "Beginning"


def verdict(*observations: Observation, rule: Json = ONE, **fields: Any) -> Verdict:
    return judged(document(rule, any_evidence=True, **fields), *observations)


def tries(*levels: str, **words: Any) -> list[Observation]:
    return [seen(n, level, days_ago=20 - n, **words) for n, level in enumerate(levels, 1)]


@pytest.mark.parametrize(("keep", "kept"), [("first", 1), ("highest", 2), ("latest", 4)], ids=str)
@pytest.mark.parametrize(
    ("rule", "reason"),
    [("attempts", "older_attempt"), ("new_situations", "not_a_new_situation")],
)
def test_one_of_several_counts_and_the_others_say_which(
    rule: str, reason: Any, keep: str, kept: int
) -> None:
    found = verdict(*tries(D, A, P, D, task="x"), counting={rule: {"keep": keep, "per": "task"}})
    assert numbers(found.counted) == [kept]
    assert found.not_counted == tuple(
        NotCounted(evidence_id(n), reason, f"the {keep} counts") for n in (1, 2, 3, 4) if n != kept
    )


@pytest.mark.parametrize("keep", ["first", "highest", "latest"])
@pytest.mark.parametrize("log", [1, 2, 3])
def test_hours_are_chosen_neither_for_nor_against(keep: str, log: int) -> None:
    rule = {"rule": "all_of", "rules": [{"rule": "hours_at_least", "hours": 4}, ONE]}
    pieces = tries(P, P, P, task="x")
    pieces[log - 1] = seen(log, None, days_ago=20 - log, task="x", hours=Decimal(4))
    found = verdict(*pieces, rule=rule, counting={"attempts": {"keep": keep}})
    assert found.state == "mastered"
    assert (len(found.counted), log in numbers(found.counted)) == (2, True)


def test_works_without_a_name_are_not_attempts_at_one_thing() -> None:
    found = verdict(*tries(P, D, P), counting={"attempts": {"keep": "latest"}})
    assert numbers(found.counted) == [1, 2, 3]


def question(number: int, score: int | None, high: int, test: str | None) -> Observation:
    result = None if score is None else Result(score=Decimal(score), max=Decimal(high))
    hours = Decimal(2) if score is None else None
    return seen(number, None, days_ago=20 - number, assessment=test, result=result, hours=hours)


def test_questions_of_no_test_and_of_other_tests_are_not_pooled() -> None:
    pieces = [
        question(1, 1, 1, "t"), question(2, 0, 3, "t"), question(3, 4, 4, None),
        question(4, 0, 1, None), question(5, 1, 2, "u"),
    ]  # fmt: skip
    found = verdict(*pieces, counting={"pool": "assessment"}, estimate={"method": "mean"})
    assert found.estimate == Decimal("1.6")  # 1, 1, 4, 0 and 2
    assert len(found.counted) == 5


def test_a_question_weighs_what_it_was_worth_from_its_minimum() -> None:
    results = [
        Result(score=Decimal(3), min=Decimal(1), max=Decimal(3)),  # all of 2
        Result(score=Decimal(0), max=Decimal(6)),  # nothing of 6
    ]
    pieces = [seen(n, assessment="t", result=one) for n, one in enumerate(results, 1)]
    assert verdict(*pieces, counting={"pool": "assessment"}).estimate == 1


def test_questions_of_unknown_worth_are_not_pooled() -> None:
    results = [Result(score=Decimal(3)), Result(score=Decimal(1))]
    pieces = [seen(n, assessment="t", result=one) for n, one in enumerate(results, 1)]
    points = {"score_without_max": "points"}
    assert verdict(*pieces, counting={"pool": "assessment"}, results=points).estimate == 3


def test_an_hour_log_in_a_test_is_none_of_its_questions() -> None:
    rule = {"rule": "all_of", "rules": [{"rule": "hours_at_least", "hours": 2}, ONE]}
    pieces = [question(1, 3, 4, "t"), question(2, None, 0, "t"), question(3, 4, 4, "t")]
    found = verdict(*pieces, rule=rule, counting={"pool": "assessment"})
    assert (found.state, found.estimate) == ("mastered", Decimal("3.5"))


def rated(number: int, who: str | None, level: str | None, **fields: Any) -> Observation:
    return seen(number, level, days_ago=20 - number, task="x", attempt=1, evaluator=who, **fields)


SIDED = {"confirmed_by": ("c",)}
LOG = {"hours": Decimal(2)}


@pytest.mark.parametrize(
    ("pieces", "disputed"),
    [
        pytest.param([("a", P, {}), ("b", D, {})], {1, 2}, id="one against one"),
        pytest.param([("a", P, SIDED), ("b", D, {})], set(), id="who agreed makes the majority"),
        pytest.param([("a", P, {}), ("b", D, SIDED)], set(), id="a majority against"),
        pytest.param([("a", P, SIDED), ("b", D, {"confirmed_by": ("d",)})], {1, 2}, id="two against two"),
        pytest.param([("c", D, {}), ("a", P, SIDED)], {1, 2}, id="a rating of one's own outweighs agreeing later"),
        pytest.param([("a", P, SIDED), ("c", D, {})], {1, 2}, id="a rating of one's own outweighs having agreed"),
        pytest.param([("a", P, SIDED), ("b", D, {}), ("b", P, {})], set(), id="who comes round disputes nothing"),
        pytest.param([("a", P, SIDED), ("a", D, {}), ("b", P, {})], set(), id="c and b against a's last word"),
        pytest.param([("a", P, {}), ("b", None, LOG)], set(), id="who logs hours rates nothing"),
        pytest.param([("a", P, {}), ("b", D, {}), ("c", None, LOG)], {1, 2}, id="nor settles anything"),
        pytest.param([("a", P, {"who": None}), ("b", D, SIDED)], set(), id="nobody is no rater"),
    ],
)  # fmt: skip
def test_whoever_agreed_speaks_for_the_same_side(
    pieces: list[tuple[str, str | None, Json]], disputed: set[int]
) -> None:
    rule = {"rule": "any_of", "rules": [ONE, {"rule": "hours_at_least", "hours": 99}]}
    observations = [
        rated(n, level=level, **{"who": who, **more})
        for n, (who, level, more) in enumerate(pieces, 1)
    ]
    found = verdict(*observations, rule=rule, conflict={})
    assert {one.evidence.int for one in found.not_counted} == disputed
    assert {(one.reason, one.detail) for one in found.not_counted} <= {
        ("contested", "raters disagree on this attempt")
    }


@pytest.mark.parametrize(
    ("levels", "apart", "disputed"),
    [
        ((P, D), 1, True), ((P, D), 2, False), ((P, B), 2, True), ((A, D), 2, True), ((A, B), 3, True),
        ((A, D), 3, False), ((P, A), 1, False), ((B, D), 1, False),
    ],
)  # fmt: skip
def test_raters_disagree_across_mastery_and_so_many_levels_apart(
    levels: tuple[str, str], apart: int, *, disputed: bool
) -> None:
    pieces = [
        rated(n, who, level) for n, (who, level) in enumerate(zip("ab", levels, strict=True), 1)
    ]
    found = verdict(*pieces, conflict={"levels_apart": apart})
    assert len(found.not_counted) == (2 if disputed else 0)


def test_agreeing_on_one_attempt_says_nothing_of_another() -> None:
    pieces = [rated(1, "a", P, **SIDED), rated(2, "b", P), seen(3, D, task="y", evaluator="d")]
    assert verdict(*pieces, conflict={}).not_counted == ()
    other = seen(4, P, task="y", evaluator="e")
    found = verdict(*pieces, other, conflict={})
    assert [one.evidence.int for one in found.not_counted] == [3, 4]


def test_only_the_attempt_in_dispute_is_left_out() -> None:
    pieces = [rated(1, "a", P), rated(2, "b", D), seen(3, task="y", evaluator="a")]
    rule = {"rule": "all_of", "rules": [{"rule": "improved", "by": "kept"}, ONE]}
    found = verdict(*pieces, rule=rule, conflict={})
    assert numbers(found.counted) == [3]
    assert [one.evidence.int for one in found.not_counted] == [1, 2]
    assert found.findings[0].found == "0 raised, 0 fallen"  # what is disputed did not fall
