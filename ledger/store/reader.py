"""Reading the log: by position, by stream, by learner, as of a moment."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from ledger.domain.catalogue import CATALOGUE, SEALED_TOPICS, TOPICS, Recorded
from ledger.domain.facts import LearnerErased, LearnerRegistered
from ledger.domain.ids import Position
from ledger.store import mismatches, seal
from ledger.store.database import borrowed
from ledger.store.keys import DATA_KEYS_KEPT_S, MasterKey
from ledger.store.mapper import COLUMNS, Mapper, Row
from ledger.store.recorder import CHANNEL

LEARNER_TOPICS = frozenset(kind.TOPIC for kind in CATALOGUE if kind.STREAM == "learner")
REFERENCE_TOPICS = [one for one in TOPICS if one not in LEARNER_TOPICS | SEALED_TOPICS]

_AFTER = (
    f"SELECT {COLUMNS} FROM ledger.facts"  # noqa: S608  constants
    " WHERE position > %s AND position <= %s ORDER BY position LIMIT %s"
)
_AFTER_OF_TOPICS = (
    f"SELECT {COLUMNS} FROM ledger.facts"  # noqa: S608  constants
    " WHERE position > %s AND position <= %s AND topic = ANY(%s) ORDER BY position LIMIT %s"
)
_IN_CLEAR = (
    f"SELECT {COLUMNS} FROM ledger.facts"  # noqa: S608  constants
    " WHERE position > %s AND position <= %s AND substring(state, 1, 1) <> '\\x01'::bytea"
    " AND topic <> 'mastery.learner-erased.v1' ORDER BY position"
)
_STREAM = (
    f"SELECT {COLUMNS} FROM ledger.facts"  # noqa: S608  constants
    " WHERE originator_id = %s AND originator_version > %s AND position <= %s"
    " ORDER BY originator_version"
)
_BY_STREAM = (
    f"SELECT {COLUMNS} FROM ledger.facts"  # noqa: S608  constants
    " WHERE originator_id > %s AND (%s::uuid IS NULL OR originator_id <= %s) AND position <= %s"
    " ORDER BY originator_id, originator_version"
)
_PARTS = (  # the topic as the index facts_not_evidence_idx has it
    f"SELECT {COLUMNS} FROM ledger.facts WHERE position = ANY(%s)"  # noqa: S608  constants
    f" UNION ALL SELECT {COLUMNS} FROM ledger.facts WHERE originator_id = ANY(%s)"
    " AND position + 0 <= %s AND topic <> 'mastery.evidence-recorded.v1' ORDER BY 1"
)
_KEYS = (  # a key that a restored backup brought back opens nothing
    "SELECT uuid_send(owner), wrapped FROM ledger.data_keys WHERE owner = ANY(%s) AND NOT EXISTS"
    " (SELECT FROM ledger.facts WHERE originator_id = owner AND topic = %s"
    " AND topic <> 'mastery.evidence-recorded.v1')"  # as its index has it
)
_FACTS_AHEAD = 4_000  # small enough to be folded before the processor has forgotten it
_START: Position = Position(0)
_END: Position = Position(2**63 - 1)


class LogReader:
    """Opened and decoded facts; thread-safe."""

    def __init__(
        self,
        pool: ConnectionPool[psycopg.Connection[TupleRow]],
        keys: MasterKey,
        *,
        cached_max: int,
    ) -> None:
        self._pool, self._keys, self._mapper = pool, keys, Mapper(keys)
        self._data_keys: dict[bytes, bytes] = {}
        self._cached_max, self._keys_since_s = cached_max, time.monotonic()

    def head(self) -> Position:
        """Give the last position; 0 when the log is empty."""
        rows = self._rows("SELECT position FROM ledger.facts ORDER BY position DESC LIMIT 1", ())
        return Position(rows[0][0]) if rows else Position(0)

    def position_at(self, moment: datetime) -> Position:
        """Give the last position recorded at or before a moment; 0 if there is none."""
        # The first later position bounds it: recorded_at never falls as position grows.
        low, high = 0, int(self.head())
        while low < high:
            middle = (low + high + 1) // 2
            if self.recorded_at(Position(middle)) <= moment:
                low = middle
            else:
                high = middle - 1
        return Position(low)

    def recorded_at(self, position: Position) -> datetime:
        """Give the time at which the fact at a position was recorded.

        Raises:
            LookupError: there is no such position.
        """
        rows = self._rows("SELECT recorded_at FROM ledger.facts WHERE position = %s", (position,))
        if not rows:
            raise LookupError(f"no fact at position {position}")
        found: datetime = rows[0][0]
        return found

    def after(
        self, position: Position, *, limit: int, until: Position = _END,
        topics: Sequence[str] | None = None, verify_headers: bool = True,
    ) -> list[Recorded]:  # fmt: skip
        """Read on from a position, oldest first, at most `limit` facts."""
        if topics is None:
            rows = self._rows(_AFTER, (position, until, limit))
        else:
            rows = self._rows(_AFTER_OF_TOPICS, (position, until, list(topics), limit))
        return self._facts(rows, verify_headers=verify_headers)

    def stream(self, stream: UUID, *, past: int = 0, until: Position = _END) -> list[Recorded]:
        """Read one stream as it stood at a position: whole, or from past a version on."""
        if not past and stream.bytes in self._data_keys:
            self.holds_key(stream)
        return self._facts(self._rows(_STREAM, (stream, past, until)), verify_headers=True)

    def holds_key(self, owner: UUID) -> bool:
        """Say whether an owner can be read: the data key is there, and nobody erased them.

        A key that was destroyed is forgotten. One that a restored backup brought back opens nothing.
        """
        query = (
            "SELECT 1 FROM ledger.data_keys WHERE owner = %s AND NOT EXISTS"
            " (SELECT FROM ledger.facts WHERE originator_id = %s AND topic = %s"
            " AND topic <> 'mastery.evidence-recorded.v1')"  # as its index has it
        )
        if self._rows(query, (owner, owner, LearnerErased.TOPIC)):
            return True
        self._data_keys.pop(owner.bytes, None)
        return False

    def holds_of(self, learner: UUID, *, by: UUID) -> bool:
        """Say whether a provider has told something of a learner, erased or not."""
        query = "SELECT 1 FROM ledger.facts WHERE originator_id = %s AND provider = %s LIMIT 1"
        return bool(self._rows(query, (learner, by)))

    def is_learner(self, stream: UUID) -> bool:
        """Say whether a stream is a learner's, erased or not."""
        query = "SELECT 1 FROM ledger.facts WHERE originator_id = %s AND topic = %s LIMIT 1"
        return bool(self._rows(query, (stream, LearnerRegistered.TOPIC)))

    def streams(
        self, streams: Sequence[UUID], *,
        until: Position = _END, topics: Sequence[str] | None = None,
    ) -> dict[UUID, list[Recorded]]:  # fmt: skip
        """Read several streams in one round trip: whole, or only their facts of some topics."""
        query = (
            f"SELECT {COLUMNS} FROM ledger.facts"  # noqa: S608  constants
            " WHERE originator_id = ANY(%s) AND position + 0 <= %s"  # not by its index: all before it
            " AND (%s::text[] IS NULL OR topic = ANY(%s))"
            " ORDER BY originator_id, originator_version"
        )
        found: dict[UUID, list[Recorded]] = {stream: [] for stream in streams}
        wanted = None if topics is None else list(topics)
        rows = self._rows(query, (list(streams), until, wanted, wanted))
        for recorded in self._facts(rows, verify_headers=True):
            found[recorded.stream].append(recorded)
        return found

    def parts(
        self, streams: Sequence[UUID], positions: Sequence[int], *, until: Position
    ) -> dict[UUID, list[Recorded]]:
        """Read of several learners' streams the evidence at these positions, and all but evidence.

        In one round trip. What corrects or withdraws evidence that is not asked for comes along.
        """
        found: dict[UUID, list[Recorded]] = {stream: [] for stream in streams}
        rows = self._rows(_PARTS, (list(positions), list(streams), until))
        for recorded in self._facts(rows, verify_headers=True):
            found[recorded.stream].append(recorded)
        return found

    def since(self, streams: Sequence[UUID], *, after: Position, until: Position) -> list[Recorded]:
        """Read of some streams what comes after a position, oldest first."""
        query = (
            f"SELECT {COLUMNS} FROM ledger.facts"  # noqa: S608  constants
            " WHERE position > %s AND position <= %s AND originator_id = ANY(%s) ORDER BY position"
        )
        return self._facts(self._rows(query, (after, until, list(streams))), verify_headers=True)

    def at(self, positions: Sequence[int]) -> list[Recorded]:
        """Read the facts at these positions, oldest first."""
        query = (
            f"SELECT {COLUMNS} FROM ledger.facts"  # noqa: S608  constants
            " WHERE position = ANY(%s) ORDER BY position"
        )
        return self._facts(self._rows(query, (list(positions),)), verify_headers=True)

    def reference(self, *, after: Position = _START, until: Position = _END) -> list[Recorded]:
        """Read what is not about learners: providers, frameworks, policies."""
        return self._facts(self._rows(_IN_CLEAR, (after, until)), verify_headers=True)

    def by_learner(
        self,
        *,
        until: Position,
        facts_max: int,
        after: UUID | None = None,
        last: UUID | None = None,
    ) -> Iterator[list[Recorded]]:
        """Read every stream whole, one after another by id, up to a position: for a rebuild.

        Each list is one stream, learners' and others'; at most about `facts_max` (at least 2)
        facts are in memory at once. Headers are not checked: what is built from this is a view,
        and `mastery check` proves the log.
        """
        first = after or UUID(int=0)
        pending: list[Recorded] = []
        size = min(facts_max // 2, _FACTS_AHEAD)
        with (
            borrowed(self._pool) as connection,
            connection.transaction(),
            connection.cursor(name="by_learner", binary=True) as cursor,
            ThreadPoolExecutor(1, "reading ahead") as ahead,
        ):
            cursor.execute(_BY_STREAM, (first, last, last, until))
            # PostgreSQL finds the next rows while these are folded.
            coming = ahead.submit(cursor.fetchmany, size)
            while rows := coming.result():
                coming = ahead.submit(cursor.fetchmany, size)
                for recorded in self._facts(rows, verify_headers=False):
                    if pending and pending[-1].stream != recorded.stream:
                        yield pending
                        pending = []
                    pending.append(recorded)
        if pending:
            yield pending

    def mismatched(self, *, limit: int) -> list[str]:
        """List what does not belong together, in words (`ledger.store.mismatches`)."""
        return mismatches.found(self._rows, limit=limit)

    def document(self, owner: UUID, content_sha256: str) -> tuple[str, bytes] | None:
        """Give a foreign document as it was received, with its media type.

        `owner` is the learner (or framework stream) that it is kept with, and `content_sha256`
        (hex) the digest that its fact names. None if there is none, or its owner was erased.
        """
        address = self._keys.address(owner, bytes.fromhex(content_sha256))
        rows = self._rows(
            "SELECT media_type, sealed FROM ledger.documents WHERE address = %s AND owner = %s",
            (address, owner),
        )
        keys = self._keys_of([owner.bytes])
        if not rows or owner.bytes not in keys:
            return None
        media_type, sealed = rows[0]
        return media_type, seal.open_document(sealed, data_key=keys[owner.bytes], address=address)

    def wait(self, after: Position, *, timeout_s: float) -> Position:
        """Wait until the log goes on past a position, or the time is over; give the head."""
        deadline = time.monotonic() + timeout_s
        with borrowed(self._pool) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            try:
                while (head := self.head()) <= after:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        break
                    for _ in connection.notifies(timeout=left, stop_after=1):
                        pass
            finally:
                connection.execute("UNLISTEN *")
        return head

    # -- inside -----------------------------------------------------------------------------

    def _rows(self, query: LiteralString, parameters: Sequence[object]) -> list[TupleRow]:
        with borrowed(self._pool) as connection:
            return connection.execute(query, parameters, binary=True).fetchall()

    def _facts(self, rows: Sequence[Row], *, verify_headers: bool) -> list[Recorded]:
        sealed = {row[1] for row in rows if row[4][:1] == seal.SEALED}
        return self._mapper.facts(rows, self._keys_of(sealed), verify_headers=verify_headers)

    def _keys_of(self, owners: Sequence[bytes] | set[bytes]) -> dict[bytes, bytes]:
        held = self._held_keys()
        # Taken at once: another thread may empty what is held at any time.
        found = {owner: key for owner in owners if (key := held.get(owner)) is not None}
        # One that is not held is asked for each time: it may have been made since.
        missing = [UUID(bytes=owner) for owner in owners if owner not in found]
        if missing:
            for owner, wrapped in self._rows(_KEYS, (missing, LearnerErased.TOPIC)):
                found[owner] = held[owner] = self._keys.unwrap(UUID(bytes=owner), wrapped)
        return found

    def _held_keys(self) -> dict[bytes, bytes]:
        old = time.monotonic() - self._keys_since_s > DATA_KEYS_KEPT_S
        if old or len(self._data_keys) > self._cached_max:
            self._data_keys, self._keys_since_s = {}, time.monotonic()
        return self._data_keys
