"""Rebuilding the views: a new generation beside the live one, then one switch.

Readers see the old generation until the switch and the new one from then on, never a half of
one. Interrupted, a rebuild leaves a generation that nobody reads; the next one drops it and
begins anew. The feed of changes goes on: where the new generation says something else than the
old one, that is announced with the cause `rebuild`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from typing import Any, NamedTuple

from psycopg import Connection, Cursor
from psycopg.errors import DeadlockDetected

from ledger.config import Settings
from ledger.domain.facts import LearnerErased
from ledger.domain.ids import LearnerId, Position
from ledger.service import Ledger
from projections import keeping, statements, views
from projections.filling import fill
from projections.following import Follower
from projections.rows import Cause, Change, Writes, change_id, erasure
from projections.sharing import Progress
from projections.views import Generation
from projections.writing import put_changes, write

_log = logging.getLogger(__name__)
REBUILD_LOCK = 0x6D61_7374_6572_7C
SWITCH_ATTEMPTS_MAX = 10
_ERASURES_MAX = 1_000
_TURN_S = 0.2


class Rebuilt(NamedTuple):
    """What a rebuild did."""

    generation: int
    facts: int
    changes: int


def rebuild(
    ledger: Ledger, settings: Settings, *, processes: int | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Rebuilt:  # fmt: skip
    """Build the views anew from the log and switch to them.

    A second rebuild waits for the first. The live engine may run meanwhile. `processes`, or as
    many as the settings say, read the log, each a share of the learners.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer; the live views stand as they are.
    """
    with _in_turn(ledger) as connection:
        return _rebuild(connection, ledger, settings, processes=processes, progress=progress)


def renew(
    ledger: Ledger, settings: Settings, found: Generation, *, stop: Event | None = None
) -> None:
    """Rebuild the views, unless another process has done so since they were `found`.

    Where another does so now, that is waited for, until `stop` is set.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer; the live views stand as they are.
    """
    with _in_turn(ledger, stop=stop) as connection:
        if stop is not None and stop.is_set():
            return
        with connection.cursor() as cursor:
            live = views.live(cursor)
        if live is None or live.generation == found.generation:
            _rebuild(connection, ledger, settings)


def remade(
    ledger: Ledger, settings: Settings, found: Generation, *, stop: Event | None = None
) -> None:
    """Rebuild views that an earlier version of the program left; a newer one's are left alone.

    Raises:
        OtherShapeError: they are a newer version's.
    """
    if found.shape < views.SHAPE:
        _log.warning("the views have shape %s and need %s: rebuilding", found.shape, views.SHAPE)
        renew(ledger, settings, found, stop=stop)
    else:
        keeping.fitting(found)


@contextmanager
def _in_turn(ledger: Ledger, *, stop: Event | None = None) -> Generator[Connection[Any]]:
    """Connect, and wait until nobody else rebuilds; `stop` ends the wait, without the turn."""
    with views.connected(ledger.conninfo) as connection:
        # Asked again and again: a wait inside PostgreSQL would hear of no signal for hours.
        while not _has_turn(connection) and not (stop is not None and stop.is_set()):
            time.sleep(_TURN_S)
        yield connection


def _has_turn(connection: Connection[Any]) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (REBUILD_LOCK,)).fetchone()
    return row == (True,)


def _rebuild(
    connection: Connection[Any], ledger: Ledger, settings: Settings, *,
    processes: int | None = None, progress: Progress = lambda _done, _all: None,
) -> Rebuilt:  # fmt: skip
    found = _begin(connection, ledger)
    several = processes or settings.rebuild_processes
    facts = _fill(connection, ledger, settings, found, processes=several, progress=progress)
    changes = _catch_up_and_switch(connection, ledger, settings, found)
    return Rebuilt(found.generation, facts, changes)


def _begin(connection: Connection[Any], ledger: Ledger) -> Generation:
    """Drop what an interrupted rebuild left; begin at the live generation's position and clock."""
    with connection.transaction(), connection.cursor() as cursor:
        views.ensure_shared(cursor)
        left = views.building(cursor)
        if left is not None:
            views.discard(cursor, left.generation)
        position, clock = _target(cursor, ledger)
        number = views.begin(cursor, "building", position=position, clock=clock)
    return Generation(number, views.SHAPE, position, clock)


def _target(cursor: Cursor[Any], ledger: Ledger) -> tuple[Position, datetime]:
    # Never past the live generation: facts it has not seen yet are announced by the engine,
    # one by one, and not as differences made by the rebuild.
    live = views.live(cursor)
    if live is not None and live.position > 0:
        return live.position, live.clock
    head = ledger.log.head()
    return head, ledger.log.recorded_at(head) if head else views.BEGINNING


