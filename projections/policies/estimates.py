"""The documents of estimates: how ratings in order become one number."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from projections.policies.clauses import Clause, Count, Points, Probability


class Highest(Clause):
    """The best rating there ever was."""

    method: Literal["highest"]


class Latest(Clause):
    """The last rating."""

    method: Literal["latest"]


class Mean(Clause):
    """The mean of all ratings; `weighted` by each alignment's own weight."""

    method: Literal["mean"]
    weighted: bool = False


class Median(Clause):
    """The middle rating, or the mean of the two in the middle."""

    method: Literal["median"]


class NMastery(Clause):
    """The mean of all ratings at or above `threshold`, once there are `n` of them.

    `threshold` is the mastery points unless given. As in Canvas, every such rating is in the
    mean, not only n of them.
    """

    method: Literal["n_mastery"]
    n: Count
    threshold: Points | None = None


class DecayingAverage(Clause):
    """Canvas' newer decaying average: oldest to newest, average = average*(1-p) + next*p."""

    method: Literal["decaying_average"]
    latest_percent: Annotated[int, Field(strict=True, ge=1, le=99)] = 65


class WeightedDecayingAverage(Clause):
    """Canvas' older one: latest*p + mean(earlier)*(1-p)."""

    method: Literal["weighted_decaying_average"]
    latest_percent: Annotated[int, Field(strict=True, ge=1, le=99)] = 65


class WindowMean(Clause):
    """The mean of the last `k` ratings (of all, while there are fewer)."""

    method: Literal["window_mean"]
    k: Count


class Bayesian(Clause):
    """Bayesian knowledge tracing: the probability that it is known, after each answer.

    An answer is right from `correct_from` points on (the mastery points unless given). With
    `opportunities`, evidence without a result is a chance to learn that nobody observed.
    Where an answer is impossible under the parameters (its probability is 0), what was
    believed before stands, and the chance to learn is still taken.
    """

    method: Literal["bayesian"]
    prior: Probability
    learn: Probability
    guess: Probability
    slip: Probability
    forget: Probability = Decimal(0)
    correct_from: Points | None = None
    opportunities: bool = False


AnyEstimate = Annotated[
    Highest
    | Latest
    | Mean
    | Median
    | NMastery
    | DecayingAverage
    | WeightedDecayingAverage
    | WindowMean
    | Bayesian,
    Field(discriminator="method"),
]
