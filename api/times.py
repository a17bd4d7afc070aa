"""The two clocks of a question: `as_of` (what was known) and `on` (what was true)."""

from __future__ import annotations

import re
from datetime import datetime

from ledger.domain.ids import Position
from ledger.standards import moments

AS_OF_EXPECTED = f"a position of the log, or {moments.EXPECTED}"
# In a query, a plus sign that was not escaped arrives as a space.
_SPACE_FOR_PLUS = re.compile(r" (\d\d:?\d\d)$")


def on_of(text: str) -> datetime:
    """Read a time with its offset, or a date (its first moment in UTC).

    Raises:
        ValueError: it is neither.
    """
    return moments.moment(_SPACE_FOR_PLUS.sub(r"+\1", text.strip()))


def as_of_of(text: str) -> Position | datetime:
    """Read a position, or a time.

    Raises:
        ValueError: it is neither.
    """
    if text.isascii() and text.isdecimal() and len(text) <= 18:
        return Position(int(text))
    return on_of(text)
