"""Times as documents write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ledger.standards import moments, xapi_values

LAST = datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize("read", [moments.moment, xapi_values.moment])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2016-12-31T23:59:60Z", id="in UTC"),
        pytest.param("2016-12-31t15:59:60.25-08:00", id="elsewhere, with a fraction"),
        pytest.param("2017-01-01T05:29:60+05:30", id="in the morning"),
    ],
)
def test_a_leap_second_is_the_last_moment_before_it(
    read: Callable[[str], datetime], text: str
) -> None:
    assert read(text) == LAST


def test_a_leap_second_without_a_zone_is_one_in_utc() -> None:
    assert xapi_values.moment("2016-12-31T23:59:60") == LAST


@pytest.mark.parametrize("text", ["2016-12-31T22:59:60Z", "2016-12-31T23:59:61Z"])
def test_no_other_second_is_a_leap_second(text: str) -> None:
    with pytest.raises(ValueError, match="second must be in"):
        moments.moment(text)


def test_a_leap_second_before_the_calendar_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="is out of range"):
        moments.moment("0001-01-01T00:59:60+05:00")
