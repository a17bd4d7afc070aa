"""Our own JSON, as people write it: the models behind the door and behind OpenAPI.

Field names are those of `ledger.domain.evidence`. An unknown member is refused, never
dropped. What is absent takes the default of `ledger.domain.evidence`. Typed dicts and not
model classes: they cost half the time, since absent members cost nothing. Numbers may be JSON numbers or decimal strings. What no type can say (a score within
its range) is in `plausibility.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Required
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from ledger.domain.evidence import EvidenceKind, Facet, Precision, Purpose, ResultStatus
from ledger.standards.native_fields import (
    Count,
    Day,
    End,
    Flag,
    Id,
    JsonObject,
    LongText,
    Moment,
    Number,
    Reason,
    Text,
    Version,
)

FORMAT = "native"
MAPPER = "native/1"

STRICT = ConfigDict(extra="forbid")


@with_config(STRICT)
class ResultIn(TypedDict, total=False):
    """How it went, on the scale as it was that day."""

    score: Annotated[Number | None, Field(description="From min to max, both included.")]
    min: Annotated[Number | None, Field(description="Lowest score; 0 where absent.")]
    max: Annotated[Number | None, Field(description="Highest score.")]
    cut: Annotated[Number | None, Field(description="The score from which you say passed.")]
    level: Annotated[Text | None, Field(description="One of scale.")]
    scale: Annotated[
        tuple[Text, ...], Field(description="Level names, lowest first.", max_length=100)
    ]
    success: Flag | None
    completion: Flag | None
    status: ResultStatus
    text: Annotated[LongText | None, Field(description="Feedback or a grade in words.")]


@with_config(STRICT)
class AlignmentIn(TypedDict, total=False):
    """This evidence bears on that competency, with its own result where it has one."""

    competency: Required[
        Annotated[Id, Field(description="CFItem URI, CFItem identifier, or a code with framework.")]
    ]
    framework: Annotated[Id | None, Field(description="CFDocument URI, identifier or title.")]
    framework_version: Text | None
    name: Text | None
    result: ResultIn | None
    weight: Number


@with_config(STRICT)
class CriterionIn(TypedDict, total=False):
    """One row of a rubric as it was scored."""

    criterion: Required[Text]
    level: Text | None
    points: Number | None
    points_max: Number | None
    comment: LongText | None


@with_config(STRICT)
class PartyIn(TypedDict, total=False):
    """A person or organisation outside the ledger."""

    id: Required[Id]
    name: Text | None
    role: Text | None


@with_config(STRICT)
class IdentifierIn(TypedDict, total=False):
    """One of your names for the learner."""

    type: Required[
        Annotated[
            Id, Field(description="id, account, mbox, mbox_sha1sum, openid, ssid, email, ...")
        ]
    ]
    value: Required[Id]
    system: Annotated[Id | None, Field(description="Who issued it, such as a homepage.")]


@with_config(STRICT)
class LearnerIn(TypedDict, total=False):
    """Whom it is about: `id` alone, or `identifiers`, any one of which finds the learner."""

    id: Id | None
    identifiers: Annotated[tuple[IdentifierIn, ...], Field(max_length=20)]
    name: Text | None


@with_config(STRICT)
class WorkBasedLearningIn(TypedDict, total=False):
    """Work in a real, simulated or virtual workplace."""

    activity: Annotated[Text | None, Field(examples=["internship", "registered_apprenticeship"])]
    setting: Literal["workplace", "simulated", "virtual"] | None
    paid: Flag | None
    employer: PartyIn | None
    supervisor: PartyIn | None


@with_config(STRICT)
class CredentialIn(TypedDict, total=False):
    """An award: what it is, who gave it, and until when it holds."""

    id: Required[Id]
    name: Text | None
    achievement_type: Text | None
    issuer: PartyIn | None
    license_number: Text | None
    valid_from: Moment | None
    valid_until: Annotated[
        End | None, Field(description="Inclusive: a date alone is valid all that day.")
    ]


@with_config(STRICT)
class ContextIn(TypedDict, total=False):
    """Where and how: what makes one situation differ from another."""

    site: Text | None
    task: Text | None
    task_family: Text | None
    equipment: Annotated[tuple[Text, ...], Field(max_length=100)]
    course: Text | None
    school: Text | None
    programme: Annotated[Text | None, Field(description="CIP code or programme id.")]
    term: Text | None
    attempt: Count | None
    purpose: Purpose
    assessment: Annotated[Text | None, Field(description="Id of the instrument.")]
    platform: Text | None


@with_config(STRICT)
class LinkIn(TypedDict, total=False):
    """A piece of work kept elsewhere, known by its digest."""

    uri: Text | None
    name: Text | None
    media_type: Text | None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None


@with_config(STRICT)
class PeriodIn(TypedDict, total=False):
    """From start to end, both days included."""

    start: Day | None
    end: Day | None


_EXAMPLE: dict[str, Any] = {
    "id": "attempt/88213",
    "kind": "assessment",
    "learner": {"id": "S-100231"},
    "occurred_at": "2026-03-02T10:15:00-06:00",
    "alignments": [
        {
            "competency": "WELD.3.2",
            "framework": "https://case.example.org/CFDocuments/welding",
            "result": {"level": "Proficient", "scale": ["Emerging", "Proficient", "Advanced"]},
        }
    ],
    "result": {"score": 87.5, "max": 100},
    "context": {"site": "shop-2", "task": "fillet weld, horizontal", "attempt": 2},
    "facets": ["performance", "explanation"],
}


@with_config(ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]}))
class EvidenceIn(TypedDict, total=False):
    """One piece of evidence about one learner.

    Sent again with the same `id` and `version` and the same content, it is recorded once.
    A date alone in `occurred_at` means that day (`occurred_precision` "day"), kept as 00:00 UTC.
    """

    id: Required[
        Annotated[Id, Field(description="Your id for it; names this message among yours.")]
    ]
    version: Annotated[Version | None, Field(description="Your version of it, if it changes.")]
    kind: Required[EvidenceKind]
    learner: Required[LearnerIn]
    occurred_at: Required[
        Annotated[Moment, Field(description="When the learner did it, with the offset.")]
    ]
    occurred_precision: Precision
    period: PeriodIn | None
    alignments: Annotated[tuple[AlignmentIn, ...], Field(max_length=1_000)]
    result: ResultIn | None
    criteria: Annotated[tuple[CriterionIn, ...], Field(max_length=1_000)]
    evaluator: Annotated[PartyIn | None, Field(description="The person who judged.")]
    hours: Number | None
    credits: Number | None
    credit_type: Text | None
    work_based_learning: WorkBasedLearningIn | None
    credential: CredentialIn | None
    context: ContextIn
    facets: tuple[Facet, ...]
    revises: Annotated[UUID | None, Field(description="The ledger's id of the work it improves.")]
    revises_external: Annotated[Id | None, Field(description="The same, by your own id for it.")]
    links: Annotated[tuple[LinkIn, ...], Field(max_length=100)]
    narrative: LongText | None
    title: Text | None
    extensions: Annotated[JsonObject | None, Field(description="Anything no other member takes.")]


@with_config(STRICT)
class CorrectionIn(TypedDict, total=False):
    """It was otherwise: `evidence` replaces what was said before, and `reason` says why."""

    reason: Required[Reason]
    evidence: Required[EvidenceIn]


@with_config(STRICT)
class WithdrawalIn(TypedDict, total=False):
    """It is taken back: still readable, no longer counted."""

    reason: Required[Reason]
