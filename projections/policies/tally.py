"""What was counted: the evidence requirements look at, and what was left out and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from ledger.domain.ids import CompetencyId, EvidenceId
from projections.policies.averages import UNRATED, Estimator, weight_units
from projections.policies.numbers import UNIT
from projections.policies.observation import Exclusion, Observation
from projections.policies.ordering import Ordered
from projections.policies.verdict import MasteryState, NotCounted
from projections.policies.works import COLUMNS, Key, repeats

_DAY = timedelta(days=1)


class Tally:
    """Counted evidence in the order it occurred, and all that a requirement may ask about it.

    `points[i]` belongs to `seen[i]`. `tried` and `tried_points` also hold the attempts that a
    later one replaced. `everything` is all there is, counted or not. `turns_at` is when time
    alone next changes what counts. `hits` is where requirements keep what they have found.
    """

    __slots__ = ("_columns", "_counted", "_estimate", "_places", "_repeats", "_revised", "assume_confirmed", "children", "everything", "excluded", "hits",
                 "not_counted", "on", "points", "seen", "tried", "tried_points", "turns_at",
                 "unrated")  # fmt: skip

    def __init__(
        self,
        everything: Ordered,
        on: datetime,
        children: Mapping[CompetencyId, MasteryState],
    ) -> None:
        self.everything, self.on, self.children = everything, on, children
        self.seen: list[Observation] = []
        self.points: list[int] = []
        self.tried, self.tried_points = self.seen, self.points
        self.not_counted: list[NotCounted] = []
        self.excluded: set[Exclusion] = set()
        self.turns_at: datetime | None = None
        self.unrated = False  # some of `points` are no ratings
        self.assume_confirmed = False
        self._counted: tuple[EvidenceId, ...] | None = None
        self._columns: dict[str, list[Key]] = {}
        self._places: dict[int, list[int]] = {}
        self._repeats: dict[str, bool] = {}
        self._estimate: tuple[Estimator, int | None] | None = None
        self._revised: bool | None = None
        self.hits: dict[object, Sequence[int]] = {}

    def count_all(self, points: Sequence[int]) -> None:
        """Count everything, each for so many points."""
        self.seen = self.tried = self.everything
        self.points = self.tried_points = [*points]

    def drop(self, one: Observation, reason: Exclusion, detail: str) -> None:
        """Leave a piece of evidence out, and remember why."""
        self.not_counted.append(NotCounted(one.evidence, reason, detail))
        self.excluded.add(reason)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with these places only; `tried` still holds what there was.

        Before any requirement is asked: what they found would not be so any more.
        """
        self.seen = [self.seen[place] for place in places]
        self.points = [self.points[place] for place in places]
        self._columns, self._places, self._repeats, self._counted = {}, {}, {}, None

    def column(self, name: str) -> list[Key]:
        """Say of each counted piece of evidence where it belongs (works.COLUMNS)."""
        column = self._columns.get(name)
        if column is None:
            whole = self.everything
            column = self._columns[name] = (
                whole.column(name, COLUMNS[name])
                if self.seen is whole
                else COLUMNS[name](self.seen)
            )
        return column

    def repeats(self, name: str) -> bool:
        """Whether two pieces of evidence belong to the same, in this column."""
        found = self._repeats.get(name)
        if found is None:
            found = self._repeats[name] = repeats(self.column(name))
        return found

    def revised(self) -> bool:
        """Whether anything, counted or not, says which earlier work it improves."""
        if self._revised is None:
            self._revised = any(self.everything.column("revises", COLUMNS["revises"]))
        return self._revised

    def at_least(self, bar: int) -> list[int]:
        """Give the places of ratings at or above a bar. Ask when all points are final."""
        places = self._places.get(bar)
        if places is None:
            places = [place for place, worth in enumerate(self.points) if worth >= bar]
            self._places[bar] = places
        return places

    def part(self, wanted: Callable[[Observation], bool], *, on: datetime) -> Tally:
        """Give the tally as if only some evidence had been counted, at another moment."""
        part = Tally(self.everything, on, self.children)
        part.unrated, part.assume_confirmed = self.unrated, self.assume_confirmed
        part.seen, part.points = _chosen(self.seen, self.points, wanted)
        part.tried, part.tried_points = part.seen, part.points
        if self.tried is not self.seen:
            part.tried, part.tried_points = _chosen(self.tried, self.tried_points, wanted)
        return part

    def until(self, place: int) -> Tally:
        """Give the tally as it was right after `seen[place]` occurred."""
        last = self.seen[place]
        end = (last.occurred_at, last.first_position)
        return self.part(
            lambda one: (one.occurred_at, one.first_position) <= end, on=last.occurred_at
        )

    def ratings(self) -> Sequence[int]:
        """Give what was rated, without what only counts for hours or as a credential."""
        return [one for one in self.points if one > UNRATED] if self.unrated else self.points

    def estimate(
        self, estimator: Estimator, *, age_days: int | None = None, more: Sequence[int] = ()
    ) -> int | None:
        """Give the estimate in units at the moment of the tally, or at another age.

        With an age, as it would be with `more` ratings, each of full weight.
        """
        if age_days is not None:
            return self._estimated(estimator, age_days, more)
        if self._estimate is None or self._estimate[0] is not estimator:
            age_days = self.age_days() if estimator.fades else 0
            self._estimate = estimator, self._estimated(estimator, age_days)
        return self._estimate[1]

    def _estimated(
        self, estimator: Estimator, age_days: int, more: Sequence[int] = ()
    ) -> int | None:
        ratings = self.ratings()
        if estimator.chances and self.unrated:
            answers = [one for one in self.points if one != UNRATED]
            ratings = answers if ratings or more else ratings
        weights = self.weights() if estimator.weighted else ()
        if more:
            ratings = [*ratings, *more]
            weights = [*weights, *[UNIT] * len(more)] if estimator.weighted else ()
        return estimator.value(ratings, weights, age_days=age_days)

    def age_days(self) -> int:
        """Whole days since the newest counted evidence; 0 if there is none."""
        return max(0, (self.on - self.seen[-1].occurred_at) // _DAY) if self.seen else 0

    def weights(self) -> Sequence[int]:
        """Give the weight of each rating, as whole numbers."""
        return [
            weight_units(one.weight)
            for one, points in zip(self.seen, self.points, strict=True)
            if points > UNRATED
        ]

    def evidence(self, places: Sequence[int]) -> tuple[EvidenceId, ...]:
        """Name the evidence at these places; once, where a place comes up for several tools."""
        seen, once = self.seen, dict.fromkeys(places)
        if len(once) == len(seen):
            return self.counted()
        return tuple([seen[place].evidence for place in once])

    def counted(self) -> tuple[EvidenceId, ...]:
        """Name all evidence that counts."""
        if self._counted is None:
            self._counted = tuple([one.evidence for one in self.seen])
        return self._counted


def _chosen(
    seen: Sequence[Observation], points: Sequence[int], wanted: Callable[[Observation], bool]
) -> tuple[list[Observation], list[int]]:
    places = [place for place, one in enumerate(seen) if wanted(one)]
    return [seen[place] for place in places], [points[place] for place in places]


def sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    """Give the earlier of two moments, where None is never."""
    if one is None or other is None:
        return one or other
    return min(one, other)
