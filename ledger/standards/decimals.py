"""Numbers in documents become decimals of a sane size; a float never arises."""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS_MAX = 30
EXPONENT_MAX = 15  # |number| < 10^16; scores, hours and credits are far below
EXPECTED = "a decimal number of at most 30 digits, below 10^16"

_TEXT = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def decimal_of(value: object) -> Decimal:
    """Take a JSON number (int or Decimal), or the decimal text of one.

    Raises:
        ValueError: not a number, or not of a sane size.
    """
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > 64:
            raise ValueError("is out of range")
        number = Decimal(value)
    elif isinstance(value, str) and len(value) <= 64 and _TEXT.fullmatch(value):
        number = Decimal(value)
    else:
        raise ValueError("is not a number")
    if not number.is_finite() or not -DIGITS_MAX <= number.adjusted() <= EXPONENT_MAX:
        if number.is_zero():
            return Decimal(0)
        raise ValueError("is out of range")
    if len(number.as_tuple().digits) > DIGITS_MAX:
        raise ValueError("has too many digits")
    return number
