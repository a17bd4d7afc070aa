"""Subgroups over HTTP: what is recorded of them, and how they fare, with nobody given away."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from api.cli.main import run
from consumers import outbox
from tests.builders import uri
from tests.ledgers import MASTER_KEY
from tests.town import PHYSICS, Json, Teller, Town

PATH = "/v1/reports/disparity"
PANEL = {"evaluator": {"id": "panel"}, "occurred_at": "2026-03-09T10:00:00Z"}


def compared(town: Town, **asked: object) -> list[Json]:
    found: list[Json] = town.get(PATH, **asked)["items"]
    return found


def described(
    town: Town,
    by: Teller,
    learner: str,
    *,
    name: str = "language",
    status: int = 200,
    **terms: object,
) -> dict[str, Any]:
    """Say something of a learner; give the answer."""
    attributes = [{"name": name, "value": value} for value in terms.pop("values", ())]  # type: ignore[attr-defined]  # rows of a table
    body = {
        "id": f"{name}/{learner}",
        "learner": {"id": learner},
        "attributes": attributes,
        **terms,
    }
    answer = by.client.post("/v1/attributes", json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def group(town: Town, school: Teller, name: str, *, passed: int, failed: int) -> list[str]:
    """Let so many learners of a group pass and fail W1; give their evidence."""
    receipts: list[str] = []
    for number in range(passed + failed):
        learner = f"{name}-{number}"
        score = 0.9 if number < passed else 0.2
        shown = town.shown(school, "W1", learner=learner, score=score, evaluator={"id": "T-1"})
        receipts.append(shown["evidence"])
        described(town, school, learner, values=[name])
    return receipts


def test_the_report_is_what_a_hand_count_says(town: Town) -> None:
    """S0-11: pass rates, evidence and moderation by subgroup."""
    school = town.provider()
    north = group(town, school, "north", passed=12, failed=10)
    group(town, school, "south", passed=20, failed=10)
    for number in range(11):  # a second piece, so 22 + 11 pieces count
        town.shown(school, "W1", learner=f"north-{number}", score=0.9)
    for place, evidence in enumerate(north[:12]):  # 11 agree, and 1 does not
        agrees = {"result": {"score": 0.9 if place else 0.5, "max": 1}}
        town.post(f"/v1/evidence/{evidence}/confirmation", PANEL | agrees)
    found = compared(town, by="language")
    (one,) = found
    assert one["competency"] == uri("W1")
    assert one["outcomes"] == {
        "rows": ["north", "south", "total"],
        "columns": ["mastered", "not_mastered", "total"],
        "counts": [[12, 10, 22], [20, 10, 30], [32, 20, 52]],
    }
    figures = {each.pop("name"): each for each in one["groups"]}
    assert figures["north"] == {
        "learners": 22, "mastered": 12, "pass_rate": 12 / 22,
        "evidence": 33, "evidence_per_learner": 1.5,
        "second_scored": 12, "agreed": None, "disputed": 0,  # one who differs would be known
    }  # fmt: skip
    assert figures["south"]["evidence"] == 30
    assert figures["total"]["learners"] == 52
    assert figures["total"]["agreed"] is None
    assert compared(town, by="language", competency=uri("W1")) == compared(town, by="language")
    assert compared(town, by="language", framework=PHYSICS) == []
    assert town.steward.get(PATH, params={"by": "x", "framework": "none"}).status_code == 404
    assert town.as_role("reader").get(PATH, params={"by": "language"}).status_code == 403


def test_groups_by_what_is_recorded_of_nobody_are_refused(town: Town) -> None:
    school = town.provider()
    group(town, school, "north", passed=1, failed=0)
    for by in ("langauge", "framework", "everywhere"):
        answer = town.steward.get(PATH, params={"by": by})
        assert (answer.status_code, answer.json()["detail"]) == (
            400,
            f"{by} is recorded of nobody; groups are by district, language, programme, school, state",
        )
    # A school where nobody has it is told so: that is no slip of the keyboard.
    assert compared(town, by="language", level="school", scope="South") == []


def test_a_competency_that_nobody_knows_is_not_one_that_nobody_has(town: Town) -> None:
    group(town, town.provider(), "north", passed=1, failed=0)
    asked = {"by": "school", "competency": "W99"}
    assert town.steward.get(PATH, params=asked).status_code == 404
    assert compared(town, by="school", competency=uri("W2")) == []


def test_few_people_are_held_back_and_so_is_what_gives_them_away(town: Town) -> None:
    """S0-11, S0-13: neither a small group nor a small number in one can be worked out."""
    school = town.provider()
    few = group(town, school, "few", passed=2, failed=1)
    group(town, school, "many", passed=12, failed=11)
    group(town, school, "more", passed=14, failed=12)
    town.post(f"/v1/evidence/{few[0]}/confirmation", PANEL)
    (one,) = compared(town, by="language")
    counts = dict(zip(one["outcomes"]["rows"], one["outcomes"]["counts"], strict=True))
    assert counts["few"] == [None, None, None]
    for column in range(3):  # in each column another is held back beside it, or the total
        assert sum(row[column] is None for row in counts.values()) >= 2
    figures = {each["name"]: each for each in one["groups"]}
    assert figures["few"] == {"name": "few"} | dict.fromkeys(set(figures["few"]) - {"name"})
    assert {figures["total"][name] for name in ("evidence", "second_scored", "disputed")} == {None}


def test_groups_are_those_of_the_day_and_of_the_school(town: Town) -> None:
    school = town.provider()
    for number in range(10):
        learner = f"S-{number}"
        town.shown(school, "W1", learner=learner)
        town.enrolled(school, learner, school="North", starts_on="2026-01-01")
        described(
            town, school, learner, values=["total"], starts_on="2026-01-01", ends_on="2026-06-30"
        )

    described(town, school, "S-10", values=["total"])  # enrolled nowhere, with no evidence

    def rows(**asked: object) -> list[str]:
        (one,) = compared(town, **asked)
        return [name for name in one["outcomes"]["rows"] if name != "total"]

    assert rows(by="language", on="2026-06-30T12:00:00Z") == ["(total)"]
    assert rows(by="language", on="2026-07-01T12:00:00Z") == ["(not recorded)"]
    assert rows(by="school", on="2026-07-01T12:00:00Z") == ["North"]
    head = town.served.ledger.log.head()
    for number in range(10):
        described(town, school, f"S-{number}")  # with none, it takes back what was said
    assert rows(by="language", on="2026-06-30T12:00:00Z") == ["(not recorded)"]
    assert rows(by="language", on="2026-06-30T12:00:00Z", as_of=head) == ["(total)"]


def test_attributes_are_in_the_history_and_leave_the_ledger_nowhere(town: Town) -> None:
    """Special populations: sealed, effective-dated, shown to whom the record is shown, never sent."""
    school = town.provider()
    learner = town.shown(school, "W1")["learner"]
    before = town.verdict(learner, "W1", on="2026-06-01")
    said = described(town, school, "S-1", name="homeless", values=["yes"], starts_on="2026-01-01")
    assert described(
        town, school, "S-1", name="homeless", values=["yes"], starts_on="2026-01-01"
    ) == said | {"duplicate": True}  # fmt: skip
    step = town.get(f"/v1/learners/{learner}/history")["steps"][-1]
    assert step["text"].endswith("recorded attributes from 2026-01-01: homeless: yes.")
    assert town.verdict(learner, "W1", on="2026-06-01") == before
    with outbox.connected(town.url) as connection:
        (sent,) = outbox.facts_after(connection, said["position"] - 1, limit=10)
    assert (sent.topic, sent.body) == ("mastery.attributes-recorded.v1", None)
    with psycopg.connect(town.url) as connection:
        rows = connection.execute("SELECT state FROM ledger.facts").fetchall()
    assert not any(b"homeless" in bytes(state) for (state,) in rows)


@pytest.mark.parametrize(
    ("terms", "status"),
    [
        pytest.param({"name": "Not A Name"}, 400, id="a name nobody could ask for"),
        pytest.param({"starts_on": "2026-02-01", "ends_on": "2026-01-01"}, 400, id="upside down"),
        pytest.param({"trusted": False}, 403, id="without authority"),
    ],
)
def test_attributes_that_cannot_be_are_refused(
    town: Town, terms: dict[str, Any], status: int
) -> None:
    school = town.provider(trusted=terms.pop("trusted", True))
    described(town, school, "S-1", values=["yes"], status=status, **terms)
    assert town.steward.post("/v1/attributes", json={}).status_code == 403


def test_the_command_line_compares_groups(town: Town, capfd: pytest.CaptureFixture[str]) -> None:
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    group(town, town.provider(), "north", passed=11, failed=1)
    assert run(["report", "disparity", "--by", "language"], env=env) == 0
    out = capfd.readouterr()[0]
    assert [line.split()[:2] for line in out.splitlines()[2:]] == [["north", "12"], ["total", "12"]]
    assert "held back" in out
    assert run(["report", "disparity", "--by", "language", "--json"], env=env) == 0
    assert json.loads(capfd.readouterr()[0])["items"] == compared(town, by="language")
