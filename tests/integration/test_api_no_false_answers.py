"""What could be taken for an answer, or for done, and is neither: it is refused, with the reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.builders import uri
from tests.served import item
from tests.town import BOARD, Town, link


def names(town: Town, learner: str) -> list[str]:
    found: list[str] = town.get(f"/v1/learners/{learner}/transcript")["names"]
    return found


def test_a_name_is_heard_whenever_it_comes_and_once(town: Town) -> None:
    school = town.provider()
    learner = town.shown(school, "W1")["learner"]
    assert names(town, learner) == []
    for name in ("Gül Yılmaz", "Gül Yılmaz", "Gül Demir", "Gül Yılmaz"):
        town.shown(school, "W1", learner={"id": "S-1", "name": name})
    assert names(town, learner) == ["Gül Demir", "Gül Yılmaz"]
    facts = town.served.ledger.log.stream(UUID(learner))
    assert sum(one.topic == "mastery.learner-identified.v1" for one in facts) == 3


def test_two_names_of_one_batch_are_both_heard(town: Town) -> None:
    school = town.provider()
    batch = [
        item(number) | {"learner": {"id": "S-9", "name": name}}
        for number, name in ((901, "Ada One"), (902, "Ada One"), (903, "Ada Two"))
    ]
    told = school.client.post("/v1/evidence", json=batch).json()
    learner = told["items"][0]["learner"]
    assert names(town, learner) == ["Ada Two", "Ada One"]


@pytest.mark.parametrize("path", ["mastery", "explanations"])
def test_a_competency_goes_by_its_code_too(town: Town, path: str) -> None:
    learner = town.shown(town.provider(), "W1")["learner"]
    by_uri = town.get(f"/v1/learners/{learner}/{path}/{uri('W1')}", as_of=1_000)
    assert town.get(f"/v1/learners/{learner}/{path}/W1", as_of=1_000) == by_uri
    answer = town.steward.get(f"/v1/learners/{learner}/{path}/NOPE")
    assert answer.status_code == 404
    assert "NOPE" in answer.json()["detail"]


def test_a_code_of_two_frameworks_means_the_one_that_was_shown(town: Town) -> None:
    town.framework("W1", "X1", name="99999999-0000-4000-8000-000000000001", title="Other")
    learner = town.shown(town.provider(), "W1")["learner"]
    assert town.get(f"/v1/learners/{learner}/mastery/W1")["verdict"]["state"] == "mastered"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param("asof=1", "is it as_of?", id="misspelt"),
        pytest.param("as-of=1", "is it as_of?", id="with a hyphen"),
        pytest.param("as_of=1&as_of=2", "as_of is given 2 times", id="twice"),
        pytest.param("zzz=1", "has no parameter zzz", id="unknown"),
    ],
)
def test_a_parameter_that_nobody_asked_for_is_refused(town: Town, query: str, said: str) -> None:
    learner = town.shown(town.provider(), "W1")["learner"]
    answer = town.steward.get(f"/v1/learners/{learner}/mastery?{query}")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_misspelt_format_is_not_passed_over(town: Town) -> None:
    answer = town.provider().client.post("/v1/evidence?formt=xapi", json=item(1))
    assert answer.status_code == 400


def test_only_a_grant_that_was_given_is_revoked(town: Town) -> None:
    by = town.provider(trusted=False)
    ended: dict[str, Any] = {"reason": "?"}
    path = f"/v1/providers/{by.id}/grants"
    assert "nope" in town.post(f"{path}/nope/revocation", ended, status=404)["detail"]
    upside_down = {
        "grant": "g",
        "starts_at": "2026-02-01T00:00:00Z",
        "ends_at": "2026-01-01T00:00:00Z",
    }
    assert town.faults(path, upside_down) == {"/ends_at": "ends before it starts"}
    town.post(path, {"grant": "g"})
    town.post(f"{path}/g/revocation", ended)


def test_nobody_signs_in_the_future(town: Town) -> None:
    town.crosswalk(link("W1", "P1"), signed=("academic",))
    body = {"role": "cte", "by": BOARD, "signed_at": "2099-01-01T00:00:00Z"}
    assert town.faults("/v1/crosswalks/walk/signatures", body) == {"/signed_at": "is in the future"}
    assert [one["counts"] for one in town.get("/v1/crosswalks")] == [False]


def test_a_known_name_comes_with_an_identifier_that_is_new(town: Town) -> None:
    school = town.provider()
    learner = town.shown(school, "W1", learner={"id": "S-1", "name": "Ada"})["learner"]
    both = {"id": "S-1", "identifiers": [{"type": "ssid", "value": "X-1"}], "name": "Ada"}
    assert town.shown(school, "W1", learner=both)["learner"] == learner
    assert names(town, learner) == ["Ada"]
