"""Deciding what a submitted message is: new, the same again, a conflict, or a newer version.

Pure: what is known about the message comes in, facts go out. A message is named by provider
and external id; its version is the provider's own (xAPI stored, OneRoster dateLastModified).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ledger.domain.evidence import Evidence, Identifier
from ledger.domain.facts import (
    EvidenceCorrected,
    EvidenceRecorded,
    EvidenceWithdrawn,
    Fact,
    LearnerIdentified,
    LearnerRegistered,
)
from ledger.domain.ids import EvidenceId, LearnerId, Position, ProviderId
from ledger.errors import (
    AlreadyWithdrawnError,
    ConflictError,
    LearnerUnclearError,
    NotYoursError,
)

GROUP_MEMBERS_MAX = 500
"""Most learners that one xAPI statement about a group names; each has a message of its own."""

_NOWHERE = Position(0)


@dataclass(slots=True)
class Accepted:
    """One accepted message version; place and time are filled in when it is appended."""

    digest: bytes
    position: Position = _NOWHERE
    recorded_at: datetime | None = None


@dataclass(slots=True)
class Message:
    """All that was accepted under one (provider, external id)."""

    evidence: EvidenceId
    learner: LearnerId
    provider: ProviderId
    versions: dict[bytes, Accepted] = field(default_factory=dict[bytes, Accepted])
    withdrawal: Accepted | None = None

    def last(self) -> Accepted | None:
        """Give the version that was accepted last; those that wait to be appended come last."""
        found = self.versions.values()
        waiting = [one for one in found if one.position == _NOWHERE]
        return waiting[-1] if waiting else max(found, key=lambda one: one.position, default=None)


def member_id(external_id: str, at: int) -> str:
    """Name the message of member `at` (from 0) of a group, by the id of the whole."""
    return f"{external_id}#{at}"


def registered(
    learner: LearnerId,
    names: Sequence[Identifier],
    provider: ProviderId,
    *,
    known: Sequence[bool],
    name: str | None,
) -> tuple[Fact, ...]:
    """Say who the learner is: registration if new, and each identifier not known before.

    `known` tells for each of `names` whether the ledger has linked it already.
    """
    if all(known):
        return ()
    facts: list[Fact] = []
    if not any(known):
        facts.append(LearnerRegistered(learner=learner))
    facts.extend(
        LearnerIdentified(learner=learner, provider=provider, identifier=identifier, name=name)
        for identifier, is_known in zip(names, known, strict=True)
        if not is_known
    )
    return tuple(facts)


def recorded(
    message: Message | None,
    evidence: Evidence,
    *,
    version: bytes,
    digests: Sequence[bytes],
    learner: LearnerId,
    provider: ProviderId,
    new_id: EvidenceId,
) -> Accepted | Fact:
    """Decide on one delivery: the earlier acceptance if it is the same again, or a new fact.

    It is the same if what was accepted has any of `digests`; the first is its own.

    Raises:
        ConflictError: this version came before with other content.
        AlreadyWithdrawnError: the provider has withdrawn this message.
        LearnerUnclearError: a newer version names another learner.
    """
    if message is None:
        return EvidenceRecorded(id=new_id, learner=learner, provider=provider, evidence=evidence)
    before = message.versions.get(version)
    if before is not None:
        if before.digest in digests:
            return before
        raise ConflictError(evidence.source.external_id, expected=before.digest, found=digests[0])
    if message.withdrawal is not None:
        raise AlreadyWithdrawnError(message.evidence)
    if message.learner != learner:
        raise LearnerUnclearError(
            f"{evidence.source.external_id} was about learner {message.learner}, "
            f"and this version names {learner}: withdraw it and submit it anew"
        )
    return EvidenceCorrected(
        id=message.evidence,
        learner=learner,
        provider=provider,
        evidence=evidence,
        reason="newer version from the provider",
    )


def corrected(
    message: Message, evidence: Evidence, *, reason: str, provider: ProviderId
) -> EvidenceCorrected:
    """Replace what was said, by the one who said it.

    Raises:
        NotYoursError: another provider said it.
        AlreadyWithdrawnError: it was taken back before.
    """
    _own(message, provider)
    if message.withdrawal is not None:
        raise AlreadyWithdrawnError(message.evidence)
    return EvidenceCorrected(
        id=message.evidence,
        learner=message.learner,
        provider=provider,
        evidence=evidence,
        reason=reason,
    )


def withdrawn(
    message: Message, *, reason: str, provider: ProviderId
) -> Accepted | EvidenceWithdrawn:
    """Take it back; a repeated request gives the first acceptance.

    Raises:
        NotYoursError: another provider said it.
    """
    _own(message, provider)
    if message.withdrawal is not None:
        return message.withdrawal
    return EvidenceWithdrawn(
        id=message.evidence, learner=message.learner, provider=provider, reason=reason
    )


def _own(message: Message, provider: ProviderId) -> None:
    if message.provider != provider:
        raise NotYoursError(message.evidence, owner=message.provider, found=provider)
