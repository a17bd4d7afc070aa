"""The read models in PostgreSQL: one live generation, and perhaps one under construction.

Readers use the plain names (views.mastery, ...), which always mean the live generation whole.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection, Cursor

from ledger.domain.ids import Position
from ledger.errors import StoreUnavailableError
from ledger.store.database import AWAY
from projections import statements

SHAPE = 7
"""Of the tables and of what the folds put into them; another number calls for a rebuild."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_PREPARE_LOCK = 0x6D61_7374_6572_7B


class Generation(NamedTuple):
    """How far one generation of the views is."""

    generation: int
    shape: int
    position: Position
    clock: datetime


@contextmanager
def connected(conninfo: str) -> Generator[Connection[Any]]:
    """Connect as the service's role, for writing or reading views.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer, or went away.
    """
    try:
        # Plans are made anew each time: one prepared on an empty table would scan a full one.
        with psycopg.connect(conninfo, autocommit=True, prepare_threshold=None) as connection:
            yield connection
    except AWAY as error:
        raise StoreUnavailableError("PostgreSQL does not answer") from error


def prepare(connection: Connection[Any]) -> Generation:
    """Make what is missing and give the live generation: a new, empty one if there is none."""
    with connection.transaction(), connection.cursor() as cursor:
        ensure_shared(cursor)
        found = live(cursor)
        if found is None:
            number = begin(cursor, "live", position=Position(0), clock=BEGINNING)
            cursor.execute(statements.script("generation_keys", generation=number))
            cursor.execute(statements.script("switch", generation=number))
            found = Generation(number, SHAPE, Position(0), BEGINNING)
        return found


def in_turn(cursor: Cursor[Any]) -> None:
    """Let whoever makes tables do so one after the other, until the transaction ends.

    CREATE TABLE IF NOT EXISTS fails where two find the table missing at the same moment.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_PREPARE_LOCK,))


def ensure_shared(cursor: Cursor[Any]) -> None:
    """Make what outlives a generation, unless it is there; in turn."""
    in_turn(cursor)
    # Looked up first, since IF NOT EXISTS writes a notice for each thing that exists.
    cursor.execute(statements.query("is_shared"))
    row = cursor.fetchone()
    if row is None or not row[0]:
        cursor.execute(statements.script("shared"))


def begin(cursor: Cursor[Any], status: str, *, position: Position, clock: datetime) -> int:
    """Make the tables of a new generation, without keys; give its number."""
    cursor.execute(
        statements.query("begin_generation"),
        {"status": status, "shape": SHAPE, "position": position, "clock": clock},
    )
    row = cursor.fetchone()
    assert row is not None
    number = int(row[0])
    cursor.execute(statements.script("generation", generation=number))
    return number


def live(cursor: Cursor[Any], *, locked: bool = False) -> Generation | None:
    """Give the live generation; locked, nobody else writes the views until the transaction ends."""
    if not locked:
        return _one(cursor, "live")
    found = _one(cursor, "live_locked")
    # Whoever waited for the lock while a rebuild switched finds that row gone, and sees the new
    # one only in a statement of its own.
    return found if found is not None else _one(cursor, "live_locked")


def building(cursor: Cursor[Any]) -> Generation | None:
    """Give the generation under construction."""
    return _one(cursor, "building")


def reach(cursor: Cursor[Any], generation: int, position: Position, clock: datetime) -> None:
    """Note how far a generation is; in the transaction that wrote it so far."""
    cursor.execute(
        statements.query("reach"), {"generation": generation, "position": position, "clock": clock}
    )


def discard(cursor: Cursor[Any], generation: int) -> None:
    """Drop a generation's tables and forget it."""
    cursor.execute(statements.script("drop", generation=generation))
    cursor.execute(statements.query("forget_generation"), {"generation": generation})


def switch(cursor: Cursor[Any], generation: int, old: Generation | None) -> None:
    """Make a generation live and drop the one before it."""
    if old is not None:
        cursor.execute(statements.query("forget_generation"), {"generation": old.generation})
    cursor.execute(statements.query("make_live"), {"generation": generation})
    if old is not None and old.shape != SHAPE:
        cursor.execute(statements.script("drop_names"))
    cursor.execute(statements.script("switch", generation=generation))
    if old is not None:
        cursor.execute(statements.script("drop", generation=old.generation))


def last_sequence(cursor: Cursor[Any]) -> int:
    """Give the sequence number of the last change in the feed; 0 if there is none."""
    cursor.execute(statements.query("last_sequence"))
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _one(cursor: Cursor[Any], name: str) -> Generation | None:
    cursor.execute(statements.query(name))
    row = cursor.fetchone()
    return Generation._make(row) if row else None
