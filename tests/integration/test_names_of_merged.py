"""Names of learners who are one person: what comes under them, in one message or in turn."""

from __future__ import annotations

from uuid import UUID

import pytest

from ledger.domain.facts import LearnerMerged
from ledger.domain.ids import LearnerId
from tests.builders import uri
from tests.integration.test_merging import MISTAKEN, merged, two
from tests.town import Json, Teller, Town

S1, S2 = {"type": "id", "value": "S-1"}, {"type": "id", "value": "S-2"}


def told(number: str, *names: Json, **others: object) -> Json:
    return {
        "id": number, "kind": "assessment", "occurred_at": "2026-03-02T10:00:00Z",
        "learner": {"identifiers": list(names)}, "alignments": [{"competency": uri("W1")}], **others,
    }  # fmt: skip


def ssid(value: str) -> Json:
    return {"type": "ssid", "value": value}


def numbered(town: Town, by: Teller) -> tuple[str, str]:
    """Let two learners be merged, of whom the first has the state's number too."""
    sent = (told("first", S1, ssid("X")), told("second", S2))
    who, into = (by.client.post("/v1/evidence", json=one).json()["learner"] for one in sent)
    merged(town, who, into)
    return who, into


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param(told("new", S1, S2, ssid("Y")), 409, id="another of the state's numbers"),
        pytest.param(told("new", S1, S2, ssid("X")), 201, id="the state's number"),
        pytest.param(told("new", S1, S2, {"type": "id", "value": "S-3"}), 201, id="one more"),
        pytest.param(
            told("first", S2, {"type": "id", "value": "S-3"}, version="2"), 201,
            id="newer, under the other's name and one more",
        ),
        pytest.param(
            told("first", S2, ssid("Y"), version="2"), 409,
            id="newer, under the other's name and another of the state's numbers",
        ),
    ],
)  # fmt: skip
def test_names_that_are_held_already_are_weighed_as_any_learners(
    town: Town, said: Json, status: int
) -> None:
    by = town.provider()
    numbered(town, by)
    answer = by.client.post("/v1/evidence", json=said)
    assert answer.status_code == status, answer.text


def test_an_enrolment_may_bring_one_more_name_of_either(town: Town) -> None:
    by = town.provider()
    numbered(town, by)
    names = ((S1,), (S2, {"type": "id", "value": "S-3"}), (S1, S2, {"type": "id", "value": "S-4"}))
    for number, some in enumerate(names):
        said = {"id": "e1", "learner": {"identifiers": list(some)}, "course": f"c{number}"}
        answer = by.client.post("/v1/enrolments", json=said)
        assert (answer.status_code, answer.json().get("duplicate")) == (200, False), answer.text


def crossed(town: Town, *merges: tuple[str, str]) -> None:
    """Merge as stewards do who do not know of each other's merges yet."""
    for one, into in merges:
        fact = LearnerMerged(
            learner=LearnerId(UUID(one)), into=LearnerId(UUID(into)), reason="same_person"
        )
        assert not town.served.ledger.learners.identify(fact).duplicate


def test_names_of_both_mean_whom_readers_read_as_one(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    third = town.shown(by, "W1", learner="S-3")["learner"]
    crossed(town, (who, into), (who, third), (into, who))
    assert town.get(f"/v1/learners/{who}/transcript")["learner"] == into

    def sent(number: str, *names: Json) -> int:
        return by.client.post("/v1/evidence", json=told(number, *names)).status_code

    assert sent("of both", S1, S2) == 201
    assert sent("of a third", S1, {"type": "id", "value": "S-3"}) == 409
    town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)
    assert sent("of both, parted", S1, S2) == 409


def test_a_merge_that_closed_a_circle_can_be_said_again_when_the_other_is_undone(
    town: Town,
) -> None:
    who, into = two(town, town.provider())
    crossed(town, (who, into), (into, who))
    town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)
    assert not merged(town, into, who)["duplicate"]
    assert town.get(f"/v1/learners/{into}/transcript")["learner"] == who
    assert merged(town, into, who)["duplicate"]


def test_what_was_taken_of_both_is_a_duplicate_also_when_they_are_parted(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    merged(town, who, into)
    first = by.client.post("/v1/evidence", json=told("of both", S1, S2)).json()
    town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)
    again = by.client.post("/v1/evidence", json=told("of both", S1, S2))
    assert again.json() == {**first, "status": "duplicate", "duplicate": True}
    newer = by.client.post("/v1/evidence", json=told("of both", S1, S2, version="2"))
    assert newer.status_code == 409
