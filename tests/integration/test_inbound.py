from __future__ import annotations

import gzip
import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from consumers import batches, metrics
from consumers.administration import Admin
from consumers.broker import Producer, Record
from consumers.errors import BrokerUnavailableError
from consumers.inbound import Inbound
from consumers.submitted import ORIGINAL_BYTES_MAX
from consumers.topics import Topics, ensure
from ledger.config import Settings
from ledger.service import Ledger
from tests import downstream, ledgers
from tests.services.kafka import Broker

pytestmark = pytest.mark.kafka

Sent = tuple[bytes, dict[str, str]]


def item(number: int, **others: object) -> dict[str, object]:
    return {
        "id": f"k-{number}", "kind": "assessment", "learner": {"id": f"s{number % 50}"},
        "occurred_at": "2026-03-02T10:15:00Z", "alignments": [{"competency": ledgers.WELDING}],
        "result": {"score": 0.9, "max": 1}, **others,
    }  # fmt: skip


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def key_of(ledger: Ledger, name: str = "Riverside High") -> dict[str, str]:
    by = ledgers.provider(ledger, name)
    return {"provider-key": ledger.access.issue("provider", label=name, provider=by)}


def produce(given: Settings, messages: Sequence[Sent], *, partition: int = 0) -> None:
    names = Topics.of(given)
    with Admin(given) as admin:
        ensure(admin, (names.submitted,), replication=given.kafka_replication)
    with Producer(given, transactional_id=f"{given.kafka_prefix}test") as producer:
        producer.take_over()
        with producer.transaction():
            producer.send(
                Record(
                    names.submitted.name, partition, b"k", value,
                    [(name, text.encode()) for name, text in headers.items()],
                )
                for value, headers in messages
            )  # fmt: skip


@contextmanager
def consuming(ledger: Ledger, given: Settings) -> Generator[Event]:
    stop = Event()
    thread = Thread(target=Inbound(ledger, given).run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def evidence_count(url: str) -> int:
    query = "SELECT count(*) FROM ledger.facts WHERE topic = 'mastery.evidence-recorded.v1'"
    return int(ledgers.rows(url, query)[0][0])


def test_each_message_is_recorded_and_gets_a_receipt(migrated: str, kafka_broker: Broker) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        key = key_of(ledger)
        for part in range(3):
            some = [(body(item(part * 100 + n)), key) for n in range(100)]
            produce(given, some, partition=part)
        with consuming(ledger, given):
            found = downstream.topic(given, "evidence.receipts", count=300)
        assert len(found) == len({one.header("ce_id") for one in found}) == 300
        assert evidence_count(migrated) == 300
        first = json.loads(found[0].value or b"")
        assert first["status"] == "accepted"
        assert first["place"]["topic"] == f"{given.kafka_prefix}evidence.submitted"


def test_a_member_says_how_much_it_has_not_read(migrated: str, kafka_broker: Broker) -> None:
    given = downstream.settings(migrated, kafka_broker, inbound_batch_max=1, kafka_partitions=1)
    with ledgers.opened(migrated) as ledger:
        key = key_of(ledger)
        produce(given, [(body(item(number)), key) for number in range(30)])
        metrics.INBOUND_LAG.set(-1)
        with consuming(ledger, given):
            downstream.until(lambda: metrics.INBOUND_LAG.value() > 0, what="messages not read")
            downstream.until(lambda: metrics.INBOUND_LAG.value() == 0, what="all read")


def test_arrays_lines_gzip_and_xapi_are_told_apart(migrated: str, kafka_broker: Broker) -> None:
    given = downstream.settings(migrated, kafka_broker)
    statement = {
        "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "actor": {"mbox": "mailto:ada@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": ledgers.WELDING},
        "timestamp": "2026-03-02T10:15:00Z",
    }
    with ledgers.opened(migrated) as ledger:
        key = key_of(ledger)
        lines = b"\n".join(body(item(n)) for n in (3, 4, 5))
        produce(
            given,
            [
                (body([item(1), item(2)]), key),
                (lines, {**key, "content-type": "application/x-ndjson"}),
                (gzip.compress(body(item(6))), key),
                (body(statement), {**key, "format": "xapi"}),
            ],
        )
        with consuming(ledger, given):
            found = downstream.topic(given, "evidence.receipts", count=7)
        assert len(found) == 7


def test_what_is_taken_back_is_taken_back_in_its_turn(migrated: str, kafka_broker: Broker) -> None:
    """Messages that are read together are handed over together, and their order still counts."""
    given = downstream.settings(migrated, kafka_broker)
    passed = {
        "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "actor": {"objectType": "Group", "member": [{"mbox": f"mailto:{n}@x.org"} for n in "ab"]},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": ledgers.WELDING},
        "timestamp": "2026-03-02T10:15:00Z",
    }
    voided = {
        "actor": {"mbox": "mailto:teacher@x.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": passed["id"]},
        "timestamp": "2026-03-02T10:15:00Z",
    }
    with ledgers.opened(migrated) as ledger:
        key, other = key_of(ledger), key_of(ledger, "Lakeside High")
        messages = [
            (passed, key),
            (item(1), other),
            (voided, key),
            (item(2), key),
            (item(3), other),
        ]
        produce(given, [(body(each), whose) for each, whose in messages])
        with consuming(ledger, given):
            found = downstream.topic(given, "evidence.receipts", count=7)
    told = [json.loads(one.value or b"") for one in found]
    assert [(one["place"]["offset"], one["status"]) for one in told] == [
        *[(0, "accepted")] * 2,
        (1, "accepted"),
        *[(2, "withdrawn")] * 2,
        (3, "accepted"),
        (4, "accepted"),
    ]
    assert {one["evidence"] for one in told[:2]} == {one["evidence"] for one in told[3:5]}


