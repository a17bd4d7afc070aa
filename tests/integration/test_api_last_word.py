"""Going back to what was said before: the last word holds, and only the last again is a duplicate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import policy, uri
from tests.town import BOARD, Town, link

STRICT = policy(
    "strict", requirement={"rule": "observations_at_least", "at_least": 3, "level": "met"}
)
MILD = policy("mild")
CORE = [{"id": "core", "requires": "competencies", "of": [uri("W1")]}]


def again(town: Town, path: str, first: Any, second: Any) -> list[bool]:
    """Send one, the other, the first and the first; say which were duplicates."""
    return [town.post(path, body)["duplicate"] for body in (first, second, first, first)]


BACK_TO_IT = [False, False, False, True]


def test_a_policy_is_published_again(town: Town) -> None:
    first, second = policy(title="One"), policy(title="Two")
    assert again(town, "/v1/policies", first, second) == BACK_TO_IT
    receipt = town.shown(town.provider(), "W1")
    town.policy(first)
    decided_by = town.verdict(receipt["learner"], "W1")["policy_digest"]
    assert decided_by == town.post("/v1/policies", first)["digest"]


def test_another_policy_decides_and_then_the_first_again(town: Town) -> None:
    receipt = town.shown(town.provider(), "W1")
    for document in (STRICT, MILD):
        town.post("/v1/policies", document)
    everywhere = {"level": "everywhere"}
    found = []
    for name in ("strict", "mild", "strict", "strict"):
        told = town.post(f"/v1/policies/{name}/adoptions", everywhere)
        found.append((told["duplicate"], town.state(receipt["learner"], "W1")))
    assert found == [
        (False, "in_progress"), (False, "mastered"), (False, "in_progress"), (True, "in_progress"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "terms"),
    [
        pytest.param(MILD, {"floor": True}, id="a floor between"),
        pytest.param(policy("mild", strands=["technical"]), {}, id="for one strand between"),
    ],
)
def test_whatever_took_its_place_gives_it_back(town: Town, document: Any, terms: Any) -> None:
    for each in (STRICT, document):
        town.post("/v1/policies", each)
    everywhere = {"level": "everywhere"}
    told = [
        town.post(f"/v1/policies/{name}/adoptions", everywhere | more)["duplicate"]
        for name, more in (("strict", {}), ("mild", terms), ("strict", {}), ("strict", {}))
    ]
    assert told == BACK_TO_IT


def test_one_from_another_day_on_takes_nothing_away(town: Town) -> None:
    for each in (STRICT, MILD):
        town.post("/v1/policies", each)
    nightly = [("strict", "2026-01-01"), ("mild", "2026-09-01")]
    told = [
        town.post(f"/v1/policies/{name}/adoptions", {"level": "everywhere", "starts_on": day})
        for name, day in nightly * 2
    ]
    assert [one["duplicate"] for one in told] == [False, False, True, True]


def test_policies_for_different_strands_stand_side_by_side(town: Town) -> None:
    town.post("/v1/policies", STRICT)
    town.post("/v1/policies", policy("habits", strands=["dispositions"]))
    told = [
        town.post(f"/v1/policies/{name}/adoptions", {"level": "everywhere"})["duplicate"]
        for name in ("strict", "habits", "strict", "habits")
    ]
    assert told == [False, False, True, True]


def test_a_grant_is_revoked_and_given_again(town: Town) -> None:
    by = town.provider(trusted=False)
    grant = {"grant": "welding", "starts_at": "2020-01-01T00:00:00Z"}
    revoked = {"ends_at": "2020-01-02T00:00:00Z", "reason": "by mistake"}
    receipt = town.shown(by, "W1")
    states = []
    for path, body in (
        ("grants", grant),
        ("grants/welding/revocation", revoked),
        ("grants", grant),
    ):
        told = town.post(f"/v1/providers/{by.id}/{path}", body)
        assert told["duplicate"] is False
        states.append(town.state(receipt["learner"], "W1"))
    assert states == ["mastered", "no_evidence", "mastered"]


def test_words_of_a_crosswalk_come_back_and_are_signed_again(town: Town) -> None:
    receipt = town.shown(town.provider(), "W1")
    first = {"id": "walk", "title": "walk", "links": [link("W1", "P1")], "needs": ["cte"]}
    second = first | {"links": [link("W1", "P2")]}
    states = []
    for words in (first, second, first):
        assert town.post("/v1/crosswalks", words)["duplicate"] is False
        assert town.state(receipt["learner"], "P1") == "no_evidence"
        assert town.sign("cte")["duplicate"] is False
        assert town.sign("cte")["duplicate"] is True
        states.append(town.state(receipt["learner"], "P1"))
    assert states == ["mastered", "no_evidence", "mastered"]


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        pytest.param(
            "/v1/assessments", {"id": "exam", "title": "Exam"}, {"id": "exam", "title": "Test"},
            id="an assessment",
        ),
        pytest.param(
            "/v1/pathways",
            {"id": "p", "title": "P", "requirements": CORE},
            {"id": "p", "title": "Q", "requirements": CORE},
            id="a pathway",
        ),
    ],
)  # fmt: skip
def test_it_is_so_of_all_that_is_published(town: Town, path: str, first: Any, second: Any) -> None:
    assert again(town, path, first, second) == BACK_TO_IT


def test_what_adds_is_said_once(town: Town) -> None:
    town.post("/v1/assessments", {"id": "exam", "title": "Exam"})
    first = {"by": BOARD, "starts_at": "2026-01-01T00:00:00Z"}
    second = {"by": BOARD, "starts_at": "2026-02-01T00:00:00Z"}
    told = again(town, "/v1/assessments/exam/validations", first, second)
    assert told == [False, False, True, True]
