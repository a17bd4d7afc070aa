"""Dual enrolment: one course, credits on two records, and one fact behind both."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import uri
from tests.town import BOARD, Teller, Town, link

AGREEMENT: dict[str, Any] = {
    "id": "valley-riverside", "title": "Valley College and Riverside High",
    "needs": ["academic", "college"],
    "links": [link("W1", "P1")],
    "credits": [
        {
            "clause": "4.1", "course": "ENGL 101", "record": "Riverside High",
            "credit_type": "english", "rate": "0.5", "starts_on": "2026-01-01",
        },
    ],
}  # fmt: skip
DIPLOMA = {
    "id": "diploma", "title": "Diploma", "requirements": [
        {"id": "english", "requires": "credits", "at_least": 1, "credit_types": ["english"]},
        {"id": "any", "requires": "credits", "at_least": 4},
    ],
}  # fmt: skip


@pytest.fixture
def college(town: Town) -> Teller:
    """Publish an agreement that both signed, and give the college."""
    town.post("/v1/crosswalks", AGREEMENT)
    town.sign("academic", AGREEMENT["id"])
    town.sign("college", AGREEMENT["id"])
    town.post("/v1/pathways", DIPLOMA)
    return town.provider("college")


def took(town: Town, college: Teller, **others: Any) -> dict[str, Any]:
    """Let the college say, once, that a learner passed the course."""
    said: dict[str, Any] = {
        "credits": 3,
        "credit_type": "college",
        "context": {"course": "ENGL 101"},
    }
    return town.shown(college, "W1", **(said | others))


def held(town: Town, learner: str, **asked: object) -> dict[str | None, tuple[str | None, str]]:
    """Give what stands on each record: its kind and how much."""
    found = town.get(f"/v1/learners/{learner}/transcript", **asked)["credits"]
    return {one["record"]: (one["credit_type"], one["credits"]) for one in found}


def test_one_event_gives_credits_on_two_records_and_cites_the_clause(
    town: Town, college: Teller
) -> None:
    """S2-5: the agreement, its clause and its very words stand beside the credit."""
    receipt = took(town, college)
    learner = receipt["learner"]
    _, at_school = town.get(f"/v1/learners/{learner}/transcript")["credits"]
    digest = at_school.pop("digest")
    assert at_school == {
        "credit_type": "english", "credits": "1.5", "evidence": [receipt["evidence"]],
        "record": "Riverside High", "agreement": "valley-riverside", "clause": "4.1",
    }  # fmt: skip
    assert len(digest) == 64
    assert held(town, learner) == {
        None: ("college", "3"), "Riverside High": ("english", "1.5"),
    }  # fmt: skip
    assert (town.state(learner, "W1"), town.state(learner, "P1")) == ("mastered", "mastered")
    audit = town.get(f"/v1/learners/{learner}/pathways/diploma")["audit"]["requirements"]
    # 3 college credits, and not 4.5: by an agreement they count where their kind is asked for.
    assert [(one["met"], one["have"]) for one in audit] == [(True, "1.5"), (False, "3")]


def test_a_drop_at_the_college_reverses_both_and_the_history_tells_all(
    town: Town, college: Teller
) -> None:
    """S2-5: one new event reverses credits and mastery on both sides; nothing is lost."""
    receipt = took(town, college)
    learner, then = receipt["learner"], receipt["position"]
    before = held(town, learner)
    path = f"/v1/evidence/{receipt['evidence']}/withdrawal"
    assert college.client.post(path, json={"reason": "dropped"}).status_code == 200
    assert held(town, learner) == {}
    assert {town.state(learner, code) for code in ("W1", "P1")} == {"no_evidence"}
    gained, lost = ("no_evidence", "mastered"), ("mastered", "no_evidence")
    assert town.changes() == [("P1", *gained), ("W1", *gained), ("P1", *lost), ("W1", *lost)]
    assert held(town, learner, as_of=then) == before
    steps = town.get(f"/v1/learners/{learner}/history")["steps"]
    assert [one["topic"].split(".")[1] for one in steps if one["evidence"]] == [
        "evidence-recorded", "evidence-withdrawn",
    ]  # fmt: skip
    assert "3 credits" in next(one["text"] for one in steps if one["evidence"])


@pytest.mark.parametrize(
    ("corrected", "left"),
    [
        pytest.param({"credits": 1}, {None: ("college", "1"), "Riverside High": ("english", "0.5")}, id="credits"),
        pytest.param({"result": {"success": False}}, {}, id="failed"),
        pytest.param({"context": {"course": "MATH 101"}}, {None: ("college", "3")}, id="another course"),
    ],
)  # fmt: skip
def test_a_correction_at_the_college_moves_both(
    town: Town, college: Teller, corrected: dict[str, Any], left: dict[str | None, Any]
) -> None:
    receipt = took(town, college, id="grade/1", version="1")
    took(town, college, id="grade/1", version="2", **corrected)
    assert held(town, receipt["learner"]) == left
    before = held(town, receipt["learner"], as_of=receipt["position"])
    assert before["Riverside High"] == ("english", "1.5")


def test_a_course_that_is_aligned_to_nothing_needs_a_provider_with_authority_as_well(
    town: Town, college: Teller
) -> None:
    own = {None: ("college", "3")}
    theirs = took(town, college, alignments=[])
    assert held(town, theirs["learner"]) == own | {"Riverside High": ("english", "1.5")}
    stranger = took(town, town.provider("college", trusted=False), learner="S-2", alignments=[])
    assert held(town, stranger["learner"]) == {}
    path = f"/v1/evidence/{theirs['evidence']}"
    town.post(f"{path}/contest", {"by": BOARD, "reason": "somebody else sat the exam"})
    town.post(f"{path}/resolution", {"by": BOARD, "outcome": "set_aside", "reason": "so"})
    assert held(town, theirs["learner"]) == {}


def test_without_consent_date_or_authority_nothing_counts_elsewhere(
    town: Town, college: Teller
) -> None:
    own = {None: ("college", "3")}
    early = took(town, college, learner="S-1", occurred_at="2025-12-31T12:00:00Z")
    assert held(town, early["learner"]) == own
    stranger = took(town, town.provider("college", trusted=False), learner="S-2")
    assert held(town, stranger["learner"]) == {}
    late = took(town, college, learner="S-3")
    assert len(held(town, late["learner"])) == 2
    gone = {"role": "college", "by": BOARD, "reason": "the agreement ended"}
    found = town.post("/v1/crosswalks/valley-riverside/withdrawal", gone)["consequences"]
    assert found["credits"] == [
        {
            "learner": late["learner"], "evidence": late["evidence"], "clause": "4.1",
            "record": "Riverside High", "credits": "1.5",
        },
    ]  # fmt: skip
    assert held(town, late["learner"]) == own
    assert town.verdict(late["learner"], "P1")["counted"] == []
    assert town.get(f"/v1/learners/{late['learner']}/mastery/{uri('W1')}")["via"] == {}
