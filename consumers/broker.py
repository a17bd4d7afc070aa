"""The one place that touches kafka-python: typed, with its errors translated.

Not here: topics' names, what is in a record, and when to commit.
"""

# kafka-python ships no types, so every value that comes from it is unknown to the checker; each
# leaves this module as one of the types below.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, NamedTuple, Self

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer
from kafka import errors as foreign
from kafka.partitioner.default import murmur2
from kafka.structs import OffsetAndMetadata, TopicPartition

from consumers import batches
from consumers.errors import BrokerUnavailableError, FencedError
from ledger.config import Settings

Place = tuple[str, int]
"""A topic and the number of one of its partitions."""

FENCED = (
    foreign.ProducerFencedError, foreign.InvalidProducerEpochError, foreign.FencedInstanceIdError,
    foreign.InvalidTxnStateError, foreign.TransactionalIdAuthorizationFailedError,
)  # fmt: skip
CLOSE_S = 5.0
TRANSACTION_TIMEOUT_MS = 20_000
"""A dead process's open transaction hides later records from readers for this long at most."""


class Message(NamedTuple):
    """A record as it was read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    def header(self, name: str) -> str | None:
        """Give the first header of that name, in any case; None if there is none."""
        for found, value in self.headers:
            if found.lower() == name:
                return value.decode("utf-8", "replace")
        return None


class Record(NamedTuple):
    """A record to be written."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


@lru_cache(maxsize=200_000)
def partition_of(key: bytes, partitions: int) -> int:
    """Give the partition of a key, as every Kafka client's default partitioner does."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


def connection(settings: Settings) -> dict[str, Any]:
    """Give what every client needs to reach the brokers."""
    given: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_servers.split(","),
        "security_protocol": settings.kafka_security_protocol,
        "reconnect_backoff_max_ms": 2_000,
        "bootstrap_timeout_ms": 10_000,
    }
    if settings.kafka_ca_file:
        given["ssl_cafile"] = settings.kafka_ca_file
    if settings.kafka_sasl_mechanism:
        given |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return given


@contextmanager
def translated() -> Generator[None]:
    """Let only our own errors out.

    Raises:
        FencedError: another process took over.
        BrokerUnavailableError: anything else that Kafka or the way to it did.
    """
    try:
        yield
    except (foreign.KafkaError, OSError) as error:
        words = str(error) or type(error).__name__
        if isinstance(error, FENCED) or any(one.__name__ in f"{error!r} {words}" for one in FENCED):
            raise FencedError(words) from error
        raise BrokerUnavailableError(words) from error


class Producer:
    """A transactional, idempotent producer; used by one thread."""

    def __init__(self, settings: Settings, *, transactional_id: str) -> None:
        with translated():
            self._client: Any = KafkaProducer(
                **connection(settings),
                transactional_id=transactional_id,
                transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
                acks="all",
                compression_type="zstd",
                batch_size=batches.BATCH_BYTES,
                linger_ms=0,
                retry_backoff_ms=5,  # half of all begin while Kafka still ends the one before
                delivery_timeout_ms=30_000,
                request_timeout_ms=10_000,
                max_block_ms=20_000,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        self._sent: list[Any] = []
        self._known: set[str] = set()
        self._compression: int = self._client.config["compression_attrs"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(foreign.KafkaError, OSError):
            self._client.close(timeout=CLOSE_S)

    def take_over(self) -> None:
        """Fence any earlier producer of this transactional id, and end what it left open."""
        with translated():
            self._client.init_transactions()

    def partitions(self, topic: str) -> int:
        """Give how many partitions a topic has."""
        with translated():
            return len(self._client.partitions_for(topic) or ())

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commit what is sent inside; if anything fails, nothing of it is ever seen.

        After an error this producer is of no more use.
        """
        with translated():
            self._sent.clear()
            self._client.begin_transaction()
            yield
            # A batch may be lost while its transaction goes on under a new epoch (KIP-360), so
            # every record must have arrived before the commit.
            self._client.flush(timeout=30.0)
            if not all(map(batches.succeeded, self._sent)):
                self._client.begin_transaction()  # says why, if it is known
                raise BrokerUnavailableError("a record was not acknowledged")
            batches.commit(self._client)

    def send(self, records: Iterable[Record]) -> None:
        """Send records within a transaction, in this order in each partition."""
        placed: dict[Place, list[batches.Parts]] = {}
        for topic, partition, key, value, headers in records:
            placed.setdefault((topic, partition), []).append((key, value, headers))
        made = [
            batches.batch(place, some, compression=self._compression)
            for place, parts in placed.items()
            for some in batches.cut(parts)
        ]
        for topic in {topic for topic, _ in placed} - self._known:
            self._client.partitions_for(topic)  # has the library learn where its leaders are
            self._known.add(topic)
        self._sent += made
        batches.hand_over(self._client, made)

    def send_offsets(self, offsets: Mapping[Place, int], consumer: Consumer) -> None:
        """Commit a consumer's offsets with this transaction."""
        given = {
            TopicPartition(*place): OffsetAndMetadata(at, "", -1) for place, at in offsets.items()
        }
        batches.commit_offsets(self._client, given, consumer.membership)


