"""An enrolment that was said by mistake is withdrawn, and reads as if it had never been said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from api.cli.main import run
from ledger.domain.facts import EnrolmentWithdrawn
from ledger.domain.ids import LearnerId, ProviderId
from ledger.errors import ErasedError, UnknownEnrolmentError
from ledger.store.tasks import NOBODY
from tests.builders import policy
from tests.ledgers import MASTER_KEY
from tests.town import Teller, Town

WITHDRAWAL = "/v1/enrolments/withdrawal"
TWICE = policy(
    "twice", requirement={"rule": "observations_at_least", "at_least": 2, "level": "met"}
)


def enrolled(by: Teller, name: str = "e1", learner: str = "S-1", **places: object) -> None:
    body = {"id": name, "learner": {"id": learner}, **places}
    answer = by.client.post("/v1/enrolments", json=body)
    assert (answer.status_code, answer.json()["duplicate"]) == (200, False), answer.text


def withdrawn(by: Teller, name: str = "e1", *, status: int = 200) -> dict[str, Any]:
    answer = by.client.post(WITHDRAWAL, json={"id": name, "reason": "of another Ada"})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_was_withdrawn_decides_nothing_from_then_on(town: Town) -> None:
    town.policy(TWICE, level="district", scope="Valley")
    school = town.provider()
    learner = town.shown(school, "W1")["learner"]
    enrolled(school, district="Valley")
    before = town.served.ledger.log.head()
    assert town.state(learner, "W1") == "in_progress"
    report = {"level": "district", "scope": "Valley"}
    assert len(town.get("/v1/reports/one-short", **report)["items"]) == 1
    assert withdrawn(school)["position"] == before + 1
    assert town.state(learner, "W1") == "mastered"
    assert town.get("/v1/reports/one-short", **report)["items"] == []
    assert town.get(f"/v1/learners/{learner}/transcript")["enrolments"] == []
    assert town.changes() == [
        ("W1", "no_evidence", "mastered"),
        ("W1", "mastered", "in_progress"),
        ("W1", "in_progress", "mastered"),
    ]


def test_what_was_known_before_stays_and_the_history_tells_both(town: Town) -> None:
    school = town.provider()
    enrolled(school, school="North")
    before = town.served.ledger.log.head()
    withdrawn(school)
    learner = town.get("/v1/learners", identifier="S-1", provider=str(school.id))["learner"]
    known = town.get(f"/v1/learners/{learner}/transcript", as_of=before)
    assert [one["school"] for one in known["enrolments"]] == ["North"]
    steps = town.get(f"/v1/learners/{learner}/history")["steps"]
    assert [one["text"] for one in steps][-2:] == [
        "Provider 1 recorded an enrolment in school North.",
        "Provider 1 withdrew an enrolment that was a mistake (e1): of another Ada.",
    ]


def test_it_is_withdrawn_once_until_it_is_said_anew(town: Town) -> None:
    school = town.provider()
    enrolled(school, school="North")
    first, again = withdrawn(school), withdrawn(school)
    assert (first["duplicate"], again) == (False, first | {"duplicate": True})
    enrolled(school, school="North")
    assert withdrawn(school)["duplicate"] is False
    other = {"id": "e1", "learner": {"id": "S-2"}, "school": "North"}
    assert school.client.post("/v1/enrolments", json=other).status_code == 409
    enrolled(school, "e2", "S-2", school="North")


def test_whoever_said_it_withdraws_it_or_a_steward(town: Town) -> None:
    school, other = town.provider(), town.provider()
    enrolled(school, school="North")
    withdrawn(other, status=404)
    said = {"id": "e1", "reason": "of another Ada", "provider": str(school.id)}
    assert other.client.post(WITHDRAWAL, json=said).status_code == 403
    assert town.as_role("auditor").post(WITHDRAWAL, json=said).status_code == 403
    assert town.post(WITHDRAWAL, {"id": "e1", "reason": "?"}, status=400)["errors"]
    assert set(town.faults(WITHDRAWAL, said | {"reason": " "})) == {"/reason"}
    assert town.post(WITHDRAWAL, said)["duplicate"] is False
    learner = town.get("/v1/learners", identifier="S-1", provider=str(school.id))["learner"]
    told = town.get(f"/v1/learners/{learner}/history")["steps"][-1]["text"]
    assert told == (
        "A steward withdrew Provider 1's enrolment that was a mistake (e1): of another Ada."
    )


def test_a_district_lies_in_a_state_by_enrolments_that_stand_and_can_be_read(town: Town) -> None:
    town.policy(TWICE, level="state", scope="WA", floor=True)
    school = town.provider()
    enrolled(school, "e1", "S-1", state="WA", district="D1")
    enrolled(school, "e2", "S-2", state="WA", district="D1")
    once = policy(
        "once", requirement={"rule": "observations_at_least", "at_least": 1, "level": "met"}
    )
    town.post("/v1/policies", once)
    adoption = {"level": "district", "scope": "D1"}
    assert set(town.faults("/v1/policies/once/adoptions", adoption)) == {"/requirement"}
    withdrawn(school, "e1")
    learner = town.get("/v1/learners", identifier="S-2", provider=str(school.id))["learner"]
    town.post(f"/v1/learners/{learner}/erasure", {"reason": "requested"})
    town.post("/v1/policies/once/adoptions", adoption)


def test_nothing_more_is_said_of_somebody_who_was_erased(town: Town) -> None:
    school = town.provider()
    enrolled(school, school="North")
    learner = town.get("/v1/learners", identifier="S-1", provider=str(school.id))["learner"]
    town.post(f"/v1/learners/{learner}/erasure", {"reason": "requested"})
    with pytest.raises(ErasedError):
        town.served.ledger.disenrol(_said(school))
    assert withdrawn(school, status=410)
    with pytest.raises(UnknownEnrolmentError, match="enrolment e9"):
        town.served.ledger.disenrol(_said(school, "e9"))


def _said(by: Teller, name: str = "e1") -> EnrolmentWithdrawn:
    return EnrolmentWithdrawn(
        learner=LearnerId(NOBODY),
        provider=ProviderId(UUID(str(by.id))),
        external_id=name,
        by="provider",
        reason="?",
    )


def test_the_command_line_withdraws_it(town: Town, capfd: pytest.CaptureFixture[str]) -> None:
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    enrolled(town.provider(), school="North")
    asked = ["learner", "disenrol", "e1", "--provider", "Provider 1", "--reason", "of another Ada"]
    assert run(asked, env=env) == 0
    head = town.served.ledger.log.head()
    assert f"withdrawn, at position {head}" in capfd.readouterr().out
    assert run(asked, env=env) == 0
    assert f"was withdrawn before, at position {head}" in capfd.readouterr().out
    assert run([*asked[:2], "e2", *asked[3:]], env=env) == 1
    assert "no enrolment e2" in capfd.readouterr().err
