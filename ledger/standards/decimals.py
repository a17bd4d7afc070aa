"""Numbers in documents become decimals of a sane size; a float never arises."""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS_MAX = 30
EXPONENT_MAX = 15  # |number| < 10^16; scores, hours and credits are far below
TEXT_LENGTH_MAX = 64  # characters
EXPECTED = "a decimal number of at most 30 places, below 10^16"
COUNT_MAX = 1_000_000
COUNT_EXPECTED = f"a whole number from 0 to {COUNT_MAX}"

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


def count_of(value: object) -> int:
    """Take a whole number from 0 to `COUNT_MAX`, or its text.

    Raises:
        ValueError: not a whole number, or out of range.
    """
    if type(value) is int and 0 <= value <= COUNT_MAX:  # the usual case; a bool is no count
        return value
    number = decimal_of(value)
    if number != number.to_integral_value():
        raise ValueError("is not a whole number")
    if not 0 <= number <= COUNT_MAX:
        raise ValueError("is out of range")
    return int(number)
