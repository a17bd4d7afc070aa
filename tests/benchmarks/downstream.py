"""The ways downstream: to Kafka and back, and two hundred who follow one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Event, Thread

import msgspec

from consumers import metrics, outbox, topics
from consumers.administration import Admin
from consumers.broker import Producer, Record
from consumers.inbound import Inbound
from consumers.relay import Relay
from consumers.topics import Topics
from ledger.config import Settings
from ledger.service import Ledger
from projections.rebuild import rebuild
from tests.benchmarks import evidence, latency, load
from tests.benchmarks.served import STOP_S, Prepared, serving, submit
from tests.benchmarks.table import Line
from tests.services import kafka

MISSING = "Kafka is needed, and is not there (make parts)"
RELAY_FACTS = 60_000
RELAY_FIRST = 30_000_000  # message numbers of their own
INBOUND_MESSAGES = 24_000
INBOUND_FIRST = 40_000_000
INBOUND_S_MAX = 60.0
FOLLOWERS = 200
FOLLOWED_FIRST = 50_000_000
FOLLOWED_S = 6.0
CHANGE_EVERY = 5
WARM_S = 3.0
PART = "downstream"


def measure(prepared: Prepared, folder: Path) -> list[Line]:
    """Measure with a broker, service, engine, relay and client on one machine."""
    if not kafka.available():
        return [Line(PART, MISSING, 1, "", 0, lower_is_better=True)]
    given = prepared.settings
    at = folder / "kafka"
    at.mkdir()
    with kafka.running(at) as broker:
        given = given.model_copy(update={"kafka_servers": broker.servers})
        with serving(prepared, "--no-engine", "--no-pages") as served, _machines(given):
            lines = latency.measure(given, served.address, prepared.token)
        with Ledger.open(given) as ledger:
            lines += _relay(ledger, given, prepared) + _inbound(ledger, given, prepared)
    return lines


def measure_followed(prepared: Prepared, folder: Path) -> list[Line]:
    """Submit with and without followers, in turn, on one service beside one engine.

    On a ledger that holds little: an engine that is still behind with what came before has no
    change to tell while followers wait.
    """
    if load.bring() is None:
        return [Line(PART, load.MISSING, 1, "", 0, lower_is_better=True)]
    alone, followed, sent = _Turns(), _Turns(), 0
    with Ledger.open(prepared.settings) as ledger:
        rebuild(ledger, prepared.settings)  # from here on, the engine tells what is new
    with (
        serving(prepared, "--no-engine", "--no-pages") as served,
        _machines(prepared.settings, "engine"),
    ):
        url, files = f"{served.address}/v1/evidence", _bodies(folder)
        load.run(url, token=prepared.token, connections=32, seconds=WARM_S, bodies=files.pop())
        for turns in (alone, followed, followed, alone):
            with _followers(served.address, prepared.reader, on=turns is followed) as count:
                before = served.cpu_s()[0]
                done = load.run(url, token=prepared.token, connections=32, seconds=FOLLOWED_S,
                                bodies=files.pop())  # fmt: skip
                turns.add(done, served.cpu_s()[0] - before)
            sent += count[0]
    assert sent, "no change was told: there was nothing that could slow the service down"
    what = f"{FOLLOWERS} event streams"
    return [
        Line(PART, f"{what}: single posts without", alone.rate, "evidence/s"),
        Line(PART, f"{what}: single posts with them", followed.rate, "evidence/s"),
        Line(PART, f"{what}: rate with / without", followed.rate / alone.rate, "times", 0.9),
        Line(PART, f"{what}: service without", alone.cost_ms, "CPU ms per 1,000"),
        Line(PART, f"{what}: service with them", followed.cost_ms, "CPU ms per 1,000"),
        Line(PART, f"{what}: changes sent", sent / (2 * FOLLOWED_S), "changes/s"),
    ]


@contextmanager
def _machines(given: Settings, *commands: str) -> Generator[None]:
    """Run an engine and a relay, or the commands named, each as a process; stop them by id."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("MASTERY_")}
    ours = {"MASTERY_DATA_DIR": str(given.data_dir), "MASTERY_KAFKA_SERVERS": given.kafka_servers}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "api.cli", command], env={**kept, **ours},
            stdout=subprocess.DEVNULL,
        )
        for command in commands or ("engine", "relay")
    ]  # fmt: skip
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(STOP_S)


