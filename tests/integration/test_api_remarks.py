"""What others say of evidence, over HTTP: second raters, contests, decisions."""

from __future__ import annotations

from typing import Any

from tests.builders import policy
from tests.town import BOARD, Town

LEE = {"id": "ms-lee", "role": "teacher"}
ORR = {"id": "mr-orr", "role": "second rater"}
WHEN = "2026-03-09T10:00:00Z"
CONTEST = {"by": {"id": "parent/881", "role": "parent"}, "reason": "the photographs are of another"}


def test_opposite_ratings_are_disputed_until_somebody_decides(town: Town) -> None:
    """S0-10: two opposite ratings wait for a third; the deciding look is recorded as a fact."""
    town.policy(policy("judged-together", conflict={"levels_apart": 1}))
    school = town.provider()
    receipt = town.shown(school, "W1", evaluator=LEE)
    path = f"/v1/evidence/{receipt['evidence']}/confirmation"
    low = {"evaluator": ORR, "occurred_at": WHEN, "result": {"score": 0.1, "max": 1}}
    town.post(path, low)
    assert town.state(receipt["learner"], "W1") == "contested"
    third = low | {"evaluator": {"id": "dr-wu"}, "result": {"score": 0.9, "max": 1}}
    town.post(path, third)
    assert town.state(receipt["learner"], "W1") == "mastered"
    assert town.post(path, third)["duplicate"] is True
    topics = [
        one["topic"] for one in town.get(f"/v1/learners/{receipt['learner']}/history")["steps"]
    ]
    assert topics.count("mastery.evidence-confirmed.v1") == 2


def test_a_second_person_confirms_and_nobody_confirms_themselves(town: Town) -> None:
    needs_two: dict[str, Any] = {"rule": "confirmed_by_second_rater", "level": "met"}
    town.policy(policy("seen-twice", requirement=needs_two))
    school = town.provider()
    receipt = town.shown(school, "W1", evaluator=LEE)
    path = f"/v1/evidence/{receipt['evidence']}/confirmation"
    assert town.state(receipt["learner"], "W1") == "unconfirmed"
    assert set(town.faults(path, {"evaluator": LEE, "occurred_at": WHEN})) == {"/evaluator/id"}
    impossible = {"evaluator": ORR, "occurred_at": WHEN, "result": {"score": 2, "max": 1}}
    assert set(town.faults(path, impossible)) == {"/result/score"}
    answer = school.client.post(path, json={"evaluator": ORR, "occurred_at": WHEN})
    assert answer.status_code == 200
    assert town.state(receipt["learner"], "W1") == "mastered"


def test_contested_evidence_waits_for_a_decision(town: Town) -> None:
    school = town.provider()
    receipt = town.shown(school, "W1")
    path = f"/v1/evidence/{receipt['evidence']}"
    decided = {"by": BOARD, "outcome": "stands", "reason": "the hearing found so"}
    assert "nobody contested" in town.post(f"{path}/resolution", decided, status=409)["detail"]
    town.post(f"{path}/contest", CONTEST)
    assert town.state(receipt["learner"], "W1") == "contested"
    town.post(f"{path}/resolution", decided)
    assert town.state(receipt["learner"], "W1") == "mastered"
    town.post(f"{path}/contest", CONTEST | {"reason": "there is a new photograph"})
    town.post(f"{path}/resolution", decided | {"outcome": "set_aside", "reason": "not theirs"})
    assert town.reasons(receipt["learner"], "W1") == ["set_aside"]
    assert town.changes() == [
        ("W1", "no_evidence", "mastered"),
        ("W1", "mastered", "contested"),
        ("W1", "contested", "mastered"),
        ("W1", "mastered", "contested"),
        ("W1", "contested", "no_evidence"),
    ]


def test_a_provider_remarks_on_its_own_evidence_only_and_decides_nothing(town: Town) -> None:
    school, other = town.provider(), town.provider()
    receipt = town.shown(school, "W1")
    path = f"/v1/evidence/{receipt['evidence']}"
    assert other.client.post(f"{path}/contest", json=CONTEST).status_code == 404
    assert school.client.post(f"{path}/contest", json=CONTEST).status_code == 200
    decided = {"by": BOARD, "outcome": "stands", "reason": "it is fine"}
    assert school.client.post(f"{path}/resolution", json=decided).status_code == 403
    nobody = "/v1/evidence/019a3f0e-7a51-7b3c-9d2e-5f7a1c9b0e11/contest"
    town.post(nobody, CONTEST, status=404)
