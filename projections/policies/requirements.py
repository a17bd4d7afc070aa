"""The documents of requirements: what must be met, and how requirements are composed.

A bar (`level` or `points`) limits a rule to evidence rated at or above it; without one, any
rating will do. `estimate_at_least` without a bar asks for the scale's own mastery.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.evidence import Facet
from projections.policies.clauses import (
    PARTS_MAX,
    Amount,
    Clause,
    Count,
    Duration,
    Name,
    PartOfWhole,
    Points,
    Share,
)
from projections.policies.estimates import AnyEstimate

JudgedKind = Literal["assessment", "credential", "work_based_learning"]

DistinctOf = Literal[
    "context", "provider", "evaluator", "site", "task", "task_family", "equipment", "course",
    "assessment",
]  # fmt: skip
"""`context` is site (else course, else provider), task family and equipment together."""

CHILDREN_MAX = 10_000

WorkOf = Literal["work", "task", "competency"]
"""What makes two pieces of evidence attempts at one thing.

`work`: one revises the other, or both are the same task; `task`: the same task;
`competency`: everything on this competency.
"""


class Barred(Clause):
    """A rule that may look only at evidence at or above a level, or a number of points."""

    level: Name | None = None
    points: Points | None = None


class EstimateAtLeast(Barred):
    """The estimate reaches the bar; `estimate` here replaces the document's own."""

    rule: Literal["estimate_at_least"]
    estimate: AnyEstimate | None = None


class ObservationsAtLeast(Barred):
    """So many ratings; with `below`, ratings under the bar instead."""

    rule: Literal["observations_at_least"]
    at_least: Count
    below: bool = False


class Distinct(Barred):
    """Evidence from so many different contexts, providers, evaluators, ..."""

    rule: Literal["distinct"]
    of: DistinctOf
    at_least: Count


class Kind(Barred):
    """So many pieces of evidence of one of these kinds."""

    rule: Literal["kind"]
    which: Annotated[tuple[JudgedKind, ...], Field(min_length=1)]
    at_least: Count = 1


class FacetShown(Barred):
    """So many pieces of evidence that show this facet, such as an explanation."""

    rule: Literal["facet"]
    which: Facet
    at_least: Count = 1


class Improved(Clause):
    """The last attempt against the first attempt of the same work, by when they occurred.

    `kept`: in no work is the last rating below the first. `raised`: in at least `at_least`
    works the last rating is above the first. Attempts that do not count any more because a
    later one replaced them are still compared, and a work is held together by evidence that
    was withdrawn or has not arrived yet, so lateness breaks no chain.
    """

    rule: Literal["improved"]
    of: WorkOf = "work"
    by: Literal["kept", "raised"] = "raised"
    at_least: Count = 1


class Within(Clause):
    """The inner rule, met by evidence not older than `period`."""

    rule: Literal["within"]
    period: Duration
    inner: AnyRule


class HoursAtLeast(Clause):
    """So many hours, all counted evidence of these kinds together."""

    rule: Literal["hours_at_least"]
    hours: Amount
    kinds: tuple[JudgedKind, ...] = ()  # empty: all


class CredentialHeld(Clause):
    """At least one of these credentials, in force."""

    rule: Literal["credential"]
    any_of: Annotated[tuple[Name, ...], Field(min_length=1, max_length=PARTS_MAX)]


class ConfirmedBySecondRater(Barred):
    """So many works that two different people rated at or above the bar."""

    rule: Literal["confirmed_by_second_rater"]
    at_least: Count = 1


class ResultOf(Clause):
    """The result in one named task or assessment, as a share of full marks (0 to 1)."""

    rule: Literal["result_of"]
    which: Name
    is_: Annotated[Literal["at_least", "at_most", "equal"], Field(alias="is")] = "at_least"
    share: PartOfWhole
    attempt: Literal["latest", "highest", "first"] = "latest"


class Covers(Clause):
    """A share, or a number, of child competencies is mastered; without names, of all children.

    No children means not met: nobody masters a whole by its having no parts.
    """

    rule: Literal["covers"]
    children: Annotated[tuple[Name, ...], Field(max_length=CHILDREN_MAX)] = ()
    share: Share | None = None
    at_least: Count | None = None


class ChildPoints(Clause):
    """What one child competency is worth."""

    id: Name
    points: Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
    required: bool = False


class PointsFromChildren(Clause):
    """Moodle's points rule: mastered children give points; the required ones must be mastered."""

    rule: Literal["points"]
    need: Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]
    children: Annotated[tuple[ChildPoints, ...], Field(min_length=1, max_length=CHILDREN_MAX)]


class AllOf(Clause):
    """Every part must be met."""

    rule: Literal["all_of"]
    rules: Annotated[tuple[AnyRule, ...], Field(min_length=1, max_length=PARTS_MAX)]


class AnyOf(Clause):
    """One part must be met."""

    rule: Literal["any_of"]
    rules: Annotated[tuple[AnyRule, ...], Field(min_length=1, max_length=PARTS_MAX)]


class AtLeast(Clause):
    """`n` of the parts must be met."""

    rule: Literal["at_least"]
    n: Count
    of: Annotated[tuple[AnyRule, ...], Field(min_length=1, max_length=PARTS_MAX)]


AnyRule = Annotated[
    EstimateAtLeast
    | ObservationsAtLeast
    | Distinct
    | Kind
    | FacetShown
    | Improved
    | Within
    | HoursAtLeast
    | CredentialHeld
    | ConfirmedBySecondRater
    | ResultOf
    | Covers
    | PointsFromChildren
    | AllOf
    | AnyOf
    | AtLeast,
    Field(discriminator="rule"),
]

for _model in (Within, AllOf, AnyOf, AtLeast):
    _model.model_rebuild()
