"""Every fact there is: past tense, frozen, under a topic that never changes.

A topic is ours and versioned, never a Python path, so a rename orphans nothing. What a fact
no longer says is mended by an upcaster (`catalogue.py`), never by editing what is stored.
Facts of a learner's stream are stored sealed (docs/adr/0002).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal

from ledger.domain.evidence import Evidence, EvidenceKind, Identifier
from ledger.domain.framework import Association, Competency, Scale
from ledger.domain.ids import EvidenceId, FrameworkId, LearnerId, PolicyId, ProviderId
from ledger.domain.value import Value

StreamKind = Literal["learner", "provider", "framework", "policy", "pathway"]
ProviderKind = Literal[
    "lms", "assessment_vendor", "credential_issuer", "employer", "college", "school", "district",
    "nonprofit", "state", "other",
]  # fmt: skip


class Fact(Value):
    """Something that happened. Header data (position, stream, times) is in `Recorded`."""

    TOPIC: ClassVar[str] = ""
    STREAM: ClassVar[StreamKind] = "learner"


# -- learner --------------------------------------------------------------------------------


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


# -- provider -------------------------------------------------------------------------------


class ProviderRegistered(Fact):
    """An organisation or system may submit evidence."""

    TOPIC: ClassVar[str] = "mastery.provider-registered.v1"
    STREAM: ClassVar[StreamKind] = "provider"

    provider: ProviderId
    name: str
    kind: ProviderKind


class AuthorityGranted(Fact):
    """The provider may assert these kinds, of these frameworks and competencies, in this time.

    An empty tuple means all. Both ends are inclusive; None is unbounded. Authority is held
    against the time the evidence occurred, so a later grant may release earlier evidence.
    """

    TOPIC: ClassVar[str] = "mastery.authority-granted.v1"
    STREAM: ClassVar[StreamKind] = "provider"

    provider: ProviderId
    grant: str  # names this grant within the provider, for revoking it
    kinds: tuple[EvidenceKind, ...] = ()
    frameworks: tuple[FrameworkId, ...] = ()
    competencies: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str | None = None


class AuthorityRevoked(Fact):
    """A grant ended at `ends_at`; what occurred before then still counts."""

    TOPIC: ClassVar[str] = "mastery.authority-revoked.v1"
    STREAM: ClassVar[StreamKind] = "provider"

    provider: ProviderId
    grant: str
    ends_at: datetime
    reason: str


class ProviderSuspended(Fact):
    """Nothing that occurred from `starts_at` on counts until the provider is reinstated."""

    TOPIC: ClassVar[str] = "mastery.provider-suspended.v1"
    STREAM: ClassVar[StreamKind] = "provider"

    provider: ProviderId
    starts_at: datetime
    reason: str


class ProviderReinstated(Fact):
    """The suspension ends at `at`; what occurred during it still does not count."""

    TOPIC: ClassVar[str] = "mastery.provider-reinstated.v1"
    STREAM: ClassVar[StreamKind] = "provider"

    provider: ProviderId
    at: datetime
    reason: str


# -- framework ------------------------------------------------------------------------------


class FrameworkPublished(Fact):
    """A CASE package (or the like) was taken over whole, as one version.

    `version` is the SHA-256 (hex) of the package as received; the bytes are kept beside.
    """

    TOPIC: ClassVar[str] = "mastery.framework-published.v1"
    STREAM: ClassVar[StreamKind] = "framework"

    framework: FrameworkId
    version: str
    title: str
    competencies: tuple[Competency, ...]
    associations: tuple[Association, ...] = ()
    scales: tuple[Scale, ...] = ()
    uri: str | None = None
    creator: str | None = None
    adoption_status: str | None = None
    source_format: str = "case-1.1"


# -- policy ---------------------------------------------------------------------------------


class PolicyPublished(Fact):
    """A policy document exists, word for word. `digest` is the SHA-256 (hex) of `document`."""

    TOPIC: ClassVar[str] = "mastery.policy-published.v1"
    STREAM: ClassVar[StreamKind] = "policy"

    policy: PolicyId
    digest: str
    document: str  # canonical JSON text; its schema is projections.policies
    published_by: str | None = None


class PolicyAdopted(Fact):
    """From `starts_on` on, this policy decides for that scope.

    `level` says how wide the scope is and `scope` names it ("" for everywhere).
    """

    TOPIC: ClassVar[str] = "mastery.policy-adopted.v1"
    STREAM: ClassVar[StreamKind] = "policy"

    policy: PolicyId
    digest: str
    level: Literal["everywhere", "framework", "state", "district", "school", "programme"]
    scope: str = ""
    starts_on: date | None = None
    reason: str | None = None