class Consumer:
    """A consumer that sees committed records only, and commits nothing by itself."""

    def __init__(
        self, settings: Settings, *, group: str | None = None, records_max: int = 500,
        session_timeout_ms: int = 10_000,
    ) -> None:  # fmt: skip
        with translated():
            self._client: Any = KafkaConsumer(
                **connection(settings),
                group_id=group,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_records=records_max,
                session_timeout_ms=session_timeout_ms,
                heartbeat_interval_ms=session_timeout_ms // 4,
                fetch_max_wait_ms=100,
                retry_backoff_ms=50,
                max_partition_fetch_bytes=4 * 1024 * 1024,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(foreign.KafkaError, OSError):
            self._client.close(autocommit=False, timeout_ms=int(CLOSE_S * 1000))

    @property
    def membership(self) -> Any:
        """What a producer needs to commit this consumer's offsets, and to be fenced with it."""
        return self._client.group_metadata()

    def subscribe(
        self, topics: Sequence[str], *,
        assigned: Callable[[list[Place]], None] = lambda _: None,
        revoked: Callable[[list[Place]], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """Take part in the group; `assigned` may seek, `revoked` must let go."""
        with translated():
            self._client.subscribe(list(topics), listener=_Listener(assigned, revoked))

    def assign(self, places: Sequence[Place]) -> None:
        """Read these partitions, as no group's member."""
        with translated():
            self._client.assign([TopicPartition(*place) for place in places])

    def poll(self, *, timeout_s: float) -> list[Message]:
        """Give the next records, in order within each partition; [] after `timeout_s`."""
        with translated():
            found: dict[Any, list[Any]] = self._client.poll(timeout_ms=int(timeout_s * 1000))
        return [
            Message(one.topic, one.partition, one.offset, one.key, one.value, tuple(one.headers))
            for records in found.values()
            for one in records
        ]

    def seek(self, place: Place, offset: int) -> None:
        """Go on from an offset."""
        with translated():
            self._client.seek(TopicPartition(*place), offset)

    def position(self, place: Place) -> int:
        """Give the offset that is read next."""
        with translated():
            return int(self._client.position(TopicPartition(*place), timeout_ms=10_000))

    def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        """Give the offset after the last committed record of each partition."""
        with translated():
            found = self._client.end_offsets([TopicPartition(*place) for place in places])
        return {(place.topic, place.partition): int(end) for place, end in found.items()}

    def behind(self) -> int:
        """Count what is not read yet of this member's partitions, by the last answers to fetches."""
        with translated():
            places = [(one, self._client.highwater(one)) for one in self._client.assignment()]
            ends = {one: end for one, end in places if end is not None}  # None: none fetched yet
            at = {one: self._client.position(one, timeout_ms=1_000) or 0 for one in ends}
        return sum(max(end - at[one], 0) for one, end in ends.items())

    def partitions(self, topic: str) -> list[Place]:
        """Give a topic's partitions; [] if there is no such topic."""
        with translated():
            return [(topic, number) for number in self._client.partitions_for_topic(topic) or ()]


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """What kafka-python calls when partitions move."""

    def __init__(
        self, assigned: Callable[[list[Place]], None], revoked: Callable[[list[Place]], None]
    ) -> None:
        self._assigned, self._revoked = assigned, revoked

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Take up partitions."""
        self._assigned([(one.topic, one.partition) for one in assigned])

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """Let go of partitions."""
        self._revoked([(one.topic, one.partition) for one in revoked])

    def on_partitions_lost(self, lost: Iterable[Any]) -> None:
        """Let go of partitions that another member may have by now."""
        self.on_partitions_revoked(lost)
