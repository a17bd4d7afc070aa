"""Pathways over HTTP and the command line: published, audited, gates opened by mastery alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import run
from tests.builders import uri
from tests.ledgers import MASTER_KEY
from tests.town import BOARD, Teller, Town

WELDING: dict[str, Any] = {
    "id": "welding",
    "title": "Welding technology",
    "requirements": [
        {"id": "core", "requires": "competencies", "of": [uri("W1"), uri("W2")]},
        {"id": "hours", "requires": "hours", "at_least": 40, "settings": ["workplace"]},
        {"id": "card", "requires": "credentials", "of": ["AWS-CW"]},
        {"id": "math", "requires": "credits", "at_least": 1, "credit_types": ["mathematics"]},
    ],
    "gates": [{"id": "internship", "opens": [uri("W3")], "needs": [uri("W1"), uri("W2")]}],
}


def audit(town: Town, learner: str, **asked: object) -> dict[str, Any]:
    found: dict[str, Any] = town.get(f"/v1/learners/{learner}/pathways/welding", **asked)
    return found


def met(found: dict[str, Any]) -> dict[str, bool]:
    return {one["id"]: one["met"] for one in found["audit"]["requirements"]}


def test_a_pathway_is_published_once_and_comes_back_word_for_word(town: Town) -> None:
    first = town.post("/v1/pathways", WELDING)
    assert town.post("/v1/pathways", WELDING) == first | {"duplicate": True}
    (listed,) = town.get("/v1/pathways")
    assert (listed["pathway"], listed["digest"]) == ("welding", first["digest"])
    assert town.get("/v1/pathways/welding")["gates"][0]["needs"] == [uri("W1"), uri("W2")]
    assert town.get("/v1/pathways/schema")["title"] == "PathwayDocument"
    assert town.steward.get("/v1/pathways/none").status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        pytest.param(
            {"requirements": [{"id": "c", "requires": "competencies", "of": [uri("X9")]}]},
            "/requirements/0/of/0", id="unknown competency",
        ),
        pytest.param(
            {"requirements": [{"id": "c", "requires": "competencies", "of": [uri("W1"), uri("W1").replace("https", "http")]}]},
            "/requirements/0/of/1", id="one competency by two names",
        ),
        pytest.param(
            {"gates": [{"id": "g", "opens": [uri("W1")], "needs": [uri("X9")]}]}, "/gates/0/needs/0",
            id="unknown prerequisite",
        ),
        pytest.param({"gates": [{"id": "g", "opens": [uri("W1")], "needs": [uri("W1")]}]}, "", id="waits for itself"),
        pytest.param({"requirements": []}, "/requirements", id="asks for nothing"),
    ],
)  # fmt: skip
def test_an_unsound_pathway_is_refused_with_the_place(
    town: Town, change: dict[str, Any], pointer: str
) -> None:
    assert pointer in town.faults("/v1/pathways", WELDING | change)
    assert town.get("/v1/pathways") == []


def test_gates_open_by_mastery_and_never_by_time(town: Town) -> None:
    """S0-6: seat time and attendance change no gate; withdrawing the mastery closes it."""
    town.post("/v1/pathways", WELDING)
    school = town.provider()
    learner = town.shown(school, "W1")["learner"]
    town.shown(school, "W2", "W3", kind="activity", score=None, hours=400, title="Attendance")
    (gate,) = audit(town, learner)["audit"]["gates"]
    assert (gate["open"], gate["waits_for"]) == (False, [uri("W2")])
    second = town.shown(school, "W2")
    before = second["position"] - 1
    assert audit(town, learner)["audit"]["gates"][0]["open"] is True
    assert audit(town, learner, as_of=before)["audit"]["gates"][0]["open"] is False
    school.client.post(f"/v1/evidence/{second['evidence']}/withdrawal", json={"reason": "typo"})
    assert audit(town, learner)["audit"]["gates"][0]["open"] is False


def test_the_audit_says_what_is_met_and_what_is_missing(town: Town) -> None:
    """S2-4: competencies, hours, credentials and credits, with what is missing in words."""
    town.post("/v1/pathways", WELDING)
    school, firm = town.provider(), town.provider("employer")
    learner = town.shown(school, "W1", "W2")["learner"]
    work = {"activity": "internship", "setting": "workplace"}
    name = {"identifiers": [{"type": "ssid", "value": "77"}]}
    town.shown(school, kind="activity", score=None, learner={"id": "S-1", **name})
    town.shown(
        firm, "W1", kind="work_based_learning", hours=30, work_based_learning=work,
        learner="me",
    )  # fmt: skip
    found = audit(town, learner)
    assert met(found) == {"core": True, "hours": False, "card": False, "math": False}
    texts = {one["id"]: one["missing"] for one in found["audit"]["requirements"]}
    assert texts["hours"] == "40 more hours of work-based learning (workplace)"
    receipt = town.shown(
        firm, "W1", kind="work_based_learning", hours=40, work_based_learning=work, learner=name
    )
    assert receipt["learner"] == learner
    town.shown(school, kind="credential", score=None, credential={"id": "AWS-CW"})
    town.shown(school, credits=1, credit_type="mathematics", context={"course": "geometry"})
    town.shown(school, credits=1, credit_type="mathematics", context={"course": "geometry"})
    found = audit(town, learner)
    assert found["audit"]["complete"] is True
    math = found["audit"]["requirements"][3]
    assert math["have"] == "1", "a course taken up twice gives its credit once"
    assert audit(town, learner, as_of=receipt["position"])["audit"]["complete"] is False


def test_an_audit_of_nobody_or_of_no_pathway_is_not_found(town: Town) -> None:
    town.post("/v1/pathways", WELDING)
    learner = town.shown(town.provider(), "W1")["learner"]
    assert town.steward.get(f"/v1/learners/{learner}/pathways/none").status_code == 404
    nobody = "/v1/learners/6f1f6c1e-0f0b-4b53-9a0f-0a4e1c7b8d21/pathways/welding"
    assert town.steward.get(nobody).status_code == 404


def test_the_command_line_publishes_lists_and_audits(
    town: Town, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    file = tmp_path / "welding.json"
    file.write_text(json.dumps(WELDING))
    assert run(["pathway", "publish", str(file)], env=env) == 0
    assert run(["pathway", "list"], env=env) == 0
    learner = town.shown(town.provider(), "W1", "W2")["learner"]
    assert run(["pathway", "audit", learner, "welding"], env=env) == 0
    out, _ = capfd.readouterr()
    assert "Welding technology: not complete" in out
    assert "gate internship: open" in out
    assert run(["pathway", "audit", learner, "welding", "--json"], env=env) == 0
    assert json.loads(capfd.readouterr()[0])["audit"]["gates"][0]["open"] is True
    file.write_text(json.dumps(WELDING | {"requirements": []}))
    assert run(["pathway", "publish", str(file)], env=env) == 1


DONE: dict[str, Any] = {
    "id": "welding",
    "title": "Done",
    "requirements": [
        {"id": "hours", "requires": "hours", "at_least": 6},
        {"id": "card", "requires": "credentials", "of": ["AWS-CW"]},
        {"id": "credit", "requires": "credits", "at_least": 1},
    ],
}
NOTHING = {"hours": False, "card": False, "credit": False}
EVERYTHING = dict.fromkeys(NOTHING, True)


def done(town: Town, by: Teller, *codes: str, learner: str = "S-1", **terms: Any) -> list[Any]:
    """Report hours, a card and a course."""
    work: dict[str, Any] = {"kind": "work_based_learning", "hours": 6}
    card: dict[str, Any] = {"kind": "credential", "credential": {"id": "AWS-CW"}}
    course: dict[str, Any] = {"credits": 1, "context": {"course": "WELD 101"}}
    return [
        town.shown(by, *codes, learner=learner, **each | terms) for each in (work, card, course)
    ]


@pytest.mark.parametrize("codes", [(), ("W1",)], ids=["aligned to nothing", "aligned"])
def test_who_has_no_authority_graduates_nobody(town: Town, codes: tuple[str, ...]) -> None:
    town.post("/v1/pathways", DONE)
    stranger = town.provider("other", trusted=False)
    receipts = done(town, stranger, *codes)
    learner = receipts[0]["learner"]
    assert met(audit(town, learner)) == NOTHING
    record = town.get(f"/v1/learners/{learner}/transcript")
    assert (record["work_based_learning"], record["credits"]) == ([], [])
    assert [one["valid"] for one in record["credentials"]] == [False]
    assert sorted(one["evidence"] for one in record["uncredited"]) == sorted(
        one["evidence"] for one in receipts
    )
    assert {one["reason"] for one in record["uncredited"]} == {"outside_authority"}
    town.post(f"/v1/providers/{stranger.id}/grants", {"grant": "late"})
    assert met(audit(town, learner)) == EVERYTHING
    assert town.get(f"/v1/learners/{learner}/transcript")["uncredited"] == []


def test_authority_for_one_kind_of_evidence_is_none_for_another(town: Town) -> None:
    town.post("/v1/pathways", DONE)
    firm = town.provider("employer", trusted=False)
    town.post(
        f"/v1/providers/{firm.id}/grants", {"grant": "work", "kinds": ["work_based_learning"]}
    )
    learner = done(town, firm)[0]["learner"]
    assert met(audit(town, learner)) == NOTHING | {"hours": True}


def test_authority_for_one_of_the_competencies_is_enough_for_the_hours(town: Town) -> None:
    town.post("/v1/pathways", DONE)
    firm = town.provider("employer", trusted=False)
    town.post(f"/v1/providers/{firm.id}/grants", {"grant": "welding", "competencies": [uri("W1")]})
    learner = done(town, firm, "W1", "W2")[0]["learner"]
    assert met(audit(town, learner)) == EVERYTHING
    assert met(audit(town, done(town, firm, "W2", learner="S-2")[0]["learner"])) == NOTHING


@pytest.mark.parametrize("codes", [(), ("W1",)], ids=["aligned to nothing", "aligned"])
def test_what_is_contested_or_set_aside_fulfils_nothing(town: Town, codes: tuple[str, ...]) -> None:
    town.post("/v1/pathways", DONE)
    receipts = done(town, town.provider(), *codes)
    learner = receipts[0]["learner"]

    def each(way: str, **said: str) -> dict[str, bool]:
        for one in receipts:
            town.post(
                f"/v1/evidence/{one['evidence']}/{way}", {"by": BOARD, "reason": "so", **said}
            )
        return met(audit(town, learner))

    assert each("contest") == NOTHING
    assert each("resolution", outcome="stands") == EVERYTHING
    assert each("resolution", outcome="set_aside") == NOTHING
    reasons = [
        one["reason"] for one in town.get(f"/v1/learners/{learner}/transcript")["uncredited"]
    ]
    assert reasons == ["set_aside"] * 3


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param({"success": False}, False, id="failed"),
        pytest.param({"status": "in_progress"}, False, id="not over"),
        pytest.param({"status": "withdrawn"}, False, id="dropped"),
        pytest.param({"status": "exempt"}, True, id="exempt"),
        pytest.param({"score": 2, "max": 4}, True, id="a score says nothing of passing"),
    ],
)
def test_a_course_gives_its_credits_when_it_was_passed(
    town: Town, result: dict[str, Any], expected: bool
) -> None:
    town.post("/v1/pathways", DONE)
    school = town.provider()
    course = {"credits": 1, "context": {"course": "WELD 101"}}
    body: dict[str, Any] = {
        "id": "c",
        "kind": "assessment",
        "learner": {"id": "S-1"},
        "result": result,
    }
    body |= {"occurred_at": "2026-03-02T10:15:00-06:00", "alignments": []} | course
    learner = school.client.post("/v1/evidence", json=body).json()["learner"]
    assert met(audit(town, learner))["credit"] is expected
    given = town.get(f"/v1/learners/{learner}/transcript")["credits"]
    assert [one["credits"] for one in given] == (["1"] if expected else [])


def test_one_competency_by_two_names_is_one(town: Town) -> None:
    asked = [
        {"id": "core", "requires": "competencies", "of": [uri("W1")]},
        {"id": "more", "requires": "competencies", "of": [uri("W1").replace("https", "http"), uri("W2")], "at_least": 1},
    ]  # fmt: skip
    town.post("/v1/pathways", {"id": "welding", "title": "Twice", "requirements": asked})
    learner = town.shown(town.provider(), "W1")["learner"]
    found = audit(town, learner)
    assert met(found) == {"core": True, "more": False}
    assert found["audit"]["requirements"][1]["missing"] == "1 more competency, out of: Can do W2"