POISON = [
    pytest.param(b"", id="empty"),
    pytest.param(b"\x00\xff\xfe", id="no text"),
    pytest.param(b"{" * 100_000, id="nested without end"),
    pytest.param(b"[" * 50_000 + b"]" * 50_000, id="nested deeply"),
    pytest.param(b'{"id": "x"}', id="most is missing"),
    pytest.param(b'{"id": "x\\u0000"}', id="NUL"),
    pytest.param(b"\x1f\x8b\x08broken", id="broken gzip"),
    pytest.param(b"a,b,c\n1,2,3\n", id="CSV without a mapping"),
    pytest.param(b'{"CFDocument": {}}', id="a framework"),
    pytest.param(b'{"verb": {}, "actor": {}}', id="half a statement"),
    pytest.param(b'{"kind": NaN}', id="NaN"),
]


@pytest.mark.parametrize("poison", POISON)
def test_poison_is_rejected_with_its_reason_and_stops_nothing(
    migrated: str, kafka_broker: Broker, poison: bytes
) -> None:
    given = downstream.settings(migrated, kafka_broker, kafka_partitions=1)
    with ledgers.opened(migrated) as ledger:
        key = key_of(ledger)
        produce(given, [(body(item(1)), key), (poison, key), (body(item(2)), key)])
        with consuming(ledger, given):
            downstream.topic(given, "evidence.receipts", count=2)
            (rejected,) = downstream.topic(given, "evidence.rejected", count=1)
        said = json.loads(rejected.value or b"")
        assert said["errors"]
        assert said["place"]["offset"] == 1


def test_no_key_no_entry_and_the_key_is_not_repeated(migrated: str, kafka_broker: Broker) -> None:
    given = downstream.settings(migrated, kafka_broker, kafka_partitions=1)
    with ledgers.opened(migrated) as ledger:
        key = key_of(ledger)
        ledger.access.revoke(key["provider-key"])
        produce(given, [(body(item(1)), {}), (body(item(2)), {"provider-key": "mlt_guess"}),
                        (body(item(3)), key)])  # fmt: skip
        with consuming(ledger, given):
            found = downstream.topic(given, "evidence.rejected", count=3)
        assert {json.loads(one.value or b"")["status"] for one in found} == {"unauthenticated"}
        assert not any("mlt_" in repr(one) for one in found)
        assert evidence_count(migrated) == 0


def test_the_same_again_is_a_duplicate_and_other_content_a_conflict(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker, kafka_partitions=1)
    with ledgers.opened(migrated) as ledger:
        key = key_of(ledger)
        changed = item(1, result={"score": 0.1, "max": 1})
        produce(given, [(body(one), key) for one in (item(1), item(1), changed)])
        with consuming(ledger, given):
            receipts = downstream.topic(given, "evidence.receipts", count=2)
            (conflict,) = downstream.topic(given, "evidence.rejected", count=1)
        said = [json.loads(one.value or b"") for one in receipts]
        assert [one["status"] for one in said] == ["accepted", "duplicate"]
        assert said[0]["position"] == said[1]["position"]
        assert json.loads(conflict.value or b"")["status"] == "conflict"
        assert json.loads(json.loads(conflict.value or b"")["original"])["id"] == "k-1"


def test_of_what_the_ledger_refuses_all_is_kept(migrated: str, kafka_broker: Broker) -> None:
    given = downstream.settings(migrated, kafka_broker, kafka_partitions=1)
    with ledgers.opened(migrated) as ledger:
        key = key_of(ledger)
        changed = body(item(1, result={"score": 0.1, "max": 1}))
        long = changed.replace(b"{", b"{" + b" " * ORIGINAL_BYTES_MAX, 1)
        produce(given, [(body(item(1)), key), (long, key)])
        with consuming(ledger, given):
            (conflict,) = downstream.topic(given, "evidence.rejected", count=1)
        said = json.loads(conflict.value or b"")
        assert (said["status"], said["original_truncated"]) == ("conflict", True)
        (kept,) = ledger.rejects.list(ledgers.provider(ledger), limit=9)
        assert kept.item.original == long


def test_members_that_come_and_go_answer_each_message_once(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker, inbound_batch_max=20)
    with ledgers.opened(migrated) as ledger:
        key = key_of(ledger)
        for part in range(3):
            some = [(body(item(part * 400 + n)), key) for n in range(400)]
            produce(given, some, partition=part)
        for _ in range(3):
            with consuming(ledger, given), consuming(ledger, given) as other:
                other.wait(0.7)
        with consuming(ledger, given):
            found = downstream.topic(given, "evidence.receipts", count=1200)
        assert len(found) == len({one.header("ce_id") for one in found}) == 1200
        assert evidence_count(migrated) == 1200


def test_a_broker_that_answers_nothing_is_not_waited_for_for_ever(
    migrated: str, kafka_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kafka-python itself waits without end for what a dead coordinator was asked."""
    monkeypatch.setattr(batches, "ANSWER_MS_MAX", 1_000)
    given = downstream.settings(migrated, kafka_broker, kafka_partitions=1)
    names = Topics.of(given)
    produce(given, [(b"{}", {})])
    with Producer(given, transactional_id=f"{given.kafka_prefix}frozen") as producer:
        producer.take_over()

        def transact() -> None:
            with producer.transaction():
                producer.send([Record(names.submitted.name, 0, b"k", b"{}", [])])
                producer._client.flush()
                kafka_broker.freeze()

        try:
            with pytest.raises(BrokerUnavailableError, match="silent for 1000 ms"):
                transact()
        finally:
            kafka_broker.thaw()
