"""Facts of a learner's stream: stored sealed under the learner's own key (docs/adr/0002).

But for what is said of a learner by the ledger's own ids alone: that one was erased (the key is
gone with it), and which learners are one person.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal

from ledger.domain.evidence import Attribute, Evidence, Identifier, Party, Result
from ledger.domain.fact import Fact, StreamKind
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId


class LearnerRegistered(Fact):
    """The ledger met somebody new."""

    TOPIC: ClassVar[str] = "mastery.learner-registered.v1"

    learner: LearnerId


class LearnerIdentified(Fact):
    """A provider's name for the learner was linked."""

    TOPIC: ClassVar[str] = "mastery.learner-identified.v1"

    learner: LearnerId
    provider: ProviderId
    identifier: Identifier
    name: str | None = None


UnlinkReason = Literal["mistaken", "shared", "ordered"]


class IdentityUnlinked(Fact):
    """A name is not this learner's, and means nobody from here on, until it is linked anew.

    What was recorded under it stays the learner's: its provider withdraws that, and sends it anew.
    """

    TOPIC: ClassVar[str] = "mastery.identity-unlinked.v1"

    learner: LearnerId
    provider: ProviderId | None  # whose name it is; None: it means the same from everybody
    identifier: Identifier
    reason: UnlinkReason


class IdentityFreed(Fact):
    """A name of somebody who was erased means nobody from here on, until it is linked anew.

    In clear, and in a stream of its own: it says neither which name nor whose. Whoever knows the one
    must not learn the other, and nothing follows that a learner was erased.
    """

    TOPIC: ClassVar[str] = "mastery.identity-freed.v1"
    STREAM: ClassVar[StreamKind] = "identity"

    provider: ProviderId | None  # whose name it is; None: it means the same from everybody
    reason: UnlinkReason


class EnrolmentRecorded(Fact):
    """The learner joined, or left, a programme, course or school for some time."""

    TOPIC: ClassVar[str] = "mastery.enrolment-recorded.v1"

    learner: LearnerId
    provider: ProviderId
    external_id: str
    programme: str | None = None
    course: str | None = None
    school: str | None = None
    district: str | None = None
    state: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class EnrolmentWithdrawn(Fact):
    """It was said by mistake: from here on it reads as if the learner had never been enrolled so."""

    TOPIC: ClassVar[str] = "mastery.enrolment-withdrawn.v1"

    learner: LearnerId
    provider: ProviderId  # who had said it
    external_id: str
    by: Literal["provider", "steward"]
    reason: str


class AttributesRecorded(Fact):
    """The learner belongs to special populations, or other groups that reports tell apart.

    It holds for some time, both days included. It decides nothing about mastery.
    """

    TOPIC: ClassVar[str] = "mastery.attributes-recorded.v1"

    learner: LearnerId
    provider: ProviderId
    external_id: str
    attributes: tuple[Attribute, ...]
    starts_on: date | None = None
    ends_on: date | None = None


class EvidenceRecorded(Fact):
    """A provider saw a learner do something."""

    TOPIC: ClassVar[str] = "mastery.evidence-recorded.v1"

    id: EvidenceId
    learner: LearnerId
    provider: ProviderId
    evidence: Evidence


class EvidenceCorrected(Fact):
    """The provider says it otherwise now; `evidence` replaces what was said before.

    Among corrections by newer versions of the provider's own document, the highest
    `source.external_version` holds, whichever arrived last; otherwise the last recorded.
    """

    TOPIC: ClassVar[str] = "mastery.evidence-corrected.v1"

    id: EvidenceId
    learner: LearnerId
    provider: ProviderId
    evidence: Evidence
    reason: str


class EvidenceWithdrawn(Fact):
    """The provider takes it back. It stays readable and no longer counts."""

    TOPIC: ClassVar[str] = "mastery.evidence-withdrawn.v1"

    id: EvidenceId
    learner: LearnerId
    provider: ProviderId
    reason: str


class WithdrawalAnnounced(Fact):
    """The provider takes back what has not come yet: it is withdrawn for this reason as it comes.

    Whom it is about is not known, so it is sealed in a stream, and under a key, of its own; the key
    is destroyed once the reason stands in the learner's stream.
    """

    TOPIC: ClassVar[str] = "mastery.withdrawal-announced.v1"
    STREAM: ClassVar[StreamKind] = "announcement"

    provider: ProviderId
    external_id: str
    reason: str


class EvidenceConfirmed(Fact):
    """A second rater looked at the same work and gave a result of their own."""

    TOPIC: ClassVar[str] = "mastery.evidence-confirmed.v1"

    id: EvidenceId
    learner: LearnerId
    provider: ProviderId
    evaluator: Party
    occurred_at: datetime
    result: Result | None = None
    competency: str | None = None  # None: every competency that the evidence is aligned to


class EvidenceContested(Fact):
    """Somebody entitled to says that it is wrong (FERPA, 34 CFR 99.20); it waits for a decision."""

    TOPIC: ClassVar[str] = "mastery.evidence-contested.v1"

    id: EvidenceId
    learner: LearnerId
    provider: ProviderId
    by: Party
    reason: str


class ContestResolved(Fact):
    """The contest was decided: the evidence stands, or it no longer counts."""

    TOPIC: ClassVar[str] = "mastery.contest-resolved.v1"

    id: EvidenceId
    learner: LearnerId
    provider: ProviderId
    by: Party
    outcome: Literal["stands", "set_aside"]
    reason: str


ErasureReason = Literal["requested", "retention_ended", "ordered", "mistaken"]


class LearnerErased(Fact):
    """The learner's key was destroyed: nothing that was recorded of them can be read again.

    Stored in clear, so it says nothing of the person. Nothing about them is taken in afterwards.
    """

    TOPIC: ClassVar[str] = "mastery.learner-erased.v1"

    learner: LearnerId
    reason: ErasureReason


MergeReason = Literal["same_person", "registered_twice", "ordered"]
PartReason = Literal["mistaken", "ordered"]


class LearnerMerged(Fact):
    """Two learners are one person: what is on record of `learner` is read as `into`'s from here on.

    In clear, and in the stream of `learner`. Nothing that was recorded moves (docs/adr/0017).
    """

    TOPIC: ClassVar[str] = "mastery.learner-merged.v1"
    STREAM: ClassVar[StreamKind] = "identity"

    learner: LearnerId
    into: LearnerId
    reason: MergeReason


class LearnerUnmerged(Fact):
    """They are not one person after all: what is on record of `learner` is theirs again."""

    TOPIC: ClassVar[str] = "mastery.learner-unmerged.v1"
    STREAM: ClassVar[StreamKind] = "identity"

    learner: LearnerId
    reason: PartReason
