"""Moderation: do those who judge agree? Second scores of the same work, compared.

Pure. A pair is a first rating and an independent second rating of the same evidence, both as
the place of a level on one scale (0 is the lowest). Pairs on scales of different length are
compared by how far up the scale they are, so a point in a hundred is no level in four. Chance-corrected agreement is Cohen's
weighted kappa (J. Cohen, Psychological Bulletin 70, 1968).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import lcm
from typing import Literal

from ledger.domain.ids import EvidenceId, ProviderId

LEVELS_MAX = 10
"""Scores on longer scales (of 100 points, say) count as on one of so many levels, in tenths."""

Weights = Literal["none", "linear", "quadratic"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ratings of one piece of evidence, as places on a scale of so many `steps` (1 or more)."""

    evidence: EvidenceId
    provider: ProviderId
    evaluator: str
    first: int
    second: int
    at: datetime
    steps: int

    @property
    def leniency(self) -> Fraction:
        """First minus second, in levels: of more than LEVELS_MAX steps, a level is several."""
        return Fraction((self.first - self.second) * min(self.steps, LEVELS_MAX), self.steps)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far one rater or provider agrees with the second raters.

    `leniency` is the mean of first minus second, in levels: above 0 is lenient. `kappa` is None
    where chance alone decides (no pairs, or everybody always gives the same level).
    """

    pairs: int
    exact: float | None
    kappa: float | None
    leniency: float | None


@dataclass(frozen=True, slots=True)
class Drift:
    """A rater whose recent leniency left the band that was set."""

    provider: ProviderId
    evaluator: str
    earlier: Agreement
    recent: Agreement
    change: float  # in levels


def is_sampled(evidence: EvidenceId, *, share: Fraction) -> bool:
    """Say whether a piece of evidence is drawn for a second score; `share` lies in 0 to 1.

    Drawn by a digest of its id: the same everywhere and always, and nobody's choice.
    """
    drawn = int.from_bytes(hashlib.sha256(b"second-score" + evidence.bytes).digest()[:8], "big")
    return Fraction(drawn, 2**64) < share


def agreement(pairs: Sequence[Pair], *, weights: Weights = "quadratic") -> Agreement:
    """Compare first with second ratings."""
    if not pairs:
        return Agreement(0, None, None, None)
    count = len(pairs)
    exact = sum(pair.first == pair.second for pair in pairs) / count
    leniency = float(sum(pair.leniency for pair in pairs) / count)
    return Agreement(count, exact, weighted_kappa(pairs, weights=weights), leniency)


def weighted_kappa(pairs: Sequence[Pair], *, weights: Weights = "quadratic") -> float | None:
    """Give Cohen's kappa with disagreement weighted by distance; None where it is undefined."""
    # By the levels that were given: scores out of a million are as many levels.
    whole = lcm(*(pair.steps for pair in pairs))
    places = [
        (pair.first * (whole // pair.steps), pair.second * (whole // pair.steps)) for pair in pairs
    ]
    firsts = Counter(first for first, _ in places)
    seconds = Counter(second for _, second in places)
    observed = sum(_weight(first, second, weights) for first, second in places)
    expected = Fraction(
        sum(
            _weight(one, other, weights) * firsts[one] * seconds[other]
            for one in firsts
            for other in seconds
        ),
        max(1, len(pairs)),
    )
    return float(1 - observed / expected) if expected else None


def by(
    pairs: Iterable[Pair], key: Callable[[Pair], tuple[str, ...]]
) -> dict[tuple[str, ...], list[Pair]]:
    """Group pairs, in the order of their time."""
    groups: dict[tuple[str, ...], list[Pair]] = {}
    for pair in sorted(pairs, key=lambda one: (one.at, one.evidence)):
        groups.setdefault(key(pair), []).append(pair)
    return groups


def drifting(
    pairs: Iterable[Pair], *, since: datetime, band: float = 0.5, pairs_min: int = 5
) -> list[Drift]:
    """Find raters whose leniency since a date lies outside `band` levels.

    A rater with fewer than `pairs_min` pairs since then is not judged on so little.
    """
    found: list[Drift] = []
    for _, group in sorted(by(pairs, lambda one: (str(one.provider), one.evaluator)).items()):
        earlier = agreement([pair for pair in group if pair.at < since])
        recent = agreement([pair for pair in group if pair.at >= since])
        if recent.leniency is None or recent.pairs < pairs_min:
            continue
        if abs(recent.leniency) > band:
            change = recent.leniency - (earlier.leniency or 0.0)
            found.append(Drift(group[0].provider, group[0].evaluator, earlier, recent, change))
    return found


def _weight(one: int, other: int, weights: Weights) -> int:
    distance = abs(one - other)
    match weights:
        case "none":
            return int(distance > 0)
        case "linear":
            return distance
        case "quadratic":
            return distance * distance
