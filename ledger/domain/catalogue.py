"""The catalogue: topic to fact and back, and what older topics become.

Bodies are JSON, so that an auditor can read a fact without this program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from ledger.domain import facts
from ledger.domain.facts import Fact
from ledger.domain.ids import FactId, Position, ProviderId, StreamId
from ledger.domain.value import Value

CATALOGUE: tuple[type[Fact], ...] = (
    facts.LearnerRegistered,
    facts.LearnerIdentified,
    facts.IdentityUnlinked,
    facts.IdentityFreed,
    facts.EnrolmentRecorded,
    facts.EnrolmentWithdrawn,
    facts.AttributesRecorded,
    facts.EvidenceRecorded,
    facts.EvidenceCorrected,
    facts.EvidenceWithdrawn,
    facts.EvidenceConfirmed,
    facts.EvidenceContested,
    facts.ContestResolved,
    facts.LearnerErased,
    facts.LearnerMerged,
    facts.LearnerUnmerged,
    facts.WithdrawalAnnounced,
    facts.ProviderRegistered,
    facts.AuthorityGranted,
    facts.AuthorityRevoked,
    facts.ProviderSuspended,
    facts.ProviderReinstated,
    facts.FrameworkPublished,
    facts.PolicyPublished,
    facts.CrosswalkPublished,
    facts.CrosswalkSigned,
    facts.CrosswalkWithdrawn,
    facts.CredentialAligned,
    facts.AssessmentRegistered,
    facts.AssessmentValidated,
    facts.PolicyAdopted,
    facts.PathwayPublished,
)

TOPICS: Mapping[str, bytes] = {kind.TOPIC: kind.TOPIC.encode() for kind in CATALOGUE}
"""Every topic that is written, and its bytes, which seals are bound to."""

SEALED_TOPICS: frozenset[str] = frozenset(
    kind.TOPIC
    for kind in CATALOGUE
    if kind.STREAM in {"learner", "announcement"} and kind is not facts.LearnerErased
)
"""Those whose bodies are stored sealed; that a learner was erased is read when the key is gone."""

Upcaster = Callable[[bytes], tuple[str, bytes]]
UPCASTERS: Mapping[str, Upcaster] = {}
"""Old topic to a function from its body to the next topic and body. Applied until none fits."""


class UnknownFact(Fact):
    """A stored fact of a topic newer than this program: carried past by every fold."""

    topic: str
    body: bytes


class Recorded(Value):
    """A fact with its place in the log: what every fold reads.

    `position` counts from 1 without gaps; `version` counts within the stream;
    `recorded_at` never goes back as `position` grows.
    """

    position: Position
    stream: StreamId
    version: int
    topic: str
    recorded_at: datetime
    fact_id: FactId
    provider: ProviderId | None
    fact: Fact


_DECODERS: Mapping[str, msgspec.json.Decoder[Fact]] = {
    kind.TOPIC: msgspec.json.Decoder(kind) for kind in CATALOGUE
}
_ENCODER = msgspec.json.Encoder()


def encode(fact: Fact) -> tuple[str, bytes]:
    """Give the topic and the body to store."""
    return fact.TOPIC, _ENCODER.encode(fact)


def decode(topic: str, body: bytes, *, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> Fact:
    """Read a stored body; an unknown topic becomes an `UnknownFact`, never an error.

    Raises:
        msgspec.ValidationError: the body does not fit its own topic (the log is damaged).
    """
    while topic in upcasters:
        topic, body = upcasters[topic](body)
    decoder = _DECODERS.get(topic)
    return decoder.decode(body) if decoder else UnknownFact(topic=topic, body=body)
