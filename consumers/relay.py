"""The relay: log and feed of changes to Kafka, each record once, in order per learner.

Records and the position reached are written in one Kafka transaction. At every start the relay
first fences its predecessor, then reads the position from Kafka: whatever happened before, what
is committed is known, and nothing else will be. One relay works at a time, chosen by a lock in
PostgreSQL; the others stand by. The lock is for quiet; that a relay which lost it does no harm
is Kafka's doing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event
from typing import Any, NamedTuple

import msgspec
from psycopg import Connection

from consumers import metrics, outbox, statements, topics
from consumers.administration import Admin
from consumers.broker import Consumer, Producer, Record, partition_of
from consumers.errors import AheadOfLogError, BrokerUnavailableError, FencedError
from consumers.topics import Topics
from consumers.wire import Event as CloudEvent
from consumers.wire import change_event, fact_event, kafka_event, kafka_headers
from ledger.config import Settings
from ledger.errors import StoreUnavailableError

_log = logging.getLogger(__name__)

LOCK = 0x6D61_7374_7265_6C
STANDBY_S = 0.5
RETRY_S = 1.0
IDLE_S = 1.0
SILENCE_MS_MAX = 30_000
"""A leader that says nothing to PostgreSQL for this long (frozen, cut off) loses the lock."""
POSITION_KEY = b"relay"
LOOK_BACK = 64
LAG_LOOK_S = 1.0
"""How often a busy relay looks where the ledger's ends are."""


class Reached(msgspec.Struct, frozen=True):
    """How far the topics are: the last fact's position, and the last change's sequence."""

    facts: int = 0
    changes: int = 0


class Batch(NamedTuple):
    """Records for one transaction, and how far it gets."""

    records: list[Record]
    reached: Reached


class Relay:
    """Keeps the topics as far as the ledger is; used by one thread."""

    def __init__(self, conninfo: str, settings: Settings) -> None:
        self._conninfo, self._settings = conninfo, settings
        self._topics = Topics.of(settings)
        self._id = f"{settings.kafka_prefix}mastery-relay"
        self._reached: Reached | None = None
        self._lag_at = 0.0

    def run(self, stop: Event) -> None:
        """Relay until `stop` is set, over any failure of Kafka and PostgreSQL.

        Raises:
            TopicUnfitError: a topic does not keep what is promised of it.
            AheadOfLogError: the topics hold more than the ledger does.
        """
        while not stop.is_set():
            try:
                with outbox.connected(self._conninfo) as connection:
                    if not _leads(connection):
                        metrics.RELAY_LEADS.set(0)
                        stop.wait(STANDBY_S)
                        continue
                    self._lead(connection, stop)
            except (BrokerUnavailableError, StoreUnavailableError) as error:
                metrics.RETRIES.add(1, part="relay")
                _log.warning("the relay tries again in %s s: %s", RETRY_S, error)
                stop.wait(RETRY_S)
            except FencedError:
                _log.warning("another relay has taken over; standing by")
                stop.wait(STANDBY_S)

    def catch_up(self, connection: Connection[Any], session: Session, stop: Event) -> None:
        """Send all there is, batch after batch."""
        while not stop.is_set():
            batch = self._batch(connection, session)
            if not batch.records:
                return
            session.write(batch)
            self._reached = session.reached
            if time.monotonic() > self._lag_at:
                self._measure(connection)

    # -- inside -----------------------------------------------------------------------------

    def _lead(self, connection: Connection[Any], stop: Event) -> None:
        _log.info("this relay leads")
        metrics.RELAY_LEADS.set(1)
        outbox.listen(connection)
        # Before Kafka is asked: while it is away, the lag is seen to grow.
        self._measure(connection)
        with self.session(connection) as session:
            self._reached = session.reached
            while not stop.is_set():
                self.catch_up(connection, session, stop)
                self._measure(connection)
                outbox.wait(connection, timeout_s=IDLE_S)
                if not _still_leads(connection):
                    return

    def _measure(self, connection: Connection[Any]) -> None:
        """Say how far the topics are behind, once it is known how far they are."""
        self._lag_at = time.monotonic() + LAG_LOOK_S
        if self._reached is None:
            return
        for feed, at, head in (
            ("facts", self._reached.facts, outbox.facts_head(connection)),
            ("changes", self._reached.changes, outbox.changes_head(connection)),
        ):
            metrics.RELAY_POSITION.set(at, feed=feed)
            metrics.RELAY_LAG.set(max(head - at, 0), feed=feed)

    @contextmanager
    def session(self, connection: Connection[Any]) -> Generator[Session]:
        """Fence the predecessor and go on from what it committed."""
        with Admin(self._settings) as admin:
            mine = (self._topics.facts, self._topics.changes, self._topics.positions)
            topics.ensure(admin, mine, replication=self._settings.kafka_replication)
        with Producer(self._settings, transactional_id=self._id) as producer:
            producer.take_over()
            reached = read_position(self._settings)
            _check_ahead(connection, reached)
            yield Session(producer, self._topics, reached)

    def _batch(self, connection: Connection[Any], session: Session) -> Batch:
        limit = self._settings.relay_batch_max
        reached = session.reached
        facts = outbox.facts_after(connection, reached.facts, limit=limit)
        changes = outbox.changes_after(connection, reached.changes, limit=limit)
        records = [session.record(self._topics.facts.name, fact_event(fact)) for fact in facts]
        records += [
            session.record(self._topics.changes.name, change_event(change)) for change in changes
        ]
        after = Reached(
            facts[-1].position if facts else reached.facts,
            changes[-1].sequence if changes else reached.changes,
        )
        return Batch(records, after)


