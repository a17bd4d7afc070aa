"""The eventsourcing library's recorder, on our table: binary COPY under the append lock.

Insert order is commit order: whoever appends holds the lock until it has committed, so a reader
who tails the log by position never passes over a gap that is filled later. Never turn on the
library's POSTGRES_ENABLE_DB_FUNCTIONS: its insert function takes no lock, and tailing readers
lose facts (tests/contract/test_visibility_gap.py shows the case).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from struct import Struct
from typing import Any, NamedTuple, Self
from uuid import UUID

import psycopg
import uuid_utils
from eventsourcing.persistence import (
    InterfaceError,
    Notification,
    OperationalError,
    StoredEvent,
)
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import retry
from psycopg import Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from ledger.clock import Clock, utc_now
from ledger.store import seal
from ledger.store.copying import HEADER, TRAILER, Target, copy_packed

SCHEMA = "ledger"
TABLE = "facts"
CHANNEL = "mastery_facts"  # every committed append is announced here
APPEND_LOCK = 0x6D61_7374_6572_7A  # held from the first look at the head until the commit
_LOCK = b"SELECT pg_advisory_xact_lock(%d)" % APPEND_LOCK
_HEAD = b"SELECT position, recorded_at FROM ledger.facts ORDER BY position DESC LIMIT 1"
# Statements that go together in one round trip each; every one has a snapshot of its own, so
# the head is read after the lock was granted.
_BEGIN = b"BEGIN; " + _LOCK + b"; " + _HEAD
_COMMIT = b"NOTIFY " + CHANNEL.encode() + b"; COMMIT"
# Some 250 rows: PostgreSQL takes them in while the next are laid out.
_PACKED_PARTS = 2_000
COLUMNS = (
    "position", "originator_id", "originator_version", "topic", "state",
    "fact_id", "provider", "recorded_at", "mac",
)  # fmt: skip

# The columns' binary layout, each value behind its length (PostgreSQL, COPY, "Binary Format").
_PLACE = Struct(">hiqi16siqi")  # position, stream, version, and the length of the topic
_ID = Struct(">i16s")
_LENGTH = Struct(">i")
_END = Struct(">iqi")  # recorded_at, and the length of the mac
_NULL = _LENGTH.pack(-1)


class Head(NamedTuple):
    """The end of the log: last position (0 when empty) and its recorded_at in microseconds."""

    position: int
    recorded_at_us: int


class Row(NamedTuple):
    """A fact ready to be stored; its place is given under the lock."""

    stream: bytes
    version: int
    topic: str
    state: bytes
    fact_id: bytes
    provider: bytes | None


class LedgerDatastore(PostgresDatastore):
    """The library's connection pool, from a connection string, as the application's role."""

    @classmethod
    def open(cls, conninfo: str, *, role: str | None = "mastery_app", pool_size: int = 2) -> Self:
        """Make a pool; `role` is taken on by every connection (None: stay who you are)."""
        parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value}
        store = cls(
            dbname=parts.get("dbname", ""),
            host=parts.get("host", ""),
            port=parts.get("port", ""),
            user=parts.get("user", ""),
            password=parts.get("password", ""),
            pool_size=pool_size,
            max_overflow=pool_size * 4,
            schema=SCHEMA,
        )
        # The library passes on five parameters; a connection string may hold more (sslmode).
        if role:
            parts["options"] = f"{parts.get('options', '')} -c role={role}".strip()
        store.pool.kwargs = {**parts, "row_factory": dict_row}
        return store


class LedgerRecorder(PostgresApplicationRecorder):
    """Appends with explicit, gap-free positions; passes the library's own recorder suites."""

    def __init__(
        self,
        datastore: PostgresDatastore,
        *,
        events_table_name: str = TABLE,
        authenticate: Callable[[bytes], bytes] = lambda _header: b"",
        clock: Clock = utc_now,
    ) -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self.channel_name = CHANNEL
        self._authenticate = authenticate
        self._clock = clock
        self._target = Target(datastore.schema, events_table_name, COLUMNS)
        # Our schema comes from migrations; the library creates none of it.
        self.sql_create_statements.clear()
        self.datastore.db_type_names.clear()
        table = SQL("{}.{}").format(Identifier(datastore.schema), Identifier(events_table_name))
        self.max_notification_id_statement = SQL("SELECT MAX(position) FROM {}").format(table)
        self.select_events_statement = SQL(
            "SELECT originator_id, originator_version, topic, state FROM {} WHERE originator_id = %s"
        ).format(table)

    # -- appending --------------------------------------------------------------------------

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Append events in one transaction and give their positions.

        Raises:
            IntegrityError: a version of a stream is taken.
        """
        if not stored_events:
            return None
        rows = [
            Row(
                _uuid_bytes(event.originator_id), event.originator_version, event.topic,
                event.state, uuid_utils.uuid7().bytes, None,
            )
            for event in stored_events
        ]  # fmt: skip
        with self.datastore.cursor() as cursor, self.appending(cursor) as head:
            self.append(cursor, head, rows)
        return list(range(head.position + 1, head.position + 1 + len(rows)))

    @contextmanager
    def appending(self, cursor: Cursor[Any]) -> Generator[Head]:
        """Hold the append lock in a transaction that ends committed and announced, or not at all.

        The connection must be in autocommit mode. Gives the head of the log.

        Raises:
            psycopg.Error: the server failed; whether it committed is not known.
        """
        try:
            yield self._begin(cursor)
            _commit(cursor)
        except BaseException:
            with suppress(psycopg.Error):
                cursor.execute(b"ROLLBACK")
            raise

    def append(self, cursor: Cursor[Any], head: Head, rows: Sequence[Row]) -> int:
        """COPY rows after `head` (the lock must be held); give recorded_at in microseconds.

        One recorded_at for the batch; it never goes back, even where the clock does.
        """
        recorded_at_us = max(seal.microseconds(self._clock()), head.recorded_at_us)
        copy_packed(cursor, self._target, self._packed(head.position, recorded_at_us, rows))
        return recorded_at_us

    def _begin(self, cursor: Cursor[Any]) -> Head:
        cursor.execute(_BEGIN)
        cursor.nextset()
        cursor.nextset()
        return _head(cursor)

    def _packed(self, position: int, recorded_at_us: int, rows: Sequence[Row]) -> Iterator[bytes]:
        """Lay out rows for COPY, piece by piece. Under the append lock, so no generic packing."""
        authenticate, place, end = self._authenticate, _PLACE.pack, _END.pack
        recorded_at = recorded_at_us.to_bytes(8, "big", signed=True)
        names: dict[str, bytes] = {}
        parts = [HEADER]
        for stream, version, topic, state, fact_id, provider in rows:
            if len(parts) > _PACKED_PARTS:
                yield b"".join(parts)
                parts.clear()
            position += 1
            name = names.get(topic) or names.setdefault(topic, topic.encode())
            mac = authenticate(
                seal.header(
                    (position, stream, version, recorded_at),
                    bound=(fact_id, provider, name),
                    state=state,
                )
            )
            parts += (
                place(9, 8, position, 16, stream, 8, version, len(name)),
                name,
                _LENGTH.pack(len(state)),
                state,
                _ID.pack(16, fact_id),
                _ID.pack(16, provider) if provider else _NULL,
                end(8, recorded_at_us, len(mac)),
                mac,
            )
        parts.append(TRAILER)
        yield b"".join(parts)

    # -- reading, in the library's terms ----------------------------------------------------

    def create_table(self) -> None:
        """Do nothing: `migrations.migrate` made the table, as the owner."""

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Read the log from a position on, oldest first."""
        first = (start or 0) if inclusive_of_start or start is None else start + 1
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT position, originator_id, originator_version, topic, state"
                "  FROM ledger.facts"
                " WHERE position >= %s AND (%s::bigint IS NULL OR position <= %s)"
                "   AND (%s::text[] IS NULL OR topic = ANY(%s))"
                " ORDER BY position LIMIT %s",
                (first, stop, stop, list(topics) or None, list(topics), limit),
            )
            return [
                Notification(
                    id=row["position"],
                    originator_id=row["originator_id"],
                    originator_version=row["originator_version"],
                    topic=row["topic"],
                    state=bytes(row["state"]),
                )
                for row in cursor.fetchall()
            ]


def _uuid_bytes(stream: UUID | str) -> bytes:
    return stream.bytes if isinstance(stream, UUID) else UUID(stream).bytes


def _commit(cursor: Cursor[Any]) -> None:
    cursor.execute(_COMMIT)
    cursor.nextset()
    if cursor.statusmessage != "COMMIT":
        raise psycopg.InternalError(f"the append ended in {cursor.statusmessage}")


def _head(cursor: Cursor[Any]) -> Head:
    row = cursor.fetchone()
    if row is None:
        return Head(0, 0)
    return Head(row["position"], seal.microseconds(row["recorded_at"]))
