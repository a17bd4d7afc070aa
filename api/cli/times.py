"""Times as options."""

from __future__ import annotations

from datetime import datetime

from api.cli.session import UsageError
from api.times import AS_OF_EXPECTED, as_of_of, on_of
from ledger.domain.ids import Position
from ledger.standards import moments


def time_of(text: str | None) -> datetime | None:
    """Read a time given as an option.

    Raises:
        UsageError: it is none.
    """
    try:
        return None if text is None else on_of(text)
    except ValueError as error:
        raise UsageError(f"{text} {error}: give {moments.EXPECTED}") from error


def as_of(text: str | None) -> Position | datetime | None:
    """Read a position or time given as an option.

    Raises:
        UsageError: it is neither.
    """
    try:
        return None if text is None else as_of_of(text)
    except ValueError as error:
        raise UsageError(f"{text} {error}: give {AS_OF_EXPECTED}") from error
