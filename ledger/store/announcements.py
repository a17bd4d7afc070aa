"""Withdrawals of what has not come yet, as the writer must know them before it decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import Cursor

from ledger.domain.catalogue import decode
from ledger.domain.facts import WithdrawalAnnounced
from ledger.domain.messages import Message
from ledger.store import seal
from ledger.store.keys import MasterKey
from ledger.store.tasks import NOBODY, Announcement

_ANNOUNCED = """
SELECT f.originator_id, f.state, f.fact_id, f.provider, k.wrapped
  FROM unnest(%b::bigint[]) AS asked (position)
  JOIN ledger.facts AS f ON f.position = asked.position
  JOIN ledger.data_keys AS k ON k.owner = f.originator_id
"""
_UNSAID = "taken back before it came"


def taken_out(
    cursor: Cursor[Any], messages: dict[bytes, Message], *, keys: MasterKey
) -> dict[bytes, Announcement]:
    """Take the messages of which nothing but a withdrawal came out of `messages`, and give those."""
    alone = {
        name: (one.evidence, one.withdrawal)
        for name, one in messages.items()
        if one.learner == NOBODY and one.withdrawal is not None
    }
    if not alone:
        return {}
    for name in alone:
        del messages[name]
    places = [accepted.position for _, accepted in alone.values()]
    reasons = {
        row["originator_id"]: _reason(row, keys)
        for row in cursor.execute(_ANNOUNCED, (places,)).fetchall()
    }
    return {
        name: Announcement(stream, reasons.get(stream, _UNSAID), accepted)
        for name, (stream, accepted) in alone.items()
    }


def _reason(row: dict[str, Any], keys: MasterKey) -> str:
    stream: UUID = row["originator_id"]
    fact_id, topic = row["fact_id"].bytes, WithdrawalAnnounced.TOPIC
    bound = seal.associated(fact_id, stream.bytes, topic.encode(), row["provider"].bytes)
    data_key = keys.unwrap(stream, row["wrapped"])
    body = seal.open_body(bytes(row["state"]), data_key=data_key, fact_id=fact_id, bound=bound)
    fact = decode(topic, body)
    assert isinstance(fact, WithdrawalAnnounced)
    return fact.reason
