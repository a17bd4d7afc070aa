"""Projection workers: a Kafka consumer group that keeps the views, each its partitions' learners.

Rows and offsets are written in one PostgreSQL transaction, so a killed worker repeats nothing,
and one that lost a partition finds the offset moved and writes nothing. Either workers keep the
views, or the engine does: docs/operations.md says when.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event
from typing import Any

from psycopg import Connection, Cursor

from consumers import metrics, outbox, statements
from consumers.broker import Consumer, Message, Place
from consumers.errors import BrokerUnavailableError, FencedError
from consumers.partition import Share, Work
from consumers.relay import read_position
from consumers.topics import Topics
from consumers.watermarks import Watermarks
from ledger.clock import Clock, utc_now
from ledger.config import Settings
from ledger.domain.ids import Position
from ledger.errors import StoreUnavailableError
from ledger.service import Ledger
from projections import keeping, views
from projections.rebuild import remade
from projections.views import Generation

_log = logging.getLogger(__name__)
POLL_S = 0.2
QUIET_S = 1.0
"""How often a partition without news takes over reference facts and what has fallen due."""
RETRY_S = 1.0


class Worker:
    """One member of the group that keeps the views; used by one thread."""

    def __init__(self, ledger: Ledger, settings: Settings, *, clock: Clock = utc_now) -> None:
        self._ledger, self._settings, self._clock = ledger, settings, clock
        self._topic = Topics.of(settings).facts.name
        self._group = f"{settings.kafka_prefix}mastery-work"
        self._margin = timedelta(milliseconds=settings.due_margin_ms)
        self._shares: dict[Place, Share] = {}
        self._partitions = 0

    def run(self, stop: Event) -> None:
        """Keep the views until `stop` is set, over any failure of Kafka and PostgreSQL."""
        while not stop.is_set():
            try:
                self._shares.clear()
                with (
                    outbox.connected(self._ledger.conninfo) as connection,
                    Consumer(
                        self._settings, group=self._group,
                        records_max=self._settings.engine_batch_facts_max,
                    ) as consumer,
                    Watermarks(self._settings) as watermarks,
                ):  # fmt: skip
                    self._session(connection, consumer, watermarks, stop)
            except (BrokerUnavailableError, FencedError, StoreUnavailableError) as error:
                metrics.RETRIES.add(1, part="work")
                _log.warning("this worker begins again at its last commit: %s", error)
                stop.wait(RETRY_S)
            except (keeping.KeptByOthersError, keeping.OtherShapeError) as error:
                _log.error("%s", error)
                stop.wait(keeping.RETRY_S)

    # -- inside -----------------------------------------------------------------------------

    def _session(
        self, connection: Connection[Any], consumer: Consumer, watermarks: Watermarks, stop: Event
    ) -> None:
        found = prepare(connection)
        keeping.claim(connection, "workers")
        remade(self._ledger, self._settings, found, stop=stop)
        while not (places := consumer.partitions(self._topic)):
            if stop.wait(POLL_S):
                return
        self._partitions = len(places)
        consumer.subscribe(
            [self._topic],
            assigned=lambda some: self._take_up(connection, consumer, some),
            revoked=self._let_go,
        )
        quiet_at = time.monotonic() + QUIET_S
        while not stop.is_set():
            by_place: dict[Place, list[Message]] = {}
            for message in consumer.poll(timeout_s=POLL_S):
                by_place.setdefault((message.topic, message.partition), []).append(message)
            for place, messages in by_place.items():
                if place in self._shares:
                    self._take(connection, consumer, place, messages)
            if time.monotonic() > quiet_at:
                self._keep_up(connection, consumer, watermarks)
                quiet_at = time.monotonic() + QUIET_S

    def _take_up(
        self, connection: Connection[Any], consumer: Consumer, places: Sequence[Place]
    ) -> None:
        """Go on with partitions where the views say they are; Kafka's own offsets are not asked."""
        for place in places:
            with connection.transaction(), connection.cursor() as cursor:
                live = _live(cursor)
                named = {"generation": live.generation, "partition": place[1]}
                start = {**named, "position": live.position, "clock": live.clock}
                cursor.execute(statements.query("begin_work"), start)
                work = _work(cursor, live, place)
            assert work is not None
            self._shares[place] = self._share(live, work, place)
            consumer.seek(place, work.next)

    def _share(self, live: Generation, work: Work, place: Place) -> Share:
        return Share(
            self._ledger.log, live, work, partition=place[1], partitions=self._partitions,
            learners_max=self._settings.engine_learners_cached_max,
        )  # fmt: skip

    def _let_go(self, places: Sequence[Place]) -> None:
        for place in places:
            self._shares.pop(place, None)

    def _take(
        self, connection: Connection[Any], consumer: Consumer, place: Place,
        messages: Sequence[Message],
    ) -> None:  # fmt: skip
        positions = [int(message.header("ce_sequence") or 0) for message in messages]
        until, after = Position(positions[-1]), messages[-1].offset + 1

        def step(cursor: Cursor[Any], share: Share) -> None:
            metrics.WORKED.add(share.take_mine(cursor, positions, until=until))

        self._commit(connection, consumer, place, next_offset=after, step=step)

    def _keep_up(
        self, connection: Connection[Any], consumer: Consumer, watermarks: Watermarks
    ) -> None:
        """Let partitions that have read all there is take over what is about nobody, and time."""
        # In this order: all facts up to `reached` lie before the ends that are asked for next.
        reached = Position(read_position(self._settings).facts)
        ends = watermarks.ends(list(self._shares))
        for place in list(self._shares):
            share = self._shares.get(place)
            # Marks of transactions take offsets too: what was polled may end before the end.
            at = consumer.position(place)
            if share is None or at < ends.get(place, 0):
                continue
            due = self._clock() - self._margin

            def step(cursor: Cursor[Any], one: Share) -> None:
                one.take_mine(cursor, (), until=reached)
                one.emit_due(cursor, due)  # noqa: B023  called before the loop goes on

            self._commit(connection, consumer, place, next_offset=share.expected.next, step=step)
        connection.execute(statements.query("reach_all"), {"partitions": self._partitions})

    def _commit(
        self, connection: Connection[Any], consumer: Consumer, place: Place, *, next_offset: int,
        step: Callable[[Cursor[Any], Share], None],
    ) -> None:  # fmt: skip
        """Write rows and offset in one transaction, if the partition is still this worker's."""
        share = self._shares[place]
        try:
            with connection.transaction(), connection.cursor() as cursor:
                live = _live(cursor)
                generation, _, _ = share.reached
                if live.generation == generation and _work(cursor, live, place) == share.expected:
                    step(cursor, share)
                    _, position, clock = share.reached
                    moved = Work(next_offset, position, clock)
                    named = {"generation": generation, "partition": place[1]}
                    cursor.execute(statements.query("move_work"), {**named, **moved._asdict()})
                    share.expected = moved
                    return
        except BaseException:
            self._shares.pop(place, None)  # it may be ahead of what was committed
            raise
        # Rebuilt meanwhile, or written by the worker that has the partition now.
        self._take_up(connection, consumer, [place])


def prepare(connection: Connection[Any]) -> Generation:
    """Make the tables that workers need, unless they are there; workers that start together take turns."""
    found = views.prepare(connection)
    with connection.transaction(), connection.cursor() as cursor:
        views.in_turn(cursor)
        cursor.execute(statements.query("make_work"))
    return found


def _live(cursor: Cursor[Any]) -> Generation:
    cursor.execute(statements.query("live_shared"))
    row = cursor.fetchone()
    assert row is not None
    return keeping.fitting(Generation._make(row))


def _work(cursor: Cursor[Any], live: Generation, place: Place) -> Work | None:
    named = {"generation": live.generation, "partition": place[1]}
    cursor.execute(statements.query("work"), named)
    row = cursor.fetchone()
    return Work._make(row) if row else None
