"""What could be taken for an answer, or for done, and is neither: it is refused, with the reason."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import time
from typing import Any
from uuid import UUID

import pytest

from api.cli.main import run
from tests.builders import policy, uri
from tests.ledgers import MASTER_KEY
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
    receipt = town.shown(town.provider(), "W1")
    learner, at = receipt["learner"], receipt["position"]
    by_uri = town.get(f"/v1/learners/{learner}/{path}/{uri('W1')}", as_of=at)
    assert town.get(f"/v1/learners/{learner}/{path}/W1", as_of=at) == by_uri
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


def test_a_compressed_body_is_not_read_as_what_it_is_not(town: Town) -> None:
    by = town.provider()
    body = gzip.compress(json.dumps(item()).encode())
    said = {"content-encoding": "gzip", "content-type": "application/json"}
    for path in ("/v1/evidence", "/v1/enrolments"):
        answer = by.client.post(path, content=body, headers=said)
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
        assert "Content-Encoding gzip" in answer.json()["detail"]
    plain = {**said, "content-encoding": "identity"}
    assert by.client.post("/v1/evidence", json=item(), headers=plain).status_code == 201


@pytest.mark.parametrize("blank", ["", " ", "   ", "\t"])
def test_an_id_is_not_blank(town: Town, blank: str) -> None:
    by = town.provider()
    for said in ({**item(), "id": blank}, {**item(), "learner": {"id": blank}}):
        assert by.client.post("/v1/evidence", json=said).status_code == 400


def test_an_enrolment_names_nobody_by_what_is_no_mailbox(town: Town) -> None:
    by = town.provider()
    learner = {"id": "S-1", "identifiers": [{"type": "email", "value": "none"}]}
    said = {"id": "e/1", "learner": learner, "school": "Riverside High"}
    (fault,) = by.client.post("/v1/enrolments", json=said).json()["errors"]
    assert fault["pointer"] == "/learner/identifiers/0/value"


def test_an_array_behind_a_byte_order_mark_is_answered_as_an_array(town: Town) -> None:
    by = town.provider()
    body = b"\xef\xbb\xbf" + json.dumps([item()]).encode()
    sent = by.client.post(
        "/v1/evidence", content=body, headers={"content-type": "application/json"}
    )
    assert (sent.status_code, sent.json()["accepted"]) == (200, 1)


def test_a_competency_is_not_aligned_twice_with_two_results(town: Town) -> None:
    by = town.provider()
    twice = [
        {"competency": uri("W1"), "result": {"score": score, "max": 1}} for score in (0.9, 0.1)
    ]
    answer = by.client.post("/v1/evidence", json={**item(), "alignments": twice})
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["reason"]) == (
        "/alignments/1/competency", "is aligned twice, with two results",
    )  # fmt: skip
    same = {**item(), "alignments": [twice[0], twice[0]]}
    assert by.client.post("/v1/evidence", json=same).status_code == 201


def test_a_grant_ends_when_it_was_last_said_to(town: Town) -> None:
    by = town.provider()
    who = town.shown(by, "W1", occurred_at="2026-03-02T10:15:00-06:00")["learner"]
    path = f"/v1/providers/{by.id}/grants/all/revocation"
    found = []
    for end in ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-02-01T00:00:00Z"):
        town.post(path, {"ends_at": end, "reason": "?"})
        found.append(town.state(who, "W1"))
    assert found == ["no_evidence", "mastered", "no_evidence"]


def test_what_ends_a_providers_standing_is_told_though_no_state_moves(town: Town) -> None:
    first, second = town.provider(), town.provider()
    who = town.shown(first, "W1")["learner"]
    known = {"type": "ssid", "value": "1"}
    who = town.shown(first, "W1", learner={"identifiers": [known]})["learner"]
    town.shown(second, "W1", learner={"identifiers": [known]})
    town.post(f"/v1/providers/{second.id}/suspension", {"reason": "audit"})
    *_, last = town.get(f"/v1/learners/{who}/history")["steps"]
    assert ("suspended" in last["text"], last["changes"]) == (True, [])


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


@pytest.mark.parametrize("as_of", ["999999999", "2999-01-01T00:00:00Z"])
def test_what_will_be_known_is_not_answered(town: Town, as_of: str) -> None:
    who = town.shown(town.provider(), "W1")["learner"]
    for path in ("mastery", "transcript", "history"):
        answer = town.steward.get(f"/v1/learners/{who}/{path}", params={"as_of": as_of})
        assert answer.status_code == 400
        assert "beyond the end of the log" in answer.json()["detail"]


def test_a_number_is_no_date_and_a_date_alone_is_one(town: Town) -> None:
    by = town.provider()
    for path, body in (
        (f"/v1/providers/{by.id}/suspension", {"reason": "?", "starts_at": 0}),
        (f"/v1/providers/{by.id}/grants", {"grant": "g", "ends_at": 1785542400}),
        ("/v1/assessments", {"id": "x", "title": "x", "rigour_band": True}),
    ):
        assert town.steward.post(path, json=body).status_code == 400
    enrolled = {"id": "e", "learner": {"id": "S-1"}, "school": "North", "starts_on": 0}
    assert by.client.post("/v1/enrolments", json=enrolled).status_code == 400
    town.post(f"/v1/providers/{by.id}/grants", {"grant": "g", "starts_at": "2026-08-01"})


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"school": "North", "starts_on": "2026-08-01", "ends_on": "2026-01-01"}, "/ends_on"),
        ({"starts_on": "2026-08-01"}, ""),
    ],
)
def test_an_enrolment_is_somewhere_and_does_not_end_before_it_starts(
    town: Town, terms: dict[str, str], said: str
) -> None:
    body = {"id": "e", "learner": {"id": "S-1"}, **terms}
    answer = town.provider().client.post("/v1/enrolments", json=body)
    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.json()["errors"]] == [said]


def test_blanks_around_a_school_are_no_part_of_its_name(town: Town) -> None:
    by = town.provider()
    who = town.shown(by, "W1")["learner"]
    strict = {"rule": "observations_at_least", "at_least": 9, "level": "met"}
    town.policy(policy("strict", requirement=strict), level="school", scope=" Trail")
    town.enrolled(by, school="Trail ")
    assert town.state(who, "W1") == "in_progress"
    there = {"level": "school", "scope": " Trail "}
    assert town.get("/v1/reports/disparity", by="school", **there)["items"] != []
    assert town.post("/v1/policies/trials", {"policy": "strict", **there})["learners"] == 1
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    loose = policy("loose", requirement={**strict, "at_least": 1})
    assert town.steward.post("/v1/policies", json=loose).status_code == 200
    adopt = ["policy", "adopt", "loose", "--level", "school", "--scope", "Trail "]
    assert run(adopt, env=env) == 0
    assert town.state(who, "W1") == "mastered"


def test_a_credential_is_valid_all_the_day_it_ends_on(town: Town) -> None:
    by = town.provider()
    body = {
        **item(), "kind": "credential", "result": {"success": True},
        "alignments": [{"competency": uri("W1")}],
        "credential": {"id": "card", "valid_until": "2026-11-20"},
    }  # fmt: skip
    who = by.client.post("/v1/evidence", json=body).json()["learner"]
    days = ("2026-11-20T23:00:00Z", "2026-11-21T00:00:01Z")
    found = ["credential_expired" in town.reasons(who, "W1", on=on) for on in days]
    assert found == [False, True]


def test_an_offset_of_more_than_a_day_is_said_in_words(town: Town) -> None:
    body = {**item(), "occurred_at": "2026-03-02T10:00:00+25:00"}
    (fault,) = town.provider().client.post("/v1/evidence", json=body).json()["errors"]
    assert fault["reason"] == "has an offset of a day or more"


def test_a_sender_who_leaves_within_a_body_leaves_no_error_behind(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    by = town.provider()
    host, port = town.served.url.removeprefix("http://").split(":")
    head = (
        f"POST /v1/evidence HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"authorization: {by.client.headers['authorization']}\r\ncontent-length: 500\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as leaving:
        leaving.sendall(head.encode() + b'{"id":')
        time.sleep(0.3)
    assert by.client.post("/v1/evidence", json=item()).status_code == 201
    time.sleep(0.3)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []
