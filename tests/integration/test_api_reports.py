"""Reports over HTTP and the command line: action lists, and how far raters agree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.cli.main import run
from tests.builders import policy, uri
from tests.ledgers import MASTER_KEY
from tests.town import Json, Town

TWO: dict[str, Any] = policy(
    "two", requirement={"rule": "observations_at_least", "at_least": 2, "level": "met"}
)
SCALE = ["Emerging", "Proficient", "Advanced"]


def rated(level: str) -> dict[str, Any]:
    return {"level": level, "scale": SCALE}


def test_one_short_lists_exactly_those_who_lack_one(town: Town) -> None:
    """S0-12: who is one observation short, of what, and what it must bring."""
    town.policy(TWO)
    school = town.provider()
    short = [town.shown(school, "W1", learner=f"S-{number}")["learner"] for number in range(5)]
    town.shown(school, "W1", learner="S-0")
    low = town.shown(school, "W2", learner="low", score=0.1)["learner"]
    found = town.get("/v1/reports/one-short")
    assert {(one["learner"], one["competency"]) for one in found["items"]} == {
        (who, uri("W1")) for who in short[1:]
    }
    assert low not in {one["learner"] for one in found["items"]}
    assert (
        found["items"][0]["missing"][0]["text"] == "Show one more piece of work at met or better."
    )
    pages: list[str] = []
    after: dict[str, object] = {}
    while True:
        page = town.get("/v1/reports/one-short", limit=1, **after)
        pages += [one["learner"] for one in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert pages == [one["learner"] for one in found["items"]]


def test_reports_offer_no_policy_and_take_none(town: Town) -> None:
    paths = town.get("/openapi.json")["paths"]
    reports = {path: paths[path]["get"] for path in paths if path.startswith("/v1/reports/")}
    for path, operation in reports.items():
        offered = {one["name"] for one in operation["parameters"]}
        assert {"as_of", "on"} <= offered
        assert "policy" not in offered
        refused = town.steward.get(path, params={"policy": "demonstrated-mastery"})
        assert refused.status_code == 400
        assert "has no parameter policy" in refused.json()["detail"]
    assert len(reports) == 5


def test_a_report_is_about_those_enrolled_there(town: Town) -> None:
    town.policy(TWO)
    school = town.provider()
    north = town.shown(school, "W1", learner="S-1")["learner"]
    town.enrolled(school, "S-1", school="North", starts_on="2026-01-01")
    town.shown(school, "W1", learner="S-2")
    town.enrolled(school, "S-2", school="South", starts_on="2026-01-01")
    found = town.get("/v1/reports/one-short", level="school", scope="North")
    assert [one["learner"] for one in found["items"]] == [north]
    for wrong in ({"level": "school"}, {"scope": "North"}, {"level": "planet", "scope": "x"}):
        assert town.steward.get("/v1/reports/one-short", params=wrong).status_code == 400
    assert town.as_role("reader").get("/v1/reports/one-short").status_code == 403


def test_work_that_was_commented_on_and_not_improved_is_found_and_no_other(town: Town) -> None:
    """S4-5: completed, feedback given, no revision or no gain."""
    school = town.provider()
    said = {"score": 0.5, "max": 1, "text": "make the bead even"}
    left = town.shown(school, "W1", learner="left", result=said)
    same = town.shown(school, "W1", learner="same", result=said)
    better = town.shown(school, "W1", learner="better", result=said)
    town.shown(school, "W1", learner="same", score=0.5, revises=same["evidence"])
    town.shown(school, "W1", learner="better", score=0.9, revises=better["evidence"])
    town.shown(school, "W1", learner="silent", score=0.5)
    found = town.get("/v1/reports/not-improved")["items"]
    assert {(one["evidence"], one["why"]) for one in found} == {
        (left["evidence"], "no_revision"),
        (same["evidence"], "no_gain"),
    }


def test_moderation_finds_the_lenient_rater_with_the_kappa_of_a_hand_count(town: Town) -> None:
    """S0-9: a planted lenient assessor is flagged; weighted kappa equals a hand-computed value."""
    school = town.provider()
    pairs = [("Advanced", "Proficient")] * 4 + [("Proficient", "Emerging")] * 2
    for lenient, firsts in (("kind", pairs), ("fair", [("Proficient", "Proficient")] * 3)):
        for number, (first, second) in enumerate(firsts):
            receipt = town.shown(
                school, "W1", learner=f"{lenient}-{number}", evaluator={"id": lenient},
                result=rated(first),
            )  # fmt: skip
            body = {
                "evaluator": {"id": "panel"},
                "occurred_at": "2026-03-09T10:00:00Z",
                "result": rated(second),
            }
            town.post(f"/v1/evidence/{receipt['evidence']}/confirmation", body)
    found = town.get("/v1/reports/moderation", since="2026-03-01", on="2026-06-01")
    by_rater = {one["evaluator"]: one["agreement"] for one in found["raters"]}
    assert (by_rater["fair"]["exact"], by_rater["fair"]["leniency"]) == (1.0, 0.0)
    # Observed disagreement 6 × 1². Expected: firsts 4 Advanced, 2 Proficient; seconds 4 Proficient,
    # 2 Emerging: (4×4×1 + 4×2×4 + 2×2×1) / 6 = 52/6. Kappa = 1 - 6 / (52/6) = 16/52.
    assert by_rater["kind"]["kappa"] == pytest.approx(16 / 52)
    assert by_rater["kind"]["leniency"] == 1.0
    assert [one["evaluator"] for one in found["drifting"]] == ["kind"]
    assert found["overall"]["pairs"] == 9


def test_only_scores_on_one_scale_are_compared(town: Town) -> None:
    """Half points are; 40 of 50 is not compared with 80 of 100, nor B of A to C with B of A to F."""
    school = town.provider()
    looks: list[tuple[Json, Json]] = [
        ({"score": 3.5, "max": 4}, {"score": 3.5, "max": 4}),
        ({"score": 3.5, "max": 4}, {"score": 3}),
        ({"score": 80, "max": 100}, {"score": 40, "max": 50}),
        ({"score": 80, "max": 100}, {"score": 80, "min": 20, "max": 100}),
        ({"level": "B", "scale": ["C", "B", "A"]}, {"level": "B", "scale": ["F", "B", "A"]}),
        ({"level": "B", "scale": ["C", "B", "A"]}, {"level": "C"}),
    ]
    for number, (first, second) in enumerate(looks):
        receipt = town.shown(
            school, "W1", learner=f"S-{number}", evaluator={"id": "lee"}, result=first
        )
        body = {"evaluator": {"id": "kim"}, "occurred_at": "2026-03-09T10:00:00Z", "result": second}
        town.post(f"/v1/evidence/{receipt['evidence']}/confirmation", body)
    found = town.get("/v1/reports/moderation")["overall"]
    assert (found["pairs"], found["exact"]) == (3, pytest.approx(1 / 3))
    assert found["leniency"] == pytest.approx((0 + 0.5 / 4 * 10 + 1) / 3)


def test_the_command_line_prints_the_reports(town: Town, capfd: pytest.CaptureFixture[str]) -> None:
    town.policy(TWO)
    learner = town.shown(town.provider(), "W1")["learner"]
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    assert run(["report", "one-short"], env=env) == 0
    assert run(["report", "not-improved", "--json"], env=env) == 0
    assert run(["report", "moderation", "--since", "2026-01-01"], env=env) == 0
    out, _ = capfd.readouterr()
    assert learner in out
    assert run(["report", "one-short", "--json"], env=env) == 0
    assert json.loads(capfd.readouterr()[0])[0]["learner"] == learner
    assert run(["report", "one-short", "--level", "school"], env=env) == 2
    assert run(["report", "one-short", "--level", "planet", "--scope", "x"], env=env) == 2
