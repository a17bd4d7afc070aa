"""What leaves the ledger, as CloudEvents 1.0: one event a fact, one a change of mastery.

An event's id is a function of its cause, so a replay repeats it. `sequence` orders events of one
source. No body of a learner's fact leaves the ledger here: where, when and of what kind it is,
and the learner's random ledger id, are enough to know that there is something to ask for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, NamedTuple

import msgspec

from ledger.domain.facts import LearnerErased
from projections.feed import FeedEntry

FACTS_SOURCE = "urn:mastery-ledger:facts"
CHANGES_SOURCE = "urn:mastery-ledger:changes"
CHANGE_TYPE = "mastery.state-changed.v1"
ERASED_TYPE = LearnerErased.TOPIC
JSON_TYPE = "application/json"
STRUCTURED_TYPE = "application/cloudevents+json"
SEQUENCE_DIGITS = 19  # as text, sequences sort like numbers, up to 2^63 - 1

Headers = list[tuple[str, bytes]]


Uuid = Annotated[str, msgspec.Meta(extra_json_schema={"format": "uuid"})]
"""A UUID as text: rows come with it so, and it leaves so."""


class FactData(msgspec.Struct, frozen=True):
    """A fact's place in the log. `body` is there for reference facts only, never for learners'."""

    position: int
    stream: Uuid
    version: int
    topic: str
    recorded_at: datetime
    fact_id: Uuid
    provider: Uuid | None = None
    body: msgspec.Raw | None = None


class Event(NamedTuple):
    """A CloudEvent, ready for any binding. `data` is JSON; None erases what its key named."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    sequence: int
    data: bytes | None


_ENCODE = msgspec.json.Encoder().encode


def fact_event(fact: FactData) -> Event:
    """Announce a fact."""
    return Event(
        id=fact.fact_id, source=FACTS_SOURCE, type=fact.topic, subject=fact.stream,
        time=instant(fact.recorded_at), sequence=fact.position, data=_ENCODE(fact),
    )  # fmt: skip


def change_event(change: FeedEntry) -> Event:
    """Announce a change of mastery, or that a learner was erased."""
    return Event(
        id=str(change.id), source=CHANGES_SOURCE, type=change_type(change),
        subject=str(change.learner),
        time=instant(change.recorded_at), sequence=change.sequence, data=_ENCODE(change),
    )  # fmt: skip


def change_type(change: FeedEntry) -> str:
    """Give the type of the event that a change is announced by."""
    return ERASED_TYPE if change.is_erasure else CHANGE_TYPE


def kafka_event(event: Event) -> Event:
    """Give an event as Kafka carries it: an erasure is a record without a value (a tombstone)."""
    return event._replace(data=None) if event.type == ERASED_TYPE else event


def kafka_headers(event: Event) -> Headers:
    """Give the headers of the Kafka binding in binary mode."""
    headers = [
        _SPECVERSION,
        ("ce_id", event.id.encode()),
        _header("ce_source", event.source),
        _header("ce_type", event.type),
        ("ce_subject", event.subject.encode()),
        ("ce_time", event.time.encode()),
        ("ce_sequence", b"%019d" % event.sequence),
    ]
    if event.data is not None:
        headers.append(_CONTENT_TYPE)
    return headers


@cache
def _header(name: str, text: str) -> tuple[str, bytes]:
    """Keep headers that recur; only the few sources and types there are come here."""
    return name, text.encode()


def structured(event: Event) -> dict[str, object]:
    """Give the event as one JSON object, as HTTP, SSE and webhooks carry it."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time,
        "sequence": sequence_text(event.sequence),
        "datacontenttype": JSON_TYPE,
        "data": msgspec.Raw(event.data) if event.data is not None else None,
    }


def structured_json(event: Event) -> bytes:
    """Encode `structured`."""
    return _ENCODE(structured(event))


def sequence_text(sequence: int) -> str:
    """Write a sequence number so that text sorts as numbers do."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"


def instant(moment: datetime) -> str:
    """Write a moment as RFC 3339."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_SPECVERSION = ("ce_specversion", b"1.0")
_CONTENT_TYPE = ("content-type", JSON_TYPE.encode())
