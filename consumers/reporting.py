"""What every process does, kept in one table: how the page of operations knows of all machines.

Each process writes its own row every few seconds and takes it away when it ends; one that was
killed or froze is known by the age of its row. Numbers about machines only, as in `metrics`.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg import Connection
from psycopg.types.json import Json

from consumers import metrics, outbox, statements
from ledger.errors import StoreUnavailableError
from projections import views

_log = logging.getLogger(__name__)

EVERY_S = 2.0
SILENT_S = 10.0
"""A row older than this is of a process that was killed, froze, or lost PostgreSQL."""
KEPT_S = 86_400


class Number(msgspec.Struct, frozen=True):
    """A metric's value under its labels; what grows has a rate since the report before."""

    name: str
    labels: dict[str, str]
    value: float
    per_s: float | None = None


class Process(NamedTuple):
    """What one process said last."""

    process: UUID
    part: str
    host: str
    pid: int
    started_at: datetime
    silent_s: float
    numbers: list[Number]

    @property
    def is_silent(self) -> bool:
        """Whether it should have said something since."""
        return self.silent_s > SILENT_S

    def leads(self) -> bool | None:
        """Whether it works or stands by; None for parts of which all work."""
        found = [one.value for one in self.numbers if one.name.endswith("_leads")]
        return bool(found[0]) if found else None

    def total(self, name: str, **labels: str) -> float | None:
        """Add up a metric over its labels, or those given; None where it says nothing."""
        found = [one.value for one in self.numbers if _is(one, name, labels)]
        return sum(found) if found else None

    def rate(self, name: str) -> float | None:
        """Add up how fast a metric grows."""
        found = [one.per_s for one in self.numbers if one.name == name and one.per_s is not None]
        return sum(found) if found else None


def _is(one: Number, name: str, labels: dict[str, str]) -> bool:
    return one.name == name and labels.items() <= one.labels.items()


@contextmanager
def reporting(conninfo: str, part: str, *, every_s: float = EVERY_S) -> Generator[None]:
    """Report what this process does while the context lasts."""
    stop = Event()
    reporter = _Reporter(conninfo, part, every_s)
    thread = Thread(target=reporter.run, args=(stop,), name="reporting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(every_s + outbox.CONNECT_S)


def read(connection: Connection[Any]) -> list[Process]:
    """Give what every process said last, by part."""
    try:
        rows = connection.execute(statements.query("processes")).fetchall()
    except psycopg.errors.UndefinedTable:
        return []  # none ever reported
    return [
        Process(
            process, part, host, pid, started_at, float(silent_s),
            msgspec.convert(numbers, list[Number]),
        )
        for process, part, host, pid, started_at, silent_s, numbers in rows
    ]  # fmt: skip


class _Reporter:
    """Writes one process's row; used by one thread."""

    def __init__(self, conninfo: str, part: str, every_s: float) -> None:
        self._conninfo, self._part, self._every_s = conninfo, part, every_s
        self._process = uuid4()
        self._before: dict[tuple[str, metrics.Labels], float] = {}
        self._before_at = time.monotonic()

    def run(self, stop: Event) -> None:
        while not stop.is_set():
            try:
                with outbox.connected(self._conninfo) as connection:
                    self._begin(connection)
                    while not stop.is_set():
                        self._report(connection)
                        stop.wait(self._every_s)
                    connection.execute(statements.query("leave"), {"process": self._process})
            except (StoreUnavailableError, psycopg.Error) as error:
                _log.debug("not reported: %s", error)
                stop.wait(self._every_s)

    def _begin(self, connection: Connection[Any]) -> None:
        with connection.transaction(), connection.cursor() as cursor:
            views.in_turn(cursor)
            cursor.execute(statements.query("make_processes"))
        connection.execute(statements.query("forget_processes"), {"kept_s": KEPT_S})

    def _report(self, connection: Connection[Any]) -> None:
        """Write the row anew, also where it was forgotten while this process was frozen."""
        me = {
            "process": self._process, "part": self._part, "host": socket.gethostname(),
            "pid": os.getpid(), "numbers": Json(msgspec.to_builtins(self._numbers())),
        }  # fmt: skip
        connection.execute(statements.query("report"), me)

    def _numbers(self) -> Sequence[Number]:
        now = time.monotonic()
        took_s, self._before_at = max(now - self._before_at, 1e-6), now
        found: list[Number] = []
        for metric in metrics.ALL:
            for labels, value in metric.values():
                key = metric.name, labels
                grows = metric.kind == "counter"
                per_s = (value - self._before.get(key, 0.0)) / took_s if grows else None
                self._before[key] = value
                found.append(Number(metric.name, dict(labels), value, per_s))
        return found
