"""How much is missing, by hand: ratings that lift an estimate, works to better or to have rated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from projections.policies.explain import wanted
from projections.policies.observation import Observation
from projections.policies.verdict import Missing
from tests.unit.policies.cases import document, evidence_id, judged, seen

B, D, P, A = "Beginning", "Developing", "Proficient", "Advanced"
MEAN = {"rule": "estimate_at_least", "estimate": {"method": "mean"}}
BAYES = {"method": "bayesian", "prior": 0.5, "learn": 0, "guess": 0.2, "slip": 0.2}


def asks(rule: Any, *pieces: Observation, **fields: Any) -> list[dict[str, str]]:
    found = judged(document(rule, any_evidence=True, **fields), *pieces)
    return [dict(one.asks) for one in found.missing]


def ratings(*levels: str, **fields: Any) -> list[Observation]:
    return [seen(n, level, days_ago=50 - n, **fields) for n, level in enumerate(levels, 1)]


@pytest.mark.parametrize(
    ("rule", "pieces", "expected"),
    [
        pytest.param(MEAN, [], {"observations": "1", "at_least": P}, id="none yet"),
        pytest.param(MEAN, ratings(D), {"observations": "1", "at_least": A}, id="2 and 4 make 3"),
        pytest.param(MEAN, ratings(D, D), {"observations": "2", "at_least": A}, id="two of each"),
        pytest.param(MEAN, ratings(B, D), {"observations": "3", "at_least": A}, id="3 and 12 of 5"),
        pytest.param(MEAN, ratings(P, D, A, D, P), {"observations": "1", "at_least": A}, id="14 and 4 of 6"),
        pytest.param(MEAN | {"estimate": {"method": "mean", "weighted": True}}, ratings(D, weight=Decimal(2)), {"observations": "2", "at_least": A}, id="each of weight 1"),
        pytest.param(MEAN | {"estimate": {"method": "median"}}, ratings(D, D, D), {"observations": "3", "at_least": A}, id="median"),
        pytest.param(MEAN | {"estimate": {"method": "n_mastery", "n": 3}}, ratings(P, D), {"observations": "2", "at_least": P}, id="three that master it"),
        pytest.param(MEAN | {"estimate": {"method": "decaying_average", "latest_percent": 50}}, ratings(B), {"observations": "2", "at_least": "3.7", "out_of": "4"}, id="half and half"),
        pytest.param(MEAN | {"estimate": {"method": "window_mean", "k": 2}}, ratings(B, B, B), {"observations": "2", "at_least": P}, id="the last two"),
        pytest.param(MEAN | {"estimate": BAYES, "points": 0.95}, ratings(B), {"observations": "4", "at_least": P}, id="belief"),
        pytest.param(MEAN | {"level": A}, ratings(*[B] * 40), {}, id="thousands would not do"),
    ],
)  # fmt: skip
def test_the_fewest_ratings_and_the_lowest(
    rule: Any, pieces: list[Observation], expected: dict[str, str]
) -> None:
    (found,) = asks(rule, *pieces)
    del found["estimate"]
    assert found == expected


def test_what_faded_is_fresh_after_one_more() -> None:
    old = seen(1, A, days_ago=400)
    (found,) = asks({"rule": "estimate_at_least"}, old, expiry={"half_life_days": 100})
    assert found == {"estimate": "3 (Proficient)", "observations": "1", "at_least": B}


def revised(number: int, of: int, level: str, **fields: Any) -> Observation:
    return seen(number, level, days_ago=9 - number, revises=evidence_id(of), **fields)


@pytest.mark.parametrize(
    ("rule", "pieces", "expected"),
    [
        pytest.param({"at_least": 2}, [seen(1, D), revised(2, 1, P), seen(3, A, task="y")], {"works": "1", "new": "1"}, id="one rose, one cannot"),
        pytest.param({"at_least": 2}, [seen(1, D), revised(2, 1, P), seen(3, P)], {"works": "1"}, id="one rose, one can"),
        pytest.param({"at_least": 3}, [seen(1, D), revised(2, 1, B), seen(3, P)], {"works": "3", "new": "1"}, id="one fell and can rise"),
        pytest.param({"at_least": 1}, [seen(1, None, hours=Decimal(2))], {"works": "1", "new": "1"}, id="hours are no first try"),
        pytest.param({"of": "task", "at_least": 2}, [seen(1, D), seen(2, D, task="x")], {"works": "2", "new": "1"}, id="what has no task is tried once"),
        pytest.param({"of": "competency"}, [seen(1, D, days_ago=20), seen(2, D)], {"works": "1"}, id="all is one work"),
        pytest.param({"of": "competency"}, [], {"works": "1", "new": "1"}, id="no work at all"),
        pytest.param({"of": "competency"}, [seen(1, A, days_ago=20), seen(2, D)], {"works": "1", "new": "1", "never": "first"}, id="it began with the best"),
    ],
)  # fmt: skip
def test_the_works_to_make_better(
    rule: Any, pieces: list[Observation], expected: dict[str, str]
) -> None:
    rules = [{"rule": "improved", **rule}, {"rule": "hours_at_least", "hours": 1}]
    found = asks({"rule": "all_of", "rules": rules}, *pieces)
    assert found[0] == {"revision": "better"} | expected


def test_every_work_that_fell_is_to_be_as_good_again() -> None:
    pieces = [
        seen(1, A),
        revised(2, 1, P),
        seen(3, P),
        revised(4, 3, D),
        seen(5, D),
        revised(6, 5, P),
    ]
    rules = [{"rule": "improved", "by": "kept"}, {"rule": "hours_at_least", "hours": 1}]
    found = asks({"rule": "all_of", "rules": rules}, *pieces)
    assert found == [{"revision": "as_good", "works": "2"}, {"hours": "1"}]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([], {"observations": "3", "new": "3"}, id="none"),
        pytest.param([seen(1, P, evaluator="x")], {"observations": "3", "new": "2"}, id="one vouches"),
        pytest.param([seen(1, D, evaluator="x"), seen(2, P)], {"observations": "3", "new": "2"}, id="below the bar nobody vouches"),
        pytest.param([seen(1, D, confirmed_by=("y",))], {"observations": "3", "new": "3"}, id="nor who agrees with that"),
        pytest.param([seen(1, P, confirmed_by=("y",)), seen(2, P)], {"observations": "2", "new": "1"}, id="one is done"),
        pytest.param([seen(n, P, evaluator="x") for n in (1, 2, 3)], {"observations": "3"}, id="enough to look at"),
    ],
)  # fmt: skip
def test_the_works_to_have_rated(pieces: list[Observation], expected: dict[str, str]) -> None:
    (found,) = asks({"rule": "confirmed_by_second_rater", "at_least": 3}, *pieces)
    assert found == {"second_rater": "yes", "at_least": P} | expected


def test_what_evidence_has_to_be_like_is_asked_for_only_where_evidence_is() -> None:
    counting = {"rigour_floor": 2, "kinds": ["assessment"], "purposes": ["summative"]}
    limits = {"rigour": "2", "kind": "assessment", "purpose": "summative"}
    (ratings_,) = asks({"rule": "observations_at_least", "at_least": 1}, counting=counting)
    assert ratings_ == {"observations": "1"} | limits
    (parts,) = asks({"rule": "covers"}, counting=counting)
    assert parts == {"children": "1"}
    good = seen(1, P, rigour=2, purpose="summative")
    (look,) = asks({"rule": "confirmed_by_second_rater"}, good, counting=counting)
    assert look == {"observations": "1", "second_rater": "yes", "at_least": P}
    (new,) = asks({"rule": "confirmed_by_second_rater"}, counting=counting)
    assert new == {"observations": "1", "second_rater": "yes", "at_least": P, "new": "1"} | limits


def test_what_nothing_can_mend_is_said_to_be_so() -> None:
    never = {"revision": "better", "works": "1", "new": "1", "never": "first"}
    text = "Your first try was as good as it gets. Nothing can be better than that."
    assert wanted(Missing("improved:raised", "", never)) == text
    first = {"rule": "result_of", "which": "t", "share": 0.75, "attempt": "first"}
    assert asks(first, seen(1, D, task="t"))[0]["never"] == "first"
    highest = {"rule": "result_of", "which": "t", "share": 0.5, "attempt": "highest"}
    assert "never" not in asks(highest, seen(1, B, task="t"))[0]
    assert asks(highest | {"is": "at_most"}, seen(1, A, task="t"))[0]["never"] == "highest"
    assert "never" not in asks(highest | {"is": "equal"}, seen(1, B, task="t"))[0]
    other = {"rule": "any_of", "rules": [first, {"rule": "hours_at_least", "hours": 400}]}
    assert asks(other, seen(1, D, task="t")) == [{"hours": "400"}]
