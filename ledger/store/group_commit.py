"""Group commit: one thread appends; what arrives while it works shares the next transaction.

A caller is answered only after the commit. When PostgreSQL goes away in the middle, the thread
waits for it, asks the log whether the group landed, and goes on; a caller never hears "done"
of something that is not in the log, nor is anything written twice.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any, NamedTuple, Self

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Identifier

from ledger.errors import LedgerError, RefusedError, StoreUnavailableError
from ledger.store.appending import Appender, Outcome
from ledger.store.database import AWAY, said
from ledger.store.deciding import Refusal
from ledger.store.recorder import LedgerRecorder
from ledger.store.tasks import Task

_log = logging.getLogger(__name__)
_RETRY_PAUSE_S = 0.1
_UNSURE = (
    "PostgreSQL does not answer; send again: what was recorded already comes back as a duplicate"
)


class _Order(NamedTuple):
    """The tasks of one caller, answered together; `weight` is how many others they cost."""

    tasks: Sequence[Task]
    future: Future[list[Outcome]]
    weight: int


class GroupCommit:
    """A queue with one writer thread; thread-safe."""

    def __init__(
        self, conninfo: str, recorder: LedgerRecorder, appender: Appender, *,
        items_max: int, retry_s: float,
    ) -> None:  # fmt: skip
        self._conninfo, self._recorder, self._appender = conninfo, recorder, appender
        self._items_max, self._retry_s = items_max, retry_s
        self._orders: deque[_Order] = deque()
        self._changed = Condition()
        self._closing = False
        self._connection: psycopg.Connection[Any] | None = None
        self._thread = Thread(target=self._run, name="ledger-writer", daemon=True)

    def __enter__(self) -> Self:
        self._connect()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Append what is queued, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._connection is not None:
            self._connection.close()

    def submit(self, tasks: Sequence[Task], *, weight: int = 0) -> Future[list[Outcome]]:
        """Queue tasks; the future resolves after their commit.

        They count as many, against the most that share a transaction, or as `weight` if that is
        more. The future raises StoreUnavailableError if PostgreSQL stays away.
        """
        future: Future[list[Outcome]] = Future()
        if not tasks:
            future.set_result([])
            return future
        with self._changed:
            if self._closing:
                raise StoreUnavailableError("the ledger is shutting down; nothing was recorded")
            self._orders.append(_Order(tasks, future, max(len(tasks), weight)))
            self._changed.notify()
        return future

    # -- the writer thread ------------------------------------------------------------------

    def _run(self) -> None:
        while orders := self._next():
            # A caller may have given up (its connection went away); one that has not by now is
            # answered, since an answer to a cancelled future would end this thread.
            asking = [one for one in orders if one.future.set_running_or_notify_cancel()]
            tasks = [task for order in asking for task in order.tasks]
            try:
                outcomes = self._outcomes(tasks) if tasks else []
            except Exception as error:  # noqa: BLE001  every caller hears of it, and the thread lives
                _log.error("append failed: %s (%s)", error, said(error.__cause__))
                for order in asking:
                    order.future.set_exception(error)
                continue
            start = 0
            for order in asking:
                order.future.set_result(outcomes[start : start + len(order.tasks)])
                start += len(order.tasks)

    def _outcomes(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Append a group; if it cannot be appended, find the task that is to blame by halving.

        Raises:
            StoreUnavailableError: PostgreSQL stays away.
        """
        try:
            return self._append(tasks)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it is one task's
            self._appender.forget()
            if len(tasks) == 1:
                _log.exception("an item cannot be appended")
                return [Refusal(_as_ledger_error(error))]
        middle = len(tasks) // 2
        return [*self._outcomes(tasks[:middle]), *self._outcomes(tasks[middle:])]

    def _next(self) -> list[_Order]:
        """Take all that is queued, up to the limit (but at least one order); [] ends the thread."""
        with self._changed:
            while not self._orders and not self._closing:
                self._changed.wait()
            taken: list[_Order] = []
            count = 0
            while self._orders and (not taken or count + self._orders[0].weight <= self._items_max):
                taken.append(self._orders.popleft())
                count += taken[-1].weight
            return taken

    def _append(self, tasks: Sequence[Task]) -> list[Outcome]:
        deadline = time.monotonic() + self._retry_s
        unsure = False
        while True:
            try:
                if self._connection is None:
                    self._connect()
                assert self._connection is not None
                if unsure:
                    self._settle(self._connection)
                outcomes = self._appender.append(self._connection, tasks)
            except AWAY as error:
                self._drop()
                unsure = True
                if time.monotonic() > deadline:
                    raise StoreUnavailableError(_UNSURE) from error
                time.sleep(_RETRY_PAUSE_S)
            except psycopg.Error:
                self._drop()
                raise
            else:
                return outcomes

    def _settle(self, connection: psycopg.Connection[Any]) -> None:
        """Wait until a broken transaction has ended, one way or the other.

        If it landed, appending "again" finds its receipts: every item comes back as the
        duplicate that it is, with the same evidence and position.
        """
        with connection.cursor() as cursor, self._recorder.appending(cursor):
            pass

    def _connect(self) -> None:
        try:
            connection = psycopg.Connection[DictRow].connect(
                self._conninfo, autocommit=True, row_factory=dict_row, prepare_threshold=None,
                connect_timeout=5,
            )  # fmt: skip
        except psycopg.OperationalError as error:
            if self._thread.is_alive():
                raise
            raise StoreUnavailableError("PostgreSQL does not answer") from error
        self._connection = connection
        # Every look-up is a few index probes. Left to itself, the planner reads a whole index to
        # merge with 500 names, on statistics of a table that has just begun to grow: 40 times as
        # long at 20,000 receipts, and longer with every batch.
        for way in ("seqscan", "mergejoin", "hashjoin"):
            connection.execute(SQL("SET {} = off").format(Identifier(f"enable_{way}")))

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._appender.forget()


def _as_ledger_error(error: Exception) -> LedgerError:
    if isinstance(error, LedgerError):
        return error
    if isinstance(error, UnicodeError | psycopg.DataError):
        return RefusedError(f"it cannot be stored: {error}")
    return LedgerError(f"it could not be appended ({type(error).__name__}); see the log")
