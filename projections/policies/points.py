"""What a result is worth on a policy's scale, in units (numbers.py).

The order is fixed: a level by its name; a level by its rank on the provider's own scale; a
score as a share of its bounds; mere success. The first that applies decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, TypeVar

from ledger.domain.evidence import Result
from projections.policies.numbers import UNIT, divide, to_units
from projections.policies.observation import Exclusion, Observation
from projections.policies.scales import ResultClause, ScaleClause

CACHE_MAX = 4096

_DUST_FREE = 10**9  # units in a millionth of a point

K = TypeVar("K")
V = TypeVar("V")

_Grade = tuple[str | None, tuple[str, ...], bool | None, str]
_Scored = tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None, str | None,
                tuple[str, ...], bool | None, str]  # fmt: skip


class Refused(NamedTuple):
    """Why a result is worth nothing here."""

    reason: Exclusion
    detail: str


class Exchange:
    """Turns results into units on one scale, remembering what it has seen."""

    __slots__ = ("_ceiling", "_clause", "_failed", "_full", "_graded", "_levels", "_mastery", "_order",
                 "_passed", "_scales", "_scored")  # fmt: skip

    def __init__(self, scale: ScaleClause, clause: ResultClause) -> None:
        self._clause = clause
        self._order = [to_units(level.points) for level in scale.levels]
        self._levels = {
            level.name.strip().casefold(): to_units(level.points) for level in scale.levels
        }
        self._full = to_units(scale.full_marks)
        self._mastery = to_units(scale.mastery)
        possible = (
            scale.levels[-1].points if scale.points_possible is None else scale.points_possible
        )
        self._ceiling = to_units(possible)  # 0: not known, so a cut score cannot be mapped
        self._passed = None if clause.passed is None else to_units(clause.passed)
        self._failed = None if clause.failed is None else to_units(clause.failed)
        self._scored: dict[_Scored, int] = {}
        self._graded: dict[_Grade, int] = {}
        self._scales: dict[tuple[str, ...], bool] = {}

    def points(self, result: Result | None, *, credential: bool = False) -> int | Refused:
        """Give the units a result is worth; a credential without a result counts as passed."""
        if result is None:
            return self._success(True) if credential else Refused("no_result", "")
        worth = self._points(result, credential=credential)
        if not credential and not isinstance(worth, Refused):
            self._remember(result, worth)
        return worth

    def worths(self, observations: Sequence[Observation]) -> list[int | None]:
        """Give what each one's result was worth before; None where it is a new one, or none."""
        graded, scored = self._graded.get, self._scored.get
        try:
            return [
                None if it is None
                else graded((it.level, it.scale, it.success, it.status)) if it.score is None
                else scored(
                    (it.score, it.min, it.max, it.cut, it.level, it.scale, it.success, it.status)
                )
                for one in observations
                for it in (one.result,)
            ]  # fmt: skip
        except TypeError:  # a signalling NaN has no hash
            return [None] * len(observations)

    def _remember(self, result: Result, worth: int) -> None:
        grade = (result.level, result.scale, result.success, result.status)
        if result.score is None:
            _remember(self._graded, grade, worth)
        else:
            _remember(
                self._scored, (result.score, result.min, result.max, result.cut, *grade), worth
            )

    def _points(self, result: Result, *, credential: bool) -> int | Refused:
        if result.status != "final":
            return Refused("not_final", result.status)
        found: int | Refused | None = None
        if result.score is not None:
            found = self._score(result.score, result.min, result.max, result.cut)
            if isinstance(found, Refused):
                return found
        if result.level is not None:
            ranked = self._level(result.level, result.scale)
            if ranked is not None:
                return ranked
        if found is not None:
            return found
        if result.success is not None or credential:
            return self._success(result.success is not False)
        if result.level is None and result.score is None:
            return Refused("no_result", "")
        return Refused("not_on_scale", result.level or f"{result.score} without bounds")

    def _success(self, success: bool) -> int | Refused:
        worth = self._passed if success else self._failed
        if worth is not None:
            return worth
        return Refused("not_on_scale", "passed" if success else "not passed")

    def _level(self, level: str, scale: tuple[str, ...]) -> int | Refused | None:
        if scale and not self._sound(scale):
            return Refused("invalid_result", "its scale is upside down, or names a level twice")
        if scale and level not in scale:
            return Refused("invalid_result", f"its own scale has no level {level!r}")
        named = self._levels.get(level.strip().casefold())
        if named is not None:
            return named
        if len(scale) < 2 or self._clause.ranks != "mapped":
            return None  # one level alone ranks nothing
        # Rounded down: a mapping must never lift anybody over a bar.
        return self._order[scale.index(level) * (len(self._order) - 1) // (len(scale) - 1)]

    def _sound(self, scale: tuple[str, ...]) -> bool:
        sound = self._scales.get(scale)
        if sound is None:
            known = [
                self._levels[name]
                for name in (one.strip().casefold() for one in scale)
                if name in self._levels
            ]
            sound = len(set(scale)) == len(scale) and known == sorted(known)
            _remember(self._scales, scale, sound)
        return sound

    def _score(
        self, score: Decimal, low: Decimal | None, high: Decimal | None, cut: Decimal | None
    ) -> int | Refused | None:
        if not all(one is None or _is_sane(one) for one in (score, low, high, cut)):
            return Refused("invalid_result", "not a number, or beyond any scale")
        floor, value = to_units(low or Decimal(0)), to_units(score)
        if value < floor:
            return Refused("invalid_result", f"score {score} is below its minimum {low or 0}")
        if high is None or high == 0:
            # A maximum of 0 says nothing of how much a point is worth, nor does none at all.
            return self._unbounded(value - floor)
        span = to_units(high) - floor
        if span <= 0:
            return Refused("invalid_result", f"its bounds are upside down: {low or 0} to {high}")
        if value > floor + span and self._clause.above_max == "invalid":
            return Refused("invalid_result", f"score {score} is above its maximum {high}")
        numerator, denominator = value - floor, span
        if cut is not None and self._clause.cut_score == "scaled":
            numerator, denominator = self._scaled(numerator, span, to_units(cut) - floor)
        return self._dusted(divide(numerator * self._full, denominator))

    def _dusted(self, worth: int) -> int:
        """Take off what binary floats leave: 0.6666666666666666 of 3 points is 2 points."""
        whole = divide(worth, _DUST_FREE) * _DUST_FREE
        return whole if abs(worth - whole) * UNIT <= max(UNIT, self._full) * 2 else worth

    def _unbounded(self, value: int) -> int | None:
        # Canvas reads such a score on the competency's own scale.
        return value if self._clause.score_without_max == "points" else None

    def _scaled(self, value: int, span: int, cut: int) -> tuple[int, int]:
        """Stretch a share so that the provider's cut falls on mastery and full marks stay full.

        With a = cut/span and m = mastery/possible: up to the cut, share * m/a; above it, from m
        to 1 evenly. A cut at full marks leaves nothing above it, so the first rule goes on.
        Canvas: learning_outcome_result.rb, calculate_by_scale.
        """
        if (
            cut <= 0
            or self._mastery <= 0
            or self._ceiling <= 0
            or cut * self._ceiling == self._mastery * span
        ):
            return value, span
        if value <= cut or cut >= span:
            numerator, denominator = value * self._mastery, cut * self._ceiling
        else:
            above = (self._ceiling - self._mastery) * (value - cut)
            numerator = self._mastery * (span - cut) + above
            denominator = self._ceiling * (span - cut)
        step = 10**self._clause.cut_decimals
        return divide(numerator * step, denominator), step


def share_of(result: Result | None) -> tuple[int, int] | None:
    """Give a score as an exact share of its bounds, (numerator, denominator); None if it has none.

    Of a result that counts: what is no number, or beyond any scale, was refused before.
    """
    if result is None or result.score is None or result.max is None:
        return None
    floor = to_units(result.min or Decimal(0))
    span = to_units(result.max) - floor
    return (to_units(result.score) - floor, span) if span > 0 else None


def worth_of(result: Result | None) -> int:
    """Give how many units a whole question was worth, for pooling; 0 where that is not known."""
    if result is None or not result.max or not _is_sane(result.max):
        return 0
    return max(0, to_units(result.max) - to_units(result.min or Decimal(0)))


def _is_sane(number: Decimal) -> bool:
    # 1E+999999 is one short text, and as a whole number it would fill the memory.
    return number.is_finite() and -30 < number.adjusted() < 30


def _remember(memory: dict[K, V], key: K, value: V) -> None:
    if len(memory) >= CACHE_MAX:
        memory.clear()
    memory[key] = value
