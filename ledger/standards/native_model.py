"""Our own JSON, as people write it: the models behind the door and behind OpenAPI.

Field names are those of `ledger.domain.evidence`. An unknown member is refused, never
dropped. What is absent takes the default of `ledger.domain.evidence`. Typed dicts and not
model classes: they cost half the time, since absent members cost nothing. Numbers may be JSON numbers or decimal strings. What no type can say (a score within
its range) is in `plausibility.py`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal, Required, cast
from uuid import UUID

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from ledger.domain.evidence import EvidenceKind, Facet, Precision, Purpose, ResultStatus
from ledger.standards import decimals, moments
from ledger.standards.json_text import canonical

FORMAT = "native"
MAPPER = "native/1"


def _moment(value: object) -> dt.datetime:
    try:
        return moments.moment(value)
    except ValueError as error:
        raise _fault(error, moments.EXPECTED) from error


def _day(value: object) -> dt.date:
    try:
        return moments.day(value)
    except ValueError as error:
        raise _fault(error, moments.DAY_EXPECTED) from error


def _number(value: object) -> Decimal:
    try:
        return decimals.decimal_of(value)
    except ValueError as error:
        raise _fault(error, decimals.EXPECTED) from error


def _count(value: object) -> int:
    try:
        return decimals.count_of(value)
    except ValueError as error:
        raise _fault(error, decimals.COUNT_EXPECTED) from error


def _fault(error: ValueError, expected: str) -> PydanticCustomError:
    return PydanticCustomError("fault", "{why}", {"why": str(error), "expected": expected})


def _json_text(value: object) -> str:
    if not isinstance(value, dict):
        raise PydanticCustomError("object", "is not an object", {"expected": "a JSON object"})
    return canonical(cast("dict[str, object]", value)).decode()


def _version(value: object) -> str:
    if isinstance(value, str) and 0 < len(value) <= 200:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    expected = {"expected": "a string of 1 to 200 characters, or a whole number"}
    raise PydanticCustomError("version", "is not a version", expected)


_MOMENT_SCHEMA: dict[str, Any] = {
    "type": "string",
    "anyOf": [{"format": "date-time"}, {"format": "date"}],
    "examples": ["2026-03-02T10:15:00-06:00", "2026-03-02"],
}
_NUMBER_SCHEMA: dict[str, Any] = {"type": ["number", "string"], "examples": [87.5, "87.5"]}

Id = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, Field(max_length=2_000)]
LongText = Annotated[str, Field(max_length=100_000)]
Reason = Annotated[str, Field(min_length=1, max_length=2_000)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[
    int, PlainValidator(_count), WithJsonSchema({"type": ["integer", "string"], "minimum": 0})
]
Number = Annotated[Decimal, PlainValidator(_number), WithJsonSchema(_NUMBER_SCHEMA)]
Moment = Annotated[dt.datetime, PlainValidator(_moment), WithJsonSchema(_MOMENT_SCHEMA)]
Day = Annotated[dt.date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
JsonObject = Annotated[
    str,
    PlainValidator(_json_text),
    WithJsonSchema({"type": "object", "additionalProperties": True}),
]
Version = Annotated[
    str, PlainValidator(_version), WithJsonSchema({"type": ["string", "integer"], "maxLength": 200})
]


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
    valid_until: Moment | None


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
