"""Requirements that look at how good the evidence is: estimates, and one task's result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from projections.policies.averages import CHANCE, UNRATED, Estimator
from projections.policies.least import ratings_that_reach
from projections.policies.numbers import UNIT, to_decimal, to_units
from projections.policies.periods import FOREVER
from projections.policies.points import CACHE_MAX, share_of
from projections.policies.requirements import ResultOf
from projections.policies.rules import from_place
from projections.policies.tally import Tally
from projections.policies.verdict import Finding, Missing

LevelName = Callable[[int], str]
"""Names the level that so many units reach."""


class EstimateRule:
    """The estimate reaches a bar."""

    __slots__ = ("_bar", "_estimator", "_fades", "_name", "_needed", "_texts")

    def __init__(self, estimator: Estimator, bar: int, *, name: LevelName, fades: bool) -> None:
        self._estimator, self._bar, self._name, self._fades = estimator, bar, name, fades
        self._texts: dict[int, str] = {}
        self._needed = self._text(bar)

    def _text(self, units: int) -> str:
        text = self._texts.get(units)
        if text is None:
            if len(self._texts) >= CACHE_MAX:
                self._texts.clear()
            text = self._texts[units] = f"{to_decimal(units):f} ({self._name(units)})"
        return text

    def met(self, tally: Tally) -> bool:
        """Compare the estimate at the moment of the tally."""
        found = tally.estimate(self._estimator)
        return found is not None and found >= self._bar

    def find(self, tally: Tally) -> Finding:
        """Compare the estimate, and write it down."""
        found = tally.estimate(self._estimator)
        met = found is not None and found >= self._bar
        text = "" if found is None else self._text(found)
        return Finding("estimate_at_least", met, text, self._needed)

    def prefixes(self, tally: Tally) -> int:
        """Compare the estimate as it was after each rating, before any fading."""
        if self._estimator.between and len(tally.at_least(self._bar)) == len(tally.seen):
            return from_place(0, len(tally.seen))
        weights = tally.weights() if self._estimator.weighted else ()
        if not tally.unrated:
            return self._bits(self._estimator.values(tally.points, weights))
        chances = self._estimator.chances
        ratings = [one for one in tally.points if one > UNRATED or (one == CHANCE and chances)]
        estimates = iter(self._estimator.values(ratings, weights))
        after_each: list[int | None] = []
        found: int | None = None
        rated = False
        for worth in tally.points:
            rated = rated or worth > UNRATED
            if worth > UNRATED or (worth == CHANCE and chances):
                found = next(estimates)
            after_each.append(found if rated else None)
        return self._bits(after_each)

    def _bits(self, estimates: Sequence[int | None]) -> int:
        bar = self._bar
        met = ["1" if one is not None and one >= bar else "0" for one in reversed(estimates)]
        return int("".join(met) or "0", 2)

    def turns_at(self, tally: Tally) -> datetime | None:
        """The first day on which fading takes the estimate below the bar."""
        if not self._fades or not tally.seen or not self.met(tally):
            return None
        newest = tally.seen[-1].occurred_at
        low, high = tally.age_days(), (FOREVER - newest).days
        if self._holds(tally, high):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._holds(tally, middle) else (low, middle)
        return newest + timedelta(days=high)

    def _holds(self, tally: Tally, age_days: int) -> bool:
        found = tally.estimate(self._estimator, age_days=age_days)
        return found is not None and found >= self._bar

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """So many more ratings, each so good: as few as will do, and then as low as will do."""
        del finding
        asks = {"estimate": self._needed}
        least = ratings_that_reach(self._bar, self._estimator, tally)
        if least is not None:
            number, worth = least
            level = self._name(worth)
            asks["observations"] = str(number)
            if level != self._name(worth - 1) or worth == self._estimator.floor:
                asks["at_least"] = level
            else:  # between two levels, where only a score can be
                asks["at_least"] = f"{to_decimal(worth):f}"
                asks["out_of"] = f"{to_decimal(self._estimator.top):f}"
        return (Missing("estimate_at_least", "", asks),)


class ResultRule:
    """The result in one named task or assessment."""

    __slots__ = ("_attempt", "_full", "_is", "_share", "_which")

    def __init__(self, document: ResultOf, full: int) -> None:
        self._which, self._is, self._attempt = document.which, document.is_, document.attempt
        self._share, self._full = to_units(document.share), full

    def _after_each(self, tally: Tally) -> Iterator[tuple[int, int | None]]:
        """Give the share of full marks, in units, as it stood after each place."""
        stands: int | None = None
        for place, (one, worth) in enumerate(zip(tally.seen, tally.points, strict=True)):
            if worth > UNRATED and self._which in (one.context.task, one.context.assessment):
                share = share_of(one.result) or (worth, self._full)
                units = share[0] * UNIT // share[1] if share[1] > 0 else 0
                if stands is None or self._attempt == "latest":
                    stands = units
                elif self._attempt == "highest":
                    stands = max(stands, units)
            yield place, stands

    def _met(self, share: int | None) -> bool:
        if share is None:
            return False
        if self._is == "at_least":
            return share >= self._share
        return share <= self._share if self._is == "at_most" else share == self._share

    def met(self, tally: Tally) -> bool:
        """Compare the share of full marks."""
        return self.find(tally).met

    def find(self, tally: Tally) -> Finding:
        """Compare the share of full marks, and write it down."""
        *_, (_, stands) = [(0, None), *self._after_each(tally)]
        found = "" if stands is None else f"{to_decimal(stands):f}"
        needed = f"{self._is} {to_decimal(self._share):f}"
        return Finding(f"result_of:{self._which}", self._met(stands), found, needed)

    def prefixes(self, tally: Tally) -> int:
        """Compare after each piece of evidence."""
        return sum(self._met(stands) << place for place, stands in self._after_each(tally))

    def turns_at(self, tally: Tally) -> datetime | None:
        """Never by itself."""
        del tally
        return None

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """A result in that task; `never` where what stands already cannot be made good."""
        *_, (_, stands) = [(0, None), *self._after_each(tally)]
        asks = {"task": self._which, "share": finding.needed}
        too_high = stands is not None and self._is != "at_least" and stands > self._share
        if stands is not None and (
            self._attempt == "first" or (self._attempt == "highest" and too_high)
        ):
            asks["never"] = self._attempt
        return (Missing(finding.rule, "", asks),)
