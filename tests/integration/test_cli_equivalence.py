"""Crosswalks and instruments on the command line: published, signed, withdrawn, listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli.main import run
from tests.builders import uri
from tests.ledgers import MASTER_KEY
from tests.town import BOARD, Town, link


def test_a_crosswalk_is_published_signed_and_withdrawn(
    town: Town, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}

    def mastery(*words: str | Path) -> tuple[int, str]:
        capfd.readouterr()
        code = run([str(word) for word in words], env=env)
        return code, "\n".join(capfd.readouterr())

    learner = town.shown(town.provider(), "W1")["learner"]
    file = tmp_path / "walk.json"
    file.write_text(
        json.dumps({"id": "walk", "title": "Walk", "links": [link("W1", "P1", weight=0.5)]})
    )
    assert mastery("crosswalk", "publish", file)[1].startswith("published walk, position ")
    assert mastery("crosswalk", "publish", file)[1].startswith("unchanged walk")
    for role in ("academic", "cte"):
        said = mastery(
            "crosswalk", "sign", "walk", "--role", role, "--by", "board", "--at", "2026-01-02"
        )
        assert said[0] == 0
    assert town.state(learner, "P1") == "mastered"
    assert town.get("/v1/crosswalks")[0]["links"][0]["weight"] == "0.5"
    assert "counts" in mastery("crosswalk", "list")[1]
    code, said_of_it = mastery(
        "crosswalk", "withdraw", "walk", "--role", "cte", "--by", "board", "--reason", "revised"
    )
    assert code == 0
    assert learner in said_of_it
    assert uri("P1") in said_of_it
    assert town.state(learner, "P1") == "no_evidence"

    file.write_text(json.dumps({"id": "walk", "title": "", "links": [link("W1", "X9")]}))
    assert mastery("crosswalk", "publish", file) == (
        1,
        "\nmastery: crosswalk: /title: String should have at least 1 character\n",
    )
    file.write_text("{")
    assert mastery("crosswalk", "publish", file)[0] == 1
    assert mastery("crosswalk", "sign", "walk", "--role", "king", "--by", "me")[0] == 1
    assert mastery("crosswalk", "sign", "none", "--role", "cte", "--by", "me")[0] == 1


def test_instruments_are_listed_with_who_vouches_for_them(
    town: Town, capfd: pytest.CaptureFixture[str]
) -> None:
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    for name in ("exam/1", "exam/2"):
        town.post("/v1/assessments", {"id": name, "title": f"Final {name}", "rigour_band": 3})
    town.post(
        "/v1/assessments/exam/1/validations", {"by": BOARD, "starts_at": "2026-01-01T00:00:00Z"}
    )
    assert run(["assessment", "list"], env=env) == 0
    out = capfd.readouterr()[0].splitlines()
    assert [line.split() for line in out[1:]] == [
        ["exam/1", "3", "2026-01-01", "to", "...", "Final", "exam/1"],
        ["exam/2", "3", "never", "Final", "exam/2"],
    ]
