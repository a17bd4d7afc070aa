"""Reports over many learners: the action lists, and how those who judge are looked after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Generic, Literal, Self, TypeVar
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from api.auth import ReportsReader
from api.moments import AtClocks, read_moment
from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import parts
from api.problems import INVALID, Fault, ProblemError
from api.routes.trials import TableOut
from ledger.domain.ids import CompetencyId, LearnerId, Position, ProviderId
from projections.action_lists import NotImproved, OneShort
from projections.disparity import Disparity, Group, compared, disparity
from projections.reports import Moderation, Scope, moderation, not_improved_list, one_short_list
from projections.sampling import SHARE_PERCENT, SecondScoring, Wanted, second_scoring

router = APIRouter(prefix="/v1/reports", tags=["reports"], responses=PROBLEMS)

PAGE_ITEMS = 100
DRIFT_DAYS = 90
Row = TypeVar("Row", OneShort, NotImproved)
Level = Annotated[
    Literal["state", "district", "school", "programme"] | None,
    Query(description="Only those enrolled there on the day; needs `scope`."),
]
Name = Annotated[str, Query(description="Which state, district, school or programme.")]
After = Annotated[UUID | None, Query(description="The `next` of the page before.")]
Limit = Annotated[
    int, Query(ge=1, description="About how many rows; a learner's rows stay together.")
]


def _about(request: Request, at: AtClocks, level: Level = None, scope: Name = "") -> Scope:
    scope = scope.strip()
    if (level is None) != (not scope):
        fault = Fault("level and scope go together", parameter="scope")
        raise ProblemError(INVALID, "scope: level and scope go together", faults=[fault])
    question = parts(request).answers.asked(as_of=at.as_of, on=at.on)
    return Scope(question.position, question.on, level, scope)


About = Annotated[Scope, Depends(_about)]
"""Whom a report is about, and as of when."""


def _going_on(about: About, after: After = None) -> Scope:
    return replace(about, after=LearnerId(after) if after is not None else None)


AboutFrom = Annotated[Scope, Depends(_going_on)]
"""The same, from where the page before ended."""


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """Rows in the order of learners' ids; go on with `after` where there is a `next`."""

    position: Position
    on: datetime
    items: list[Row]
    next: LearnerId | None


@router.get(
    "/one-short", response_class=JsonBytes, summary="List who is one observation short",
    responses=replies(Page[OneShort], "Who, of what, and what the observation must bring."),
)  # fmt: skip
def one_short(
    request: Request, _caller: ReportsReader, where: AboutFrom, limit: Limit = PAGE_ITEMS
) -> Response:
    """List learners whom one more observation, as good as it can be, would bring to mastery."""
    asked = parts(request)
    rows = one_short_list(asked.ledger.log, where)
    return encoded(_page(rows, where, min(limit, asked.settings.page_items_max)))


@router.get(
    "/not-improved", response_class=JsonBytes, summary="List work that was not improved",
    responses=replies(Page[NotImproved], "Whose work, and whether it was revised at all."),
)  # fmt: skip
def not_improved(
    request: Request, _caller: ReportsReader, where: AboutFrom, limit: Limit = PAGE_ITEMS
) -> Response:
    """List completed work with feedback that no revision has made better."""
    asked = parts(request)
    rows = not_improved_list(asked.ledger.log, where)
    return encoded(_page(rows, where, min(limit, asked.settings.page_items_max)))


@router.get(
    "/moderation", response_class=JsonBytes, summary="Compare first and second scores",
    responses=replies(Moderation, "Agreement over all and by rater, and who drifts."),
)  # fmt: skip
def compare(
    request: Request,
    _caller: ReportsReader,
    where: About,
    *,
    since: Annotated[
        str | None,
        Query(description=f"From when drift is looked for; {DRIFT_DAYS} days back, if absent."),
    ] = None,
) -> Response:
    """Give exact agreement, weighted kappa and leniency, per provider and evaluator."""
    asked = parts(request)
    moment = where.on - timedelta(days=DRIFT_DAYS)
    if since is not None:
        given = read_moment("on", since, named="since")
        moment = given if isinstance(given, datetime) else moment
    return encoded(moderation(asked.ledger.log, where, since=moment))


@router.get(
    "/second-scoring", response_class=JsonBytes, summary="See what was drawn for second scoring",
    responses=replies(SecondScoring, "The share by rater, and the work: scored again, or awaiting."),
)  # fmt: skip
def second_scores(
    request: Request, _caller: ReportsReader, where: AboutFrom, *,
    share: Annotated[
        Decimal,
        # Without a bound on places, one of a billion would be worked out to the last.
        Query(gt=0, le=100, decimal_places=6, description="How much is drawn, in percent."),
    ] = SHARE_PERCENT,
    provider: Annotated[UUID | None, Query(description="Only this provider's work.")] = None,
    evaluator: Annotated[
        str | None, Query(description="Only work that this evaluator rated first.")
    ] = None,
    awaiting: Annotated[
        bool, Query(description="List only work that nobody has scored a second time.")
    ] = False,
    limit: Limit = PAGE_ITEMS,
) -> Response:  # fmt: skip
    """List the work drawn for a second score: by a digest of its id, so the same for everybody."""
    asked = parts(request)
    whose = ProviderId(provider) if provider is not None else None
    wanted = Wanted(share, whose, evaluator, awaiting)
    limit = min(limit, asked.settings.page_items_max)
    return encoded(second_scoring(asked.ledger.log, where, wanted, limit=limit))


class DisparityOut(msgspec.Struct, frozen=True):
    """One competency: learners by group and outcome, and each group's figures; null is held back."""

    competency: CompetencyId
    outcomes: TableOut
    groups: tuple[Group, ...]


class Disparities(msgspec.Struct, frozen=True):
    """Every competency compared, as of a position in the log and as true at a moment."""

    position: Position
    on: datetime
    items: list[DisparityOut]

    @classmethod
    def of(cls, scope: Scope, found: Iterable[Disparity]) -> Self:
        """Give what a report found, with what may be shown of it."""
        items = [
            DisparityOut(one.competency, TableOut.of(one.outcomes), one.groups) for one in found
        ]
        return cls(scope.as_of, scope.on, items)


@router.get(
    "/disparity", response_class=JsonBytes, summary="Compare subgroups",
    responses=replies(Disparities, "Pass rates, evidence and moderation, by group."),
)  # fmt: skip
def compare_groups(
    request: Request, _caller: ReportsReader, where: About, *,
    by: Annotated[str, Query(
        min_length=1, max_length=100,
        description="The name of an attribute, or: state, district, school, programme.",
    )],
    competency: Annotated[str | None, Query(description="Only this one: URI or identifier.")] = None,
    framework: Annotated[str | None, Query(description="Only this framework's.")] = None,
) -> Response:  # fmt: skip
    """Compare groups of learners in each competency: who mastered it, on how much evidence.

    Small numbers of people are held back, and so is what would reveal them by subtraction.
    """
    asked = parts(request)
    registry = asked.answers.registry(as_of=where.as_of)
    found = disparity(asked.ledger.log, where, compared(registry, by, framework, competency))
    return encoded(Disparities.of(where, found))


def _page(rows: Iterable[Row], where: Scope, limit: int) -> Page[Row]:
    items: list[Row] = []
    for row in rows:
        # A learner's rows stay together, so that a page can go on after a learner.
        if len(items) >= limit and row.learner != items[-1].learner:
            return Page(where.as_of, where.on, items, items[-1].learner)
        items.append(row)
    return Page(where.as_of, where.on, items, None)
