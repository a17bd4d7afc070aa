"""The feed over HTTP: the same changes as Kafka carries, by pages, long poll and event stream."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
from collections.abc import Generator, Iterator
from itertools import islice

import httpx
import pytest

from api.routes import changes
from consumers import outbox
from consumers.subscriber import HTTP, SqliteKeeper, follow_http
from consumers.wire import change_event
from projections.engine import Engine
from tests import downstream, ledgers
from tests.served import Served, serving
from tests.services.kafka import Broker


@pytest.fixture
def site(migrated: str) -> Generator[Served]:
    with serving(migrated) as running:
        yield running


def change(site: Served, migrated: str, *, start: int, learners: int = 3) -> None:
    """Let some learners' states change: new ones, each by their first evidence."""
    by = ledgers.provider(site.ledger)
    if start == 0:
        downstream.load(site.ledger, learners=0)
    batch = [ledgers.submission(f"c{start}-{n}", learner=f"c{start}-{n}") for n in range(learners)]
    ledgers.submit(site.ledger, by, *batch)
    Engine(site.ledger, downstream.settings(migrated)).catch_up()


def events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """Read server-sent events as their specification says."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            if "data" in fields:
                yield fields
            fields = {}


def test_pages_hold_every_change_once_in_order(site: Served, migrated: str) -> None:
    change(site, migrated, start=0, learners=25)
    client = site.as_role("reader")
    seen: list[str] = []
    after = 0
    while items := (page := client.get(f"/v1/changes?after={after}&limit=7").json())["items"]:
        seen += [one["id"] for one in items]
        assert [one["sequence"] for one in items] == list(range(after + 1, after + 1 + len(items)))
        after = page["next"]
    assert seen == downstream.feed(site.ledger)
    assert page["next"] == 25


@pytest.mark.kafka
def test_kafka_pages_and_stream_carry_the_same_json_under_the_same_ids(
    site: Served, migrated: str, kafka_broker: Broker
) -> None:
    change(site, migrated, start=0, learners=6)
    given = downstream.settings(migrated, kafka_broker)
    with downstream.relaying(site.ledger, given):
        records = downstream.topic(given, "mastery.changes.v1", count=6)
    client = site.as_role("reader")
    page = client.get("/v1/changes").json()["items"]
    with client.stream("GET", "/v1/changes/stream") as answer:
        reader = events(answer)
        streamed = [json.loads(next(reader)["data"]) for _ in range(6)]
    by_id = {one.header("ce_id"): json.loads(one.value or b"") for one in records}
    assert by_id == {one["id"]: one for one in page} == {one["id"]: one for one in streamed}


def test_a_long_poll_answers_as_soon_as_there_is_more(site: Served, migrated: str) -> None:
    change(site, migrated, start=0)
    client = site.as_role("reader")
    later = threading.Timer(1.0, change, args=(site, migrated), kwargs={"start": 1})
    later.start()
    began = time.monotonic()
    page = client.get("/v1/changes?after=3&wait=20").json()
    assert 0.9 < time.monotonic() - began < 10
    assert page["items"][0]["sequence"] == 4
    later.join()


def test_a_long_poll_ends_empty_when_time_is_up(site: Served, migrated: str) -> None:
    change(site, migrated, start=0)
    page = site.as_role("reader").get("/v1/changes?after=3&wait=1").json()
    assert page == {"items": [], "next": 3}


def test_a_stream_goes_on_after_the_last_event_seen(site: Served, migrated: str) -> None:
    change(site, migrated, start=0, learners=5)
    client = site.as_role("reader")
    with client.stream("GET", "/v1/changes/stream") as answer:
        reader = events(answer)
        assert [next(reader)["id"] for _ in range(3)] == ["1", "2", "3"]
    with client.stream("GET", "/v1/changes/stream", headers={"last-event-id": "3"}) as answer:
        reader = events(answer)
        assert [next(reader)["id"] for _ in range(2)] == ["4", "5"]
        change(site, migrated, start=1, learners=2)
        assert [next(reader)["id"] for _ in range(2)] == ["6", "7"]


def test_who_has_seen_more_than_a_restored_feed_is_told_to_start_over(
    site: Served, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "SILENCE_S_MAX", 0.1)
    change(site, migrated, start=0, learners=5)
    client, token = site.as_role("reader"), site.ledger.access.issue("reader", label="kit")
    with client.stream("GET", "/v1/changes/stream") as answer:
        lines = answer.iter_lines()
        assert "id: 5" in lines  # reads up to it
        seen = (
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%%mastery_changes WHERE seq%%'"
            " AND pid <> pg_backend_pid() AND datname = current_database()"
        )
        downstream.until(lambda: ledgers.rows(migrated, seen), what="somebody at the feed's end")
        with outbox.connected(migrated) as restoring:
            restoring.execute("DELETE FROM views.mastery_changes WHERE sequence > 3")
        downstream.end_sessions(migrated, role_of="mastery_changes")
        assert len(list(islice(lines, 200))) < 200
    for path, headers in (
        ("/v1/changes?after=4", {}), ("/v1/changes?after=4&wait=20", {}),
        ("/v1/changes/stream", {"last-event-id": "4"}),
    ):  # fmt: skip
        told = client.get(path, headers=headers)
        assert (told.status_code, "start over from 0" in told.text) == (400, True)
    assert client.get("/v1/changes?after=3&wait=1").json() == {"items": [], "next": 3}
    kept = SqliteKeeper(":memory:", apply=lambda *_: None, erase=lambda *_: None)
    monkeypatch.setattr(kept, "offsets", lambda: {HTTP: 5})
    with pytest.raises(urllib.error.HTTPError):
        follow_http(kept, site.url, token, threading.Event())


def test_many_followers_each_see_every_change(site: Served, migrated: str) -> None:
    change(site, migrated, start=0)
    token = site.ledger.access.issue("reader", label="many")
    seen: list[list[str]] = []

    def follow() -> None:
        headers = {"authorization": f"Bearer {token}"}
        with (
            httpx.Client(base_url=site.url, headers=headers, timeout=30) as client,
            client.stream("GET", "/v1/changes/stream") as answer,
        ):
            reader = events(answer)
            seen.append([next(reader)["id"] for _ in range(9)])

    threads = [threading.Thread(target=follow) for _ in range(40)]
    for thread in threads:
        thread.start()
    change(site, migrated, start=1)
    change(site, migrated, start=2)
    for thread in threads:
        thread.join(30)
    assert seen == [[str(n) for n in range(1, 10)]] * 40


def test_only_those_who_may_read_records_see_the_feed(site: Served) -> None:
    for path in ("/v1/changes", "/v1/changes/stream"):
        assert site.client().get(path).status_code == 401
        assert site.as_role("operator").get(path).status_code == 403
    assert (
        site.as_role("reader").get("/v1/changes/stream", headers={"last-event-id": "x"}).status_code
        == 400
    )


def test_an_event_is_a_cloudevent_whose_id_is_that_of_the_change(
    site: Served, migrated: str
) -> None:
    change(site, migrated, start=0, learners=1)
    with outbox.connected(site.ledger.conninfo) as connection:
        (entry,) = outbox.changes_after(connection, 0, limit=10)
    event = change_event(entry)
    assert event.id == str(entry.id)
    assert event.subject == str(entry.learner)
