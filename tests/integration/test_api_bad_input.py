"""Policies, frameworks and evidence that cannot be meant: refused with place and reason, or defined."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import FRAMEWORK, policy, uri
from tests.town import Town, package

ESTIMATE = {"rule": "estimate_at_least"}


def result_of(share: float, how: str) -> dict[str, Any]:
    return {"rule": "result_of", "which": "exam", "is": how, "share": share}


def covers(*names: str) -> dict[str, Any]:
    return {"rule": "covers", "share": 1, "children": [uri(name) for name in names]}


def nested(levels: int) -> dict[str, Any]:
    rule: dict[str, Any] = ESTIMATE
    for _ in range(levels):
        rule = {"rule": "all_of", "rules": [rule]}
    return rule


@pytest.mark.parametrize(
    ("change", "pointer", "reason"),
    [
        pytest.param({"requirement": {"rule": "all_of", "rules": []}}, "/requirement/rules", "at least 1", id="empty"),
        pytest.param({"scale": {"levels": []}}, "/scale/levels", "at least 1", id="a scale without levels"),
        pytest.param(
            {"requirement": {"rule": "all_of", "rules": [result_of(0.8, "at_least"), result_of(0.5, "at_most")]}},
            "/requirement/rules/1", "contradicts", id="contradictory",
        ),
        pytest.param(
            {"requirement": {"rule": "at_least", "n": 3, "of": [ESTIMATE]}},
            "/requirement/n", "nobody can meet", id="beyond everybody",
        ),
        pytest.param({"requirement": nested(40)}, "", "in a circle", id="without an end"),
        pytest.param({"requirement": covers("W2", "X9")}, "/requirement/children/1", "no framework", id="unknown competency"),
        pytest.param(
            {"requirement": {"rule": "observations_at_least", "at_least": 1}},
            "/requirement", "any evidence at all", id="passes everyone",
        ),
        pytest.param(
            {"requirement": {"rule": "estimate_at_least", "points": 0}},
            "/requirement", "any evidence at all", id="a bar on the ground",
        ),
        pytest.param(
            {"scale": {"levels": [{"name": "met", "points": 1}, {"name": "not yet", "points": 0}], "mastery_level": "met"}},
            "/scale/levels/1/points", "upside down", id="a scale upside down",
        ),
    ],
)  # fmt: skip
def test_an_unsound_policy_is_refused_at_publication(
    town: Town, change: dict[str, Any], pointer: str, reason: str
) -> None:
    """Issue 3: with the path and the reason, and nothing is published."""
    before = town.get("/v1/policies")
    found = town.faults("/v1/policies", policy("unsound", **change))
    assert reason in found[pointer]
    assert town.get("/v1/policies") == before


def test_a_policy_over_competencies_in_a_circle_is_refused(town: Town) -> None:
    """A tree that runs in a circle is taken as published; a policy may not rest on it."""
    town.framework("W1", "W2", "W3", children={"W2": "W1", "W3": "W2"}, title="A tree")
    assert town.post("/v1/policies", policy("whole", requirement=covers("W1")))["policy"] == "whole"
    circle = {"W2": "W1", "W3": "W2", "W1": "W3"}
    town.framework("W1", "W2", "W3", children=circle, title="A circle")
    found = town.faults("/v1/policies", policy("around", requirement=covers("W1")))
    assert "a circle: " in found["/requirement/children/0"]
    # The policy of before is judged on to an end: nobody masters a circle by itself.
    learner = town.shown(town.provider(), "W1")["learner"]
    assert town.state(learner, "W1", policy="whole") == "in_progress"
    assert town.state(learner, "W1") == "mastered"


def test_a_framework_without_levels_is_judged_by_scores_and_success(town: Town) -> None:
    framework = town.get(f"/v1/frameworks/{FRAMEWORK}")
    assert framework.get("scales", []) == []
    school = town.provider()
    scored = town.shown(school, "W1", score=0.9)["learner"]
    assert town.state(scored, "W1") == "mastered"
    by_success = policy("success", results={"passed": "0.8", "failed": 0})
    town.post("/v1/policies", by_success)
    passed = town.shown(school, "W1", learner="S-2", result={"success": True})["learner"]
    assert town.state(passed, "W1", policy="success") == "mastered"
    assert town.reasons(passed, "W1") == ["not_on_scale"]


def test_a_rubric_whose_levels_have_no_order_is_left_out_and_listed(town: Town) -> None:
    levels = [{"quality": name, "score": 1} for name in ("Low", "High")]
    criteria = [{"identifier": "c1", "CFRubricCriterionLevels": levels}]
    name = "f0000000-0000-4000-8000-000000000009"
    body = package(("R1",), name, "Rubrics", {}, {}) | {
        "CFRubrics": [{"identifier": "r1", "CFRubricCriteria": criteria}]
    }
    (refused,) = town.post("/v1/frameworks", body)["refused"]
    (error,) = refused["errors"]
    assert error["reason"] == "has two levels of one rank"
    assert error["pointer"].endswith("/CFRubricCriteria/0/CFRubricCriterionLevels")
    assert town.get(f"/v1/frameworks/{name}").get("scales", []) == []


@pytest.mark.parametrize(
    ("result", "pointer"),
    [
        pytest.param({"score": 11, "max": 10}, "/result/score", id="above its maximum"),
        pytest.param({"score": -1, "min": 0, "max": 10}, "/result/score", id="below its minimum"),
        pytest.param({"score": 5, "min": 10, "max": 0}, "/result/max", id="bounds upside down"),
        pytest.param({"level": "C", "scale": ["A", "B"]}, "/result/level", id="a level it does not have"),
        pytest.param({"level": "A", "scale": ["A", "A"]}, "/result/scale", id="a level twice"),
    ],
)  # fmt: skip
def test_a_result_outside_its_own_bounds_is_refused_at_the_door(
    town: Town, result: dict[str, Any], pointer: str
) -> None:
    body = {
        "id": "odd", "kind": "assessment", "learner": {"id": "S-1"}, "result": result,
        "occurred_at": "2026-03-02T10:15:00-06:00", "alignments": [{"competency": uri("W1")}],
    }  # fmt: skip
    answer = town.provider().client.post("/v1/evidence", json=body)
    assert answer.status_code == 400
    assert pointer in {one["pointer"] for one in answer.json()["errors"]}


def test_a_providers_scale_upside_down_counts_for_nothing(town: Town) -> None:
    """It names the policy's own levels in the opposite order: neither reading can be trusted."""
    result = {"level": "met", "scale": ["met", "not yet"]}
    learner = town.shown(town.provider(), "W1", result=result)["learner"]
    assert town.reasons(learner, "W1") == ["invalid_result"]
    assert town.state(learner, "W1") == "no_evidence"
