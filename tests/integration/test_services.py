from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from tests.services.kafka import Broker


def tables(database: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone()
    assert row is not None
    count: int = row[0]
    return count


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_gets_an_empty_database(database: str, turn: str) -> None:
    assert tables(database) == 0, turn
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE leftover ()")


def test_the_database_is_postgresql_18(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert connection.info.server_version // 10_000 == 18


@pytest.mark.kafka
def test_a_transaction_on_the_broker_is_read_once_committed(kafka_broker: Broker) -> None:
    topic = f"t-{uuid4().hex}"
    # Made first: a producer that waits for a broker to make it may wait a minute on a busy machine.
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker.servers)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(
        bootstrap_servers=kafka_broker.servers, transactional_id=topic, acks="all"
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, b"kept")
    producer.commit_transaction()
    producer.begin_transaction()
    producer.send(topic, b"dropped")
    producer.abort_transaction()
    producer.close()
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=kafka_broker.servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        consumer_timeout_ms=3000,
    )
    assert [record.value for record in consumer] == [b"kept"]
    consumer.close()
