"""Erasing a learner: nothing can be read or added any more, everybody is told, the log stands."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime

import httpx
import pytest

from api.app import create_app
from api.cli.main import run
from api.web import mount
from consumers import outbox
from ledger.domain.facts import LearnerErased
from ledger.domain.ids import Position
from ledger.domain.streams import framework_stream
from projections import views
from projections.answers import Answers
from projections.engine import Engine
from projections.rebuild import rebuild
from projections.reports import Scope, records
from tests import ledgers
from tests.builders import FRAMEWORK, policy, uri
from tests.served import item
from tests.town import Teller, Town

VIEWS = ("observations", "mastery", "learners")
OF_THE_LEARNER = ("mastery", "transcript", "history", f"mastery/{uri('W1')}")
REASON = {"reason": "requested"}


def erased(town: Town, by: Teller) -> str:
    """Let one learner show something twice, and another once; erase the first."""
    who = town.shown(by, "W1", "W2")["learner"]
    town.shown(by, "W1", score=0.2)
    town.shown(by, "W1", learner="S-2")
    town.changes()
    town.post(f"/v1/learners/{who}/erasure", REASON)
    return str(who)


def test_nothing_is_answered_about_an_erased_learner(town: Town) -> None:
    by = town.provider()
    receipt = town.shown(by, "W1")
    who = receipt["learner"]
    for path in OF_THE_LEARNER:
        assert town.steward.get(f"/v1/learners/{who}/{path}").status_code == 200
    town.post(f"/v1/learners/{who}/erasure", REASON)
    for asked in ({}, {"as_of": receipt["position"]}, {"as_of": 1}):
        for path in OF_THE_LEARNER:
            answer = town.steward.get(f"/v1/learners/{who}/{path}", params=asked)
            assert (answer.status_code, answer.json()["title"]) == (410, "The record was erased")
    assert by.client.get(f"/v1/evidence/{receipt['evidence']}").status_code == 410


def test_what_comes_about_an_erased_learner_is_refused_alone(town: Town) -> None:
    by = town.provider()
    receipt = town.shown(by, "W1")
    town.post(f"/v1/learners/{receipt['learner']}/erasure", REASON)
    items = [
        {"id": f"late {one}", "kind": "assessment", "occurred_at": "2026-03-02T10:00:00Z",
         "learner": {"id": one}, "alignments": [{"competency": uri("W1")}]}
        for one in ("S-1", "S-2")
    ]  # fmt: skip
    late, other = by.client.post("/v1/evidence", json=items).json()["items"]
    assert (late["status"], other["status"]) == ("rejected", "accepted")
    assert "erased" in late["errors"][0]["reason"]
    (reject,) = by.client.get("/v1/rejects").json()["items"]
    assert (reject["errors"][0]["reason"], reject["original"]) == (late["errors"][0]["reason"], "")
    withdrawal = f"/v1/evidence/{receipt['evidence']}/withdrawal"
    assert by.client.post(withdrawal, json={"reason": "wrong"}).status_code == 410


def test_no_name_leads_to_what_is_left_of_an_erased_learner(town: Town) -> None:
    by = town.provider()
    who = town.shown(by, "W1", learner={"identifiers": [{"type": "ssid", "value": "7"}]})["learner"]
    town.post(f"/v1/learners/{who}/erasure", REASON)
    asked = {"identifier": "7", "type": "ssid"}
    for one in (by.client, town.steward):
        answer = one.get("/v1/learners", params=asked)
        assert answer.status_code == 410
        assert who not in answer.text


def test_what_was_sent_before_an_erasure_is_refused_after_it(town: Town) -> None:
    by = town.provider()
    body = item(77)
    first = by.client.post("/v1/evidence", json=body).json()
    town.post(f"/v1/learners/{first['learner']}/erasure", REASON)
    again = by.client.post("/v1/evidence", json=body)
    assert again.status_code == 410
    assert first["evidence"] not in again.text


def test_it_is_done_anew_where_a_backup_brought_the_key_back(town: Town) -> None:
    by = town.provider()
    receipt = town.shown(by, "W1", narrative="Jane Roe welded")
    who, url = receipt["learner"], f"/v1/learners/{receipt['learner']}/erasure"
    (key,) = ledgers.rows(town.url, "SELECT wrapped FROM ledger.data_keys WHERE owner = %s", who)
    first = town.post(url, REASON)
    with outbox.connected(town.url) as connection:
        connection.execute("INSERT INTO ledger.data_keys VALUES (%s, %s)", (who, key[0]))
    at = f"position {first['position']} has a key"
    assert [one for one in town.served.ledger.log.mismatched(limit=9) if at in one]
    for path in OF_THE_LEARNER:
        for asked in ({}, {"as_of": receipt["position"]}):
            found = town.steward.get(f"/v1/learners/{who}/{path}", params=asked)
            assert found.status_code == 410
    before = Scope(as_of=Position(receipt["position"]), on=datetime(2026, 7, 1, tzinfo=UTC))
    with ledgers.opened(town.url) as other:
        assert not [one for one in records(other.log, before) if one.pieces]
    again = town.post(url, REASON)
    assert (again["duplicate"], again["position"]) == (False, first["position"] + 1)
    assert town.post(url, REASON)["duplicate"]
    assert town.served.ledger.log.mismatched(limit=9) == []


@pytest.mark.parametrize("there", [False, True], ids=["no views", "empty views"])
def test_views_that_a_rebuild_makes_first_tell_of_it_too(town: Town, *, there: bool) -> None:
    if there:
        with outbox.connected(town.served.ledger.conninfo) as connection:
            assert views.prepare(connection).position == 0
    who = town.shown(town.provider(), "W1")["learner"]
    town.post(f"/v1/learners/{who}/erasure", REASON)
    given = ledgers.settings(town.url, due_margin_ms=0)
    rebuild(town.served.ledger, given)
    told = town.get("/v1/changes", limit=1000)["items"]
    assert [(one["learner"], one["cause"]) for one in told] == [(who, "erasure")]
    rebuild(town.served.ledger, given)
    town.changes()
    assert town.get("/v1/changes", limit=1000)["items"] == told


@pytest.mark.parametrize("between", ["adoption", "rebuild", "nothing"])
def test_an_engine_without_the_key_says_nothing_but_that_it_was_erased(
    town: Town, between: str
) -> None:
    by = town.provider()
    who = town.shown(by, "W1")["learner"]
    town.changes()
    known = town.get("/v1/changes", limit=1000)["items"]
    town.shown(by, "W1", score=0.1)
    if between == "adoption":
        town.policy(policy("strict", requirement={"rule": "observations_at_least", "at_least": 9,
                                                  "level": "met"}))  # fmt: skip
    town.post(f"/v1/learners/{who}/erasure", REASON)
    with ledgers.opened(town.url) as other:  # never had the key
        given = ledgers.settings(town.url, due_margin_ms=0)
        if between == "rebuild":
            rebuild(other, given)
        Engine(other, given).catch_up()
    told = town.get("/v1/changes", limit=1000)["items"][len(known) :]
    assert [(one["learner"], one["competency"], one["to_state"], one["cause"]) for one in told] == [
        (who, uri("W1"), "no_evidence", "erasure"), (who, "", "no_evidence", "erasure"),
    ]  # fmt: skip
    assert who not in repr(contents(town.url))


def test_it_is_said_once_by_a_steward_about_somebody_known(town: Town) -> None:
    by = town.provider()
    who = town.shown(by, "W1")["learner"]
    path = f"/v1/learners/{who}/erasure"
    for one in (by.client, town.as_role("reader")):
        assert one.post(path, json=REASON).status_code == 403
    assert town.steward.post(path, json={"reason": "why not"}).status_code == 400
    first = town.post(path, REASON)
    again = town.post(path, {"reason": "ordered"})
    assert (again["position"], first["duplicate"], again["duplicate"]) == (
        first["position"], False, True,
    )  # fmt: skip
    for nobody in ("00000000-0000-4000-8000-000000000001", by.id):
        town.post(f"/v1/learners/{nobody}/erasure", REASON, status=404)


def test_a_framework_is_no_learner_though_it_has_a_key(town: Town) -> None:
    document = f"/v1/frameworks/{FRAMEWORK}/document"
    before = town.steward.get(document)
    town.post(f"/v1/learners/{framework_stream(FRAMEWORK)}/erasure", REASON, status=404)
    assert town.steward.get(document).content == before.content


def test_the_feed_takes_each_state_back_and_then_says_erased(town: Town) -> None:
    who = erased(town, town.provider())
    town.changes()
    mine = [one for one in town.get("/v1/changes", limit=1000)["items"] if one["learner"] == who]
    *_, first, second, last = mine
    taken = [(one["competency"], one["to_state"], one["cause"]) for one in (first, second)]
    assert taken == [(uri(code), "no_evidence", "erasure") for code in ("W1", "W2")]
    assert (last["competency"], last["cause"]) == ("", "erasure")
    assert last["cause_position"] == first["cause_position"]


def test_an_event_stream_names_it_by_its_type(town: Town) -> None:
    who = erased(town, town.provider())
    town.changes()
    with town.steward.stream("GET", "/v1/changes/stream") as answer:
        lines = answer.iter_lines()
        assert f"event: {LearnerErased.TOPIC}" in lines  # reads up to it
        assert who in next(lines)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_live_views_are_those_of_a_rebuild(town: Town, batch: int) -> None:
    by = town.provider()
    who = erased(town, by)
    town.shown(by, "W2", learner="S-2")
    given = ledgers.settings(town.url, due_margin_ms=0, engine_batch_facts_max=batch)
    Engine(town.served.ledger, given).catch_up()
    live = contents(town.url)
    assert who not in repr(live)
    assert live["learners"]
    before = town.get("/v1/changes", limit=1000)["items"]
    rebuild(town.served.ledger, given)
    assert contents(town.url) == live
    assert town.get("/v1/changes", limit=1000)["items"] == before


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    for name in VIEWS:
        columns = "learner, competency, state, position" if name == "mastery" else "*"
        found[name] = ledgers.rows(url, f"SELECT {columns} FROM views.{name} ORDER BY 1, 2, 3, 4")
    return found


def test_everybody_is_told_whether_the_engine_saw_the_learner_before_or_not(town: Town) -> None:
    by = town.provider()
    who = town.shown(by, "W1")["learner"]
    town.post(f"/v1/learners/{who}/erasure", REASON)
    town.changes()
    last = town.get("/v1/changes", limit=1000)["items"][-1]
    assert (last["learner"], last["competency"], last["cause"]) == (who, "", "erasure")


def test_the_command_line_asks_first_and_says_where_it_stands(
    migrated: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledgers.opened(migrated) as ledger:
        school = ledgers.provider(ledger)
        sent = ledgers.receipt(ledgers.submit(ledger, school, ledgers.submission("a"))[0])

    named, numbered = "Riverside High:student-1", str(sent.learner)

    def erase(*words: str) -> tuple[int, str]:
        env = {"MASTERY_DATABASE_URL": migrated, "MASTERY_MASTER_KEY": ledgers.MASTER_KEY}
        code = run(["learner", "erase", *words], env=env)
        return code, capfd.readouterr().out

    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert erase(named)[0] != 0
    assert erase(named, "--yes") == (0, f"erased, at position {sent.position + 1}\n")
    assert erase(named, "--yes") == (1, "")
    said = f"was erased before, at position {sent.position + 1}\n"
    assert erase(numbered, "--yes") == (0, said)


def test_pages_say_that_a_learner_was_erased(town: Town) -> None:
    by = town.provider()
    evidence = town.shown(by, "W1", learner="S-9")
    town.post(f"/v1/learners/{evidence['learner']}/erasure", REASON)
    paths = (f"/learners/{evidence['learner']}", f"/evidence/{evidence['evidence']}")
    found = asyncio.run(pages(town, paths))
    assert [status for status, _ in found] == [410, 410]
    assert all("was erased" in text for _, text in found)


async def pages(town: Town, paths: tuple[str, ...]) -> list[tuple[int, str]]:
    ledger, given = town.served.ledger, ledgers.settings(town.url)
    app = create_app(ledger, given, answers=Answers(ledger))
    mount(app, session_key=ledger.session_key)
    token = ledger.access.issue("reader", label="a visitor")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ledger.example") as visitor:
        await visitor.post("/sign-in", data={"token": token})
        return [(one.status_code, one.text) for path in paths for one in [await visitor.get(path)]]
