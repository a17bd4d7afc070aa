"""Numbers in documents become decimals of a sane size; a float never arises."""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS_MAX = 30
EXPONENT_MAX = 15  # |number| < 10^16; scores, hours and credits are far below
TEXT_LENGTH_MAX = 64  # characters
EXPECTED = "a decimal number of at most 30 places, below 10^16"

_LIMIT = 10 ** (EXPONENT_MAX + 1)
_TEXT = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def decimal_of(value: object) -> Decimal:
    """Take a JSON number (int or Decimal), or the decimal text of one.

    Raises:
        ValueError: not a number, or not of a sane size.
    """
    if isinstance(value, Decimal):
        return _sane(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not -_LIMIT < value < _LIMIT:
            raise ValueError("is out of range")
        return Decimal(value)
    if isinstance(value, str) and len(value) <= TEXT_LENGTH_MAX and _TEXT.fullmatch(value):
        return _sane(Decimal(value))
    raise ValueError("is not a number")


def _sane(number: Decimal) -> Decimal:
    if not number:
        return Decimal(0)  # 0E+999 and -0 are 0
    if not (number.is_finite() and -DIGITS_MAX <= number.adjusted() <= EXPONENT_MAX):
        raise ValueError("is out of range")
    if len(str(number)) > TEXT_LENGTH_MAX:
        raise ValueError("has too many digits")
    return number
