"""What tests of the ways downstream share: a prefix of their own, load, and reading a topic whole."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Thread
from uuid import uuid4

import psycopg

from consumers import outbox
from consumers.broker import Consumer, Message
from consumers.relay import Relay
from ledger.config import Settings
from ledger.domain.facts import (
    AuthorityGranted,
    FrameworkPublished,
    PolicyAdopted,
    PolicyPublished,
)
from ledger.domain.framework import Competency
from ledger.domain.ids import PolicyId, ProviderId
from ledger.service import Ledger
from projections.engine import Engine
from projections.policies import canonical, digest, parse
from tests import builders, ledgers
from tests.services.kafka import Broker

WAIT_S = 60.0


def settings(url: str, broker: Broker | None = None, **others: object) -> Settings:
    """Give settings under a prefix that no other test uses."""
    servers = broker.servers if broker else ""
    given = {
        "kafka_servers": servers,
        "kafka_prefix": f"t{uuid4().hex[:8]}.",
        "kafka_partitions": 3,
    }
    return ledgers.settings(url, **{**given, **others})


def load(ledger: Ledger, *, learners: int, each: int = 1, start: int = 0) -> ProviderId:
    """Submit evidence about some learners."""
    by = ledgers.provider(ledger)
    ledger.record_about_provider(AuthorityGranted(provider=by, grant="all"))
    publish(ledger)
    batch = [
        ledgers.submission(f"e{start}-{number}-{turn}", learner=f"s{number}")
        for turn in range(each)
        for number in range(learners)
    ]
    for first in range(0, len(batch), 1000):
        ledgers.submit(ledger, by, *batch[first : first + 1000])
    return by


def publish(ledger: Ledger) -> None:
    """Publish a framework of one competency, and adopt a policy by which one score suffices."""
    framework = FrameworkPublished(
        framework=builders.FRAMEWORK, version="v1", title="Welding",
        competencies=(Competency(identifier="tig", uri=ledgers.WELDING, statement="Can weld"),),
    )  # fmt: skip
    ledger.publish_framework(framework, document=b"{}")
    policy = parse(builders.policy())
    name = PolicyId(policy.id)
    ledger.publish_policy(
        PolicyPublished(policy=name, digest=digest(policy), document=canonical(policy))
    )
    ledger.adopt_policy(PolicyAdopted(policy=name, digest=digest(policy), level="everywhere"))


def engine_catches_up(ledger: Ledger, given: Settings) -> None:
    Engine(ledger, given).catch_up()


def feed(ledger: Ledger) -> list[str]:
    """Give the ids of all changes, in order."""
    with outbox.connected(ledger.conninfo) as connection:
        return [str(one.id) for one in outbox.changes_after(connection, 0, limit=10**6)]


def facts(url: str) -> list[str]:
    """Give the ids of all facts, in order of position."""
    found = ledgers.rows(url, "SELECT fact_id FROM ledger.facts ORDER BY position")
    return [str(row[0]) for row in found]


def topic(
    given: Settings, name: str, *, count: int, settle_s: float = 0.5, timeout_s: float = WAIT_S
) -> list[Message]:
    """Read `count` committed records of a topic, and those after them that must not be there."""
    found: list[Message] = []
    deadline = time.monotonic() + timeout_s
    with Consumer(given) as consumer:
        while not (places := consumer.partitions(given.kafka_prefix + name)):
            assert time.monotonic() < deadline, f"no topic {name}"
            time.sleep(0.1)
        consumer.assign(places)
        while len(found) < count and time.monotonic() < deadline:
            found += consumer.poll(timeout_s=0.2)
        settled = time.monotonic() + settle_s
        while time.monotonic() < settled:
            found += consumer.poll(timeout_s=0.1)
    assert len(found) >= count, f"{len(found)} of {count} records in {name}"
    return found


def ids(messages: list[Message]) -> list[str]:
    return [str(one.header("ce_id")) for one in messages]


def sequences(messages: list[Message]) -> dict[bytes, list[int]]:
    """Give the sequence numbers of each key, in the order they were read."""
    found: dict[bytes, list[int]] = {}
    for one in messages:
        found.setdefault(one.key or b"", []).append(int(one.header("ce_sequence") or 0))
    return found


def in_order(messages: list[Message]) -> bool:
    return all(numbers == sorted(numbers) for numbers in sequences(messages).values())


@contextmanager
def relaying(ledger: Ledger, given: Settings) -> Generator[Event]:
    """Run a relay in a thread."""
    stop = Event()
    relay = Relay(ledger.conninfo, given)
    thread = Thread(target=relay.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def until(condition: object, *, what: str, timeout_s: float = WAIT_S) -> None:
    """Wait until a condition holds, or fail."""
    assert callable(condition)
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.05)


def end_sessions(url: str, *, role_of: str) -> int:
    """End the database sessions that listen on a channel, as a failing server would."""
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE %s",
            (f"%{role_of}%",),
        ).fetchone()
    assert done is not None
    return int(done[0])
