"""Lengths of time as ISO 8601 writes them: "P3Y", "P6M", "P730D", "PT36H".

A period is always counted forward from the moment it starts, in UTC, so "three years after"
means one thing. Its end is included: what lasts until a moment still holds at that moment,
and no longer holds one microsecond later.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

INSTANT = timedelta(microseconds=1)

_FORM = re.compile(
    r"P(?=[0-9T])(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=[0-9])(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.ASCII,
)


class Period(NamedTuple):
    """Calendar months, then a fixed length."""

    months: int
    rest: timedelta

    def after(self, start: datetime) -> datetime:
        """Give the last moment of the period that starts at `start` (aware), in UTC.

        A day that the month does not have becomes the month's last. Beyond the year 9999
        it stays at the last moment there is.
        """
        moment = start if start.tzinfo is UTC else start.astimezone(UTC)
        try:
            if self.months:
                moment = _months_later(moment, self.months)
            return moment + self.rest
        except (OverflowError, ValueError):
            return FOREVER


FOREVER = datetime.max.replace(tzinfo=UTC)


def _months_later(moment: datetime, months: int) -> datetime:
    year, month0 = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = moment.day
    if day > 28:
        day = min(day, monthrange(year, month0 + 1)[1])
    return moment.replace(year=year, month=month0 + 1, day=day)


def parse_period(text: str) -> Period:
    """Read an ISO 8601 duration of whole numbers.

    Raises:
        ValueError: not a duration, or one of no length.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError("expected an ISO 8601 duration such as P3Y, P6M or P730D")
    years, months, weeks, days, hours, minutes, seconds = (
        int(part or 0) for part in match.groups()
    )
    rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    period = Period(years * 12 + months, rest)
    if not period.months and not period.rest:
        raise ValueError("a period of no length holds nothing")
    return period


def moment_after(moment: datetime) -> datetime | None:
    """Give the first moment after `moment`; None past the end of time."""
    return None if moment >= FOREVER else moment + INSTANT
