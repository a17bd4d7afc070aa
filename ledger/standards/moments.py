"""Dates and times as documents write them: ISO 8601 and RFC 3339, with their offset kept."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import NamedTuple

YEAR_MIN = 1900  # nobody alive now was assessed before; an earlier year is a slip of a form
YEAR_MAX = 2199
EXPECTED = "RFC 3339 with an offset, such as 2026-03-02T10:15:00-06:00"
DAY_EXPECTED = "a date, such as 2026-03-02"

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?", re.ASCII)


class Moment(NamedTuple):
    """A time, and whether only its day was given (it then is that day's 00:00 UTC)."""

    at: datetime
    is_day: bool


def moment(text: str) -> Moment:
    """Read a time with its offset, or a date alone.

    Raises:
        ValueError: neither; the message says which part is wrong.
    """
    if _TIME.fullmatch(text):
        at = datetime.fromisoformat(text)
        _reachable(at)
        return Moment(at, is_day=False)
    if _DAY.fullmatch(text):
        return Moment(datetime.fromisoformat(text).replace(tzinfo=UTC), is_day=True)
    if _LOCAL.fullmatch(text):
        raise ValueError("has no offset from UTC")
    raise ValueError("is not a date and time")


def instant(text: str) -> datetime:
    """Read a time with its offset; a date alone is refused.

    Raises:
        ValueError: the text is not a time with an offset.
    """
    found = moment(text)
    if found.is_day:
        raise ValueError("is a date without a time")
    return found.at


def day(text: str) -> date:
    """Read a date.

    Raises:
        ValueError: the text is not a date.
    """
    if not _DAY.fullmatch(text):
        raise ValueError("is not a date")
    return date.fromisoformat(text)


def _reachable(at: datetime) -> None:
    try:
        at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is out of range") from error
