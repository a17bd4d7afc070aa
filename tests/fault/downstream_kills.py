"""Kills of the machines downstream, of brokers and of PostgreSQL, at random moments under load.

In rounds: a round is so many kills, some tenths of a second apart, whatever they do to each other;
then everything submitted so far has to arrive, within a time. Between rounds come the slow faults.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psycopg

from consumers.administration import Admin
from consumers.topics import Topics, ensure
from ledger.config import Settings
from tests import downstream, ledgers
from tests.fault import server as servers
from tests.fault.downstream_audit import audit
from tests.fault.fleet import Fleet
from tests.fault.following import Reader, Submitter
from tests.fault.kills import Report, prepare
from tests.fault.server import Server
from tests.services import kafka
from tests.services.kafka import Cluster

KINDS = {
    "relay": 27, "consume": 23, "work": 23, "a broker": 8, "PostgreSQL: a backend": 12,
    "PostgreSQL: the postmaster": 7,
}  # fmt: skip
"""What is killed with SIGKILL, and how often of a hundred."""
KILLS_IN_ROUND = 42
MOMENT_S = (0.05, 0.9)
ARRIVE_S_MAX = 300.0  # of a machine that others use too; alone it takes a tenth of it
FROZEN_S = 30.0
Say = Callable[[str, str], None]


class Parts(NamedTuple):
    """Everything that can be killed, and what watches over it."""

    given: Settings
    server: Server
    cluster: Cluster
    fleet: Fleet
    submitter: Submitter
    reader: Reader


def run(
    kills: int, *, seed: int, log: Path, say: Say, brokers: int = 3, frozen_s: float = FROZEN_S
) -> Report:
    """Kill so many times, freeze a broker, restart everything at once; then audit.

    With `frozen_s` 0, neither of the slow faults.
    """
    draw = random.Random(f"downstream {seed}")
    plan = draw.choices(list(KINDS), weights=list(KINDS.values()), k=kills)
    with assembled(seed=seed, log=log, brokers=brokers) as parts:
        late = _under_load(parts, plan, draw, say, frozen_s)
        return Report(Counter(plan), late + ended(parts, say))


@contextmanager
def assembled(*, seed: int, log: Path, brokers: int) -> Generator[Parts]:
    """Start everything, and the load."""
    with (
        tempfile.TemporaryDirectory(prefix="ml-kafka-", ignore_cleanup_errors=True) as folder,
        servers.running() as server,
        kafka.cluster_running(Path(folder), count=brokers) as cluster,
    ):
        given = downstream.settings(
            server.url, kafka_servers=cluster.servers, kafka_replication=brokers, kafka_prefix=""
        )
        token = prepare(server.url)
        with Admin(given) as admin:
            ensure(admin, Topics.of(given), replication=brokers)
        with Fleet(given, log) as fleet:
            submitter, reader = Submitter(given, token, seed=seed), Reader(given)
            reader.start()
            submitter.start()
            yield Parts(given, server, cluster, fleet, submitter, reader)


def ended(parts: Parts, say: Say) -> list[str]:
    """End load and machines; give what is wrong with what they left."""
    parts.submitter.stop()
    late = arrives(parts, "the end", say)
    parts.fleet.kill_all()
    with ledgers.opened(parts.server.url) as ledger:
        wrong = audit(ledger, parts.given, submitter=parts.submitter, reader=parts.reader, say=say)
    return [*late, *parts.fleet.ended, *parts.submitter.wrong, *wrong]


def _under_load(
    parts: Parts, plan: list[str], draw: random.Random, say: Say, frozen_s: float
) -> list[str]:
    """Do everything that is done under load; give what did not arrive in time."""
    late = arrives(parts, "the start", say)
    for start in range(0, len(plan), KILLS_IN_ROUND):
        some = plan[start : start + KILLS_IN_ROUND]
        for kind in some:
            time.sleep(draw.uniform(*MOMENT_S))
            _kill(parts, kind, draw)
        late += arrives(parts, f"{start + len(some)} kills", say)
    if frozen_s:
        _freeze(parts, draw, frozen_s)
        late += arrives(parts, f"a broker frozen for {frozen_s:.0f} s", say)
        _restart_everything(parts)
        late += arrives(parts, "everything restarted", say)
    return late


def _kill(parts: Parts, kind: str, draw: random.Random) -> None:
    match kind:
        case "a broker":
            broker = draw.choice(parts.cluster.brokers)
            broker.kill()
            time.sleep(draw.uniform(0, 1))
            broker.begin()
        case "PostgreSQL: a backend":
            parts.server.kill_backend()
        case "PostgreSQL: the postmaster":
            parts.server.kill()
            parts.server.start()
        case command:
            parts.fleet.kill(command, which=draw.randrange(2))


def _freeze(parts: Parts, draw: random.Random, frozen_s: float) -> None:
    broker = draw.choice(parts.cluster.brokers)
    broker.freeze()
    time.sleep(frozen_s)
    broker.thaw()


def _restart_everything(parts: Parts) -> None:
    parts.fleet.kill_all()
    for broker in parts.cluster.brokers:
        broker.kill()
    parts.server.kill()
    parts.server.start()
    for broker in parts.cluster.brokers:
        broker.begin()
    parts.fleet.start()


def arrives(parts: Parts, after: str, say: Say) -> list[str]:
    """Wait until all acknowledged so far is in the ledger, and in the views by way of Kafka."""
    wanted = len(parts.submitter.acknowledged)
    began = time.monotonic()
    head: int | None = None
    while time.monotonic() < began + ARRIVE_S_MAX:
        with suppress(psycopg.Error):
            evidence, last, reached = _how_far(parts.server.url)
            if evidence >= wanted and wanted:
                head = last if head is None else head
                if reached >= head:
                    took = time.monotonic() - began
                    say(after, f"{evidence:,} pieces arrived, after {took:.1f} s")
                    return []
        time.sleep(0.2)
        wanted = wanted or len(parts.submitter.acknowledged)
        parts.fleet.look()
    say(after, "something waits for ever")
    return [f"after {after}, not all arrived within {ARRIVE_S_MAX:.0f} s"]


def _how_far(url: str) -> tuple[int, int, int]:
    """Give how many pieces of evidence there are, the log's end, and where the views are."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(
            "SELECT count(*) FILTER (WHERE topic = 'mastery.evidence-recorded.v1'),"
            " coalesce(max(position), 0),"
            " (SELECT coalesce(max(position), 0) FROM views.generations WHERE status = 'live')"
            " FROM ledger.facts"
        ).fetchone()
    assert row is not None
    return row
