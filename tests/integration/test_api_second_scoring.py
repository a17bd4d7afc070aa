"""Second scoring over HTTP and the command line: what was drawn, and what awaits."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

import pytest

from api.cli.main import run
from tests.ledgers import MASTER_KEY
from tests.town import Teller, Town

PATH = "/v1/reports/second-scoring"
PANEL = {"evaluator": {"id": "panel"}, "occurred_at": "2026-03-09T10:00:00Z"}


@pytest.fixture
def rated(town: Town) -> tuple[Teller, list[dict[str, Any]]]:
    """Let two evaluators rate 30 pieces of work each, and give their receipts."""
    school = town.provider()
    return school, [
        town.shown(school, "W1", learner=f"S-{number % 7}", evaluator={"id": f"T-{number % 2}"})
        for number in range(60)
    ]


def drawn_by_hand(receipts: list[dict[str, Any]], percent: int) -> set[str]:
    """Draw as the documentation says: the first 8 bytes of a digest, as a share of 2^64."""
    return {
        one["evidence"]
        for one in receipts
        if int.from_bytes(
            hashlib.sha256(b"second-score" + UUID(one["evidence"]).bytes).digest()[:8], "big"
        ) * 100 < percent * 2**64
    }  # fmt: skip


def test_the_sample_is_what_anybody_can_draw_again(
    town: Town, rated: tuple[Teller, list[dict[str, Any]]]
) -> None:
    """S0-9: reproducible, per provider and evaluator; a larger share draws more besides."""
    school, receipts = rated
    town.shown(school, "W1", evaluator=None)
    town.shown(school, "W1", evaluator={"id": "T-0"}, kind="activity")
    gone = town.shown(school, "W1", evaluator={"id": "T-0"})["evidence"]
    school.client.post(f"/v1/evidence/{gone}/withdrawal", json={"reason": "typo"})
    found = town.get(PATH, share=20)
    assert {one["evidence"] for one in found["items"]} == drawn_by_hand(receipts, 20)
    assert found == town.get(PATH, share=20, on=found["on"])
    by_hand = drawn_by_hand(receipts, 50)
    assert drawn_by_hand(receipts, 20) < by_hand
    half = town.get(PATH, share=50)
    assert {one["evidence"] for one in half["items"]} == by_hand
    assert [(one["evaluator"], one["works"]) for one in half["raters"]] == [
        ("T-0", 30),
        ("T-1", 30),
    ]
    assert sum(one["drawn"] for one in half["raters"]) == len(by_hand)
    own = town.get(PATH, share=50, evaluator="T-1", provider=school.id)["items"]
    assert own == [one for one in half["items"] if one["evaluator"] == "T-1"]
    assert town.get(PATH, share=50, provider=town.provider().id)["items"] == []


def test_it_says_what_was_scored_again_and_what_awaits(
    town: Town, rated: tuple[Teller, list[dict[str, Any]]]
) -> None:
    first, *rest = town.get(PATH, share=50)["items"]
    assert first["scored_by"] == []
    town.post(f"/v1/evidence/{first['evidence']}/confirmation", PANEL)
    found = town.get(PATH, share=50)
    assert found["items"][0]["scored_by"] == ["panel"]
    assert sum(one["scored"] for one in found["raters"]) == 1
    assert town.get(PATH, share=50, awaiting=True)["items"] == rest
    before = town.get(PATH, share=50, as_of=rated[1][-1]["position"])
    assert before["items"] == [first, *rest]


def test_pages_hold_every_drawn_work_once(
    town: Town, rated: tuple[Teller, list[dict[str, Any]]]
) -> None:
    whole = town.get(PATH, share=100)
    assert len(whole["items"]) == len(rated[1])
    found: list[dict[str, Any]] = []
    after: dict[str, object] = {}
    while True:
        page = town.get(PATH, share=100, limit=5, **after)
        found += page["items"]
        assert page["raters"] == whole["raters"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == whole["items"]
    for wrong in ({"share": 0}, {"share": 101}, {"share": "x"}, {"share": "1e-999999999"}):
        assert town.steward.get(PATH, params=wrong).status_code == 400
    assert town.as_role("reader").get(PATH).status_code == 403


def test_the_command_line_lists_it(
    town: Town, rated: tuple[Teller, list[dict[str, Any]]], capfd: pytest.CaptureFixture[str]
) -> None:
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    assert run(["report", "second-scoring", "--share", "50", "--json"], env=env) == 0
    found = json.loads(capfd.readouterr()[0])
    assert found["items"] == town.get(PATH, share=50)["items"]
    who = ["--provider", str(rated[0].id), "--evaluator", "T-1", "--awaiting"]
    assert run(["report", "second-scoring", *who], env=env) == 0
    out = capfd.readouterr()[0]
    assert "T-1 of" in out
    assert "T-0" not in out
    for wrong in ("0", "101"):
        assert run(["report", "second-scoring", "--share", wrong], env=env) == 2
