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
from tests.ledgers import receipt, rows, submit
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


def voiding(one: dict[str, Any]) -> dict[str, Any]:
    """Make a statement that voids another."""
    target = {"objectType": "StatementRef", "id": one["id"]}
    void = statement(verb={"id": f"{ADL}voided"}, object=target)
    del void["result"]
    return void


def tables_holding(url: str, text: str) -> list[str]:
    """Name the tables where a text stands in clear, in a column of texts or of bytes."""
    names = rows(
        url, "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('ledger', 'views')"
    )
    asked = "SELECT count(*) FROM {} AS one WHERE one::text LIKE ANY (%s)"
    forms = [f"%{text}%", f"%{text.encode().hex()}%"]
    tables = (f'"{schema}"."{name}"' for schema, name in names)
    return [each for each in tables if rows(url, asked.format(each), forms) != [(0,)]]


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
    told, turned_round = first["items"], again["items"][::-1]  # each member's own, as they stand
    assert [(each["learner"], each["evidence"]) for each in turned_round] == [
        (each["learner"], each["evidence"]) for each in told
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
    void = voiding(one)
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


def test_a_statement_sent_as_our_own_json_is_told_how_to_send_it(served: Served) -> None:
    _, client = served.as_provider()
    for body in (statement(), {"statements": [statement()], "more": ""}):
        answer = client.post(EVIDENCE, json=body)
        (error,) = answer.json()["errors"]
        assert answer.status_code == 400
        assert "xAPI" in error["reason"]
        assert "?format=xapi" in error["expected"]


def test_statements_with_attachments_are_told_to_come_alone(served: Served) -> None:
    _, client = served.as_provider()
    headers = {"content-type": 'multipart/mixed; boundary="x"'}
    answer = client.post(EVIDENCE, content=b"--x--", headers=headers, params=XAPI)
    assert (answer.status_code, answer.headers["accept-post"]) == (415, "application/json")
    assert "send the statements alone" in answer.json()["detail"]


def test_who_voided_is_in_the_history_and_nowhere_in_clear(served: Served) -> None:
    _, client = served.as_provider()
    one = statement()
    void = voiding(one)
    who = client.post(EVIDENCE, json=one, params=XAPI).json()["learner"]
    client.post(EVIDENCE, json=void, params=XAPI)
    told = served.as_role("reader").get(f"/v1/learners/{who}/history").json()["steps"][-1]
    mailbox = void["actor"]["mbox"]
    assert f"voided by {void['id']}: {mailbox}, {void['timestamp']}" in told["text"]
    url = served.ledger.owner_conninfo
    assert tables_holding(url, "provider ") != []  # what is said of providers is in clear
    assert tables_holding(url, mailbox) == []


def test_a_void_that_comes_first_is_awaited_and_takes_effect(served: Served) -> None:
    _, client = served.as_provider()
    one = statement()
    void = voiding(one)
    answer = client.post(EVIDENCE, params=XAPI, json=void)
    assert (answer.status_code, answer.json()["status"]) == (202, "awaited")
    assert answer.json().keys() == {"index", "status", "position", "recorded_at"}
    assert client.get("/v1/rejects").json()["items"] == []
    assert tables_holding(served.ledger.owner_conninfo, void["actor"]["mbox"]) == []
    sent = client.post(EVIDENCE, params=XAPI, json=one)
    assert (sent.status_code, sent.json()["status"]) == (201, "accepted")
    found = client.get(f"/v1/evidence/{sent.json()['evidence']}").json()
    assert found["withdrawn"].startswith(f"voided by {void['id']}: {void['actor']['mbox']}")
    again = client.post(EVIDENCE, params=XAPI, json=[void, one]).json()
    assert [each["status"] for each in again["items"]] == ["withdrawn", "duplicate"]
    assert (again["accepted"], again["duplicates"]) == (0, 2)


def test_a_member_of_a_voided_group_who_is_repaired_later_is_taken_back_too(served: Served) -> None:
    _, client = served.as_provider()
    group = {"objectType": "Group", "member": [agent(), agent()]}
    one = statement(actor=group)
    void = client.post(EVIDENCE, params=XAPI, json=[voiding(one)]).json()
    assert [each["status"] for each in void["items"]] == ["awaited"]
    sent = client.post(EVIDENCE, params=XAPI, json=one).json()["items"]
    told = [client.get(f"/v1/evidence/{each['evidence']}").json() for each in sent]
    assert [each["withdrawn"][:6] for each in told] == ["voided", "voided"]


def test_who_voided_a_group_before_it_came_is_told_of_each_member(served: Served) -> None:
    _, client = served.as_provider()
    auditor = served.as_role("auditor")
    one = statement(actor={"objectType": "Group", "member": [agent(), agent()]})
    void = voiding(one)
    client.post(EVIDENCE, params=XAPI, json=[void])
    why = f"voided by {void['id']}: {void['actor']['mbox']}, {void['timestamp']}"
    for each in client.post(EVIDENCE, params=XAPI, json=one).json()["items"]:
        found = auditor.get(f"/v1/evidence/{each['evidence']}").json()
        assert found["withdrawn"] == why
        assert [fact["fact"].get("reason") for fact in found["facts"]] == [None, why]
        steps = auditor.get(f"/v1/learners/{each['learner']}/history").json()["steps"]
        assert why in steps[-1]["text"]
