"""Who keeps the live views: engines or workers (consumers.worker), never both at once.

Both write the same rows and the same feed, each from a position of its own: together they would
tell changes twice. So each holds a shared lock of its kind while its session lasts, and takes it
only where nobody holds the other kind's. What workers have kept, partition by partition, an
engine takes over by a rebuild.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from psycopg import Connection, Cursor

from ledger.domain.ids import Position
from ledger.errors import LedgerError
from projections import statements, views
from projections.views import Generation

Kind = Literal["engine", "workers"]
RETRY_S = 5.0
"""How often one that may not keep the views asks again."""

_TURN = 0x6D61_7374_6B65_65
_LOCKS: dict[Kind, int] = {"engine": _TURN + 1, "workers": _TURN + 2}
_OTHER: dict[Kind, Kind] = {"engine": "workers", "workers": "engine"}


class KeptByOthersError(LedgerError):
    """The other kind keeps the live views, and this one must not."""

    def __init__(self, kind: Kind) -> None:
        other = _OTHER[kind]
        super().__init__(
            f"the live views are kept by the {other} now, and not by the {kind}: "
            "stop one of the two (docs/operations.md, `Growing`)"
        )
        self.expected, self.found = kind, other


class OtherShapeError(LedgerError):
    """The live views are another version's of the program, and this one must not write them."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"the live views have shape {found} and this program keeps {views.SHAPE}: another version "
            "runs here; stop one of the two (docs/operations.md, `Upgrading`)"
        )
        self.expected, self.found = views.SHAPE, found


def fitting(live: Generation) -> Generation:
    """Give a live generation that this program may write.

    Raises:
        OtherShapeError: it is another version's.
    """
    if live.shape != views.SHAPE:
        raise OtherShapeError(live.shape)
    return live


def claim(connection: Connection[Any], kind: Kind) -> None:
    """Keep the live views as one of a kind, until the session ends; twice is once.

    Raises:
        KeptByOthersError: the other kind keeps them.
    """
    with connection.transaction(), connection.cursor() as cursor:
        # In turn: two that ask at the same moment must not each find the other's lock.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_TURN,))
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCKS[_OTHER[kind]],))
        if cursor.fetchone() != (True,):
            raise KeptByOthersError(kind)
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", (_LOCKS[kind],))


def kept_by(connection: Connection[Any]) -> Kind | None:
    """Say who keeps the live views now; None: nobody."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_TURN,))
        for kind, lock in _LOCKS.items():
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (lock,))
            if cursor.fetchone() != (True,):
                return kind
    return None


def kept_by_workers(connection: Connection[Any], generation: int) -> bool:
    """Say whether workers kept a generation, each partition as far as it got."""
    with connection.cursor() as cursor:
        return _furthest(cursor, generation) is not None


def levelled(cursor: Cursor[Any], live: Generation) -> Generation:
    """Give a locked live generation as far as the worker that got furthest.

    A rebuild that ended before what one worker has told would tell it once more, and take it back
    in between.
    """
    found = _furthest(cursor, live.generation)
    if found is None:
        return live
    position, clock = found
    return live._replace(position=max(position, live.position), clock=max(clock, live.clock))


def _furthest(cursor: Cursor[Any], generation: int) -> tuple[Position, datetime] | None:
    cursor.execute("SELECT to_regclass('views.work')")
    if cursor.fetchone() == (None,):
        return None  # no worker ever ran
    cursor.execute(statements.script("furthest"), {"generation": generation})
    row = cursor.fetchone()
    return (Position(row[0]), row[1]) if row is not None else None
