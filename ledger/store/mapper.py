"""Stored rows become facts: the one place where bytes turn into typed values.

Rows are read with `uuid_send(...)` and `timestamptz_send(...)`: raw bytes are what seals and
codes are bound to, and cost a fraction of parsed values. This runs for every fact of a replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.domain.catalogue import SEALED_TOPICS, TOPICS, Recorded, UnknownFact, decode
from ledger.domain.facts import Fact, LearnerErased
from ledger.domain.ids import uuid_of
from ledger.errors import SealError
from ledger.store import seal
from ledger.store.keys import MasterKey

COLUMNS = (
    "position, uuid_send(originator_id), originator_version, topic, state,"
    " uuid_send(fact_id), uuid_send(provider), timestamptz_send(recorded_at), mac"
)
Row = tuple[Any, ...]
"""A row of ledger.facts, as `COLUMNS` reads it in binary format."""

_CACHED_MAX = 100_000
_ERASED = LearnerErased.TOPIC


class Mapper:
    """Opens and decodes stored rows."""

    def __init__(self, keys: MasterKey) -> None:
        self._keys = keys
        self._ids: dict[bytes, UUID] = {}  # of providers and streams, which recur
        self._moments: dict[bytes, datetime] = {}  # one for each appended batch

    def facts(
        self, rows: Iterable[Row], data_keys: Mapping[bytes, bytes], *, verify_headers: bool
    ) -> list[Recorded]:
        """Turn rows into facts.

        A body whose data key is gone (its learner was erased) is an UnknownFact. With
        `verify_headers`, position, version and recorded_at are checked against their code too.

        Raises:
            SealError: a body, or a checked header, was altered.
        """
        if len(self._ids) + len(self._moments) > _CACHED_MAX:
            self._ids.clear()
            self._moments.clear()
        found: list[Recorded] = []
        add, ids, moments, sealed = found.append, self._ids, self._moments, seal.SEALED
        for row in rows:
            position, stream, version, topic, state, fact_id, provider, recorded_at, _ = row
            if verify_headers or topic == _ERASED:  # it takes a whole record away
                self._check(row)
            if state[:1] == sealed:
                fact = _opened(row, data_keys.get(stream))
            elif topic in SEALED_TOPICS:
                # Somebody wrote it past the ledger; a bulk read checks no header that would tell.
                raise SealError(f"fact {uuid_of(fact_id)}, stored in clear,")
            else:
                fact = decode(topic, state)
            # Called by what they are: a NewType is a call that does nothing, five times a fact.
            stream_id: Any = ids.get(stream) or self._id(stream)
            named: Any = uuid_of(fact_id)
            sender: Any = ids.get(provider) or self._id(provider) if provider else None
            add(
                Recorded(
                    position=position, stream=stream_id, version=version, topic=topic,
                    recorded_at=moments.get(recorded_at) or self._moment(recorded_at),
                    fact_id=named, provider=sender, fact=fact,
                )
            )  # fmt: skip
        return found

    def _check(self, row: Row) -> None:
        position, stream, version, topic, state, fact_id, provider, recorded_at, mac = row
        header = seal.header(
            (position, stream, version, recorded_at),
            bound=(fact_id, provider, topic.encode()),
            state=state,
        )
        if self._keys.header_mac(header) != mac:
            raise SealError(f"header of fact {uuid_of(fact_id)} at position {position}")

    def _id(self, data: bytes) -> UUID:
        made = self._ids[data] = UUID(bytes=data)
        return made

    def _moment(self, data: bytes) -> datetime:
        made = self._moments[data] = seal.moment_of(data)
        return made


def _opened(row: Row, data_key: bytes | None) -> Fact:
    _, stream, _, topic, state, fact_id, provider, _, _ = row
    if data_key is None:
        return UnknownFact(topic=topic, body=state)
    name = TOPICS.get(topic) or topic.encode()
    bound = seal.associated(fact_id, stream, name, provider)
    return decode(topic, seal.open_body(state, data_key=data_key, fact_id=fact_id, bound=bound))
