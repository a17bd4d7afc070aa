"""A transaction of the relay is decided before each partition says so: workers pass over nothing."""

from __future__ import annotations

import time

import msgspec
import pytest

from consumers import outbox
from consumers.broker import Producer, Record
from consumers.relay import POSITION_KEY, Relay, Session, read_position
from consumers.topics import Topics
from consumers.worker import QUIET_S
from ledger.config import Settings
from ledger.service import Ledger
from projections.rebuild import rebuild
from tests import downstream, ledgers
from tests.integration.test_workers import grow, reached, views, working
from tests.services.kafka import Broker

pytestmark = pytest.mark.kafka


def all_taken_over(ledger: Ledger, url: str) -> None:
    head = ledger.log.head()
    downstream.until(lambda: reached(url) >= head, what="all facts taken over")


def unsaid(ledger: Ledger, url: str, given: Settings) -> None:
    """Have Kafka hold what is new, and say how far that is, before its partitions say it is decided.

    So it is while the coordinator of a transaction writes its marks to one leader after another.
    """
    with (
        Producer(given, transactional_id="facts") as facts,
        Producer(given, transactional_id="positions") as positions,
        outbox.connected(url) as connection,
    ):
        facts.take_over()
        positions.take_over()
        session = Session(facts, Topics.of(given), read_position(given))
        batch = Relay(url, given)._batch(connection, session)
        assert batch.reached.facts == ledger.log.head()
        with facts.transaction():
            facts.send(batch.records)
            facts._client.flush()
            said = msgspec.json.encode(batch.reached)
            with positions.transaction():
                positions.send([Record(Topics.of(given).positions.name, 0, POSITION_KEY, said, [])])
            time.sleep(3 * QUIET_S)


def test_facts_whose_transaction_is_not_decided_yet_are_taken_when_it_is(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        with downstream.relaying(ledger, given), working(ledger, given):
            grow(ledger, 0)
            all_taken_over(ledger, migrated)
        with working(ledger, given):
            time.sleep(2 * QUIET_S)  # it has its partitions, and nothing to do
            grow(ledger, 1)
            unsaid(ledger, migrated, given)
            all_taken_over(ledger, migrated)
        kept = views(migrated)
        rebuild(ledger, given)
        assert views(migrated) == kept
