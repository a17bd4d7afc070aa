"""What the writer must know before it decides: look-ups by primary key, many at once.

Each joins on the unnested list, one index probe per element. `= ANY(list)` ran sequential scans
on the stale statistics of a table that has just begun to grow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Cursor

from ledger.domain.catalogue import decode
from ledger.domain.facts import (
    Fact,
    IdentityFreed,
    IdentityUnlinked,
    LearnerErased,
    LearnerMerged,
    LearnerUnmerged,
)
from ledger.domain.identities import Identities
from ledger.domain.ids import EvidenceId, LearnerId, Position, ProviderId
from ledger.domain.messages import Accepted, Message
from ledger.store.keys import MasterKey
from ledger.store.tasks import NOBODY

_BY_MESSAGE = """
SELECT r.message, r.version, r.digest, r.evidence, r.learner, r.provider, r.position, r.recorded_at
  FROM unnest(%b::bytea[]) AS asked (message)
  JOIN ledger.receipts AS r ON r.message = asked.message
"""
_MESSAGE_OF = """
SELECT asked.evidence, r.message
  FROM unnest(%b::uuid[]) AS asked (evidence)
 CROSS JOIN LATERAL (SELECT message FROM ledger.receipts
                      WHERE evidence = asked.evidence LIMIT 1) AS r
"""
_IDENTIFIERS = """
SELECT i.identifier, i.learner
  FROM unnest(%b::bytea[]) AS asked (identifier)
  JOIN ledger.identifiers AS i ON i.identifier = asked.identifier
"""
_VERSIONS = """
SELECT asked.stream, f.version
  FROM unnest(%b::uuid[]) AS asked (stream)
 CROSS JOIN LATERAL (SELECT originator_version AS version FROM ledger.facts
                      WHERE originator_id = asked.stream
                      ORDER BY originator_version DESC LIMIT 1) AS f
"""
_DATA_KEYS = """
SELECT k.owner, k.wrapped
  FROM unnest(%b::uuid[]) AS asked (owner)
  JOIN ledger.data_keys AS k ON k.owner = asked.owner
"""
_HOLDINGS = """
SELECT h.kind, h.mark
  FROM unnest(%b::bytea[]) AS asked (kind)
  JOIN ledger.holdings AS h ON h.kind = asked.kind
"""
_IDENTITIES = """
SELECT f.position, f.topic, f.state
  FROM unnest(%b::uuid[]) AS asked (learner)
  JOIN ledger.facts AS f ON f.originator_id = asked.learner
 WHERE f.topic = ANY(%b) AND f.topic <> 'mastery.evidence-recorded.v1' -- as its index has it
"""
_TAKEN_BACK = """
SELECT topic, originator_id FROM ledger.facts
 WHERE position > %b AND position <= %b AND topic = ANY(%b)
"""
_COUNTS = """
SELECT (SELECT count(*) FROM unnest(%b::bytea[]) AS asked (message)
          JOIN ledger.receipts AS r ON r.message = asked.message) AS receipts,
       (SELECT count(*) FROM unnest(%b::bytea[]) AS asked (identifier)
          JOIN ledger.identifiers AS i ON i.identifier = asked.identifier) AS linked,
       (SELECT count(*) FROM unnest(%b::bytea[]) AS asked (kind)
          JOIN ledger.holdings AS h ON h.kind = asked.kind) AS held,
       (SELECT count(*) FROM unnest(%b::uuid[]) AS asked (owner)
          JOIN ledger.data_keys AS k ON k.owner = asked.owner) AS made,
       (SELECT count(*) FROM unnest(%b::uuid[]) AS asked (owner)
          JOIN ledger.data_keys AS k ON k.owner = asked.owner) AS keyed
