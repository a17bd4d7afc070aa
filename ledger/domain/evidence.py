"""What a provider says about a learner: the parts of a piece of evidence.

Scores, hours and credits are decimals, never floats. Times keep the offset they came with.
Field by field from eight formats: docs/events.md.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from ledger.domain.ids import EvidenceId, ProviderId
from ledger.domain.value import Value

EvidenceKind = Literal["assessment", "credential", "work_based_learning", "activity"]
"""`activity` is participation, attendance, seat time, or a learner's own words.

It is recorded and shown, and can never raise a mastery state (docs/adr/0003).
"""

JUDGED_KINDS: frozenset[str] = frozenset({"assessment", "credential", "work_based_learning"})

Facet = Literal["performance", "explanation", "transfer", "revision", "reflection"]
Precision = Literal["instant", "day", "month", "term"]
Purpose = Literal["formative", "summative", "certification", "placement", "unknown"]
ResultStatus = Literal["final", "provisional", "in_progress", "partial", "exempt", "withdrawn"]


class Part(Value):
    """A value inside a fact."""


class Result(Part):
    """How it went, on the scale as it was that day.

    `score` lies between `min` and `max` (both inclusive; `min` is 0 where absent).
    `scale` lists the level names from lowest to highest, and `level` is one of them.
    `cut` is the score from which the provider itself says "passed".
    """

    score: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    cut: Decimal | None = None
    level: str | None = None
    scale: tuple[str, ...] = ()
    success: bool | None = None
    completion: bool | None = None
    status: ResultStatus = "final"
    text: str | None = None


class Alignment(Part):
    """This evidence bears on that competency, with its own result where it has one.

    `competency` is a CFItem URI, a CFItem identifier, or, together with `framework`, a
    human coding scheme. Which competency that is, is decided when the record is read.
    """

    competency: str
    framework: str | None = None
    framework_version: str | None = None
    name: str | None = None
    result: Result | None = None
    weight: Decimal = Decimal(1)


class Criterion(Part):
    """One row of a rubric as it was scored."""

    criterion: str
    level: str | None = None
    points: Decimal | None = None
    points_max: Decimal | None = None
    comment: str | None = None


class Party(Part):
    """A person or organisation outside the ledger."""

    id: str
    name: str | None = None
    role: str | None = None


class Attribute(Part):
    """Something that reports tell groups of learners apart by. Personal."""

    name: str  # "english_learner", "disability", "economically_disadvantaged", "gender", ...
    value: str = "yes"


class Identifier(Part):
    """A provider's name for a learner: `type` of id, `system` that issued it, `value`."""

    type: str  # "id", "account", "mbox", "mbox_sha1sum", "openid", "ssid", "email", ...
    value: str
    system: str | None = None


class WorkBasedLearning(Part):
    """Perkins V, section 3(55): sustained interaction with professionals in a real workplace."""

    activity: str | None = None  # "internship", "clinical", "registered_apprenticeship", ...
    setting: Literal["workplace", "simulated", "virtual"] | None = None
    paid: bool | None = None
    employer: Party | None = None
    supervisor: Party | None = None


class Credential(Part):
    """An award: who gave it, what it is, and until when it holds."""

    id: str
    name: str | None = None
    achievement_type: str | None = None
    issuer: Party | None = None
    license_number: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class Context(Part):
    """Where and how: what makes one situation differ from another (S4-3)."""

    site: str | None = None
    task: str | None = None
    task_family: str | None = None
    equipment: tuple[str, ...] = ()
    course: str | None = None
    school: str | None = None
    programme: str | None = None  # CIP code or programme id
    term: str | None = None
    attempt: int | None = None
    purpose: Purpose = "unknown"
    assessment: str | None = None  # id of the instrument
    platform: str | None = None


class Link(Part):
    """A piece of work kept elsewhere, known by its digest."""

    uri: str | None = None
    name: str | None = None
    media_type: str | None = None
    sha256: str | None = None


class Source(Part):
    """Where it came from. `sha256` is of the document as received, byte for byte."""

    format: str  # "native", "xapi-1.0.3", "xapi-2.0", "csv", "case-1.1", ...
    external_id: str
    external_version: str | None = None
    sha256: str | None = None
    mapper: str | None = None  # mapper and version, such as "xapi/1"
    row: int | None = None


class Verification(Part):
    """How we know that the provider said it."""

    method: str = "transport"
    verified: bool = True
    key_id: str | None = None
    checked_at: datetime | None = None
    status: Literal["good", "revoked", "suspended", "unknown"] = "good"


class Period(Part):
    """From `start` to `end`, both days included."""

    start: date | None = None
    end: date | None = None


class Evidence(Part):
    """One submitted thing about one learner, in the ledger's own terms.

    `occurred_at` is when the learner did it, in the offset given; it may be years before
    the ledger hears of it. `narrative` and names are personal and are stored sealed.
    """

    kind: EvidenceKind
    occurred_at: datetime
    source: Source
    occurred_precision: Precision = "instant"
    period: Period | None = None
    alignments: tuple[Alignment, ...] = ()
    result: Result | None = None
    criteria: tuple[Criterion, ...] = ()
    evaluator: Party | None = None
    hours: Decimal | None = None
    credits: Decimal | None = None
    credit_type: str | None = None
    work_based_learning: WorkBasedLearning | None = None
    credential: Credential | None = None
    context: Context = Context()
    facets: tuple[Facet, ...] = ("performance",)
    revises: EvidenceId | None = None  # the earlier piece of work that this one improves
    revises_external: str | None = None  # the same, by the provider's own id for it
    links: tuple[Link, ...] = ()
    narrative: str | None = None
    title: str | None = None
    verification: Verification = Verification()
    extensions: str | None = None  # JSON text of what no field above takes


class Submission(Part):
    """A translated piece of evidence, and whom the provider says it is about.

    `learner` lists one or more names for the same person; any one of them finds the learner.
    `document` is the foreign document as received; None for our own JSON, which is lossless.
    `digest` is SHA-256 over the item's canonical content: equal digests are the same message.
    `known_by` are other digests under which the same message may have been recorded.
    `member_of` is the id of the statement about a group of which this is one member's part.
    """

    learner: tuple[Identifier, ...]
    evidence: Evidence
    digest: bytes
    learner_name: str | None = None
    document: bytes | None = None
    media_type: str | None = None
    submitted_by: ProviderId | None = None
    known_by: tuple[bytes, ...] = ()
    member_of: str | None = None
