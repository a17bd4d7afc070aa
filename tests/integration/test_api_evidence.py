"""Evidence over HTTP: every item gets its own answer, and nothing is recorded twice."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from tests.served import EVIDENCE, NDJSON, Served, item, lines

NOWHERE = "00000000-0000-0000-0000-000000000000"


def test_one_object_is_recorded_with_a_receipt(served: Served) -> None:
    _, client = served.as_provider()
    answer = client.post(EVIDENCE, json=item())
    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt.keys() >= {"evidence", "learner", "position", "recorded_at", "sha256"}
    assert receipt["status"] == "accepted"
    assert answer.headers["location"] == f"/v1/evidence/{receipt['evidence']}"


def test_the_same_object_again_gives_the_first_receipt(served: Served) -> None:
    _, client = served.as_provider()
    first = client.post(EVIDENCE, json=item()).json()
    again = client.post(EVIDENCE, json=item())
    assert again.status_code == 200
    assert again.json() == first | {"status": "duplicate", "duplicate": True}


def test_spacing_and_order_of_members_make_no_difference(served: Served) -> None:
    _, client = served.as_provider()
    client.post(EVIDENCE, json=item())
    text = json.dumps(dict(reversed(item().items())), indent=3)
    again = client.post(EVIDENCE, content=text, headers={"content-type": "application/json"})
    assert again.json()["status"] == "duplicate"


def test_other_content_under_the_same_id_is_a_conflict(served: Served) -> None:
    """S0-3: a message that was altered is refused, and nothing is replaced."""
    _, client = served.as_provider()
    client.post(EVIDENCE, json=item())
    answer = client.post(EVIDENCE, json=item(result={"score": 12, "max": 100}))
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:problem-type:mastery-ledger:conflict"


def test_the_same_id_from_another_provider_is_another_message(served: Served) -> None:
    (_, one), (_, other) = served.as_provider(), served.as_provider()
    first, second = (client.post(EVIDENCE, json=item()).json() for client in (one, other))
    assert first["evidence"] != second["evidence"]


def test_a_newer_version_replaces_what_was_said(served: Served) -> None:
    _, client = served.as_provider()
    first = client.post(EVIDENCE, json=item(version="1")).json()
    newer = client.post(EVIDENCE, json=item(version="2", result={"score": 95, "max": 100}))
    assert newer.status_code == 201
    assert newer.json()["evidence"] == first["evidence"]
    now = client.get(f"{EVIDENCE}/{first['evidence']}").json()
    assert now["evidence"]["result"]["score"] == "95"
    assert [fact["topic"].split(".")[1] for fact in now["facts"]] == [
        "evidence-recorded", "evidence-corrected",
    ]  # fmt: skip


def test_one_bad_item_never_sinks_the_rest(served: Served) -> None:
    _, client = served.as_provider()
    client.post(EVIDENCE, json=item(1))
    sent = [
        item(1),
        item(1, hours=3),
        {"id": "x"},
        7,
        item(2, result={"score": 101, "max": 100}),
        item(3),
    ]
    answer = client.post(EVIDENCE, json=sent)
    assert answer.status_code == 200
    found = answer.json()
    assert [each["status"] for each in found["items"]] == [
        "duplicate", "conflict", "rejected", "rejected", "rejected", "accepted",
    ]  # fmt: skip
    assert [each["index"] for each in found["items"]] == [0, 1, 2, 3, 4, 5]
    assert (found["accepted"], found["duplicates"], found["rejected"]) == (1, 1, 4)
    fault = found["items"][4]["errors"][0]
    assert fault == {
        "reason": "101 is above max 100",
        "pointer": "/result/score",
        "expected": "at most 100",
    }


def test_what_was_refused_is_kept_as_received(served: Served) -> None:
    _, client = served.as_provider()
    client.post(EVIDENCE, json=[item(1), {"id": "x"}])
    (kept,) = client.get("/v1/rejects").json()["items"]
    assert json.loads(kept["original"]) == {"id": "x"}
    assert {error["pointer"] for error in kept["errors"]} >= {"/kind", "/learner", "/occurred_at"}


def test_refused_items_come_in_pages(served: Served) -> None:
    _, client = served.as_provider()
    client.post(EVIDENCE, json=[{"id": str(number)} for number in range(5)])
    first = client.get("/v1/rejects", params={"limit": 3}).json()
    rest = client.get("/v1/rejects", params={"limit": 3, "after": first["next"]}).json()
    assert rest["next"] is None
    originals = [json.loads(each["original"])["id"] for each in first["items"] + rest["items"]]
    assert sorted(originals) == ["0", "1", "2", "3", "4"]


def test_lines_are_answered_one_by_one_with_the_counts_last(served: Served) -> None:
    _, client = served.as_provider()
    body = lines([item(1), item(2)]) + b"nonsense\n\n" + lines([item(1)])
    answer = client.post(EVIDENCE, content=body, headers=NDJSON)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    *answers, summary = map(json.loads, answer.text.splitlines())
    assert [each["status"] for each in answers] == ["accepted", "accepted", "rejected", "duplicate"]
    assert summary == {
        "status": "complete",
        "items": 4,
        "accepted": 2,
        "duplicates": 1,
        "rejected": 1,
    }


def test_a_sender_that_waits_for_each_answer_gets_it(served: Served) -> None:
    """Progress as it goes: an answer does not wait for the end of the request."""
    _, client = served.as_provider()
    heard: list[dict[str, Any]] = []

    def body() -> Any:
        for number in range(3):
            yield lines([item(number)])
            if number:
                continue

    with client.stream("POST", EVIDENCE, content=body(), headers=NDJSON) as answer:
        heard.extend(json.loads(line) for line in answer.iter_lines())
    assert [each["status"] for each in heard] == ["accepted"] * 3 + ["complete"]


def test_a_long_stream_is_taken_whole_by_a_client_that_reads_last(served: Served) -> None:
    """httpx sends everything before it reads anything: neither side may wait for the other."""
    _, client = served.as_provider()
    count = 20_000
    parts = (lines([item(number, learner=f"S-{number % 50}")]) for number in range(count))
    answer = client.post(EVIDENCE, content=parts, headers=NDJSON, timeout=300)
    *answers, summary = answer.text.splitlines()
    assert len(answers) == count
    assert json.loads(summary)["accepted"] == count


def test_three_parallel_deliveries_leave_one_fact_each(served: Served) -> None:
    """S0-3: each message three times at once is one fact, with the same receipt for all three."""
    provider, client = served.as_provider()
    batch = [item(number, learner=f"L-{number % 7}") for number in range(200)]
    before = served.ledger.log.head()

    def deliver(_turn: int) -> list[dict[str, Any]]:
        own = served.client(client.headers["authorization"].split()[1])
        found: list[dict[str, Any]] = own.post(EVIDENCE, json=batch).json()["items"]
        return found

    with ThreadPoolExecutor(3) as pool:
        deliveries = list(pool.map(deliver, range(3)))
    for answers in zip(*deliveries, strict=True):
        assert len({(each["evidence"], each["position"], each["learner"]) for each in answers}) == 1
        assert sorted(each["status"] for each in answers) == ["accepted", "duplicate", "duplicate"]
    topics = [
        one.topic
        for one in served.ledger.log.after(before, limit=10_000)
        if one.provider == provider
    ]
    assert topics.count("mastery.evidence-recorded.v1") == 200
    assert topics.count("mastery.learner-registered.v1") == 7


def test_xapi_statements_come_by_the_same_door(served: Served) -> None:
    _, client = served.as_provider()
    statement = {
        "id": "12345678-1234-4234-8234-123456789012",
        "actor": {"mbox": "mailto:ana@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": "https://example.org/tests/7"},
        "result": {"score": {"scaled": 0.8}, "success": True},
        "timestamp": "2026-03-02T16:15:00Z",
    }
    answer = client.post(EVIDENCE, json=[statement, {"actor": {}}], params={"format": "xapi"})
    assert [each["status"] for each in answer.json()["items"]] == ["accepted", "rejected"]
    void = statement | {
        "id": "22345678-1234-4234-8234-123456789012",
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": statement["id"]},
    }
    del void["result"]
    answer = client.post(EVIDENCE, json=void, params={"format": "xapi"})
    assert answer.json()["status"] == "withdrawn"


def test_voiding_a_statement_about_a_group_takes_it_back_from_every_member(served: Served) -> None:
    _, client = served.as_provider()
    names = [f"mailto:{secrets.token_hex(4)}@example.org" for _ in range(3)]
    statement = {
        "id": str(uuid4()).upper(),
        "actor": {"objectType": "Group", "member": [{"mbox": name} for name in names]},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": "https://example.org/tests/7"},
        "timestamp": "2026-03-02T16:15:00Z",
    }
    void = {
        "id": str(uuid4()),
        "actor": {"mbox": "mailto:teacher@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": statement["id"]},
    }
    form = {"format": "xapi"}
    told = client.post(EVIDENCE, json=[statement], params=form).json()["items"]
    # In one array with something after it: answers stand in the order of the items.
    later = statement | {"id": str(uuid4())}
    answers = client.post(EVIDENCE, json=[void, later], params=form).json()["items"]
    assert [(one["index"], one["status"]) for one in answers] == [
        *[(0, "withdrawn")] * 3,
        *[(1, "accepted")] * 3,
    ]
    assert {one["evidence"] for one in answers[:3]} == {one["evidence"] for one in told}
    again = client.post(EVIDENCE, json=[void], params=form).json()["items"]
    assert [(one["status"], one["duplicate"]) for one in again] == [("withdrawn", True)] * 3
    unknown = void | {"object": {"objectType": "StatementRef", "id": str(uuid4())}}
    assert client.post(EVIDENCE, json=[unknown], params=form).json()["accepted"] == 1


def test_an_empty_array_and_an_empty_stream_are_answered(served: Served) -> None:
    _, client = served.as_provider()
    nothing = {"accepted": 0, "duplicates": 0, "rejected": 0}
    assert client.post(EVIDENCE, json=[]).json() == nothing | {"items": []}
    answer = client.post(EVIDENCE, content=b"\n", headers=NDJSON)
    assert answer.json() == nothing | {"status": "complete", "items": 0}


def test_a_correction_and_a_withdrawal_stand_in_the_history(served: Served) -> None:
    _, client = served.as_provider()
    receipt = client.post(EVIDENCE, json=item()).json()
    where = f"{EVIDENCE}/{receipt['evidence']}"
    better = {"reason": "typed wrongly", "evidence": item(result={"score": 78.5, "max": 100})}
    corrected = client.post(f"{where}/correction", json=better)
    assert corrected.status_code == 200
    assert client.post(f"{where}/correction", json=better).json()["duplicate"] is True
    assert client.get(where).json()["evidence"]["result"]["score"] == "78.5"
    before = client.get(where, params={"as_of": receipt["position"]}).json()
    assert before["evidence"]["result"]["score"] == "87.5"
    withdrawn = client.post(f"{where}/withdrawal", json={"reason": "of another learner"})
    assert withdrawn.json()["status"] == "withdrawn"
    assert client.post(f"{where}/withdrawal", json={"reason": "again"}).json()["duplicate"] is True
    found = client.get(where).json()
    assert found["withdrawn"] == "of another learner"
    assert len(found["facts"]) == 3
    late = {"reason": "late", "evidence": item(result={"score": 99, "max": 100})}
    assert client.post(f"{where}/correction", json=late).status_code == 409


def test_nobody_touches_another_provider_s_evidence(served: Served) -> None:
    (_, owner), (_, other) = served.as_provider(), served.as_provider()
    receipt = owner.post(EVIDENCE, json=item()).json()
    where = f"{EVIDENCE}/{receipt['evidence']}"
    refused = other.post(f"{where}/withdrawal", json={"reason": "mine now"})
    corrected = other.post(f"{where}/correction", json={"reason": "x", "evidence": item()})
    unknown = other.post(f"{EVIDENCE}/{NOWHERE}/withdrawal", json={"reason": "mine now"})
    told = unknown.text.replace(NOWHERE, receipt["evidence"])
    assert (unknown.status_code, refused.text, corrected.text) == (404, told, told)
    assert other.get(where).status_code == 404
    assert owner.get(where).status_code == 200


def test_a_correction_does_not_pass_evidence_on_to_another_learner(served: Served) -> None:
    _, client = served.as_provider()
    receipt = client.post(EVIDENCE, json=item()).json()
    client.post(EVIDENCE, json=item(2, learner="S-2"))
    where = f"{EVIDENCE}/{receipt['evidence']}"
    for learner in ("S-2", "S-3"):
        body = {"reason": "of another learner", "evidence": item(learner=learner)}
        assert client.post(f"{where}/correction", json=body).status_code == 409
    assert len(client.get(where).json()["facts"]) == 1


def test_faults_of_a_correction_point_into_its_body(served: Served) -> None:
    _, client = served.as_provider()
    receipt = client.post(EVIDENCE, json=item()).json()
    body = {"reason": "x", "evidence": item(result={"score": 101, "max": 100})}
    answer = client.post(f"{EVIDENCE}/{receipt['evidence']}/correction", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/evidence/result/score"
