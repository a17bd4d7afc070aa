"""What was refused, kept with its reason and its original, so that nothing is lost.

Sealed under the provider's own data key: a rejected document may name a learner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg
import uuid_utils
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from ledger.clock import Clock
from ledger.domain.ids import ProviderId
from ledger.errors import Reject
from ledger.store import seal
from ledger.store.database import borrowed
from ledger.store.keys import MasterKey, new_data_key


class Rejected(NamedTuple):
    """One refused item: where it stood, why, and its bytes as received."""

    place: int  # in its batch, from 0
    rejects: tuple[Reject, ...]
    original: bytes


class KeptReject(NamedTuple):
    """A refused item as it is kept."""

    id: UUID
    received_at: datetime
    item: Rejected


class RejectStore:
    """Keeps and lists refused items; thread-safe."""

    def __init__(
        self, pool: ConnectionPool[psycopg.Connection[TupleRow]], keys: MasterKey, *,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._pool, self._keys, self._clock = pool, keys, clock

    def keep(self, provider: ProviderId, items: Sequence[Rejected]) -> None:
        """Keep refused items of one batch."""
        if not items:
            return
        with borrowed(self._pool) as connection, connection.transaction():
            data_key = self._data_key(connection, provider)
            now = self._clock()
            names: list[UUID] = []
            sealed: list[bytes] = []
            for item in items:
                name = uuid_utils.uuid7().bytes
                packed = msgspec.msgpack.encode(item)
                names.append(UUID(bytes=name))
                sealed.append(seal.seal_document(packed, data_key=data_key, address=name))
            # One statement, not executemany: psycopg 3.3 sends that as a pipeline, and waits for
            # ever where the last of it did not fit into the socket.
            connection.execute(
                "INSERT INTO ledger.rejects"
                " SELECT name, %s, %s, sealed FROM unnest(%s::uuid[], %s::bytea[]) AS r (name, sealed)",
                (provider, now, names, sealed),
            )

    def list(
        self, provider: ProviderId, *, limit: int, after: UUID | None = None
    ) -> list[KeptReject]:
        """List refused items, newest first; go on with `after` the last id seen."""
        with borrowed(self._pool) as connection:
            data_key = self._data_key(connection, provider)
            rows = connection.execute(
                "SELECT reject, received_at, sealed FROM ledger.rejects"
                " WHERE provider = %s AND (%s::uuid IS NULL OR reject < %s)"
                " ORDER BY reject DESC LIMIT %s",
                (provider, after, after, limit),
            ).fetchall()
        return [
            KeptReject(reject, received_at, self._open(sealed, data_key, reject))
            for reject, received_at, sealed in rows
        ]

    def _open(self, sealed: bytes, data_key: bytes, reject: UUID) -> Rejected:
        packed = seal.open_document(sealed, data_key=data_key, address=reject.bytes)
        return msgspec.msgpack.decode(packed, type=Rejected)

    def _data_key(self, connection: psycopg.Connection[TupleRow], provider: ProviderId) -> bytes:
        connection.execute(
            "INSERT INTO ledger.data_keys (owner, wrapped) VALUES (%s, %s)"
            " ON CONFLICT (owner) DO NOTHING",
            (provider, self._keys.wrap(provider, new_data_key())),
        )
        row = connection.execute(
            "SELECT wrapped FROM ledger.data_keys WHERE owner = %s", (provider,)
        ).fetchone()
        assert row is not None
        return self._keys.unwrap(provider, row[0])
