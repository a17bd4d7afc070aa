"""Exact arithmetic for points: whole numbers of 10**-15, rounded once, at the end.

Binary floats turn 4.125 into 4.12 on some paths and 4.13 on others; whole numbers do not.
A quotient that does not end is cut at 10**-15, and `settle` first rounds to 10**-12, so that
three thirds make one again before the visible rounding is done.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from typing import Literal

Rounding = Literal["half_away", "half_even", "down"]

UNIT = 10**15
"""How many units one point has."""

_WIDE = Context(prec=60)
_GUARD = 1000  # units in 10**-12


def divide(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero. Requires denominator > 0."""
    quotient, rest = divmod(abs(numerator), denominator)
    if 2 * rest >= denominator:
        quotient += 1
    return quotient if numerator >= 0 else -quotient


def to_units(value: Decimal) -> int:
    """Give `value` in units; beyond 15 decimals it is rounded half away from zero."""
    numerator, denominator = value.as_integer_ratio()
    return divide(numerator * UNIT, denominator)


@lru_cache(maxsize=4096)
def to_decimal(units: int) -> Decimal:
    """Give units as a decimal without trailing zeros."""
    value = Decimal(units).scaleb(-15, _WIDE).normalize(_WIDE)
    exponent = value.as_tuple().exponent
    return value.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else value


def settle(numerator: int, denominator: int, *, decimals: int, rounding: Rounding) -> int:
    """Round numerator/denominator (both in units) to `decimals` places, as units.

    Requires denominator > 0 and 0 <= decimals <= 12.
    """
    step: int = 10 ** (12 - decimals)
    guarded = divide(numerator, denominator * _GUARD)
    if rounding == "half_away":
        return divide(guarded, step) * step * _GUARD
    quotient, rest = divmod(abs(guarded), step)
    if rounding == "half_even" and (2 * rest > step or (2 * rest == step and quotient % 2)):
        quotient += 1
    return (quotient if guarded >= 0 else -quotient) * step * _GUARD
