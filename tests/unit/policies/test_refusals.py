"""Every refusal in full: where the fault is, why it is one, and what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.ids import CompetencyId
from ledger.errors import InvalidDocumentError, Reject
from projections.policies import parse
from projections.policies.soundness import RULES_MAX, circles, unknown_references
from tests.unit.policies.cases import document, raw

Json = dict[str, Any]
MASTERY: Json = {"rule": "estimate_at_least"}


def ratings(at_least: int, **words: Any) -> Json:
    return {"rule": "observations_at_least", "at_least": at_least, **words}


def result_of(share: float, is_: str) -> Json:
    return {"rule": "result_of", "which": "A", "share": share, "is": is_}


def levels(*points: float) -> list[Json]:
    return [{"name": f"L{place}", "points": one} for place, one in enumerate(points)]


def bayes(**words: Any) -> Json:
    return {"method": "bayesian", "prior": 0.5, "learn": 0, "guess": 0, "slip": 0, **words}


def refused(change: Json) -> list[Reject]:
    with pytest.raises(InvalidDocumentError) as refusal:
        parse({**raw(), **change})
    return list(refusal.value.rejects)


@pytest.mark.parametrize(
    ("change", "where", "why", "expected"),
    [
        pytest.param({"scale": {"levels": levels(1, 2), "mastery_points": 3}, "results": {}}, "/scale/mastery_points", "nobody can reach it", "at most 2", id="a mastery nobody reaches"),
        pytest.param({"results": {"passed": 1, "failed": 2}}, "/results/failed", "failing is worth more than passing", "", id="failing pays"),
        pytest.param({"estimate": {"method": "n_mastery", "n": 1, "threshold": 9}}, "/estimate/threshold", "nobody can reach it", "at most 4", id="a threshold nobody reaches"),
        pytest.param({"estimate": bayes(prior=0), "requirement": {**MASTERY, "points": 1}}, "/estimate/learn", "with a prior of 0 and no learning nobody ever knows it", "", id="never learnt"),
        pytest.param({"estimate": bayes(prior=1), "requirement": {**MASTERY, "points": 1}}, "/estimate/prior", "everybody knows it for certain before any answer", "", id="always known"),
        pytest.param({"estimate": bayes(learn=0.5), "requirement": {**MASTERY, "points": 1.1}}, "/requirement/points", "nobody can reach it", "at most 1", id="more than certain"),
        pytest.param({"requirement": {**MASTERY, "level": "Proficient", "points": 3}}, "/requirement/points", "a level and points say the same thing twice", "one of them", id="a level and points"),
        pytest.param({"requirement": {**MASTERY, "points": 4.5}}, "/requirement/points", "nobody can reach it", "at most 4", id="points nobody reaches"),
        pytest.param({"requirement": ratings(2, below=True)}, "/requirement/below", "below what?", "a level or points", id="below nothing"),
        pytest.param({"requirement": ratings(2, below=True, level="low"), "scale": {"levels": [{"name": "low", "points": -1}, {"name": "high", "points": 1}], "mastery_level": "high"}}, "/requirement/level", "nothing lies below it", "", id="below the lowest level"),
        pytest.param({"requirement": ratings(2, below=True, points=0)}, "/requirement/points", "nothing lies below it", "", id="below zero"),
        pytest.param({"requirement": {"rule": "at_least", "n": 2, "of": [MASTERY]}}, "/requirement/n", "nobody can meet 2 of 1", "", id="two of one"),
        pytest.param({"requirement": {"rule": "kind", "which": ["assessment", "credential"], "level": "Proficient"}, "counting": {"kinds": ["assessment"]}}, "/requirement/which/1", "credential is not among the kinds that count", "", id="a kind that does not count"),
        pytest.param({"requirement": {"rule": "points", "need": 3, "children": [{"id": "a", "points": 2}]}}, "/requirement/need", "all children together give 2 points", "at most 2", id="too few points"),
        pytest.param({"requirement": {"rule": "covers", "share": 1, "at_least": 1}}, "/requirement/at_least", "a share and a number contradict each other", "one of them", id="share and number"),
        pytest.param({"requirement": {"rule": "covers", "children": ["a"], "at_least": 2}}, "/requirement/at_least", "only 1 children are named", "", id="more children than named"),
        pytest.param({"requirement": {"rule": "covers", "children": ["a", "b", "a"]}}, "/requirement/children/2", "repeats a", "", id="a child twice"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [result_of(0.8, "at_least"), MASTERY, result_of(0.7, "at_least"), result_of(0.5, "at_most")]}}, "/requirement/rules/3", "contradicts the others: no result in 'A' meets all of them", "", id="results that contradict"),
        pytest.param({"requirement": {"rule": "improved", "by": "kept"}}, "/requirement", "everybody meets it without any evidence", "", id="passes everyone"),
        pytest.param({"requirement": ratings(1)}, "/requirement", "any evidence at all meets it, however poor", 'a bar, or "any_evidence": true to say so openly', id="any evidence"),
        pytest.param({"scale": {"levels": [{"name": "A", "points": 1}, {"name": " a", "points": 2}], "mastery_points": 1}}, "/scale/levels/1/name", "repeats the name of level 0", "", id="levels of one name"),
        pytest.param({"scale": {"levels": levels(1, 2, 2), "mastery_points": 1}}, "/scale/levels/2/points", "the scale is upside down: this level has no more points than the one before it", "levels from lowest to highest", id="upside down"),
        pytest.param({"scale": {"levels": levels(1, 2)}}, "/scale", "says nothing about where mastery begins", "mastery_level or mastery_points", id="no mastery"),
        pytest.param({"scale": {"levels": levels(1, 2), "mastery_level": "x"}}, "/scale/mastery_level", "the scale has no level 'x'", "L0, L1", id="unknown mastery level"),
        pytest.param({"scale": {"levels": levels(1, 2), "mastery_level": "L1", "mastery_points": 1}}, "/scale/mastery_points", "contradicts mastery_level, which has 2 points", "", id="two masteries"),
        pytest.param({"expiry": {"expires_after": "P1H"}}, "/expiry/expires_after", "Value error, expected an ISO 8601 duration such as P3Y, P6M or P730D", "", id="hours without T"),
        pytest.param({"expiry": {"expires_after": "P0D"}}, "/expiry/expires_after", "Value error, a period of no length holds nothing", "", id="no length"),
        pytest.param({"requirement": {**MASTERY, "points": 2000000000}}, "/requirement/points", "Value error, expected a number between -1000000000 and 1000000000", "", id="too large"),
        pytest.param({"requirement": {**MASTERY, "points": "0.0000000000001"}}, "/requirement/points", "Value error, expected at most 12 decimals", "", id="too fine"),
    ],
)  # fmt: skip
def test_a_refusal_says_where_why_and_what_would_be_right(
    change: Json, where: str, why: str, expected: str
) -> None:
    assert refused(change) == [Reject(where, why, expected)]


def many(parts: int) -> Json:
    """So many rules in all, the compositions among them."""
    left = parts - 6
    rules = [{"rule": "any_of", "rules": [MASTERY] * min(99, left - 99 * at)} for at in range(5)]
    return {"rule": "all_of", "rules": rules}


def test_a_document_may_have_five_hundred_parts() -> None:
    assert parse(raw(many(RULES_MAX))).id == "test"
    assert refused({"requirement": many(RULES_MAX + 1)}) == [
        Reject("/requirement", "has more than 500 parts")
    ]


ANY = "any evidence at all meets it, however poor"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"requirement": ratings(1), "counting": {"kinds": ["credential"]}}, id="one kind"),
        pytest.param({"requirement": {"rule": "distinct", "of": "evaluator", "at_least": 1}}, id="somebody"),
        pytest.param({"requirement": {"rule": "distinct", "of": "task", "at_least": 1}}, id="some task"),
        pytest.param({"requirement": {"rule": "distinct", "of": "site", "at_least": 1}}, id="some site"),
        pytest.param({"requirement": ratings(1), "counting": {"rigour_floor": 100}}, id="of some rigour"),
        pytest.param({"requirement": ratings(1), "counting": {"weight_floor": 1_000_000_000}}, id="of some weight"),
        pytest.param({"requirement": {"rule": "within", "period": "P1D", "inner": ratings(1)}}, id="lately"),
        pytest.param({"requirement": ratings(1), "expiry": {"expires_after": "PT1S"}}, id="for a second"),
    ],
)  # fmt: skip
def test_what_any_evidence_meets_has_to_say_so_openly(change: Json) -> None:
    assert [one.why for one in refused(change)] == [ANY]
    assert parse({**raw(), **change, "any_evidence": True}).any_evidence


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"requirement": ratings(1, below=True, level="Proficient")}, id="below mastery, which the best is not"),
        pytest.param({"requirement": ratings(1, level="Developing")}, id="above the lowest"),
        pytest.param({"requirement": {**MASTERY, "points": 9}, "results": {"passed": 9}}, id="passing is worth more than the top level"),
        pytest.param({"requirement": {**MASTERY, "points": 9}, "results": {"score_without_max": "points"}}, id="points have no top"),
        pytest.param({"scale": {"levels": levels(1, 2, 3), "mastery_level": "L2", "points_possible": 2}, "results": {}}, id="the top level, above full marks"),
        pytest.param({"scale": {"levels": levels(1), "mastery_level": "L0"}, "any_evidence": True}, id="one level alone"),
        pytest.param({"scale": {"levels": levels(1, 2), "mastery_points": 2, "mastery_level": "L1"}, "results": {}}, id="mastery twice, and the same"),
        pytest.param({"results": {"passed": 2, "failed": 2}}, id="passing and failing are worth the same"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [result_of(0.8, "at_most"), result_of(0.5, "at_most")]}}, id="two ceilings"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [result_of(0.8, "at_least"), result_of(0.5, "at_least")]}}, id="two floors"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [result_of(0.8, "at_least"), result_of(0.8, "equal")]}}, id="a floor and the same exactly"),
        pytest.param({"estimate": bayes(prior=0, learn=0.1), "requirement": {**MASTERY, "points": 1}}, id="never known, but learnt"),
        pytest.param({"estimate": bayes(prior=1, forget=0.1), "requirement": {**MASTERY, "points": 1}, "any_evidence": True}, id="known, but forgotten"),
        pytest.param({"requirement": {"rule": "covers", "children": ["a", "b"], "at_least": 2}}, id="as many children as named"),
        pytest.param({"requirement": {"rule": "within", "period": "P1D", "inner": {"rule": "hours_at_least", "hours": 1}}}, id="hours, lately"),
    ],
)  # fmt: skip
def test_what_somebody_can_meet_and_not_everybody_is_sound(change: Json) -> None:
    assert parse({**raw(), **change}).id == "test"


A, B, C, D = (CompetencyId(name) for name in "abcd")
CHILDREN: Json = {"rule": "any_of", "rules": [
    {"rule": "covers", "children": ["a", "b"]},
    {"rule": "points", "need": 1, "children": [{"id": "c", "points": 1}]},
]}  # fmt: skip
PLACES = ["/requirement/rules/0/children/0", "/requirement/rules/0/children/1", "/requirement/rules/1/children/0"]  # fmt: skip


def test_a_reference_to_what_is_no_child_says_which_and_where() -> None:
    policy = document(CHILDREN)
    assert [*unknown_references(policy)] == []
    assert [*unknown_references(policy, competency=D, children=[A, B, C], known=[A, B, C])] == []
    assert [*unknown_references(policy, competency=B)] == [
        Reject(PLACES[1], "b would rest on itself")
    ]
    assert [*unknown_references(policy, known=[A, B])] == [
        Reject(PLACES[2], "no competency is called c")
    ]
    assert [*unknown_references(policy, competency=D, children=[B], known=[A, B, C])] == [
        Reject(PLACES[0], "a is not a child of d"),
        Reject(PLACES[2], "c is not a child of d"),
    ]


@pytest.mark.parametrize(
    ("rests_on", "found"),
    [
        pytest.param({A: [B, C], B: [D], C: [D]}, [], id="two ways to one"),
        pytest.param({A: [A]}, ["a > a"], id="on itself"),
        pytest.param({B: [A], A: [B], C: [A]}, ["a > b > a"], id="told once, whoever leads to it"),
        pytest.param({A: [B], B: [C], C: [B]}, ["b > c > b"], id="without the way there"),
        pytest.param({A: [B], B: [A], C: [D], D: [C]}, ["a > b > a", "c > d > c"], id="two of them"),
    ],
)  # fmt: skip
def test_each_circle_is_told_once(rests_on: dict[CompetencyId, Any], found: list[str]) -> None:
    assert [*circles(rests_on)] == [Reject("/requirement", f"a circle: {one}") for one in found]
