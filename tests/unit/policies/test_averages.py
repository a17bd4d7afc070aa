"""Estimates: exact to the last place, the same after each rating as at the end, faded by the day."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.evidence import Result
from projections.policies.averages import weight_units
from projections.policies.compiling import Compiler
from projections.policies.numbers import UNIT, to_decimal, to_units
from tests.unit.policies.cases import SCALE, document, judged, seen

Json = dict[str, Any]
POINTS = {"score_without_max": "points"}
BAYES: Json = {"method": "bayesian", "prior": 0.3, "learn": 0.15, "guess": 0.2, "slip": 0.1}
METHODS: list[Json] = [
    {"method": "highest"}, {"method": "latest"}, {"method": "mean"}, {"method": "mean", "weighted": True},
    {"method": "median"}, {"method": "n_mastery", "n": 2}, {"method": "n_mastery", "n": 1, "threshold": 2},
    {"method": "decaying_average"}, {"method": "weighted_decaying_average"}, {"method": "window_mean", "k": 2}, BAYES,
]  # fmt: skip
RATINGS = [to_units(Decimal(one)) for one in ("2.132", "1", "3.3333", "4", "3", "0.5", "3.997")]
WEIGHTS = [weight_units(Decimal(one)) for one in ("0", "1", "0.5", "2", "0", "1", "3")]


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_the_estimate_after_each_rating_is_that_of_the_ratings_until_then(method: Json) -> None:
    estimator = Compiler(document(estimate=method)).estimator
    after_each = estimator.values(RATINGS, WEIGHTS)
    assert after_each == [
        estimator.value(RATINGS[:end], WEIGHTS[:end], age_days=0)
        for end in range(1, len(RATINGS) + 1)
    ]
    assert estimator.values([], []) == []


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ({"method": "highest"}, "4"),
        ({"method": "latest"}, "2.13"),
        ({"method": "mean"}, "2.8"),  # 13.9916 / 5
        ({"method": "median"}, "3"),
        ({"method": "n_mastery", "n": 2}, "3.67"),
        ({"method": "n_mastery", "n": 3}, None),
        ({"method": "n_mastery", "n": 3, "threshold": 2.5}, "3.29"),
        ({"method": "window_mean", "k": 2}, "2.57"),
        ({"method": "decaying_average", "latest_percent": 50}, "2.47"),
        ({"method": "weighted_decaying_average", "latest_percent": 50}, "2.55"),
    ],
    ids=str,
)
def test_estimate_of_ratings_that_are_no_round_numbers(method: Json, expected: str | None) -> None:
    ratings = ["4", "3.3332", "1.5264", "3", "2.132"]
    if method["method"] == "n_mastery":
        ratings[3] = "2.53"
    estimator = Compiler(document(estimate=method)).estimator
    found = estimator.value([to_units(Decimal(one)) for one in ratings], (), age_days=0)
    assert found == (None if expected is None else to_units(Decimal(expected)))


def test_a_rating_finer_than_the_scale_is_rounded_wherever_it_is_compared() -> None:
    """2.995 is 3.00 to people who read it, so it reaches 3 for the verdict and for `since`."""
    policy = document(estimate={"method": "latest"}, results=POINTS)
    pieces = [
        seen(n, None, days_ago=9 - n, result=Result(score=Decimal(score)))
        for n, score in enumerate(("2.994", "2.995"), 1)
    ]
    found = judged(policy, *pieces)
    assert (found.state, found.estimate) == ("mastered", Decimal(3))
    assert found.since == pieces[1].occurred_at
    assert judged(policy, pieces[0]).state == "in_progress"


def test_n_ratings_at_mastery_are_reached_by_the_nth() -> None:
    policy = document(estimate={"method": "n_mastery", "n": 2})
    pieces = [seen(n, days_ago=9 - n) for n in (1, 2, 3)]
    assert judged(policy, pieces[0]).state == "in_progress"
    assert judged(policy, *pieces).since == pieces[1].occurred_at


def test_what_weighs_nothing_shows_nothing() -> None:
    policy = document(estimate={"method": "mean", "weighted": True})
    nothing = seen(1, "Advanced", days_ago=9, weight=Decimal(0))
    something = seen(2, "Advanced", days_ago=5, weight=Decimal("0.001"))
    assert judged(policy, nothing).estimate is None
    assert judged(policy, nothing, something).since == something.occurred_at


def test_knowledge_tracing_takes_answers_at_mastery_as_right_unless_told_otherwise() -> None:
    fine = {**SCALE, "decimals": 6}
    pieces = [seen(1, "Developing", days_ago=2), seen(2, "Proficient", days_ago=1)]
    usual, mastery, lower = (
        judged(document(estimate={**BAYES, **more}, scale=fine), *pieces).estimate
        for more in ({}, {"correct_from": 3}, {"correct_from": 2})
    )
    assert usual == mastery
    assert lower is not None
    assert usual is not None
    assert lower > usual


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        pytest.param(("Advanced", "Proficient", "Proficient"), "2.17", id="1 + half of 2 1/3"),
        pytest.param(("Beginning", "Beginning", "Developing"), "1.17", id="1 + half of 1/3"),
        pytest.param(("Beginning", "Beginning", "Beginning"), "1", id="nothing above the floor"),
    ],
)
def test_a_mean_fades_towards_the_lowest_level(levels: tuple[str, ...], expected: str) -> None:
    policy = document(estimate={"method": "mean"}, expiry={"half_life_days": 10})
    pieces = [seen(n, level, days_ago=13 - n) for n, level in enumerate(levels, 1)]
    assert judged(policy, *pieces).estimate == Decimal(expected)


def test_a_rating_below_the_lowest_level_does_not_rise_with_time() -> None:
    policy = document(expiry={"half_life_days": 1}, results=POINTS)
    poor = seen(1, None, days_ago=50, result=Result(score=Decimal("0.25")))
    assert judged(policy, poor).estimate == Decimal("0.25")


@pytest.mark.parametrize(
    ("weight", "units"),
    [
        ("1", UNIT), ("0.5", UNIT // 2), ("1E-15", 1), ("1E+15", UNIT * 10**15), ("1E+16", 0), ("9.9E+15", 99 * 10**29),
        ("0", 0), ("-1", 0), ("NaN", 0), ("sNaN", 0), ("Infinity", 0), ("1E+999999", 0),
    ],
)  # fmt: skip
def test_only_a_sane_weight_weighs(weight: str, units: int) -> None:
    assert weight_units(Decimal(weight)) == units


def test_the_method_that_a_requirement_names_itself_is_measured_by_itself() -> None:
    rule = {"rule": "estimate_at_least", "estimate": {"method": "mean"}, "points": 3.5}
    found = judged(document(rule), seen(1, "Advanced", days_ago=3), seen(2, "Proficient"))
    assert (found.state, found.estimate) == ("mastered", Decimal(4))
    assert found.findings[0].found == f"{to_decimal(to_units(Decimal('3.5')))} (Proficient)"
