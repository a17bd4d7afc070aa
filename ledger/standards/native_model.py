"""Our own JSON, as people write it: the models behind the door and behind OpenAPI.

Field names are those of `ledger.domain.evidence`. An unknown member is refused, never
dropped. Numbers may be JSON numbers or decimal strings. What no type can say (a score within
its range) is in `plausibility.py`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ledger.domain.evidence import EvidenceKind, Facet, Precision, Purpose, ResultStatus, Source
from ledger.standards import decimals, moments
from ledger.standards.json_text import canonical

FORMAT = "native"
MAPPER = "native/1"


def _moment(value: object) -> dt.datetime:
    try:
        if not isinstance(value, str):
            raise ValueError("is not a string")  # noqa: TRY004 (one way out for every fault)
        return moments.moment(value).at
    except ValueError as error:
        why = {"why": str(error), "expected": moments.EXPECTED}
        raise PydanticCustomError("moment", "{why}", why) from error


def _day(value: object) -> dt.date:
    try:
        if not isinstance(value, str):
            raise ValueError("is not a string")  # noqa: TRY004 (one way out for every fault)
        return moments.day(value)
    except ValueError as error:
        why = {"why": str(error), "expected": moments.DAY_EXPECTED}
        raise PydanticCustomError("day", "{why}", why) from error


def _number(value: object) -> Decimal:
    try:
        return decimals.decimal_of(value)
    except ValueError as error:
        why = {"why": str(error), "expected": decimals.EXPECTED}
        raise PydanticCustomError("number", "{why}", why) from error


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
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Number = Annotated[Decimal, PlainValidator(_number), WithJsonSchema(_NUMBER_SCHEMA)]
Moment = Annotated[dt.datetime, PlainValidator(_moment), WithJsonSchema(_MOMENT_SCHEMA)]
Day = Annotated[
    dt.date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})
]
JsonObject = Annotated[
    str, PlainValidator(_json_text), WithJsonSchema({"type": "object", "additionalProperties": True})
]
Version = Annotated[
    str, PlainValidator(_version), WithJsonSchema({"type": ["string", "integer"], "maxLength": 200})
]


class Shape(BaseModel):
    """Every object at the door: an unknown member is refused, with the nearest known name."""

    model_config = ConfigDict(extra="forbid")


class ResultIn(Shape):
    """How it went, on the scale as it was that day."""

    score: Number | None = Field(None, description="From min to max, both included.")
    min: Number | None = Field(None, description="Lowest score; 0 where absent.")
    max: Number | None = Field(None, description="Highest score.")
    cut: Number | None = Field(None, description="The score from which you say passed.")
    level: Text | None = Field(None, description="One of scale.")
    scale: tuple[Text, ...] = Field((), description="Level names, lowest first.", max_length=100)
    success: Flag | None = None
    completion: Flag | None = None
    status: ResultStatus = "final"
    text: LongText | None = Field(None, description="Feedback or a grade in words.")


class AlignmentIn(Shape):
    """This evidence bears on that competency, with its own result where it has one."""

    competency: Id = Field(description="CFItem URI, CFItem identifier, or a code with framework.")
    framework: Id | None = Field(None, description="CFDocument URI, identifier or title.")
    framework_version: Text | None = None
    name: Text | None = None
    result: ResultIn | None = None
    weight: Number = Decimal(1)


class CriterionIn(Shape):
    """One row of a rubric as it was scored."""

    criterion: Text
    level: Text | None = None
    points: Number | None = None
    points_max: Number | None = None
    comment: LongText | None = None


class PartyIn(Shape):
    """A person or organisation outside the ledger."""

    id: Id
    name: Text | None = None
    role: Text | None = None


class IdentifierIn(Shape):
    """One of your names for the learner."""

    type: Id = Field(description="id, account, mbox, mbox_sha1sum, openid, ssid, email, ...")
    value: Id
    system: Id | None = Field(None, description="Who issued it, such as a homepage.")


class LearnerIn(Shape):
    """Whom it is about: `id` alone, or `identifiers`, any one of which finds the learner."""

    id: Id | None = None
    identifiers: tuple[IdentifierIn, ...] = Field((), max_length=20)
    name: Text | None = None


class WorkBasedLearningIn(Shape):
    """Work in a real, simulated or virtual workplace."""

    activity: Text | None = Field(None, examples=["internship", "registered_apprenticeship"])
    setting: Literal["workplace", "simulated", "virtual"] | None = None
    paid: Flag | None = None
    employer: PartyIn | None = None
    supervisor: PartyIn | None = None


class CredentialIn(Shape):
    """An award: what it is, who gave it, and until when it holds."""

    id: Id
    name: Text | None = None
    achievement_type: Text | None = None
    issuer: PartyIn | None = None
    license_number: Text | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class ContextIn(Shape):
    """Where and how: what makes one situation differ from another."""

    site: Text | None = None
    task: Text | None = None
    task_family: Text | None = None
    equipment: tuple[Text, ...] = Field((), max_length=100)
    course: Text | None = None
    school: Text | None = None
    programme: Text | None = Field(None, description="CIP code or programme id.")
    term: Text | None = None
    attempt: Count | None = None
    purpose: Purpose = "unknown"
    assessment: Text | None = Field(None, description="Id of the instrument.")
    platform: Text | None = None


class LinkIn(Shape):
    """A piece of work kept elsewhere, known by its digest."""

    uri: Text | None = None
    name: Text | None = None
    media_type: Text | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class PeriodIn(Shape):
    """From start to end, both days included."""

    start: Day | None = None
    end: Day | None = None


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


class EvidenceIn(Shape):
    """One piece of evidence about one learner.

    Sent again with the same `id` and `version` and the same content, it is recorded once.
    A date alone in `occurred_at` means that day (`occurred_precision` "day"), kept as 00:00 UTC.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    id: Id = Field(description="Your id for it; names this message among yours.")
    version: Version | None = Field(None, description="Your version of it, if it changes.")
    kind: EvidenceKind
    learner: LearnerIn
    occurred_at: Moment = Field(description="When the learner did it, with the offset.")
    occurred_precision: Precision = "instant"
    period: PeriodIn | None = None
    alignments: tuple[AlignmentIn, ...] = Field((), max_length=1_000)
    result: ResultIn | None = None
    criteria: tuple[CriterionIn, ...] = Field((), max_length=1_000)
    evaluator: PartyIn | None = Field(None, description="The person who judged.")
    hours: Number | None = None
    credits: Number | None = None
    credit_type: Text | None = None
    work_based_learning: WorkBasedLearningIn | None = None
    credential: CredentialIn | None = None
    context: ContextIn = ContextIn()
    facets: tuple[Facet, ...] = ("performance",)
    revises: UUID | None = Field(None, description="The ledger's id of the work it improves.")
    revises_external: Id | None = Field(None, description="The same, by your own id for it.")
    links: tuple[LinkIn, ...] = Field((), max_length=100)
    narrative: LongText | None = None
    title: Text | None = None
    extensions: JsonObject | None = Field(None, description="Anything no other member takes.")

    @property
    def source(self) -> Source:
        """Where it came from, as a fact states it."""
        return Source(
            format=FORMAT, external_id=self.id, external_version=self.version, mapper=MAPPER
        )


class CorrectionIn(Shape):
    """It was otherwise: `evidence` replaces what was said before, and `reason` says why."""

    reason: Annotated[str, Field(min_length=1, max_length=2_000)]
    evidence: EvidenceIn


class WithdrawalIn(Shape):
    """It is taken back: still readable, no longer counted."""

    reason: Annotated[str, Field(min_length=1, max_length=2_000)]
