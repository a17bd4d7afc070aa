"""The live engine: follows the log and keeps the views, in one transaction with its position.

A kill at any moment loses nothing and repeats nothing: views and position are committed
together. Several engines may run; whoever holds the live generation's row writes, and the others
go on from where it left off.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from psycopg import Connection, Cursor

from ledger.clock import Clock, utc_now
from ledger.collecting import cycles_uncollected
from ledger.config import Settings
from ledger.domain.ids import Position
from ledger.errors import StoreUnavailableError
from ledger.service import Ledger
from ledger.store.database import said
from projections import keeping, statements, views
from projections.following import Follower
from projections.rebuild import remade, renew
from projections.views import Generation

_log = logging.getLogger(__name__)
WAIT_S_MAX = 1.0  # a stopping engine is heard within this time
RETRY_S = 0.5


class Engine:
    """Keeps the live generation of views up to date; used by one thread at a time."""

    def __init__(self, ledger: Ledger, settings: Settings, *, clock: Clock = utc_now) -> None:
        self._ledger, self._settings, self._clock = ledger, settings, clock
        self._margin = timedelta(milliseconds=settings.due_margin_ms)
        self._follower: Follower | None = None

    def catch_up(self) -> int:
        """Take over all that is in the log, and all that has fallen due; give how many facts.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer; what was committed stands.
            KeptByOthersError: workers keep the views.
            OtherShapeError: a newer version of the program keeps them.
        """
        with views.connected(self._ledger.conninfo) as connection:
            self._prepare(connection)
            return self._catch_up(connection)

    def run(self, stop: Event) -> None:
        """Follow the log until `stop` is set, over any failure.

        What cannot be taken in is tried again and logged each time, and an outage once: views that
        stand still are seen in `/health`, and a thread that ended would not begin again when the
        cause is gone.
        """
        told = ""
        while not stop.is_set():
            try:
                with views.connected(self._ledger.conninfo) as connection:
                    self._prepare(connection, stop)
                    while not stop.is_set():
                        self._catch_up(connection, stop)
                        told = ""
                        self._wait(connection)
            except StoreUnavailableError as error:
                why = said(error.__cause__)
                if why != told:
                    _log.warning("the views wait for PostgreSQL: %s", why)
                told = why
                stop.wait(RETRY_S)
            except (keeping.KeptByOthersError, keeping.OtherShapeError) as error:
                _log.error("%s", error)
                stop.wait(keeping.RETRY_S)
            except Exception:  # noqa: BLE001  whatever it was, the thread must live
                _log.exception("the views cannot go on; trying again")
                stop.wait(RETRY_S)

    def position(self) -> Position:
        """Give the position that the views have reached."""
        with views.connected(self._ledger.conninfo) as connection:
            return views.prepare(connection).position

    # -- inside -----------------------------------------------------------------------------

    def _prepare(self, connection: Connection[Any], stop: Event | None = None) -> None:
        found = views.prepare(connection)
        keeping.claim(connection, "engine")
        if keeping.kept_by_workers(connection, found.generation):
            _log.warning("workers kept the views, each as far as it got: rebuilding")
            renew(self._ledger, self._settings, found, stop=stop)
        else:
            remade(self._ledger, self._settings, found, stop=stop)

    def _catch_up(self, connection: Connection[Any], stop: Event | None = None) -> int:
        total = 0
        while stop is None or not stop.is_set():
            taken = self._take_batch(connection)
            if not taken:
                break
            total += taken
        return total

    def _take_batch(self, connection: Connection[Any]) -> int:
        """Take one batch, or what has fallen due where the log has nothing new."""
        try:
            with connection.transaction(), connection.cursor() as cursor:
                follower = self._following(cursor)
                _, position, _ = follower.reached
                facts = self._ledger.log.after(
                    position, limit=self._settings.engine_batch_facts_max
                )
                if facts:
                    with cycles_uncollected():
                        follower.take(cursor, facts)
                    views.reach(cursor, *follower.reached)
                elif self._due_before(cursor, follower, self._clock() - self._margin):
                    views.reach(cursor, *follower.reached)
                return len(facts)
        except BaseException:
            self._follower = None  # it may be ahead of what was committed
            raise

    def _following(self, cursor: Cursor[Any]) -> Follower:
        found = views.live(cursor, locked=True)
        assert found is not None
        keeping.fitting(found)
        if self._follower is None or self._follower.reached != _reached(found):
            self._follower = Follower(
                self._ledger.log, found, learners_max=self._settings.engine_learners_cached_max
            )
        return self._follower

    def _due_before(self, cursor: Cursor[Any], follower: Follower, until: datetime) -> int:
        due_at = _next_due(cursor)
        return follower.emit_due(cursor, until) if due_at and due_at <= until else 0

    def _wait(self, connection: Connection[Any]) -> None:
        """Wait for the log to go on, or for the next due time."""
        follower = self._follower
        if follower is None:
            return
        _, position, _ = follower.reached
        timeout_s = WAIT_S_MAX
        with connection.cursor() as cursor:
            due_at = _next_due(cursor)
        if due_at is not None:
            # Not due_at + margin: "valid until 9999-12-31" would pass the end of time.
            left = (due_at - self._clock() + self._margin).total_seconds()
            timeout_s = min(timeout_s, max(left, 0.01))
        self._ledger.log.wait(position, timeout_s=timeout_s)


def _reached(found: Generation) -> tuple[int, Position, datetime]:
    return found.generation, found.position, found.clock


def _next_due(cursor: Cursor[Any]) -> datetime | None:
    cursor.execute(statements.query("next_due"))
    row = cursor.fetchone()
    due_at: datetime | None = row[0] if row else None
    return due_at
