"""One observation as a file says it: every field may be left out, and several say the same.

The second names are those of other systems (`possible`, `assessor`, `shows`, ...), so that
what they export can be judged as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import AfterValidator, Field, field_validator

from ledger.domain.evidence import Context, EvidenceKind, Facet, Purpose, Result, ResultStatus
from ledger.domain.ids import CompetencyId, EvidenceId, Position, ProviderId
from projections.policies.clauses import Clause
from projections.policies.observation import Exclusion, Observation

Number = Annotated[Decimal, Field(allow_inf_nan=False)]


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_zoned)]
"""A day is its first moment, in UTC."""

_NAMES = UUID("8f7a4c3e-52d1-5c0b-9d5f-0a3c6e1b7d20")
_KINDS: dict[str, EvidenceKind] = {
    "assessment": "assessment",
    "credential": "credential",
    "work_based_learning": "work_based_learning",
    "activity": "activity",
    # Canvas: where a result came from
    "rubric": "assessment",
    "rubric_percent": "assessment",
    "quiz": "assessment",
}
_SHOWS: dict[str, Facet] = {
    "performance": "performance",
    "explanation": "explanation",
    "transfer": "transfer",
    "revision": "revision",
    "reflection": "reflection",
    "explains_thinking": "explanation",
    "adapts_to_new_situation": "transfer",
}


class Where(Clause):
    """A context, spelt out."""

    site: str | None = None
    task: str | None = None
    task_family: str | None = None
    equipment: tuple[str, ...] = ()
    course: str | None = None
    assessment: str | None = None
    attempt: int | None = None
    purpose: Purpose = "unknown"


class Item(Where):
    """One observation in a file."""

    id: str | int | None = None
    competency: str | None = None
    kind: str = "assessment"
    occurred_at: Moment | None = None
    age_days: Number | None = None
    provider: str = "provider"
    evaluator: str | None = None
    assessor: str | None = None
    context: Where | str | None = None
    score: Number | None = None
    percent: Number | None = None
    possible: Number | None = None
    max: Number | None = None
    min: Number | None = None
    cut: Number | None = None
    alignment_mastery: Number | None = None
    level: str | int | None = None
    scale: tuple[str, ...] = ()
    success: bool | None = None
    response: Literal[1, 0, -1] | None = None
    status: ResultStatus = "final"
    association_id: str | int | None = None
    facets: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    revises: str | int | None = None
    hours: Number | None = None
    credential: str | None = None
    valid_until: Moment | None = None
    weight: Number = Decimal(1)
    rigour: int | None = None
    confirmed_by: tuple[str, ...] = ()
    moderated: bool = True
    withdrawn: bool = False
    excluded: Exclusion | None = None
    note: str | None = None

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str) -> str:
        if kind not in _KINDS:
            raise ValueError(f"expected one of {', '.join(_KINDS)}")
        return kind

    @field_validator("facets", "shows")
    @classmethod
    def _known_facets(cls, shown: tuple[str, ...]) -> tuple[str, ...]:
        for one in shown:
            if one not in _SHOWS:
                raise ValueError(f"expected some of {', '.join(_SHOWS)}")
        return shown


def observation(
    item: Item, place: int, *, competency: CompetencyId, occurred_at: datetime
) -> Observation:
    """Make an observation of what a file says; `place` is its place in the file, from 0."""
    kind = _KINDS[item.kind]
    excluded: Exclusion | None = item.excluded
    if item.withdrawn:
        excluded = "withdrawn"
    elif excluded is None and not item.moderated:
        excluded = "awaiting_second_rater"
    return Observation(
        evidence=EvidenceId(_named("evidence", place if item.id is None else item.id)),
        competency=CompetencyId(item.competency) if item.competency else competency,
        position=Position(place + 1),
        first_position=Position(place + 1),
        kind=kind,
        occurred_at=occurred_at,
        recorded_at=occurred_at,
        provider=ProviderId(_named("provider", item.provider)),
        evaluator=item.evaluator or item.assessor,
        result=_result(item),
        weight=_weight(item),
        context=_context(item),
        facets=tuple(dict.fromkeys(_SHOWS[one] for one in item.facets + item.shows))
        or ("performance",),
        revises=None if item.revises is None else EvidenceId(_named("evidence", item.revises)),
        hours=item.hours,
        credential=item.credential,
        valid_until=item.valid_until,
        rigour=item.rigour,
        confirmed_by=item.confirmed_by,
        excluded=excluded,
    )


def _named(what: str, name: str | int) -> UUID:
    try:
        return UUID(str(name))
    except ValueError:
        return uuid5(_NAMES, f"{what} {name}")


def _result(item: Item) -> Result | None:
    high = item.possible if item.max is None else item.max
    score, cut = item.score, item.cut
    if item.percent is not None:
        # A share of what was possible; without that, of one. As in Canvas it goes before the
        # score, which may count in points of its own, and is already on the outcome's scale.
        high = high or Decimal(1)
        score = item.percent * high
    elif item.alignment_mastery is not None and cut is None and high is not None:
        cut = item.alignment_mastery * high
    if item.response in {0, 1}:
        score, high = Decimal(item.response or 0), Decimal(1)
    level = None if item.level is None else str(item.level)
    if score is None and level is None and item.success is None:
        return None
    return Result(
        score=score, min=item.min, max=high, cut=cut, level=level, scale=item.scale,
        success=item.success, status=item.status,
    )  # fmt: skip


def _weight(item: Item) -> Decimal:
    # Canvas: a question worth nothing has a percentage, and no share in its quiz's score.
    worthless = not (item.possible if item.max is None else item.max)
    if item.kind == "quiz" and item.percent is not None and worthless:
        return Decimal(0)
    return item.weight


def _context(item: Item) -> Context:
    inner = item.context
    where = inner if isinstance(inner, Where) else item
    task, assessment = where.task, where.assessment
    if item.association_id is not None:
        # Canvas pools the questions of one quiz, and only of a quiz.
        name = f"{item.kind}/{item.association_id}"
        task, assessment = (task, name) if item.kind == "quiz" else (name, assessment)
    return Context(
        site=inner if isinstance(inner, str) else where.site,
        task=task, task_family=where.task_family, equipment=where.equipment, course=where.course,
        assessment=assessment, attempt=where.attempt, purpose=where.purpose,
    )  # fmt: skip
