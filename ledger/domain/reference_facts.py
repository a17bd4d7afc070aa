"""Facts about providers, frameworks, policies and pathways: what learning is judged by."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal

from ledger.domain.evidence import EvidenceKind, Party
from ledger.domain.fact import Fact, StreamKind
from ledger.domain.framework import (
    Articulation,
    Association,
    Competency,
    Equivalence,
    Scale,
    SignOffRole,
)
from ledger.domain.ids import FrameworkId, PolicyId, ProviderId

ProviderKind = Literal[
    "lms", "assessment_vendor", "credential_issuer", "employer", "college", "school", "district",
    "nonprofit", "state", "other",
]  # fmt: skip


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


class CrosswalkPublished(Fact):
    """Evidence on some competencies, or credits, may count elsewhere, under stated conditions.

    It takes effect once every role in `needs` has signed. Source of the relations: CASE 1.1,
    associationType, and course equivalencies as state CTE offices publish them.
    """

    TOPIC: ClassVar[str] = "mastery.crosswalk-published.v1"
    STREAM: ClassVar[StreamKind] = "framework"

    crosswalk: str
    title: str
    links: tuple[Equivalence, ...]
    authority: str | None = None  # the law, rule or agreement that it rests on
    needs: tuple[SignOffRole, ...] = ("academic", "cte")
    credits: tuple[Articulation, ...] = ()


class CrosswalkSigned(Fact):
    """One of the roles whose consent a crosswalk needs gave it.

    `words` is the SHA-256 (hex) of the publication that was signed: others it does not sign.
    """

    TOPIC: ClassVar[str] = "mastery.crosswalk-signed.v1"
    STREAM: ClassVar[StreamKind] = "framework"

    crosswalk: str
    role: SignOffRole
    by: Party
    signed_at: datetime
    words: str | None = None


class CrosswalkWithdrawn(Fact):
    """The crosswalk counts for nothing any more; what rested on it is judged again."""

    TOPIC: ClassVar[str] = "mastery.crosswalk-withdrawn.v1"
    STREAM: ClassVar[StreamKind] = "framework"

    crosswalk: str
    role: SignOffRole
    by: Party
    reason: str


class CredentialAligned(Fact):
    """This credential attests these competencies at this level."""

    TOPIC: ClassVar[str] = "mastery.credential-aligned.v1"
    STREAM: ClassVar[StreamKind] = "framework"

    credential: str  # Achievement id, CTID, or the id its provider uses
    competencies: tuple[str, ...]
    level: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    authority: str | None = None


class AssessmentRegistered(Fact):
    """An instrument exists; until it is validated, what it shows does not count."""

    TOPIC: ClassVar[str] = "mastery.assessment-registered.v1"
    STREAM: ClassVar[StreamKind] = "framework"

    assessment: str  # what `Context.assessment` says
    title: str
    competencies: tuple[str, ...] = ()
    cut: Decimal | None = None
    rigour_band: int | None = None  # higher is harder
    version: str | None = None


class AssessmentValidated(Fact):
    """Somebody vouches for the instrument from `starts_at` until `ends_at`."""

    TOPIC: ClassVar[str] = "mastery.assessment-validated.v1"
    STREAM: ClassVar[StreamKind] = "framework"

    assessment: str
    by: Party
    starts_at: datetime | None = None
    ends_at: datetime | None = None


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

    `level` says how wide the scope is and `scope` names it ("" for everywhere). With `floor`,
    a policy that decides at a narrower level can say "mastered" only where this one does too.
    """

    TOPIC: ClassVar[str] = "mastery.policy-adopted.v1"
    STREAM: ClassVar[StreamKind] = "policy"

    policy: PolicyId
    digest: str
    level: Literal["everywhere", "framework", "state", "district", "school", "programme"]
    scope: str = ""
    starts_on: date | None = None
    reason: str | None = None
    floor: bool = False


# -- pathway --------------------------------------------------------------------------------


class PathwayPublished(Fact):
    """A programme of study exists, word for word. `digest` is the SHA-256 (hex) of `document`."""

    TOPIC: ClassVar[str] = "mastery.pathway-published.v1"
    STREAM: ClassVar[StreamKind] = "pathway"

    pathway: str
    digest: str
    document: str  # canonical JSON text; its schema is projections.pathways
    published_by: str | None = None
