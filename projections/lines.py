"""What a record looks like to people: lines of a transcript, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from ledger.domain.evidence import EvidenceKind, Facet, Result
from ledger.domain.ids import (
    CompetencyId,
    EvidenceId,
    FrameworkId,
    LearnerId,
    Position,
    ProviderId,
)
from projections.policies.observation import Exclusion
from projections.policies.verdict import Verdict

STRANDS = ("technical", "academic", "employability", "dispositions", "unassigned")


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """Who said it, and what kind of organisation that is."""

    provider: ProviderId
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class CompetencyName:
    """A competency in the words of its framework; without one, as the evidence named it."""

    competency: CompetencyId
    statement: str
    code: str | None
    strand: str
    framework: FrameworkId | None
    framework_title: str | None
    framework_version: str | None


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One piece of evidence as it stands. `withdrawn` says why, where it was taken back."""

    evidence: EvidenceId
    kind: EvidenceKind
    title: str | None
    occurred_at: datetime
    recorded_at: datetime
    position: Position
    first_position: Position
    provider: ProviderLine
    evaluator: str | None
    result: Result | None
    facets: tuple[Facet, ...]
    competencies: tuple[CompetencyId, ...]
    site: str | None
    task: str | None
    hours: Decimal | None
    revises: EvidenceId | None
    external_id: str
    format: str
    sha256: str | None
    corrections: int
    withdrawn: str | None


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """One competency and the verdict on it."""

    name: CompetencyName
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class CompetencyLine:
    """One competency: the verdict with its reasons, and every piece of evidence about it.

    `via` names the crosswalks over which a piece counts here that is aligned elsewhere.
    """

    name: CompetencyName
    verdict: Verdict
    evidence: tuple[EvidenceLine, ...]
    via: Mapping[EvidenceId, tuple[str, ...]] = field(
        default_factory=dict[EvidenceId, tuple[str, ...]]
    )


@dataclass(frozen=True, slots=True)
class Strand:
    """The competencies of one strand, in the order of their codes."""

    strand: str
    competencies: tuple[CompetencyLine, ...]


@dataclass(frozen=True, slots=True)
class CredentialLine:
    """An award. `valid` says whether it holds on the day asked about."""

    credential: str
    name: str | None
    issuer: str | None
    awarded_at: datetime
    valid_until: datetime | None
    valid: bool
    evidence: EvidenceLine


@dataclass(frozen=True, slots=True)
class HoursLine:
    """Hours of work-based learning of one activity, setting and employer."""

    activity: str | None
    setting: str | None
    employer: str | None
    hours: Decimal
    evidence: tuple[EvidenceId, ...]


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Credits of one kind: as they were given, or on another record, by a clause of an agreement.

    `digest` is that of the agreement's words.
    """

    credit_type: str | None
    credits: Decimal
    evidence: tuple[EvidenceId, ...]
    record: str | None = None
    agreement: str | None = None
    clause: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class UncreditedLine:
    """Evidence whose hours, credits and credentials count for nothing, and why."""

    evidence: EvidenceId
    reason: Exclusion
    detail: str


@dataclass(frozen=True, slots=True)
class EnrolmentLine:
    """Where the learner was, and when; both days included."""

    programme: str | None
    course: str | None
    school: str | None
    district: str | None
    state: str | None
    starts_on: date | None
    ends_on: date | None
    provider: ProviderLine


@dataclass(frozen=True, slots=True)
class Transcript:
    """All of it, as known at `position` and true at `on`. Names are personal."""

    learner: LearnerId
    names: tuple[str, ...]
    position: Position
    on: datetime
    strands: tuple[Strand, ...]
    credentials: tuple[CredentialLine, ...]
    work_based_learning: tuple[HoursLine, ...]
    credits: tuple[CreditLine, ...]
    enrolments: tuple[EnrolmentLine, ...]
    unaligned: tuple[EvidenceLine, ...]
    uncredited: tuple[UncreditedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Mastery:
    """Every competency of a learner, judged, as known at `position` and true at `on`."""

    learner: LearnerId
    position: Position
    on: datetime
    competencies: tuple[JudgedLine, ...]
