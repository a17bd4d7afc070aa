from __future__ import annotations

import json
from threading import Event, Thread
from typing import Any, NoReturn

import pytest
from psycopg import Connection

from consumers import metrics, outbox
from consumers import relay as relays
from consumers.administration import Admin
from consumers.broker import partition_of
from consumers.errors import AheadOfLogError, BrokerUnavailableError, FencedError, TopicUnfitError
from consumers.relay import Reached, Relay, read_position
from tests import downstream, ledgers
from tests.services.kafka import Broker

pytestmark = pytest.mark.kafka


def test_every_fact_and_change_arrives_once_in_order_per_learner(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        downstream.load(ledger, learners=20, each=3)
        downstream.engine_catches_up(ledger, given)
        with downstream.relaying(ledger, given):
            facts = downstream.topic(
                given, "mastery.facts.v1", count=len(downstream.facts(migrated))
            )
            changes = downstream.topic(given, "mastery.changes.v1", count=20)
        assert sorted(downstream.ids(facts)) == sorted(downstream.facts(migrated))
        assert sorted(downstream.ids(changes)) == sorted(downstream.feed(ledger))
        assert downstream.in_order(facts)
        assert downstream.in_order(changes)


def test_a_relay_that_follows_sends_what_is_appended_later(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        with downstream.relaying(ledger, given):
            for start in range(3):
                downstream.load(ledger, learners=3, start=start)
                total = len(downstream.facts(migrated))
                downstream.topic(given, "mastery.facts.v1", count=total, settle_s=0)
        wanted = downstream.facts(migrated)
        found = downstream.topic(given, "mastery.facts.v1", count=len(wanted))
        assert sorted(downstream.ids(found)) == sorted(wanted)


def test_relays_that_take_turns_repeat_nothing(migrated: str, kafka_broker: Broker) -> None:
    given = downstream.settings(migrated, kafka_broker, relay_batch_max=7)
    with ledgers.opened(migrated) as ledger:
        for start in range(3):
            downstream.load(ledger, learners=10, start=start)
            with (
                outbox.connected(ledger.conninfo) as connection,
                Relay(ledger.conninfo, given).session(connection) as session,
            ):
                Relay(ledger.conninfo, given).catch_up(connection, session, Event())
        wanted = downstream.facts(migrated)
        found = downstream.topic(given, "mastery.facts.v1", count=len(wanted))
        assert sorted(downstream.ids(found)) == sorted(wanted)
        assert read_position(given) == Reached(facts=len(wanted), changes=0)


def test_a_relay_that_was_replaced_can_commit_nothing(migrated: str, kafka_broker: Broker) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger, outbox.connected(ledger.conninfo) as connection:
        downstream.load(ledger, learners=5)
        relay = Relay(ledger.conninfo, given)
        with relay.session(connection) as zombie, relay.session(connection) as active:
            with pytest.raises(FencedError):
                relay.catch_up(connection, zombie, Event())
            relay.catch_up(connection, active, Event())
        wanted = downstream.facts(migrated)
        found = downstream.topic(given, "mastery.facts.v1", count=len(wanted))
        assert sorted(downstream.ids(found)) == sorted(wanted)


def test_a_standby_takes_over_when_the_leaders_database_session_ends(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        with downstream.relaying(ledger, given), downstream.relaying(ledger, given):
            for start in range(3):
                downstream.load(ledger, learners=5, start=start)
                count = len(downstream.facts(migrated))
                downstream.topic(given, "mastery.facts.v1", count=count, settle_s=0)
                downstream.end_sessions(migrated, role_of="pg_locks")
        wanted = downstream.facts(migrated)
        found = downstream.topic(given, "mastery.facts.v1", count=len(wanted))
        assert sorted(downstream.ids(found)) == sorted(wanted)
        assert downstream.in_order(found)


def test_no_body_of_a_learners_fact_leaves_the_ledger(migrated: str, kafka_broker: Broker) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger, "Riverside High")
        secret = ledgers.submission("x-1", narrative="Ada wept", learner_name="Ada Lovelace")
        ledgers.submit(ledger, by, secret)
        with downstream.relaying(ledger, given):
            count = len(downstream.facts(migrated))
            found = downstream.topic(given, "mastery.facts.v1", count=count)
    text = b"".join((one.value or b"") + repr(one.headers).encode() for one in found)
    assert b"Ada" not in text
    assert b"x-1" not in text
    assert b"student-1" not in text
    open_ones = [
        one
        for one in found
        if b'"body"' in (one.value or b"") and json.loads(one.value or b"")["body"] is not None
    ]
    assert [one.header("ce_type") for one in open_ones] == ["mastery.provider-registered.v1"]


def test_a_topic_with_a_retention_is_refused_and_not_altered(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    name = f"{given.kafka_prefix}mastery.changes.v1"
    with Admin(given) as admin:
        admin.create(name, partitions=1, replication=1, settings={"retention.ms": "60000"})
        with ledgers.opened(migrated) as ledger, pytest.raises(TopicUnfitError, match="retention"):
            Relay(ledger.conninfo, given).run(Event())
        assert admin.settings(name)["retention.ms"] == "60000"


def test_a_topic_ahead_of_a_restored_ledger_stops_the_relay(
    migrated: str, postgres_server: object, kafka_broker: Broker, database: str
) -> None:
    from ledger.store.migrations import migrate

    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger, downstream.relaying(ledger, given):
        downstream.load(ledger, learners=3)
        downstream.topic(given, "mastery.facts.v1", count=6, settle_s=0)
    migrate(database)
    with ledgers.opened(database) as restored, pytest.raises(AheadOfLogError):
        Relay(restored.conninfo, given).run(Event())


def test_keys_fall_into_the_partitions_that_other_clients_expect() -> None:
    # From Kafka's own UtilsTest.testMurmur2: murmur2("21") is -973932308, of "foobar" -790332482.
    assert partition_of(b"21", 2**31) == -973932308 & 0x7FFFFFFF
    assert partition_of(b"foobar", 2**31) == -790332482 & 0x7FFFFFFF


def test_a_relay_says_how_far_it_is_behind_while_kafka_is_away(
    migrated: str, kafka_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger, outbox.connected(ledger.conninfo) as connection:
        relay = Relay(ledger.conninfo, given)
        with relay.session(connection) as session:
            downstream.load(ledger, learners=4)
            relay.catch_up(connection, session, Event())
        downstream.engine_catches_up(ledger, given)
        ledgers.provider(ledger, "Another")
        monkeypatch.setattr(relay, "session", away)
        stop = Event()
        lost = Thread(target=relay.run, args=(stop,), daemon=True)
        lost.start()
        try:
            downstream.until(lambda: lag("facts") == 1 and lag("changes") == 4, what="the lag")
        finally:
            stop.set()
            lost.join(30)
        assert not lost.is_alive()
        with downstream.relaying(ledger, given):
            downstream.until(lambda: lag("facts") == lag("changes") == 0, what="no lag")


def away(_connection: object) -> NoReturn:
    raise BrokerUnavailableError("no broker")


def lag(feed: str) -> float:
    return metrics.RELAY_LAG.value(feed=feed)


def test_a_relay_is_woken_and_does_not_ask_again_and_again(
    migrated: str, kafka_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "IDLE_S", 25.0)  # below SILENCE_MS_MAX
    given = downstream.settings(migrated, kafka_broker)
    with (
        ledgers.opened(migrated) as ledger, outbox.connected(migrated) as connection,
        downstream.relaying(ledger, given) as stop,
    ):  # fmt: skip
        downstream.load(ledger, learners=2)
        count = len(downstream.facts(migrated))
        downstream.topic(given, "mastery.facts.v1", count=count, settle_s=0)
        downstream.until(lambda: quiet(connection, for_s=0.3), what="its last look at the log")
        assert quiet(connection, for_s=2.0)
        for start in range(1, 4):
            downstream.load(ledger, learners=2, start=start)
            downstream.engine_catches_up(ledger, given)
            count = len(downstream.facts(migrated))
            downstream.topic(given, "mastery.facts.v1", count=count, settle_s=0, timeout_s=10)
        changes = len(downstream.feed(ledger))
        downstream.topic(given, "mastery.changes.v1", count=changes, settle_s=0, timeout_s=10)
        stop.set()
        ledgers.provider(ledger, "The last word")  # wakes it, so that it hears of the end


def quiet(connection: Connection[Any], *, for_s: float) -> bool:
    """Whether the relay asked the database nothing for so long."""
    asked = questions(connection)
    assert asked
    Event().wait(for_s)
    return questions(connection) == asked


def questions(connection: Connection[Any]) -> object:
    """Tell when the relay's session asked something last."""
    return connection.execute(
        "SELECT state_change FROM pg_stat_activity WHERE pid IN"
        " (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s)",
        (relays.LOCK & 0xFFFFFFFF,),
    ).fetchall()
