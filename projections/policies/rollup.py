"""Many learners' verdicts as one figure: means, medians and the spread over ratings, as in Canvas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from projections.policies.numbers import settle, to_decimal, to_units
from projections.policies.verdict import Verdict


def scores(verdicts: Iterable[Verdict]) -> list[Decimal]:
    """Give the estimates of those who have one; nobody without evidence is a zero."""
    return [verdict.estimate for verdict in verdicts if verdict.estimate is not None]


def mean(values: Sequence[Decimal], *, decimals: int = 2) -> Decimal | None:
    """Give the mean, rounded half away from zero; None if there are no values."""
    if not values:
        return None
    total = sum(to_units(value) for value in values)
    return to_decimal(settle(total, len(values), decimals=decimals, rounding="half_away"))


def median(values: Sequence[Decimal]) -> Decimal | None:
    """Give the middle value, or the mean of the two in the middle, unrounded."""
    if not values:
        return None
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def distribution(values: Sequence[Decimal], ratings: Sequence[Decimal]) -> list[int]:
    """Give the percentage of values in each rating, in the order given.

    A value belongs to the highest rating that it reaches, and of equal ones to the first; below
    all of them it is not counted. Each percentage is rounded half up by itself, so they need not
    add up to 100. Canvas: result_analytics.rb, rating_percents.
    """
    counts = [0] * len(ratings)
    for value in values:
        reached = [rating for rating in ratings if rating <= value]
        if reached:
            counts[ratings.index(max(reached))] += 1
    whole = sum(counts)
    return [(200 * count + whole) // (2 * whole) if whole else 0 for count in counts]