"""


UNNAMING = (IdentityUnlinked.TOPIC, IdentityFreed.TOPIC)
"""Topics of facts after which a name means nobody."""


class Found(NamedTuple):
    """What was accepted under message names, and of how many receipts.

    `groups` are names under which members of a group have names of their own.
    """

    messages: dict[bytes, Message]
    groups: dict[bytes, Accepted]
    receipts: int


def messages(
    cursor: Cursor[Any],
    names: Collection[bytes],
    *,
    keys: MasterKey,
    withdrawals: Collection[bytes],
    group: bytes,
) -> Found:
    """Look up what was accepted; `withdrawals` and `group` are the versions that mark one."""
    found: dict[bytes, Message] = {}
    groups: dict[bytes, Accepted] = {}
    receipts = 0
    if names:
        for row in cursor.execute(_BY_MESSAGE, (list(names),)):
            receipts += 1
            digest = keys.veil(row["digest"], message=row["message"], version=row["version"])
            accepted = Accepted(digest, Position(row["position"]), row["recorded_at"])
            if row["version"] == group:
                groups[row["message"]] = accepted
                continue
            message = found.get(row["message"])
            if message is None:
                message = Message(
                    EvidenceId(row["evidence"]),
                    LearnerId(row["learner"]),
                    ProviderId(row["provider"]),
                )
                found[row["message"]] = message
            elif message.learner == NOBODY:  # that row was of a withdrawal which came first
                message.evidence = EvidenceId(row["evidence"])
                message.learner = LearnerId(row["learner"])
            if row["version"] not in withdrawals:
                message.versions[row["version"]] = accepted
            elif message.withdrawal is None or accepted.position < message.withdrawal.position:
                message.withdrawal = accepted
    return Found(found, groups, receipts)


def taken_back(cursor: Cursor[Any], *, after: int, until: int) -> list[tuple[str, UUID]]:
    """List by topic the streams in which this part of the log says who was erased, or unnamed."""
    topics = [LearnerErased.TOPIC, *UNNAMING]
    rows = cursor.execute(_TAKEN_BACK, (after, until, topics))
    return [(row["topic"], row["originator_id"]) for row in rows]


def counts(
    cursor: Cursor[Any], *, messages: list[bytes], names: list[bytes], kinds: list[bytes],
    new: list[UUID], owners: list[UUID],
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """Count receipts of messages, names that are linked, kinds that are held, and data keys.

    Of `new` owners, who should have none yet, and of `owners` whose key is used.
    """
    row = cursor.execute(_COUNTS, (messages, names, kinds, new, owners)).fetchone()
    assert row is not None
    return row["receipts"], row["linked"], row["held"], row["made"], row["keyed"]


def message_names(cursor: Cursor[Any], evidence: Collection[UUID]) -> dict[UUID, bytes]:
    """Give the message name of each piece of evidence."""
    if not evidence:
        return {}
    rows = cursor.execute(_MESSAGE_OF, (list(evidence),))
    return {row["evidence"]: row["message"] for row in rows}


def learners(cursor: Cursor[Any], identifiers: Collection[bytes]) -> dict[bytes, LearnerId]:
    """Give the learner of each identifier that is linked."""
    if not identifiers:
        return {}
    rows = cursor.execute(_IDENTIFIERS, (list(identifiers),))
    return {row["identifier"]: LearnerId(row["learner"]) for row in rows}


def persons(cursor: Cursor[Any], learners: Collection[LearnerId]) -> dict[LearnerId, LearnerId]:
    """Give of each learner who was merged into another whom that makes them, in the end."""
    topics = [LearnerMerged.TOPIC, LearnerUnmerged.TOPIC]
    said: dict[int, Fact] = {}
    met, asked = set[LearnerId](), set(learners)
    while asked:
        met |= asked
        rows = cursor.execute(_IDENTITIES, (list(asked), topics)).fetchall()
        new = {row["position"]: decode(row["topic"], bytes(row["state"])) for row in rows}
        asked = {one.into for one in new.values() if isinstance(one, LearnerMerged)} - met
        said |= new
    # The readers' own fold: of two merges that crossed, the last word alone would say otherwise.
    identities = Identities()
    for _, fact in sorted(said.items()):
        identities.apply(fact)
    return {one: identities.person(one) for one in met if identities.is_merged(one)}


def holdings(cursor: Cursor[Any], kinds: Collection[bytes]) -> dict[bytes, bytes]:
    """Give the mark of each kind of name that a learner holds."""
    if not kinds:
        return {}
    rows = cursor.execute(_HOLDINGS, (list(kinds),))
    return {row["kind"]: row["mark"] for row in rows}


def versions(cursor: Cursor[Any], streams: Iterable[bytes]) -> dict[bytes, int]:
    """Give the last version of each stream; a stream without facts is left out."""
    asked = [UUID(bytes=stream) for stream in streams]
    if not asked:
        return {}
    rows = cursor.execute(_VERSIONS, (asked,))
    return {row["stream"].bytes: row["version"] for row in rows}


def data_keys(cursor: Cursor[Any], owners: Collection[UUID]) -> dict[UUID, bytes]:
    """Give the wrapped data key of each owner that has one."""
    if not owners:
        return {}
    rows = cursor.execute(_DATA_KEYS, (list(owners),))
    return {row["owner"]: row["wrapped"] for row in rows}