def _fill(
    connection: Connection[Any], ledger: Ledger, settings: Settings, found: Generation, *,
    processes: int, progress: Progress,
) -> int:  # fmt: skip
    filled = fill(ledger, settings, found, processes=processes, progress=progress)
    with connection.transaction(), connection.cursor() as cursor:
        # Keys are made over full tables: kept while filling, they would cost twice as much.
        cursor.execute(statements.script("generation_keys", generation=found.generation))
        write(cursor, found.generation, Writes(providers=filled.counts), sequence=None)
    return filled.facts


def _catch_up_and_switch(
    connection: Connection[Any], ledger: Ledger, settings: Settings, found: Generation
) -> int:
    for attempts_left in reversed(range(SWITCH_ATTEMPTS_MAX)):
        follower = Follower(
            ledger.log, found, learners_max=settings.engine_learners_cached_max, feed=False
        )
        try:
            # Nearly all of it without holding up the live engine.
            while _take_batch(connection, ledger, settings, follower):
                pass
            with connection.transaction(), connection.cursor() as cursor:
                return _switch(cursor, ledger, settings, follower)
        except DeadlockDetected:
            # With a reader of several views at once: it has its answer by the next attempt.
            if not attempts_left:
                raise
        with connection.cursor() as cursor:
            found = views.building(cursor) or found
    raise AssertionError("unreachable")


def _take_batch(
    connection: Connection[Any], ledger: Ledger, settings: Settings, follower: Follower
) -> int:
    with connection.transaction(), connection.cursor() as cursor:
        return _take(cursor, ledger, settings, follower, live=views.live(cursor))


def _switch(cursor: Cursor[Any], ledger: Ledger, settings: Settings, follower: Follower) -> int:
    """Catch up to the last fact with the live engine held off, and change places with it."""
    live = views.live(cursor, locked=True)
    told = live.position if live is not None else Position(0)
    if live is not None:
        live = keeping.levelled(cursor, live)
    while _take(cursor, ledger, settings, follower, live=live):
        pass
    if live is not None:
        follower.emit_due(cursor, live.clock)
    generation, position, clock = follower.reached
    clock = max(clock, live.clock) if live is not None else clock
    views.reach(cursor, generation, position, clock)
    if live is not None and live.shape == views.SHAPE:
        cursor.execute(statements.query("erased_ahead"), {"position": position})
        # As of here they may be one person with somebody who is not erased.
        persons = follower.persons(LearnerId(row[0]) for row in cursor.fetchall())
        keep = statements.query("keep_rows", generation=generation, old=live.generation)
        cursor.execute(keep, {"learners": persons})
    changes = _differences(cursor, generation, live, position=position, clock=clock)
    changes += _erasures(cursor, ledger, after=told, until=position)
    put_changes(cursor, changes, sequence=views.last_sequence(cursor))
    views.switch(cursor, generation, live)
    return len(changes)


def _take(
    cursor: Cursor[Any], ledger: Ledger, settings: Settings, follower: Follower, *,
    live: Generation | None,
) -> int:  # fmt: skip
    _, position, _ = follower.reached
    if live is None or live.position <= position:
        return 0
    facts = ledger.log.after(position, limit=settings.engine_batch_facts_max, until=live.position)
    follower.take(cursor, facts)
    views.reach(cursor, *follower.reached)
    return len(facts)


def _erasures(
    cursor: Cursor[Any], ledger: Ledger, *, after: Position, until: Position
) -> list[Change]:
    """Announce who was erased past what the live views had reached, which no engine steps over again.

    So it is where there were none, or one worker was left behind another.
    """
    found: dict[LearnerId, Change] = {}
    at = after
    while facts := ledger.log.after(
        at, until=until, topics=[LearnerErased.TOPIC], limit=_ERASURES_MAX
    ):
        at = facts[-1].position
        for one in facts:
            cause = Cause("erasure", one.position, one.recorded_at, str(one.position))
            change = erasure(LearnerId(one.stream), cause, on=one.recorded_at)
            found.setdefault(change.learner, change)
    cursor.execute(statements.query("erasures_told"), {"learners": list(found)})
    for (learner,) in cursor.fetchall():
        del found[learner]
    return list(found.values())


def _differences(
    cursor: Cursor[Any], generation: int, live: Generation | None, *,
    position: Position, clock: datetime,
) -> list[Change]:  # fmt: skip
    if live is None:
        query = statements.query("first_differences", generation=generation)
    else:
        if live.shape != views.SHAPE:
            cursor.execute(statements.script("older", generation=live.generation))
        query = statements.query("differences", generation=generation, old=live.generation)
    return [
        Change(
            id=change_id(learner, competency, f"rebuild {generation}"),
            learner=learner, competency=competency, from_state=was, to_state=state,
            estimate=estimate, level=level, cause="rebuild", cause_position=position,
            policy=policy, policy_digest=digest, framework_version=version,
            effective_at=clock, recorded_at=clock,
            floors=tuple(floors), crosswalks=tuple(crosswalks),
        )
        for learner, competency, was, state, estimate, level, policy, digest, version, floors,
            crosswalks in cursor.execute(query)
    ]  # fmt: skip
