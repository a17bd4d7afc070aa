"""Workers keep the views together: as many as there are, whoever is killed, as a rebuild would."""

from __future__ import annotations

import random
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Barrier, Event, Thread

import pytest

from consumers import outbox, worker
from consumers.worker import Worker
from ledger.config import Settings
from ledger.domain.evidence import Identifier
from ledger.domain.facts import LearnerMerged, LearnerUnmerged, ProviderSuspended
from ledger.domain.ids import ProviderId
from ledger.service import Ledger
from projections.rebuild import rebuild
from tests import downstream, ledgers
from tests.services.kafka import Broker

pytestmark = pytest.mark.kafka

VIEWS = {
    "mastery": "SELECT learner, competency, state, estimate, level, policy, position"
    " FROM views.mastery ORDER BY 1, 2",
    "observations": "SELECT evidence, position, competency, ended_position"
    " FROM views.observations ORDER BY 1, 2, 3",
    "learners": "SELECT * FROM views.learners ORDER BY 1",
    "providers": "SELECT provider, evidence, corrections, withdrawals FROM views.providers ORDER BY 1",
}


@contextmanager
def working(ledger: Ledger, given: Settings) -> Generator[None]:
    stop = Event()
    thread = Thread(target=Worker(ledger, given).run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def views(url: str) -> dict[str, list[tuple[object, ...]]]:
    return {name: ledgers.rows(url, query) for name, query in VIEWS.items()}


def reached(url: str) -> int:
    try:
        found = ledgers.rows(url, "SELECT position FROM views.generations WHERE status = 'live'")
    except Exception:  # noqa: BLE001  not made yet
        return -1
    return int(found[0][0]) if found else -1


def grow(ledger: Ledger, turn: int) -> None:
    """Let evidence come, be withdrawn, learners be merged and parted, a provider be suspended."""
    by = downstream.load(ledger, learners=0) if turn == 0 else ledgers.provider(ledger)
    names = [f"w{turn}-{number}" for number in range(60)]
    ledgers.submit(
        ledger, by, *[ledgers.submission(name, learner=f"l{hash(name) % 40}") for name in names]
    )
    if turn:
        for number in range(0, 60, 7):
            ledger.withdraw(by, external_id=f"w{turn - 1}-{number}", reason="wrong").result()
        _merge(ledger, by, turn)
    if turn == 2:
        ledger.record_about_provider(
            ProviderSuspended(
                provider=by, starts_at=datetime(2020, 1, 1, tzinfo=UTC), reason="audit"
            )
        )


def _merge(ledger: Ledger, by: ProviderId, turn: int) -> None:
    """Merge some learners into the next; part some of those merged a turn before."""
    found = [
        ledger.learners.find(by, (Identifier(type="id", value=f"l{number}"),))
        for number in range(40)
    ]
    known = [one for one in found if one is not None]
    for one, into in zip(known[turn::6], known[turn + 1 :: 6], strict=False):
        fact = LearnerMerged(learner=one, into=into, reason="same_person")
        ledger.learners.identify(fact)
    for one in known[turn - 1 :: 12] if turn > 1 else ():
        ledger.learners.identify(LearnerUnmerged(learner=one, reason="mistaken"))


def test_workers_that_start_together_make_their_tables_in_turn(migrated: str) -> None:
    together = Barrier(8)

    def start(_: int) -> None:
        with outbox.connected(migrated) as connection:
            together.wait(30)
            worker.prepare(connection)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(start, range(8)))
    assert ledgers.rows(migrated, "SELECT count(*) FROM views.work") == [(0,)]


def test_workers_that_come_and_go_leave_the_views_of_a_rebuild(
    migrated: str, kafka_broker: Broker
) -> None:
    chance = random.Random(3)
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger, downstream.relaying(ledger, given):
        for turn in range(4):
            with working(ledger, given), working(ledger, given):
                grow(ledger, turn)
                time.sleep(chance.uniform(0.2, 2.0))
        with working(ledger, given):
            head = ledger.log.head()
            downstream.until(lambda: reached(migrated) >= head, what="all facts taken over")
        kept = views(migrated)
        feed = downstream.feed(ledger)
        rebuild(ledger, given)
        assert views(migrated) == kept
        assert downstream.feed(ledger) == feed  # the rebuild found nothing to announce
        assert len(feed) == len(set(feed)) > 40
        sequences = ledgers.rows(migrated, "SELECT sequence FROM views.mastery_changes ORDER BY 1")
        assert [row[0] for row in sequences] == list(range(1, len(feed) + 1))


def test_workers_take_over_from_the_engine_where_it_stood(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger, downstream.relaying(ledger, given):
        grow(ledger, 0)
        downstream.engine_catches_up(ledger, given)
        grow(ledger, 1)
        head = ledger.log.head()
        with working(ledger, given):
            downstream.until(lambda: reached(migrated) >= head, what="all facts taken over")
        kept = views(migrated)
        rebuild(ledger, given)
        assert views(migrated) == kept
