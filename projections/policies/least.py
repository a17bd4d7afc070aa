"""The fewest further ratings that lift an estimate to a bar: tried, not guessed."""

from __future__ import annotations

from collections.abc import Callable

from projections.policies.averages import Estimator
from projections.policies.tally import Tally

RATINGS_MAX = 1024
"""Who is further away than that is told the bar alone."""

STEPS_MIN = 20
"""Nobody is asked for 3.39 of 4: a rating is given in powers of ten, at least this many to full marks."""


def ratings_that_reach(bar: int, estimator: Estimator, tally: Tally) -> tuple[int, int] | None:
    """Give how many more ratings lift the estimate to the bar, and the least each has to be worth.

    The ratings are new, all alike and the newest; nothing has faded then. None where no number
    up to RATINGS_MAX, even of the best ratings there are, would do. Requires that the bar is
    not reached.
    """

    def reaches(number: int, worth: int) -> bool:
        found = tally.estimate(estimator, age_days=0, more=[worth] * number)
        return found is not None and found >= bar

    enough = 1
    while not reaches(enough, estimator.top):
        enough *= 2
        if enough > RATINGS_MAX:
            return None
    number = _first(enough // 2, enough, lambda number: reaches(number, estimator.top))
    grid = 10 ** (len(str(max(estimator.top // STEPS_MIN, 1))) - 1)
    low, high = estimator.floor // grid - 1, -(-estimator.top // grid)
    steps = _first(low, high, lambda steps: reaches(number, min(steps * grid, estimator.top)))
    return number, min(steps * grid, estimator.top)


def _first(low: int, high: int, will_do: Callable[[int], bool]) -> int:
    """Give the first number above `low` that will do, where `high` does and all above it."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if will_do(middle) else (middle, high)
    return high
