"""That a learner was erased, as machines downstream hear of it: last of all about that learner."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from consumers.broker import Message
from consumers.subscriber import Change, SqliteKeeper, follow_http, follow_kafka
from ledger.domain.facts import LearnerErased
from ledger.domain.ids import LearnerId
from ledger.service import Ledger
from projections.rebuild import rebuild
from tests import downstream, ledgers
from tests.integration.test_webhooks import delivering, subscriber
from tests.integration.test_workers import reached, views, working
from tests.served import serving
from tests.services.kafka import Broker

TOPICS = ("mastery.facts.v1", "mastery.changes.v1")


def some_erased(ledger: Ledger, url: str) -> LearnerId:
    """Let six learners show something; erase one of them, after the views have seen them."""
    by = downstream.load(ledger, learners=6, each=2)
    downstream.engine_catches_up(ledger, downstream.settings(url))
    (again,) = ledgers.submit(ledger, by, ledgers.submission("e0-3-0", learner="s3"))
    gone = ledgers.receipt(again).learner
    ledger.learners.erase(gone, reason="requested")
    downstream.engine_catches_up(ledger, downstream.settings(url))
    return gone


@pytest.mark.kafka
def test_both_topics_end_a_learner_with_a_record_without_a_value(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        gone = some_erased(ledger, migrated)
        counts = (len(downstream.facts(migrated)), len(downstream.feed(ledger)))
        with downstream.relaying(ledger, given):
            for name, count in zip(TOPICS, counts, strict=True):
                records = downstream.topic(given, name, count=count)
                assert len(records) == count
                assert_ends(records, gone)


def assert_ends(records: list[Message], gone: LearnerId) -> None:
    *before, last = [one for one in records if one.key == str(gone).encode()]
    assert last.value is None
    assert last.header("ce_type") == LearnerErased.TOPIC
    assert last.header("content-type") is None
    assert before
    others = [one for one in records if one is not last]
    assert all(one.value is not None for one in others)


def forgets(path: Path, follow: Callable[[SqliteKeeper, Event], None], gone: LearnerId) -> None:
    """Follow until one of six learners was erased: the others are left."""
    stop = Event()
    following = Thread(target=follow, args=(keeper(path), stop), daemon=True)
    following.start()
    try:
        downstream.until(
            lambda: len(table(path, "seen")) == 5 and table(path, "erased") == {str(gone)},
            what="five learners, and one erased",
        )
        assert str(gone) not in table(path, "seen")
    finally:
        stop.set()
        following.join(60)


def keeper(path: Path) -> SqliteKeeper:
    def apply(connection: sqlite3.Connection, change: Change) -> None:
        seen = change["learner"], change["competency"]
        connection.execute("INSERT INTO seen VALUES (?, ?)", seen)

    def erase(connection: sqlite3.Connection, learner: str) -> None:
        connection.execute("DELETE FROM seen WHERE learner = ?", (learner,))
        connection.execute("INSERT INTO erased VALUES (?)", (learner,))

    schema = "CREATE TABLE IF NOT EXISTS seen (learner, competency);"
    schema += "CREATE TABLE IF NOT EXISTS erased (learner)"
    return SqliteKeeper(str(path), apply=apply, schema=schema, erase=erase)


def table(path: Path, name: str) -> set[str]:
    connection = sqlite3.connect(path)
    rows = connection.execute(f"SELECT learner FROM {name}").fetchall()
    connection.close()
    return {row[0] for row in rows}


def test_the_kit_forgets_the_learner_over_http(migrated: str, tmp_path: Path) -> None:
    path = tmp_path / "table.sqlite"
    with serving(migrated) as site:
        gone = some_erased(site.ledger, migrated)
        token = site.ledger.access.issue("reader", label="table")
        forgets(path, lambda mine, stop: follow_http(mine, site.url, token, stop), gone)


@pytest.mark.kafka
def test_the_kit_forgets_the_learner_over_kafka(
    migrated: str, kafka_broker: Broker, tmp_path: Path
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    path, name = tmp_path / "table.sqlite", f"{given.kafka_prefix}mastery.changes.v1"
    with ledgers.opened(migrated) as ledger, downstream.relaying(ledger, given):
        gone = some_erased(ledger, migrated)
        forgets(
            path,
            lambda mine, stop: follow_kafka(mine, given.kafka_servers, stop, topic=name),
            gone,
        )


def test_a_webhook_says_so_by_the_type_of_its_event(migrated: str) -> None:
    with serving(migrated) as site, subscriber() as heard, delivering(site.ledger, migrated):
        gone = some_erased(site.ledger, migrated)
        site.ledger.webhooks.add(heard.url, label="SIS", after=0)
        wanted = len(downstream.feed(site.ledger))
        downstream.until(lambda: len(heard.sequences()) == wanted, what="all changes")
        events = [json.loads(one.body) for one in heard.got]
        types = [event["type"] for event in events if event["subject"] == str(gone)]
    assert types == ["mastery.state-changed.v1", "mastery.state-changed.v1", LearnerErased.TOPIC]


@pytest.mark.kafka
def test_workers_take_the_learner_out_of_the_views(migrated: str, kafka_broker: Broker) -> None:
    given = downstream.settings(migrated, kafka_broker, due_margin_ms=0)
    with ledgers.opened(migrated) as ledger, downstream.relaying(ledger, given):
        with working(ledger, given):
            by = downstream.load(ledger, learners=6, each=2)
            downstream.until(lambda: reached(migrated) == ledger.log.head(), what="all of it")
            (again,) = ledgers.submit(ledger, by, ledgers.submission("e0-3-0", learner="s3"))
            gone = ledgers.receipt(again).learner
            ledger.learners.erase(gone, reason="requested")
            downstream.until(lambda: reached(migrated) == ledger.log.head(), what="the erasure")
        live = views(migrated)
        assert str(gone) not in repr(live)
        assert len(live["learners"]) == 5
        rebuild(ledger, given)
        for name in ("mastery", "observations", "learners"):
            assert views(migrated)[name] == live[name]
