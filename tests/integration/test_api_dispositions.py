"""Dispositions: shown with evidence and estimate, passed or failed only where a policy says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import policy, uri
from tests.town import Town

HABITS = "f0000000-0000-4000-8000-000000000003"
SAYS_SO: dict[str, Any] = policy("habits", strands=["dispositions"])


@pytest.fixture
def habits(town: Town) -> Town:
    """Publish a framework of one disposition and one academic standard."""
    types = {"D1": "disposition", "A1": "academic standard"}
    town.framework("D1", "A1", name=HABITS, title="Habits", types=types)
    return town


def test_a_disposition_is_shown_and_neither_mastered_nor_not(habits: Town) -> None:
    """S4-10: evidence and estimate, and no verdict of any policy that does not name them."""
    receipt = habits.shown(habits.provider(), "D1", "A1")
    learner = receipt["learner"]
    found = habits.line(learner, "D1", on="2026-06-01")
    verdict = found["verdict"]
    assert (verdict["state"], verdict["estimate"]) == ("observed", "0.9")
    assert verdict["counted"] == [receipt["evidence"]]
    assert [verdict[name] for name in ("findings", "missing", "since")] == [[], [], None]
    assert [one["evidence"] for one in found["evidence"]] == [receipt["evidence"]]
    assert habits.state(learner, "A1") == "mastered"
    assert habits.state(learner, "W1") == "no_evidence"
    explained = habits.get(f"/v1/learners/{learner}/explanations/{uri('D1')}")
    assert explained["plain"].startswith("People have seen you do this.")
    assert habits.changes() == [
        ("A1", "no_evidence", "mastered"),
        ("D1", "no_evidence", "observed"),
    ]
    reports = habits.get("/v1/reports/one-short")["items"]
    assert [one for one in reports if one["competency"] == uri("D1")] == []
    # Nor by a policy that is asked for, unless it names them.
    assert habits.state(learner, "D1", policy="one-is-enough") == "observed"


def test_poor_evidence_on_a_disposition_is_no_failure(habits: Town) -> None:
    learner = habits.shown(habits.provider(), "D1", score=0.1)["learner"]
    verdict = habits.verdict(learner, "D1")
    assert (verdict["state"], verdict["estimate"], verdict["missing"]) == ("observed", "0.1", [])


def test_a_policy_that_names_them_decides_on_dispositions_alone(habits: Town) -> None:
    school = habits.provider()
    learner = habits.shown(school, "D1", "A1")["learner"]
    habits.changes()
    assert habits.post("/v1/policies", SAYS_SO)["policy"] == "habits"
    assert habits.state(learner, "D1") == "observed"  # published is not adopted
    assert habits.state(learner, "D1", policy="habits") == "mastered"
    habits.post("/v1/policies/habits/adoptions", {"level": "everywhere"})
    verdicts = {code: habits.verdict(learner, code) for code in ("D1", "A1")}
    assert {code: (one["state"], one["policy"]) for code, one in verdicts.items()} == {
        "D1": ("mastered", "habits"), "A1": ("mastered", "one-is-enough"),
    }  # fmt: skip
    assert habits.changes()[-1] == ("D1", "observed", "mastered")
    low = habits.shown(school, "D1", learner="S-2", score=0.1)["learner"]
    assert habits.state(low, "D1") == "in_progress"


def test_adoptions_and_floors_of_other_strands_stand_beside(habits: Town) -> None:
    """A floor for technical skills is none for dispositions, and goes on beside their policy."""
    twice = {"rule": "observations_at_least", "at_least": 2, "level": "met"}
    habits.policy(policy("twice", requirement=twice), floor=True)
    habits.policy(SAYS_SO)
    habits.policy(policy("once"), level="school", scope="North")
    school = habits.provider()
    learner = habits.shown(school, "D1", "W1")["learner"]
    habits.enrolled(school, school="North", starts_on="2026-01-01")
    assert habits.state(learner, "D1") == "mastered"
    assert habits.state(learner, "W1") == "in_progress"
    fewer = twice | {"at_least": 1}
    habits.post("/v1/policies", policy("fewer", requirement=fewer))
    north = {"level": "school", "scope": "North"}
    assert "/requirement" in habits.faults("/v1/policies/fewer/adoptions", north)
    habits.post("/v1/policies", policy("one-habit", strands=["dispositions"], requirement=fewer))
    habits.post("/v1/policies/one-habit/adoptions", north)


def test_a_trial_of_a_policy_that_does_not_name_them_moves_no_disposition(habits: Town) -> None:
    habits.shown(habits.provider(), "D1", "A1")
    nine = {"rule": "observations_at_least", "at_least": 9, "level": "met"}
    found = habits.post("/v1/policies/trials", {"policy": policy("nine", requirement=nine)})
    assert [one["competency"] for one in found["moved"]] == [uri("A1")]
    named = {"policy": SAYS_SO}
    found = habits.post("/v1/policies/trials", named)
    assert [(one["competency"], one["effect"]) for one in found["moved"]] == [(uri("D1"), "gains")]
