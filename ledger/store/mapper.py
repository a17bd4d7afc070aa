"""Stored rows become facts: the one place where bytes turn into typed values.

Rows are read with `uuid_send(...)`, since 16 bytes are both what a seal is bound to and far
cheaper than a parsed UUID; ids are made from them here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, SafeUUID

from ledger.domain.catalogue import Recorded, UnknownFact, decode
from ledger.domain.facts import Fact
from ledger.domain.ids import FactId, Position, ProviderId, StreamId
from ledger.errors import SealError
from ledger.store import seal
from ledger.store.keys import MasterKey

COLUMNS = (
    "position, uuid_send(originator_id), originator_version, topic, state,"
    " uuid_send(fact_id), uuid_send(provider), recorded_at, mac"
)


class StoredRow(NamedTuple):
    """A row of ledger.facts, as `COLUMNS` reads it."""

    position: int
    stream: bytes
    version: int
    topic: str
    state: bytes
    fact_id: bytes
    provider: bytes | None
    recorded_at: datetime
    mac: bytes


def read_row(row: tuple[Any, ...]) -> StoredRow:
    """Type a row that came from the database."""
    return StoredRow._make(row)


class Mapper:
    """Opens and decodes stored rows."""

    def __init__(self, keys: MasterKey) -> None:
        self._keys = keys
        self._ids: dict[bytes, UUID] = {}  # of providers and streams, which recur

    def facts(
        self, rows: Iterable[StoredRow], data_keys: Mapping[bytes, bytes], *, verify_headers: bool
    ) -> list[Recorded]:
        """Turn rows into facts.

        A body whose data key is gone (its learner was erased) is an UnknownFact. With
        `verify_headers`, position, version and recorded_at are checked against their code too.

        Raises:
            SealError: a body, or a checked header, was altered.
        """
        check: Callable[[StoredRow], None] = self._check if verify_headers else _trust
        found: list[Recorded] = []
        for row in rows:
            check(row)
            position, stream, version, topic, _state, fact_id, provider, recorded_at, _ = row
            found.append(
                Recorded(
                    position=Position(position),
                    stream=StreamId(self._id(stream)),
                    version=version,
                    topic=topic,
                    recorded_at=recorded_at,
                    fact_id=FactId(uuid_of(fact_id)),
                    provider=ProviderId(self._id(provider)) if provider else None,
                    fact=_fact(row, data_keys.get(stream)),
                )
            )
        if len(self._ids) > 100_000:
            self._ids.clear()
        return found

    def _check(self, row: StoredRow) -> None:
        position, stream, version, topic, state, fact_id, provider, recorded_at, mac = row
        header = seal.Header(
            position, stream, version, seal.microseconds(recorded_at), fact_id, provider, topic
        )
        if self._keys.header_mac(header.layout(state)) != mac:
            raise SealError(f"header of fact {uuid_of(fact_id)} at position {position}")

    def _id(self, data: bytes) -> UUID:
        known = self._ids.get(data)
        if known is None:
            known = self._ids[data] = UUID(bytes=data)
        return known


def _trust(_: StoredRow) -> None:
    """Leave the header unchecked: a bulk read whose result is a view, not proof."""


def _fact(row: StoredRow, data_key: bytes | None) -> Fact:
    state = row.state
    if not state.startswith(seal.SEALED):
        return decode(row.topic, state)
    if data_key is None:
        return UnknownFact(topic=row.topic, body=state)
    bound = seal.associated(row.fact_id, row.stream, row.topic, row.provider)
    return decode(
        row.topic, seal.open_body(state, data_key=data_key, fact_id=row.fact_id, bound=bound)
    )


def uuid_of(data: bytes) -> UUID:
    """Make a UUID of 16 bytes, skipping the constructor's checks (a third of its time)."""
    made = object.__new__(UUID)
    object.__setattr__(made, "int", int.from_bytes(data, "big"))
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made
