"""The scale a policy thinks in, and how a provider's result comes on to it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from ledger.errors import Reject
from projections.policies.clauses import DECIMALS_MAX, PARTS_MAX, Clause, Name, Points
from projections.policies.numbers import Rounding


class LevelClause(Clause):
    """One step of the scale."""

    name: Name
    points: Points


class ScaleClause(Clause):
    """Levels from lowest to highest, where mastery begins, and how an estimate is rounded.

    Mastery is a level's name or a number of points. `points_possible` is what full marks are
    worth: the highest level's points unless given; 0 means that it is not known, and then
    full marks are worth the mastery points, as in Canvas.
    """

    levels: Annotated[tuple[LevelClause, ...], Field(min_length=1, max_length=PARTS_MAX)]
    mastery_level: Name | None = None
    mastery_points: Points | None = None
    points_possible: Annotated[Points, Field(ge=0)] | None = None
    decimals: Annotated[int, Field(strict=True, ge=0, le=DECIMALS_MAX)] = 2
    rounding: Rounding = "half_away"

    def points_of(self, level: str) -> Decimal | None:
        """Give the points of a level by name, whatever its case; None if there is no such level."""
        wanted = level.strip().casefold()
        return next(
            (one.points for one in self.levels if one.name.strip().casefold() == wanted), None
        )

    @property
    def mastery(self) -> Decimal:
        """Where mastery begins, in points. Requires a sound scale."""
        if self.mastery_points is not None:
            return self.mastery_points
        found = self.points_of(self.mastery_level or "")
        return found if found is not None else self.levels[-1].points

    @property
    def full_marks(self) -> Decimal:
        """What a full score is worth: the points possible, or the mastery points if that is 0."""
        possible = self.levels[-1].points if self.points_possible is None else self.points_possible
        return possible if possible > 0 else self.mastery

    def faults(self) -> Iterator[Reject]:
        """Say what makes this scale unusable."""
        names: dict[str, int] = {}
        for place, level in enumerate(self.levels):
            first = names.setdefault(level.name.strip().casefold(), place)
            if first != place:
                yield Reject(f"/scale/levels/{place}/name", f"repeats the name of level {first}")
            if place and level.points <= self.levels[place - 1].points:
                why = (
                    "the scale is upside down: this level has no more points than the one before it"
                )
                yield Reject(f"/scale/levels/{place}/points", why, "levels from lowest to highest")
        if self.mastery_level is None and self.mastery_points is None:
            yield Reject(
                "/scale",
                "says nothing about where mastery begins",
                "mastery_level or mastery_points",
            )
        if self.mastery_level is not None:
            yield from self._mastery_level_faults(self.mastery_level)

    def _mastery_level_faults(self, level: str) -> Iterator[Reject]:
        found = self.points_of(level)
        if found is None:
            names = ", ".join(one.name for one in self.levels)
            yield Reject("/scale/mastery_level", f"the scale has no level {level!r}", names)
        elif self.mastery_points is not None and self.mastery_points != found:
            why = f"contradicts mastery_level, which has {found} points"
            yield Reject("/scale/mastery_points", why)


class ResultClause(Clause):
    """How a result becomes points, where the provider's scale is another one.

    In this order: a level by name; a level by its rank on the provider's own scale; a score
    as a share of its bounds; success. `passed` and `failed` are what mere success or failure
    are worth; where they are absent, such a result is not on the scale. A credential without
    a result counts as passed.
    """

    passed: Points | None = None
    failed: Points | None = None
    ranks: Literal["mapped", "not_on_scale"] = "mapped"
    score_without_max: Literal["not_on_scale", "points"] = "not_on_scale"
    above_max: Literal["invalid", "extra_credit"] = "invalid"
    cut_score: Literal["scaled", "ignored"] = "scaled"
    cut_decimals: Annotated[int, Field(strict=True, ge=0, le=DECIMALS_MAX)] = 4
