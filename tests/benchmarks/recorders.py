"""The recorder against a bare binary COPY loop and against the library's own, in one run."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from statistics import median
from typing import NamedTuple
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from ledger.store import migrations
from ledger.store.keys import MasterKey
from ledger.store.recorder import LedgerDatastore, LedgerRecorder
from tests.benchmarks.table import Line

FACTS = 10_000
SO_SNDBUFFORCE = 32  # Linux; the socket module has no name for it
ROUNDS = 5
STATE_BYTES = 600
BATCHES = (100, 5_000)
COPY = "COPY ledger.facts FROM STDIN (FORMAT BINARY)"
TYPES = ["int8", "uuid", "int8", "text", "bytea", "uuid", "uuid", "timestamptz", "bytea"]
TOPIC = "mastery.evidence-recorded.v1"

SEND_BUFFER_BYTES = 32 * 1024 * 1024
"""The library's recorder sends a batch as a psycopg pipeline. Where the last of one does not fit
into the socket at once, psycopg 3.3 waits for ever (`_pipeline_communicate` takes no notice of
what `flush` says), which a busy machine shows from batches of 1,000 on. With room for all of it
in the socket, the library is measured at its best."""

Batch = list[StoredEvent]


class _Rates(NamedTuple):
    """Facts per second of the three, over one round."""

    ours: float
    bare: float
    library: float


def measure(owner: str) -> list[Line]:
    """Measure in an empty database; the three take turns, so that noise falls on all."""
    migrations.migrate(owner)
    lines: list[Line] = []
    with LedgerDatastore.open(owner) as datastore, _library(owner) as libraries:
        ours = LedgerRecorder(datastore, authenticate=MasterKey(os.urandom(32)).header_mac)
        library = PostgresApplicationRecorder(libraries, events_table_name="library_events")
        library.create_table()
        with psycopg.connect(owner, autocommit=True) as connection:
            for size in BATCHES:
                rounds = [_round(size, ours, library, connection) for _ in range(ROUNDS)]
                lines += _lines(size, rounds)
    return lines


def _round(
    size: int, ours: LedgerRecorder, library: PostgresApplicationRecorder,
    connection: psycopg.Connection[object],
) -> _Rates:  # fmt: skip
    return _Rates(
        _rate(size, ours.insert_events),
        _rate(size, _bare(connection)),
        _rate(size, library.insert_events),
    )


def _rate(size: int, append: Callable[[Batch], object]) -> float:
    state = os.urandom(STATE_BYTES)
    batches = [
        [StoredEvent(uuid4(), 1, TOPIC, state) for _ in range(size)] for _ in range(FACTS // size)
    ]
    started = time.perf_counter()
    for batch in batches:
        append(batch)
    return FACTS / (time.perf_counter() - started)


def _bare(connection: psycopg.Connection[object]) -> Callable[[Batch], None]:
    row = connection.execute("SELECT coalesce(max(position), 0) FROM ledger.facts").fetchone()
    assert isinstance(row, tuple)
    positions = count(row[0] + 1)

    def append(batch: Sequence[StoredEvent]) -> None:
        now = datetime.now(UTC)
        with connection.transaction(), connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for event in batch:
                copy.write_row(
                    (
                        next(positions), event.originator_id, event.originator_version, event.topic,
                        event.state, event.originator_id, None, now, bytes(16),
                    )
                )  # fmt: skip

    return append


@contextmanager
def _library(owner: str) -> Generator[PostgresDatastore]:
    parts = {name: str(value) for name, value in conninfo_to_dict(owner).items() if value}
    store = PostgresDatastore(
        dbname=parts.get("dbname", ""),
        host=parts.get("host", ""),
        port=parts.get("port", ""),
        user=parts.get("user", ""),
        password=parts.get("password", ""),
        schema="public",
        pool_size=1,
        max_overflow=0,
    )
    with store:
        with store.get_connection() as connection:
            _widen(connection.pgconn.socket)
        yield store


def _widen(descriptor: int) -> None:
    """Give a socket a large send buffer: beyond the system's limit as root, else up to it."""
    with socket.socket(fileno=os.dup(descriptor)) as held:
        try:
            held.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES)
        except PermissionError:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)


def _lines(size: int, rounds: Sequence[_Rates]) -> list[Line]:
    part, facts = "recorder", f"batches of {size:,}"
    share = median(one.ours / one.bare for one in rounds)
    times = median(one.ours / one.library for one in rounds)
    return [
        Line(part, f"{facts}: ours", median(one.ours for one in rounds), "facts/s"),
        Line(part, f"{facts}: bare COPY loop", median(one.bare for one in rounds), "facts/s"),
        Line(part, f"{facts}: the library's", median(one.library for one in rounds), "facts/s"),
        Line(part, f"{facts}: ours / bare COPY", share, "times", 0.6),
        Line(part, f"{facts}: ours / the library's", times, "times", 4.0),
    ]
