"""Clients that are not kafka-python, and a CloudEvents library that is not ours, read the topics."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import jsonschema
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from consumers import contract
from consumers.broker import partition_of
from ledger.config import Settings
from tests import downstream, ledgers
from tests.integration.test_inbound import body, consuming, evidence_count, item, key_of
from tests.services.kafka import Broker

pytestmark = pytest.mark.kafka


def read(given: Settings, name: str, *, count: int) -> list[Message]:
    """Read a topic with librdkafka, committed records only."""
    consumer = Consumer({
        "bootstrap.servers": given.kafka_servers, "group.id": f"{given.kafka_prefix}other",
        "isolation.level": "read_committed", "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    })  # fmt: skip
    topic = given.kafka_prefix + name
    partitions = range(given.kafka_partitions)
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    found: list[Message] = []
    deadline = time.monotonic() + downstream.WAIT_S
    while len(found) < count and time.monotonic() < deadline:
        found += [one for one in consumer.consume(500, timeout=0.2) if one.error() is None]
    found += [one for one in consumer.consume(500, timeout=0.5) if one.error() is None]
    consumer.close()
    return found


def headers(message: Message) -> dict[str, bytes]:
    found: Any = message.headers() or ()
    pairs: Sequence[tuple[str, bytes]] = found
    return dict(pairs)


def schema(name: str) -> dict[str, Any]:
    components = contract.schemas()
    return {**components[name], "components": {"schemas": components}}


def test_librdkafka_reads_cloudevents_that_fit_the_published_schemas(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        downstream.load(ledger, learners=12, each=2)
        downstream.engine_catches_up(ledger, given)
        facts, changes = downstream.facts(migrated), downstream.feed(ledger)
        with downstream.relaying(ledger, given):
            found = {
                "FactData": read(given, "mastery.facts.v1", count=len(facts)),
                "FeedEntry": read(given, "mastery.changes.v1", count=len(changes)),
            }
    for name, ids in (("FactData", facts), ("FeedEntry", changes)):
        validator = jsonschema.Draft202012Validator(
            schema(name), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
        seen: list[str] = []
        for message in found[name]:
            key, value = message.key() or b"", message.value() or b""
            event = from_binary(KafkaMessage(headers(message), key, value), JSONFormat())
            seen.append(event.get_id())
            assert event.get_subject() == key.decode()
            validator.validate(json.loads(value))
            # Where this client's own partitioner would have put the key.
            assert message.partition() == partition_of(key, given.kafka_partitions)
        assert sorted(seen) == sorted(ids)


def test_librdkafka_submits_evidence_and_reads_its_receipt(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger, consuming(ledger, given):
        producer = Producer({"bootstrap.servers": given.kafka_servers, "acks": "all"})
        topic = f"{given.kafka_prefix}evidence.submitted"
        name: dict[str, str | bytes | None] = {**key_of(ledger), "correlation-id": "order-66"}
        deadline = time.monotonic() + 20
        while topic not in producer.list_topics(timeout=5).topics:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        producer.produce(topic, body(item(1)), key=b"s1", headers=name)
        producer.flush(10)
        (receipt,) = read(given, "evidence.receipts", count=1)
    assert headers(receipt)["correlation-id"] == b"order-66"
    assert headers(receipt)["ce_type"] == b"mastery.evidence-receipt.v1"
    jsonschema.Draft202012Validator(schema("ReceiptData")).validate(
        json.loads(receipt.value() or b"")
    )
    assert evidence_count(migrated) == 1
