"""xAPI statements over HTTP: from whoever keeps them, in whichever of their forms."""

from __future__ import annotations

import json
import secrets
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from ledger.standards import xapi
from ledger.standards.items import Item
from ledger.standards.translation import Translated
from tests.ledgers import receipt, submit
from tests.served import EVIDENCE, Served

XAPI = {"format": "xapi"}
ADL = "http://adlnet.gov/expapi/verbs/"


def agent() -> dict[str, Any]:
    return {"mbox": f"mailto:{secrets.token_hex(4)}@example.org"}


def statement(**others: object) -> dict[str, Any]:
    """Make a statement of its own, about a learner of its own."""
    return {
        "id": str(uuid4()),
        "actor": agent(),
        "verb": {"id": f"{ADL}passed"},
        "object": {"id": "https://example.org/tests/7"},
        "result": {"score": {"scaled": 0.8}, "success": True},
        "timestamp": "2026-03-02T16:15:00Z",
        **others,
    }


def stored(one: dict[str, Any]) -> dict[str, Any]:
    """Give a statement as a record store gives it back."""
    return one | {
        "id": one["id"].upper(),
        "actor": {"objectType": "Agent", **one["actor"]},
        "verb": one["verb"] | {"display": {"en": "passed"}},
        "object": one["object"] | {"objectType": "Activity", "definition": {"name": {"en": "7"}}},
        "timestamp": "2026-03-02T16:15:00.000Z",
        "stored": "2026-03-02T16:15:09.314Z",
        "authority": {"account": {"homePage": "https://lrs.example.org", "name": "key"}},
        "version": "1.0.3",
    }


def test_a_record_stores_copy_of_a_statement_is_a_duplicate(served: Served) -> None:
    _, client = served.as_provider()
    one = statement()
    first = client.post(EVIDENCE, json=one, params=XAPI)
    assert first.status_code == 201
    copy = client.post(EVIDENCE, json=stored(one), params=XAPI)
    assert copy.json() == first.json() | {"status": "duplicate", "duplicate": True}
    other = client.post(EVIDENCE, json=stored(one | {"result": {"success": True}}), params=XAPI)
    assert other.status_code == 409


def test_a_group_in_another_order_is_the_same_learners_again(served: Served) -> None:
    _, client = served.as_provider()
    members = [agent() for _ in range(3)]
    one = statement(actor={"objectType": "Group", "member": members})
    first = client.post(EVIDENCE, json=[one], params=XAPI).json()
    turned = one | {"actor": {"objectType": "Group", "member": members[::-1]}}
    again = client.post(EVIDENCE, json=[turned], params=XAPI).json()
    assert (first["accepted"], again["duplicates"]) == (3, 3)
    assert [each["learner"] for each in again["items"]] == [
        each["learner"] for each in first["items"]
    ]


def test_a_statement_recorded_under_its_former_digest_is_a_duplicate(served: Served) -> None:
    provider, client = served.as_provider()
    one = statement()
    outcome = xapi.outcome_of(Item(0, json.dumps(one).encode()))
    assert isinstance(outcome, Translated)
    (now,) = outcome.submissions
    before = replace(now, digest=now.known_by[-1], known_by=())
    first = receipt(submit(served.ledger, provider, before)[0])
    again = client.post(EVIDENCE, json=one | {"stored": "2026-03-03T00:00:00Z"}, params=XAPI)
    assert (again.json()["status"], again.json()["position"]) == ("duplicate", first.position)


def test_a_record_stores_answer_is_taken_as_it_is(served: Served) -> None:
    _, client = served.as_provider()
    one, other = statement(), statement()
    void = statement(
        verb={"id": f"{ADL}voided"}, object={"objectType": "StatementRef", "id": one["id"]}
    )
    del void["result"]
    page = {"statements": [void, stored(other), stored(one)], "more": ""}  # newest first
    answer = client.post(EVIDENCE, json=page, params=XAPI)
    assert answer.status_code == 200
    assert [each["status"] for each in answer.json()["items"]] == [
        "withdrawn",
        "accepted",
        "accepted",
    ]
    alone = client.post(EVIDENCE, json={"statements": [other], "more": ""}, params=XAPI).json()
    assert (alone["duplicates"], alone["rejected"]) == (1, 0)


def test_a_record_stores_answer_that_is_not_all_says_so(served: Served) -> None:
    _, client = served.as_provider()
    page = {"statements": [statement()], "more": "/xapi/statements?cursor=2"}
    answer = client.post(EVIDENCE, json=page, params=XAPI).json()
    assert (answer["accepted"], answer["rejected"]) == (1, 1)
    assert answer["items"][1]["errors"][0]["pointer"] == "/more"


def test_a_record_stores_answer_has_its_limit(served: Served) -> None:
    _, client = served.as_provider()
    page = {"statements": [0] * 10_001, "more": ""}
    assert client.post(EVIDENCE, json=page, params=XAPI).status_code == 413
