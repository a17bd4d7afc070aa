"""Trials over HTTP and the command line: who would gain, who would lose; nothing is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import run
from tests.builders import policy, uri
from tests.ledgers import MASTER_KEY, rows
from tests.town import PHYSICS, Teller, Town

TRIALS = "/v1/policies/trials"
STRICT: dict[str, Any] = policy(
    "strict", requirement={"rule": "observations_at_least", "at_least": 2, "level": "met"}
)
TABLES = ("ledger.facts", "ledger.receipts", "views.mastery", "views.mastery_changes")


def peopled(town: Town) -> Teller:
    """Twelve learners at two schools: eleven at North, one at South; S-0 has shown it twice."""
    school = town.provider()
    for number in range(12):
        learner = f"S-{number}"
        town.shown(school, "W1", learner=learner)
        town.enrolled(school, learner, school="South" if number == 11 else "North")
    town.shown(school, "W1", learner="S-0")
    return school


def counted(town: Town) -> list[int]:
    return [int(rows(town.url, f"SELECT count(*) FROM {name}")[0][0]) for name in TABLES]


def test_a_trial_of_the_policy_in_force_changes_nobody(town: Town) -> None:
    """S3-4: what-if under the live policy equals live, by id, by digest and by document."""
    peopled(town)
    town.policy(STRICT, level="district", scope="D")
    (one,) = [each for each in town.get("/v1/policies") if each["policy"] == "one-is-enough"]
    document = town.get("/v1/policies/one-is-enough")
    for choice in ("one-is-enough", one["digest"], document):
        found = town.post(TRIALS, {"policy": choice})
        assert (found["learners"], found["gains"], found["loses"]) == (12, 0, 0)
        assert found["moved"] == []


def test_a_trial_says_who_loses_and_why_and_hides_small_groups(town: Town) -> None:
    """S3-4: by group; a cell of few people, and what would give it away, is null."""
    peopled(town)
    found = town.post(TRIALS, {"policy": STRICT, "listed_max": 3})
    assert (found["policy"], found["pairs"], found["loses"], found["gains"]) == (
        "strict",
        12,
        11,
        0,
    )
    assert (len(found["moved"]), found["moved_in_all"]) == (3, 11)
    (first, *_) = found["moved"]
    assert (first["competency"], first["before"], first["after"]) == (
        uri("W1"),
        "mastered",
        "in_progress",
    )
    assert first["because"] == ["observations_at_least: 1 of 2"]
    table = found["groups"]
    cells = dict(zip(table["rows"], table["counts"], strict=True))
    assert table["columns"] == ["loses", "same", "total"]
    assert cells["South"] != [1, 0, 1]
    assert cells["South"][2] is None
    assert cells["total"][2] == 12


def test_a_trial_touches_nothing(town: Town) -> None:
    """Rows before and after are the same, and so is every answer."""
    peopled(town)
    town.changes()
    before, feed = counted(town), town.changes()
    town.post(TRIALS, {"policy": STRICT})
    assert counted(town) == before
    assert town.changes() == feed


def test_a_trial_looks_at_one_framework_as_of_a_position(town: Town) -> None:
    school = peopled(town)
    later = town.shown(school, "P1", learner="S-0")
    elsewhere = town.post(TRIALS, {"policy": STRICT, "framework": PHYSICS})
    assert (elsewhere["pairs"], elsewhere["loses"]) == (1, 1)
    earlier = town.post(
        TRIALS, {"policy": STRICT, "framework": PHYSICS, "as_of": later["position"] - 1}
    )
    assert (earlier["pairs"], earlier["as_of"]) == (0, later["position"] - 1)


def test_a_trial_for_one_school_is_of_those_who_are_enrolled_there(town: Town) -> None:
    peopled(town)
    asked = {"policy": STRICT, "level": "school"}
    for scope, learners in (("North", 11), ("South", 1), ("West", 0), ("", 12)):
        found = town.post(TRIALS, {**asked, "scope": scope})
        assert (found["learners"], found["loses"]) == (
            learners,
            max(learners - 1, 0) + (scope == "South"),
        )
    assert town.faults(TRIALS, {**asked, "level": "framework", "scope": "North"}) == {
        "/scope": "says nothing at the level framework"
    }


def test_a_trial_counts_nobody_who_was_erased_also_as_of_before(town: Town) -> None:
    gone = town.shown(peopled(town), "W1", learner="S-3")
    town.post(f"/v1/learners/{gone['learner']}/erasure", {"reason": "requested"})
    for asked in ({}, {"as_of": gone["position"]}):
        found = town.post(TRIALS, {"policy": STRICT, **asked})
        assert (found["learners"], gone["learner"] in str(found["moved"])) == (11, False)


def test_a_trial_of_nothing_that_can_be_tried_is_refused(town: Town) -> None:
    town.post(TRIALS, {"policy": "none"}, status=404)
    town.post(TRIALS, {"policy": "strict", "framework": "none"}, status=404)
    assert "/estimate" in town.faults(
        TRIALS, {"policy": {k: v for k, v in STRICT.items() if k != "estimate"}}
    )
    assert town.as_role("reader").post(TRIALS, json={"policy": "none"}).status_code == 403
    assert town.as_role("auditor").post(TRIALS, json={"policy": "one-is-enough"}).status_code == 200


def test_the_command_line_tries_a_draft(
    town: Town, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    peopled(town)
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(STRICT))
    assert run(["policy", "trial", str(draft)], env=env) == 0
    out, _ = capfd.readouterr()
    assert "12 learners, 12 pairs of learner and competency: 0 of them gained, 11 lost" in out
    assert "held back" in out
    assert run(["policy", "trial", "one-is-enough", "--json"], env=env) == 0
    assert json.loads(capfd.readouterr()[0])["moved"] == []


def test_a_policy_that_names_an_unknown_competency_is_refused_at_publication(
    town: Town, tmp_path: Path
) -> None:
    wrong = policy("parts", requirement={"rule": "covers", "children": [uri("W1"), uri("X9")]})
    found = town.faults("/v1/policies", wrong)
    assert found == {
        "/requirement/children/1": "no framework that was published has this competency"
    }
    by_another_name = policy(
        "parts", requirement={"rule": "covers", "children": [uri("W1").replace("https", "http")]}
    )
    assert set(town.faults("/v1/policies", by_another_name)) == {"/requirement/children/0"}
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(wrong))
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    assert run(["policy", "publish", str(file)], env=env) == 1


def test_a_lower_level_cannot_undercut_a_floor(town: Town) -> None:
    """S0-11, S1-3: refused at adoption where that can be told, held at every verdict otherwise."""
    town.policy(STRICT, level="state", scope="WA", floor=True)
    school = town.provider()
    learner = town.shown(school, "W1")["learner"]
    town.enrolled(school, state="WA", district="D1")
    town.post(
        "/v1/policies",
        STRICT | {"id": "weaker", "requirement": STRICT["requirement"] | {"at_least": 1}},
    )
    adoption = {"level": "district", "scope": "D1"}
    refused = town.faults("/v1/policies/weaker/adoptions", adoption)
    assert refused == {"/requirement": "1 is fewer than strict asks, which is a floor here"}
    # Of a district that nobody is known to attend, and by another estimate, nothing can be told yet.
    town.post("/v1/policies/weaker/adoptions", {"level": "district", "scope": "D2"})
    town.post("/v1/policies/one-is-enough/adoptions", adoption)
    found = town.verdict(learner, "W1")
    assert (found["policy"], found["state"]) == ("one-is-enough", "in_progress")
    floor = found["findings"][-1]
    assert (floor["rule"], floor["met"], floor["needed"].split()[0]) == ("floor", False, "strict")
    assert found["missing"][0]["text"]
    trial = town.post(TRIALS, {"policy": "one-is-enough"})
    assert (trial["gains"], trial["loses"]) == (0, 0)
    lifted = town.post(TRIALS, {"policy": "one-is-enough", "level": "state"})
    assert lifted["gains"] == 1
    town.shown(school, "W1")
    assert town.state(learner, "W1") == "mastered"
    outside = town.shown(school, "W1", learner="S-2")["learner"]
    assert town.state(outside, "W1") == "mastered"


def test_an_adoption_names_the_scope_that_its_level_has(town: Town) -> None:
    assert set(town.faults("/v1/policies/one-is-enough/adoptions", {"level": "state"})) == {
        "/scope"
    }


def test_what_is_adopted_is_listed_without_what_was_replaced(town: Town) -> None:
    town.post("/v1/policies", STRICT)
    terms: list[dict[str, Any]] = [
        {"level": "school", "scope": "North", "starts_on": "2026-01-01"},
        {"level": "everywhere", "floor": True, "starts_on": "2027-01-01"},
    ]
    for each in terms:
        town.post("/v1/policies/strict/adoptions", each)
    town.post("/v1/policies/one-is-enough/adoptions", {"level": "school", "scope": "South"})
    town.post("/v1/policies/strict/adoptions", {"level": "school", "scope": "South"})
    found = town.get("/v1/policies/adoptions")
    said = [
        (one["level"], one["scope"], one["starts_on"], one["policy"], one["floor"]) for one in found
    ]
    assert said[:2] == [
        ("everywhere", "", None, "one-is-enough", False),
        ("everywhere", "", "2027-01-01", "strict", True),
    ]
    assert set(said[2:]) == {
        ("school", "South", None, "strict", False),
        ("school", "North", "2026-01-01", "strict", False),
    }
