"""Whole batches for kafka-python's sender, laid out here, and waiting that ends.

`KafkaProducer.send` costs 100 microseconds a record with headers, most of it spent a byte and a
header at a time. Records of one transaction come together, so they are laid out together (Kafka's
record format v2) and handed to the accumulator as finished batches; sequence numbers, epochs,
retries and fencing stay the library's. This reaches inside it, so pyproject.toml bounds its
version, and tests/integration/test_relay.py reads every record back.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportPrivateUsage=false
# (kafka-python ships no types; see consumers/broker.py)

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from kafka.errors import KafkaTimeoutError
from kafka.producer.producer_batch import FinalState, ProducerBatch
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.structs import TopicPartition

BATCH_BYTES = 262_144  # before compression; a single longer record is a batch of its own
ANSWER_MS_MAX = 20_000  # by then the broker has ended the transaction anyway
_MAGIC = 2
_NULL = b"\x01"  # the length -1
_ATTRIBUTES_AND_TIME = b"\x00\x00"  # none, and no time after the batch's

Parts = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes]]]
"""Key, value and headers of a record."""


def batch(place: tuple[str, int], records: Sequence[bytes], *, compression: int) -> Any:
    """Make a finished batch of laid-out records, numbered from 0."""
    now = time.monotonic()
    builder: Any = MemoryRecordsBuilder(_MAGIC, compression, BATCH_BYTES)
    inner: Any = builder._builder
    inner._buffer.extend(b"".join(records))
    inner._num_records = len(records)
    inner._last_offset = len(records) - 1
    inner._first_timestamp = inner._max_timestamp = int(time.time() * 1000)
    builder._next_offset = len(records)
    made = ProducerBatch(TopicPartition(*place), builder, now=now)
    made.max_record_size = max(map(len, records))
    return made


def cut(records: Sequence[Parts]) -> Iterator[list[bytes]]:
    """Lay out records of one partition, cut into batches."""
    held: list[bytes] = []
    size = 0
    for key, value, headers in records:
        one = laid_out(len(held), key, value, headers)
        if held and size + len(one) > BATCH_BYTES:
            yield held
            held, size = [], 0
            one = laid_out(0, key, value, headers)
        held.append(one)
        size += len(one)
    if held:
        yield held


def hand_over(client: Any, batches: Sequence[Any]) -> None:
    """Queue finished batches behind those of their partitions, and let the sender go on."""
    accumulator = client._accumulator
    for one in batches:
        place = one.topic_partition
        client._transaction_manager.maybe_add_partition_to_transaction(place)
        with accumulator._tp_lock(place):
            accumulator._batches[place].append(one)
            accumulator._incomplete.add(one)
    client._sender.wakeup()


def succeeded(one: Any) -> bool:
    """Whether every record of a batch was acknowledged."""
    return bool(one.final_state is FinalState.SUCCEEDED)


def commit(client: Any) -> None:
    """Commit the transaction that is open."""
    _awaited(client, client._transaction_manager.begin_commit())


def commit_offsets(client: Any, offsets: Mapping[TopicPartition, Any], membership: Any) -> None:
    """Let a consumer's offsets be committed with the transaction that is open."""
    manager = client._transaction_manager
    _awaited(client, manager.send_offsets_to_transaction(offsets, membership))


def _awaited(client: Any, result: Any) -> None:
    """Wait for the coordinator's answer, which the library does without end.

    An answer that a dead broker took with it never comes.
    """
    client._sender.wakeup()
    if not result.wait(timeout_ms=ANSWER_MS_MAX):
        raise KafkaTimeoutError(f"a transaction's coordinator was silent for {ANSWER_MS_MAX} ms")


def laid_out(
    place: int, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> bytes:
    """Lay out record number `place` of its batch (Kafka protocol, record format v2)."""
    parts: list[bytes] = [_ATTRIBUTES_AND_TIME, varint(place)]
    for text in (key, value):
        parts += (_NULL,) if text is None else (varint(len(text)), text)
    parts.append(varint(len(headers)))
    small = _SMALL
    for name, text in headers:
        size = len(text)
        parts += (_name(name), small[size] if size < _SMALL_MAX else _varint(size), text)
    body = b"".join(parts)
    return varint(len(body)) + body


def varint(number: int) -> bytes:
    """Write a number >= 0 as a zigzag varint."""
    return _SMALL[number] if number < _SMALL_MAX else _varint(number)


@cache
def _name(name: str) -> bytes:
    text = name.encode()
    return varint(len(text)) + text


def _varint(number: int) -> bytes:
    rest, found = number << 1, bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)


_SMALL_MAX = 8_192
_SMALL = [_varint(number) for number in range(_SMALL_MAX)]
