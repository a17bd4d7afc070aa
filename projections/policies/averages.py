"""Estimates at work: ratings in the order they occurred, to one number.

Each gives an exact quotient of whole numbers, so that rounding happens once, in `Estimator`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Context, Decimal
from itertools import accumulate
from typing import NamedTuple

from projections.policies.estimates import (
    AnyEstimate,
    Bayesian,
    DecayingAverage,
    Highest,
    Latest,
    Mean,
    Median,
    NMastery,
    WeightedDecayingAverage,
    WindowMean,
)
from projections.policies.numbers import UNIT, Rounding, settle, to_units
from projections.policies.scales import ScaleClause

Ratio = tuple[int, int]
"""Numerator in units, and a denominator above 0."""

UNRATED = -(10**40)
"""Stands for evidence that counts for something (hours, a credential) but rates nothing."""

CHANCE = UNRATED - 1
"""Stands for a chance to learn that nobody rated (bayesian estimates only)."""

_DECAY = Context(prec=40)


class Average(NamedTuple):
    """One method: over all ratings, and after each of them. Ratings are never empty."""

    last: Callable[[Sequence[int], Sequence[int]], Ratio | None]
    running: Callable[[Sequence[int], Sequence[int]], Iterator[Ratio | None]]


class Estimator:
    """An estimate on one scale, rounded, and faded where the policy says so."""

    __slots__ = ("_average", "_decimals", "_grid", "_half_life_days", "_rounding", "between", "chances",
                 "fades", "floor", "top", "weighted")  # fmt: skip

    def __init__(
        self, estimate: AnyEstimate, scale: ScaleClause, *, half_life_days: int | None
    ) -> None:
        self._average = _average(estimate, to_units(scale.mastery))
        self._decimals = scale.decimals
        self._rounding: Rounding = scale.rounding
        self._grid = 10 ** (15 - scale.decimals)
        self.floor = to_units(scale.levels[0].points)
        self.top = max(to_units(scale.levels[-1].points), to_units(scale.full_marks))
        self._half_life_days = half_life_days
        self.weighted = isinstance(estimate, Mean) and estimate.weighted
        self.chances = isinstance(estimate, Bayesian)
        # An average of ratings that all reach a bar reaches it too; a count or a belief may not.
        self.between = not isinstance(estimate, Bayesian | NMastery) and not self.weighted
        self.fades = half_life_days is not None

    def value(self, ratings: Sequence[int], weights: Sequence[int], *, age_days: int) -> int | None:
        """Give the estimate in units, `age_days` after the last evidence; None if there is none."""
        ratio = self._average.last(ratings, weights) if ratings else None
        if ratio is None:
            return None
        if self._half_life_days and age_days > 0:
            ratio = self._faded(ratio, age_days)
        return self._settled(ratio)

    def values(self, ratings: Sequence[int], weights: Sequence[int]) -> list[int | None]:
        """Give the estimate as it was after each rating, at that moment."""
        if not ratings:
            return []
        settled = self._settled
        ratios = self._average.running(ratings, weights)
        if self._average.last is _latest and not _any_off(ratings, self._grid):
            return list(ratings)
        return [None if ratio is None else settled(ratio) for ratio in ratios]

    def _settled(self, ratio: Ratio) -> int:
        numerator, denominator = ratio
        if denominator == 1 and numerator % self._grid == 0:
            return numerator
        return settle(numerator, denominator, decimals=self._decimals, rounding=self._rounding)

    def _faded(self, ratio: Ratio, age_days: int) -> Ratio:
        numerator, denominator = ratio
        above = numerator - self.floor * denominator
        if above <= 0 or self._half_life_days is None:
            return ratio
        halvings = _DECAY.divide(Decimal(-age_days), Decimal(self._half_life_days))
        left = to_units(_DECAY.power(Decimal(2), halvings)) if halvings > -200 else 0
        return self.floor * denominator * UNIT + above * left, denominator * UNIT


def _average(estimate: AnyEstimate, mastery: int) -> Average:
    match estimate:
        case Highest():
            return Average(_highest, _highest_running)
        case Latest():
            return Average(_latest, _latest_running)
        case Mean(weighted=weighted):
            return _each(_weighted_mean) if weighted else Average(_mean, _mean_running)
        case Median():
            return _each(_median)
        case NMastery(n=n, threshold=threshold):
            return _n_mastery(n, mastery if threshold is None else to_units(threshold))
        case _:
            return _other_average(estimate, mastery)


def _other_average(
    estimate: DecayingAverage | WeightedDecayingAverage | WindowMean | Bayesian, mastery: int
) -> Average:
    match estimate:
        case DecayingAverage(latest_percent=percent):
            return _decaying(percent)
        case WeightedDecayingAverage(latest_percent=percent):
            return _weighted_decaying(percent)
        case WindowMean(k=k):
            return _each(lambda ratings, _: _mean(ratings[-k:], ()))
        case Bayesian():
            return _bayesian(estimate, mastery)


def _any_off(ratings: Sequence[int], grid: int) -> bool:
    return any([rating % grid for rating in ratings])  # noqa: C419  a generator takes twice as long


def _each(last: Callable[[Sequence[int], Sequence[int]], Ratio | None]) -> Average:
    def running(ratings: Sequence[int], weights: Sequence[int]) -> Iterator[Ratio | None]:
        for end in range(1, len(ratings) + 1):
            yield last(ratings[:end], weights[:end])

    return Average(last, running)


def _folded(running: Callable[[Sequence[int], Sequence[int]], Iterator[Ratio | None]]) -> Average:
    def last(ratings: Sequence[int], weights: Sequence[int]) -> Ratio | None:
        *_, ratio = running(ratings, weights)
        return ratio

    return Average(last, running)


def _highest(ratings: Sequence[int], _: Sequence[int]) -> Ratio:
    return max(ratings), 1


def _highest_running(ratings: Sequence[int], _: Sequence[int]) -> Iterator[Ratio]:
    return ((rating, 1) for rating in accumulate(ratings, max))


def _latest(ratings: Sequence[int], _: Sequence[int]) -> Ratio:
    return ratings[-1], 1


def _latest_running(ratings: Sequence[int], _: Sequence[int]) -> Iterator[Ratio]:
    return ((rating, 1) for rating in ratings)


def _mean(ratings: Sequence[int], _: Sequence[int]) -> Ratio:
    return sum(ratings), len(ratings)


def _mean_running(ratings: Sequence[int], _: Sequence[int]) -> Iterator[Ratio]:
    return ((total, count) for count, total in enumerate(accumulate(ratings), 1))


def _weighted_mean(ratings: Sequence[int], weights: Sequence[int]) -> Ratio | None:
    whole = sum(weights)
    if whole <= 0:
        return None
    return sum(rating * weight for rating, weight in zip(ratings, weights, strict=True)), whole


def _median(ratings: Sequence[int], _: Sequence[int]) -> Ratio:
    ordered = sorted(ratings)
    return ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2], 2


def _n_mastery(n: int, threshold: int) -> Average:
    def running(ratings: Sequence[int], _: Sequence[int]) -> Iterator[Ratio | None]:
        total = count = 0
        for rating in ratings:
            if rating >= threshold:
                total, count = total + rating, count + 1
            yield (total, count) if count >= n else None

    return _folded(running)


def _decaying(percent: int) -> Average:
    def running(ratings: Sequence[int], _: Sequence[int]) -> Iterator[Ratio]:
        numerator, denominator = ratings[0], 1
        yield numerator, denominator
        for rating in ratings[1:]:
            numerator = numerator * (100 - percent) + rating * percent * denominator
            denominator *= 100
            yield numerator, denominator

    return _folded(running)


def _weighted_decaying(percent: int) -> Average:
    def running(ratings: Sequence[int], _: Sequence[int]) -> Iterator[Ratio]:
        earlier = 0
        for count, rating in enumerate(ratings):
            if count:
                yield rating * percent * count + earlier * (100 - percent), 100 * count
            else:
                yield rating, 1
            earlier += rating

    return _folded(running)


def _bayesian(estimate: Bayesian, mastery: int) -> Average:
    # Probabilities, not scores: binary floats, as in pyBKT, whose figures these are to 1e-14.
    prior, learn, guess, slip, forget = (
        float(one)
        for one in (estimate.prior, estimate.learn, estimate.guess, estimate.slip, estimate.forget)
    )
    right_from = mastery if estimate.correct_from is None else to_units(estimate.correct_from)

    def running(ratings: Sequence[int], _: Sequence[int]) -> Iterator[Ratio]:
        known = prior
        for rating in ratings:
            if rating != CHANCE:
                right = rating >= right_from
                seen_if_known, seen_if_not = (1 - slip, guess) if right else (slip, 1 - guess)
                seen = known * seen_if_known + (1 - known) * seen_if_not
                known = known * seen_if_known / seen if seen > 0 else known
            known = known * (1 - forget) + (1 - known) * learn
            yield round(known * UNIT), 1

    return _folded(running)


def weight_units(weight: Decimal) -> int:
    """Give an alignment's weight as a whole number; what is no weight weighs nothing."""
    sane = weight.is_finite() and -15 <= weight.adjusted() <= 15
    return max(0, to_units(weight)) if sane else 0