def _relay(ledger: Ledger, given: Settings, prepared: Prepared) -> list[Line]:
    """Let a relay catch up with facts appended while there was none."""
    numbers = iter(range(RELAY_FIRST, RELAY_FIRST + RELAY_FACTS))
    while some := list(islice(numbers, 2_000)):
        submit(ledger, prepared.provider, [evidence.item(number) for number in some])
    relay = Relay(ledger.conninfo, given)
    with outbox.connected(ledger.conninfo) as connection, relay.session(connection) as session:
        before = metrics.RELAYED.value()
        started, cpu = time.perf_counter(), time.process_time()
        relay.catch_up(connection, session, Event())
        seconds, ours = time.perf_counter() - started, time.process_time() - cpu
        records = metrics.RELAYED.value() - before
    return [
        Line(PART, f"relay: catching up {records:,.0f} records", records / seconds, "records/s",
             15_000),
        Line(PART, "relay: of its process", ours * 1e6 / records, "CPU us each"),
    ]  # fmt: skip


def _inbound(ledger: Ledger, given: Settings, prepared: Prepared) -> list[Line]:
    """Take in messages of one piece of evidence each, already waiting in their topic."""
    _produce(given, prepared.token)
    inbound, stop = Inbound(ledger, given), Event()
    thread = Thread(target=inbound.run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + INBOUND_S_MAX
    while not _taken() and time.monotonic() < deadline:
        time.sleep(0.005)  # to join the group takes a while, once
    first, started, cpu = _taken(), time.perf_counter(), time.process_time()
    while _taken() < INBOUND_MESSAGES and time.monotonic() < deadline:
        time.sleep(0.005)
    seconds, ours, taken = (
        time.perf_counter() - started,
        time.process_time() - cpu,
        _taken() - first,
    )
    stop.set()
    thread.join()
    refused = metrics.INBOUND.value(outcome="rejected")
    return [
        Line(PART, f"inbound: {taken:,.0f} messages", taken / seconds, "evidence/s", 4_000),
        Line(PART, "inbound: of its process", ours * 1e6 / max(taken, 1), "CPU us each"),
        Line(PART, "inbound: refused", refused, "", 0, lower_is_better=True),
    ]


def _taken() -> float:
    return metrics.INBOUND.value(outcome="recorded")


def _produce(given: Settings, token: str) -> None:
    name = Topics.of(given).submitted
    with Admin(given) as admin:
        topics.ensure(admin, (name,), replication=1)
    numbers = iter(range(INBOUND_FIRST, INBOUND_FIRST + INBOUND_MESSAGES))
    headers = [("provider-key", token.encode())]
    with Producer(given, transactional_id="bench") as producer:
        producer.take_over()
        partitions = producer.partitions(name.name)
        while some := list(islice(numbers, 4_000)):
            with producer.transaction():
                producer.send(
                    Record(name.name, number % partitions, None,
                           msgspec.json.encode(evidence.item(number)), headers)
                    for number in some
                )  # fmt: skip


class _Turns:
    """Rates and costs, added up over turns."""

    def __init__(self) -> None:
        self._requests, self._seconds, self._cpu_s = 0, 0.0, 0.0

    def add(self, done: load.Load, cpu_s: float) -> None:
        self._requests += done.requests
        self._seconds += done.seconds
        self._cpu_s += cpu_s

    @property
    def rate(self) -> float:
        return self._requests / self._seconds

    @property
    def cost_ms(self) -> float:
        return self._cpu_s * 1e6 / max(self._requests, 1)


def _bodies(folder: Path) -> list[Path]:
    """Write a file for each turn; every fifth post is about a new learner, and makes a change."""
    files = [folder / f"followed-{turn}" for turn in range(5)]
    for turn, file in enumerate(files):
        first = FOLLOWED_FIRST + turn * 1_000_000
        items = (
            evidence.item(number, learner=None if number % CHANGE_EVERY else f"F-{number}")
            for number in range(first, first + 20_000)
        )
        load.write_bodies(file, map(msgspec.json.encode, items), most=20_000)
    return files


@contextmanager
def _followers(address: str, token: str, *, on: bool) -> Generator[list[int]]:
    """Open streams from a process of their own; afterwards, the list holds how many changes came."""
    count = [0]
    if not on:
        yield count
        return
    command = [sys.executable, "-m", "tests.benchmarks.followers", address, token, str(FOLLOWERS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # all are connected
        try:
            yield count
        finally:
            said, _ = process.communicate(b"\n", timeout=STOP_S)
            count[0] = int(said)