class Session:
    """One relay's time of leading: a producer that fenced the others, and how far it is."""

    def __init__(self, producer: Producer, names: Topics, reached: Reached) -> None:
        self._producer, self._positions, self.reached = producer, names.positions.name, reached
        self._partitions = {
            topic.name: producer.partitions(topic.name) for topic in (names.facts, names.changes)
        }

    def record(self, topic: str, event: CloudEvent) -> Record:
        """Place an event: its key is whom it is about."""
        event = kafka_event(event)
        key = event.subject.encode()
        partition = partition_of(key, self._partitions[topic])
        return Record(topic, partition, key, event.data, kafka_headers(event))

    def write(self, batch: Batch) -> None:
        """Write a batch and the position after it, in one transaction."""
        position = Record(self._positions, 0, POSITION_KEY, msgspec.json.encode(batch.reached), [])
        with self._producer.transaction():
            self._producer.send(batch.records)
            self._producer.send([position])
        self.reached = batch.reached
        metrics.RELAYED.add(len(batch.records))


def read_position(settings: Settings) -> Reached:
    """Read how far the topics are, as committed; nothing was ever written: the beginning.

    Only after the predecessor was fenced does the answer stay true.
    """
    place = (Topics.of(settings).positions.name, 0)
    with Consumer(settings) as consumer:
        consumer.assign([place])
        end = consumer.ends([place])[place]
        back = LOOK_BACK
        while end > 0:
            # The last offsets may be marks of transactions, or be compacted away.
            start = max(0, end - back)
            consumer.seek(place, start)
            last: bytes | None = None
            while consumer.position(place) < end:
                for message in consumer.poll(timeout_s=1.0):
                    last = message.value
            if last is not None:
                return msgspec.json.decode(last, type=Reached)
            if start == 0:
                break
            back *= 16
    return Reached()


def _leads(connection: Connection[Any]) -> bool:
    # PostgreSQL ends a session that stays silent, and so gives its lock to another.
    connection.execute(b"SET idle_session_timeout = %d" % SILENCE_MS_MAX)
    row = connection.execute(statements.query("lead"), {"lock": LOCK}).fetchone()
    return bool(row and row[0])


def _still_leads(connection: Connection[Any]) -> bool:
    row = connection.execute(statements.query("still_leading"), {"lock": LOCK}).fetchone()
    return bool(row and row[0])


def _check_ahead(connection: Connection[Any], reached: Reached) -> None:
    for what, position, head in (
        ("topic of facts", reached.facts, outbox.facts_head(connection)),
        ("topic of changes", reached.changes, outbox.changes_head(connection)),
    ):
        if position > head:
            raise AheadOfLogError(what, position=position, head=head)
