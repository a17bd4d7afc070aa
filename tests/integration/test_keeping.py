"""Engines keep the live views, or workers do: never both, and one takes over from the other whole."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Event, Thread

import psycopg
import pytest

from consumers import outbox, statements, worker
from consumers.broker import partition_of
from consumers.partition import Share, Work
from consumers.worker import Worker
from ledger.config import Settings
from ledger.domain.evidence import Identifier
from ledger.domain.ids import Position
from ledger.service import Ledger
from projections import keeping, views
from projections.engine import Engine
from projections.rebuild import REBUILD_LOCK, rebuild
from tests import downstream, ledgers
from tests.services.kafka import Broker


@contextmanager
def keeping_views(run: Callable[[Event], None]) -> Generator[None]:
    stop = Event()
    thread = Thread(target=run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]


@pytest.mark.parametrize(
    ("first", "second"), [("engine", "workers"), ("workers", "engine")], ids=str
)
def test_many_of_one_kind_may_keep_the_views_and_none_of_the_other(
    migrated: str, first: keeping.Kind, second: keeping.Kind
) -> None:
    with outbox.connected(migrated) as other:
        with outbox.connected(migrated) as one, outbox.connected(migrated) as two:
            keeping.claim(one, first)
            keeping.claim(one, first)
            keeping.claim(two, first)
            assert keeping.kept_by(other) == first
            with pytest.raises(keeping.KeptByOthersError, match=f"by the {first} now"):
                keeping.claim(other, second)
        # PostgreSQL ends a session a moment after its connection was closed.
        downstream.until(lambda: keeping.kept_by(other) is None, what="the end of both")
        keeping.claim(other, second)


@contextmanager
def some_learners(url: str) -> Generator[tuple[Ledger, Engine]]:
    """Open a ledger that knows some learners, with an engine that has read nothing yet."""
    with ledgers.opened(url) as ledger:
        downstream.load(ledger, learners=3)
        yield ledger, Engine(ledger, downstream.settings(url))


def test_an_engine_beside_workers_says_so_and_waits_for_their_end(
    migrated: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "RETRY_S", 0.05)
    with some_learners(migrated) as (ledger, engine), outbox.connected(migrated) as held:
        keeping.claim(held, "workers")
        with pytest.raises(keeping.KeptByOthersError):
            engine.catch_up()
        with keeping_views(engine.run):
            downstream.until(lambda: refusals(caplog), what="a word in the log")
            assert engine.position() == 0
            held.close()
            downstream.until(lambda: engine.position() == ledger.log.head(), what="the views")
    assert "docs/operations.md" in refusals(caplog)[0]


@pytest.mark.kafka
def test_a_worker_beside_an_engine_says_so_and_writes_nothing(
    migrated: str, kafka_broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        downstream.load(ledger, learners=3)
        with keeping_views(Engine(ledger, given).run):
            downstream.until(
                lambda: Engine(ledger, given).position() == ledger.log.head(), what="the views"
            )
            with keeping_views(Worker(ledger, given).run):
                downstream.until(lambda: refusals(caplog), what="a word in the log")
        assert ledgers.rows(migrated, "SELECT count(*) FROM views.work") == [(0,)]


def engine_takes_over(ledger: Ledger, given: Settings) -> None:
    Engine(ledger, given).catch_up()


def rebuild_takes_over(ledger: Ledger, given: Settings) -> None:
    rebuild(ledger, given)


@pytest.mark.parametrize("takes_over", [engine_takes_over, rebuild_takes_over])
def test_where_one_worker_was_ahead_of_another_no_change_is_told_twice_or_taken_back(
    migrated: str, takes_over: Callable[[Ledger, Settings], None]
) -> None:
    given = downstream.settings(migrated)
    with ledgers.opened(migrated) as ledger:
        downstream.load(ledger, learners=20)
        told = work_one_partition_of_two(ledger)
        assert 0 < told < 20
        takes_over(ledger, given)
        engine_takes_over(ledger, given)
        with outbox.connected(migrated) as connection:
            feed = outbox.changes_after(connection, 0, limit=100)
        assert [one.sequence for one in feed] == list(range(1, 21))
        assert len({one.learner for one in feed}) == 20
        assert {one.to_state for one in feed} == {"mastered"}
        assert [one.cause for one in feed[told:]] == ["rebuild"] * (20 - told)
        assert Engine(ledger, given).position() == ledger.log.head()


@pytest.mark.parametrize("takes_over", [engine_takes_over, rebuild_takes_over])
def test_who_was_erased_ahead_of_a_worker_left_behind_is_told_of_once(
    migrated: str, takes_over: Callable[[Ledger, Settings], None]
) -> None:
    given = downstream.settings(migrated)
    with ledgers.opened(migrated) as ledger:
        by = downstream.load(ledger, learners=20)
        names = [(Identifier(type="id", value=f"s{number}"),) for number in range(20)]
        known = [one for one in (ledger.learners.find(by, name) for name in names) if one]
        gone = [next(filter(lambda one: in_first(one) is first, known)) for first in (True, False)]
        for learner in gone:
            ledger.learners.erase(learner, reason="requested")
        assert work_one_partition_of_two(ledger) > 0
        for take_over in (takes_over, engine_takes_over, rebuild_takes_over):
            take_over(ledger, given)
        with outbox.connected(migrated) as connection:
            feed = outbox.changes_after(connection, 0, limit=100)
        for learner in gone:
            told = [one.is_erasure for one in feed if str(one.learner) == str(learner)]
            assert told.count(True) == 1
            assert told[-1]


def in_first(learner: object) -> bool:
    return partition_of(str(learner).encode(), 2) == 0


def work_one_partition_of_two(ledger: Ledger) -> int:
    """Keep the views as two workers do of which one never got to work; give how many changes."""
    head = ledger.log.head()
    with outbox.connected(ledger.conninfo) as connection:
        worker.prepare(connection)
        mine = [
            fact.position
            for fact in outbox.facts_after(connection, 0, limit=1_000)
            if in_first(fact.stream)
        ]
        with connection.transaction(), connection.cursor() as cursor:
            live = views.live(cursor, locked=True)
            assert live is not None
            begun = Work(0, live.position, live.clock)
            share = Share(ledger.log, live, begun, partition=0, partitions=2, learners_max=100)
            share.take_mine(cursor, mine, until=Position(head))
            generation, position, clock = share.reached
            for number, reached in ((0, Work(len(mine), position, clock)), (1, begun)):
                named = {"generation": generation, "partition": number, **reached._asdict()}
                cursor.execute(statements.query("begin_work"), named)
                cursor.execute(statements.query("move_work"), named)
        return outbox.changes_head(connection)


GENERATIONS = "SELECT generation, shape, position FROM views.generations"


def reshape(url: str, by: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE views.generations SET shape = %s", (views.SHAPE + by,))


def test_an_engine_that_runs_leaves_views_alone_that_a_newer_program_made(
    migrated: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "RETRY_S", 0.05)
    with some_learners(migrated) as (ledger, engine):
        with keeping_views(engine.run):
            downstream.until(lambda: engine.position() == ledger.log.head(), what="the views")
            reshape(migrated, 1)
            before = ledgers.rows(migrated, GENERATIONS)
            ledgers.submit(ledger, ledgers.provider(ledger), ledgers.submission("late"))
            downstream.until(lambda: len(refusals(caplog)) > 1, what="a word in the log")
        assert ledgers.rows(migrated, GENERATIONS) == before
    assert "`Upgrading`" in refusals(caplog)[-1]


def test_an_engine_that_waits_for_another_s_rebuild_ends_when_told_to(migrated: str) -> None:
    with some_learners(migrated) as (_, engine), psycopg.connect(migrated) as other:
        engine.catch_up()
        reshape(migrated, -1)
        other.execute("SELECT pg_advisory_lock(%s)", (REBUILD_LOCK,))
        stop = Event()
        thread = Thread(target=engine.run, args=(stop,), daemon=True)
        thread.start()
        thread.join(1)
        assert thread.is_alive()
        stop.set()
        thread.join(5)
        ended = not thread.is_alive()
        other.execute("SELECT pg_advisory_unlock(%s)", (REBUILD_LOCK,))
        thread.join(30)
        assert ended
        assert [row[0] for row in ledgers.rows(migrated, GENERATIONS)] == [1]


@pytest.mark.kafka
def test_workers_rebuild_the_views_of_an_older_program_once(
    migrated: str, kafka_broker: Broker
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger:
        downstream.load(ledger, learners=3)
        Engine(ledger, given).catch_up()
        reshape(migrated, -1)
        with (
            downstream.relaying(ledger, given),
            keeping_views(Worker(ledger, given).run), keeping_views(Worker(ledger, given).run),
        ):  # fmt: skip
            ledgers.submit(ledger, ledgers.provider(ledger), ledgers.submission("late"))
            expected = [(2, views.SHAPE, ledger.log.head())]
            downstream.until(
                lambda: ledgers.rows(migrated, GENERATIONS) == expected, what="views of this shape"
            )


@pytest.mark.kafka
def test_a_worker_leaves_views_alone_that_a_newer_program_made(
    migrated: str, kafka_broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    given = downstream.settings(migrated, kafka_broker)
    with ledgers.opened(migrated) as ledger, downstream.relaying(ledger, given):
        downstream.load(ledger, learners=3)
        Engine(ledger, given).catch_up()
        reshape(migrated, 1)
        before = ledgers.rows(migrated, GENERATIONS)
        with keeping_views(Worker(ledger, given).run):
            downstream.until(lambda: refusals(caplog), what="a word in the log")
        assert ledgers.rows(migrated, GENERATIONS) == before
