"""Relays, inbound members, the broker and database sessions are killed at random under load.

Afterwards every submitted message is in the ledger once, and a reader of committed records has
seen every fact, change and receipt once, in order per learner. FAULT_KILLS sets how many kills.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from consumers.errors import DownstreamError
from ledger.config import Settings
from ledger.service import Ledger
from projections.engine import Engine
from tests import downstream, ledgers
from tests.integration.test_inbound import body, evidence_count, item, key_of, produce
from tests.services import kafka
from tests.services.kafka import Broker
from tests.services.parts import missing

pytestmark = [pytest.mark.kafka, pytest.mark.fault]

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("FAULT_KILLS", "10"))
SETTLE_S = 120.0
EACH = 40


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that may be killed: no other test talks to it."""
    if not kafka.available():
        missing("Kafka", remedy="run `make parts`")
    with kafka.running(tmp_path) as broker:
        yield broker


class Fleet:
    """The commands of a deployment, each in a process of its own."""

    def __init__(self, given: Settings, commands: list[str]) -> None:
        self._environment = {
            **os.environ,
            "MASTERY_DATABASE_URL": given.database_url.get_secret_value(),
            "MASTERY_MASTER_KEY": ledgers.MASTER_KEY,
            "MASTERY_KAFKA_SERVERS": given.kafka_servers,
            "MASTERY_KAFKA_PREFIX": given.kafka_prefix,
            "MASTERY_KAFKA_PARTITIONS": str(given.kafka_partitions),
            "MASTERY_RELAY_BATCH_MAX": "50",
            "MASTERY_INBOUND_BATCH_MAX": "20",
        }
        self.commands = commands
        self._running = [self._start(command) for command in commands]

    def kill(self, number: int) -> None:
        """End a process as a power cut would, and start another in its place."""
        self._running[number].kill()
        self._running[number].wait()
        self._running[number] = self._start(self.commands[number])

    def close(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "api.cli", *command.split()], env=self._environment, cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def engine(ledger: Ledger, given: Settings) -> Generator[None]:
    stop = Event()
    thread = Thread(target=Engine(ledger, given).run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def end_a_session(url: str, chance: random.Random) -> str:
    """End one of the ledger's database sessions, whichever it is."""
    with psycopg.connect(url, autocommit=True) as connection:
        pids = connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
        if pids:
            connection.execute("SELECT pg_terminate_backend(%s)", (chance.choice(pids)[0],))
    return "a database session"


def strike(fleet: Fleet, broker: Broker, url: str, chance: random.Random, turn: int) -> str:
    if turn % 5 == 4:
        broker.kill()
        time.sleep(chance.uniform(0, 2))
        broker.start()
        return "the broker"
    if turn % 5 == 2:
        return end_a_session(url, chance)
    number = chance.randrange(len(fleet.commands))
    fleet.kill(number)
    return fleet.commands[number]


def submit(given: Settings, turn: int, key: dict[str, str]) -> None:
    """Submit one batch, again after a failure: what arrives twice is recorded once."""
    some = [(body(item(turn * EACH + n)), key) for n in range(EACH)]
    for _ in range(20):
        with suppress(DownstreamError):
            produce(given, some, partition=turn % given.kafka_partitions)
            return
        time.sleep(0.5)
    raise AssertionError("the broker did not come back")


def test_nothing_is_lost_repeated_or_out_of_order(migrated: str, own_broker: Broker) -> None:
    seed = int(os.environ.get("FAULT_SEED", "11"))
    chance = random.Random(seed)
    given = downstream.settings(migrated, own_broker)
    with ledgers.opened(migrated) as ledger:
        downstream.load(ledger, learners=0)
        key = key_of(ledger)
        fleet = Fleet(given, ["relay", "relay", "consume", "consume"])
        try:
            with engine(ledger, given):
                for turn in range(KILLS):
                    submit(given, turn, key)
                    time.sleep(chance.uniform(0.2, 2.5))
                    print(f"kill {turn}: {strike(fleet, own_broker, migrated, chance, turn)}")
                total = KILLS * EACH
                downstream.until(
                    lambda: evidence_count(migrated) >= total,
                    what="all evidence",
                    timeout_s=SETTLE_S,
                )
                head = ledger.log.head()
                downstream.until(
                    lambda: Engine(ledger, given).position() >= head, what="views", timeout_s=60
                )
            assert evidence_count(migrated) == total
            wanted = {
                "mastery.facts.v1": downstream.facts(migrated),
                "mastery.changes.v1": downstream.feed(ledger),
            }
            for name, ids in wanted.items():
                found = downstream.topic(given, name, count=len(ids), timeout_s=SETTLE_S)
                assert sorted(downstream.ids(found)) == sorted(ids), name
                assert downstream.in_order(found), name
            receipts = downstream.topic(given, "evidence.receipts", count=total, timeout_s=SETTLE_S)
            names = downstream.ids(receipts)
            assert len(names) == len(set(names))
        finally:
            fleet.close()
