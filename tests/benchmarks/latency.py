"""From the answer over HTTP to a reader of Kafka's committed records, at a steady rate."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

import msgspec
from confluent_kafka import Consumer, TopicPartition

from consumers.topics import Topics
from ledger.config import Settings
from tests.benchmarks import evidence
from tests.benchmarks.table import Line

RATE = 500  # evidence a second
ITEMS = 5  # in one request
CLIENTS = 10
WARM_S = 4.0
SECONDS = 15.0
SETTLE_S = 10.0
FIRST = 60_000_000  # message numbers of their own
PART = "downstream"


class Times:
    """When positions were accepted, and when they were seen; monotonic seconds."""

    def __init__(self) -> None:
        self.accepted: dict[int, float] = {}
        self.facts: dict[int, float] = {}
        self.changes: dict[int, float] = {}
        self.lock = Lock()

    def delays_ms(self, seen: dict[int, float]) -> list[float]:
        """Give the delays of all that was seen of what was accepted, smallest first."""
        return sorted(
            max(seen[position] - at, 0.0) * 1e3
            for position, at in self.accepted.items()
            if position in seen
        )


def measure(given: Settings, address: str, token: str) -> list[Line]:
    """Submit at a steady rate, and read both topics beside it."""
    times, stop = Times(), Event()
    reader = Thread(target=_read, args=(given, times, stop))
    reader.start()
    _submit(times, address, token, seconds=WARM_S, first=FIRST)
    _await_all(times)
    times.accepted.clear()
    started = time.monotonic()
    _submit(times, address, token, seconds=SECONDS, first=FIRST + 1_000_000)
    rate = len(times.accepted) / (time.monotonic() - started)
    _await_all(times)
    stop.set()
    reader.join()
    facts, changes = times.delays_ms(times.facts), times.delays_ms(times.changes)
    what = f"answer to Kafka at {RATE}/s"
    unseen = len(times.accepted) - len(facts)
    return [
        Line(PART, "evidence accepted over HTTP", rate, "evidence/s", RATE * 0.97),
        Line(PART, f"{what}: facts, p50", _at(facts, 0.5), "ms", 60, lower_is_better=True),
        Line(PART, f"{what}: facts, p99", _at(facts, 0.99), "ms", 300, lower_is_better=True),
        Line(PART, f"{what}: changes, p50", _at(changes, 0.5), "ms"),
        Line(PART, f"{what}: changes, p99", _at(changes, 0.99), "ms"),
        Line(PART, f"{what}: facts never seen", unseen, "", 0, lower_is_better=True),
    ]


def _at(delays: list[float], share: float) -> float:
    return delays[min(int(len(delays) * share), len(delays) - 1)] if delays else float("inf")


def _submit(times: Times, address: str, token: str, *, seconds: float, first: int) -> None:
    clients = [
        Thread(target=_client, args=(times, address, token, seconds, first + number * 100_000, number))
        for number in range(CLIENTS)
    ]  # fmt: skip
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def _client(
    times: Times, address: str, token: str, seconds: float, first: int, number: int
) -> None:
    """Send a request each time it is due, however long the one before took."""
    to = urlsplit(address)
    connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=30)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    every_s = ITEMS * CLIENTS / RATE
    due, end = time.monotonic() + number * every_s / CLIENTS, time.monotonic() + seconds
    for body in _bodies(first):
        time.sleep(max(due - time.monotonic(), 0))
        if due >= end:
            break
        due += every_s
        connection.request("POST", "/v1/evidence", body, headers)
        answer = connection.getresponse().read()
        at = time.monotonic()
        positions = [one["position"] for one in msgspec.json.decode(answer)["items"]]
        with times.lock:
            times.accepted.update(dict.fromkeys(positions, at))
    connection.close()


def _bodies(first: int) -> Iterator[bytes]:
    return evidence.batches(ITEMS, first=first)


def _read(given: Settings, times: Times, stop: Event) -> None:
    """Read with librdkafka, which takes no part in this process's own lock."""
    names = Topics.of(given)
    consumer = Consumer(
        {"bootstrap.servers": given.kafka_servers, "group.id": "bench",
         "isolation.level": "read_committed", "enable.auto.commit": False}
    )  # fmt: skip
    while len(found := consumer.list_topics(timeout=10).topics) < 2 or not {
        names.facts.name, names.changes.name
    } <= set(found):  # fmt: skip
        time.sleep(0.1)
    consumer.assign(
        [
            TopicPartition(name, partition, 0)
            for name in (names.facts.name, names.changes.name)
            for partition in found[name].partitions
        ]
    )
    while not stop.is_set():
        for message in consumer.consume(500, timeout=0.005):
            at, value = time.monotonic(), message.value() or b""
            if message.topic() == names.facts.name:
                times.facts[msgspec.json.decode(value)["position"]] = at
            else:
                cause = msgspec.json.decode(value)["cause_position"]
                times.changes.setdefault(cause, at)
    consumer.close()


def _await_all(times: Times) -> None:
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline and not times.accepted.keys() <= times.facts.keys():
        time.sleep(0.05)
