"""Dates and times as documents write them: ISO 8601 and RFC 3339, with their offset kept."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

YEAR_MIN = 1900  # nobody alive now was assessed before; an earlier year is a slip of a form
YEAR_MAX = 2199
EXPECTED = "RFC 3339 with an offset, such as 2026-03-02T10:15:00-06:00"
DAY_LENGTH = 10
DAY_EXPECTED = "a date, such as 2026-03-02"

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)", re.ASCII
)
_LEAP_SECOND = re.compile(r"(?<=:\d\d:)60(?:\.\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?", re.ASCII)


def moment(text: object) -> datetime:
    """Read a time with its offset, or a date alone, which is that day's 00:00 UTC.

    A leap second (23:59:60 in UTC) is the last moment of the second before it.

    Raises:
        ValueError: neither; the message says which part is wrong.
    """
    if not isinstance(text, str):
        raise ValueError("is not a string")  # noqa: TRY004 (one error for every fault)
    if _TIME.fullmatch(text):
        at = _time(text)
        if not YEAR_MIN <= at.year <= YEAR_MAX:
            _check_reachable(at)
        return at
    if is_day(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if _LOCAL.fullmatch(text):
        raise ValueError("has no offset from UTC")
    raise ValueError("is not a date and time")


def end(text: object) -> datetime:
    """Read the last moment of something: a date alone is that day's last moment, in UTC.

    Raises:
        ValueError: neither a time with its offset nor a date.
    """
    at = moment(text)
    whole_day = isinstance(text, str) and is_day(text)
    return at.replace(hour=23, minute=59, second=59, microsecond=999_999) if whole_day else at


def is_day(text: str) -> bool:
    """Whether the text is written as a date alone (which may still not exist)."""
    return len(text) == DAY_LENGTH and _DAY.fullmatch(text) is not None


def day(text: object) -> date:
    """Read a date.

    Raises:
        ValueError: the text is not a date.
    """
    if not isinstance(text, str) or not is_day(text):
        raise ValueError("is not a date")
    return date.fromisoformat(text)


def _time(text: str) -> datetime:
    counted = _LEAP_SECOND.sub("59.999999", text.upper())  # RFC 3339 allows "t" and "z"
    try:
        at = datetime.fromisoformat(counted)
    except ValueError as error:
        if "timedelta" in str(error):
            raise ValueError("has an offset of a day or more") from error
        raise
    if _LEAP_SECOND.search(text):
        _check_leap(at)
    return at


def _check_leap(at: datetime) -> None:
    """A leap second ends a day of UTC (RFC 3339, 5.7); it is read as the last moment before."""
    _check_reachable(at)
    in_utc = at.astimezone(UTC)
    if (in_utc.hour, in_utc.minute) != (23, 59):
        raise ValueError("second must be in 0..59")


def _check_reachable(at: datetime) -> None:
    try:
        at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is out of range") from error
