"""The log and the feed of changes as the machines downstream need them: in order, past a position.

Read without opening any body: the relay holds no key, and could not leak what it cannot read.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg import Connection

from consumers import statements
from consumers.wire import FactData
from ledger.errors import StoreUnavailableError
from ledger.store.database import AWAY
from ledger.store.reader import REFERENCE_TOPICS
from ledger.store.recorder import CHANNEL as FACTS_CHANNEL
from projections.feed import FeedEntry

BODY_BYTES_MAX = 512 * 1024  # below Kafka's limit of a message; larger bodies are asked for
CHANGES_CHANNEL = "mastery_changes"
CONNECT_S = 5


@contextmanager
def connected(conninfo: str) -> Generator[Connection[Any]]:
    """Connect in the service's role.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer, or went away.
    """
    try:
        with psycopg.connect(
            conninfo, autocommit=True, prepare_threshold=None, connect_timeout=CONNECT_S
        ) as connection:
            yield connection
    except AWAY as error:
        raise StoreUnavailableError("PostgreSQL does not answer") from error


def facts_after(connection: Connection[Any], after: int, *, limit: int) -> list[FactData]:
    """Read on in the log."""
    parameters = {
        "after": after, "limit": limit, "open": REFERENCE_TOPICS, "body_bytes_max": BODY_BYTES_MAX,
    }  # fmt: skip
    rows = connection.execute(statements.query("facts_after"), parameters, binary=True)
    return [
        FactData(
            position, stream, version, topic, recorded_at, fact_id, provider,
            None if body is None else msgspec.Raw(body),
        )
        for position, stream, version, topic, recorded_at, fact_id, provider, body in rows
    ]  # fmt: skip


def changes_after(connection: Connection[Any], after: int, *, limit: int) -> list[FeedEntry]:
    """Read on in the feed; [] as long as there is none, or none of this version."""
    try:
        rows = connection.execute(
            statements.query("changes_after"), {"after": after, "limit": limit}, binary=True
        )
        names = FeedEntry.__struct_fields__
        return [FeedEntry(**dict(zip(names, row, strict=True))) for row in rows]
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return []  # no engine of this version has run yet


def facts_head(connection: Connection[Any]) -> int:
    """Give the log's last position; 0 when it is empty."""
    return _number(connection, "facts_head")


def changes_head(connection: Connection[Any]) -> int:
    """Give the feed's last sequence number; 0 when it is empty."""
    try:
        return _number(connection, "changes_head")
    except psycopg.errors.UndefinedTable:
        return 0


def listen(connection: Connection[Any], *channels: str) -> None:
    """Hear of what is appended, from now on."""
    for channel in channels or (FACTS_CHANNEL, CHANGES_CHANNEL):
        connection.execute(b"LISTEN " + channel.encode())


def wait(connection: Connection[Any], *, timeout_s: float) -> None:
    """Wait until something was appended since the last wait, or the time is over."""
    for _ in connection.notifies(timeout=timeout_s, stop_after=1):
        pass


def _number(connection: Connection[Any], name: str) -> int:
    row = connection.execute(statements.query(name)).fetchone()
    assert row is not None
    return int(row[0])
