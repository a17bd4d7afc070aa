"""Lengths of time and their ends."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from projections.policies.observation import Observation
from projections.policies.periods import FOREVER, INSTANT, moment_after, parse_period
from projections.policies.verdict import Verdict
from tests.unit.policies.cases import NOW, document, judged, seen

Json = dict[str, Any]
ONE = {"rule": "observations_at_least", "at_least": 1, "level": "Proficient"}
TWO = {**ONE, "at_least": 2}
DAY = timedelta(days=1)


def verdict(
    *observations: Observation, rule: Json = ONE, on: datetime = NOW, **fields: Any
) -> Verdict:
    return judged(document(rule, any_evidence=True, **fields), *observations, on=on)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("P3Y", "2026-02-28", "2029-02-28"), ("P1Y", "2024-02-29", "2025-02-28"), ("P4Y", "2024-02-29", "2028-02-29"),
        ("P1M", "2026-01-31", "2026-02-28"), ("P2M", "2025-12-31", "2026-02-28"), ("P11M", "2026-01-31", "2026-12-31"),
        ("P1Y2M3D", "2026-01-31", "2027-04-03"), ("P2W", "2026-01-01", "2026-01-15"), ("P30D", "2026-01-01", "2026-01-31"),
        ("PT36H", "2026-01-01", "2026-01-02T12:00"), ("PT90M", "2026-01-01", "2026-01-01T01:30"), ("PT5S", "2026-01-01", "2026-01-01T00:00:05"),
    ],
)  # fmt: skip
def test_period(period: str, start: str, end: str) -> None:
    first = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert parse_period(period).after(first) == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_a_period_is_counted_in_utc_wherever_it_starts_and_the_server_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        start = datetime(2026, 1, 31, 22, tzinfo=timezone(timedelta(hours=-5)))  # 1 February in UTC
        for zone in (start.tzinfo, UTC, timezone(timedelta(hours=9))):
            end = parse_period("P1M").after(start.astimezone(zone))
            assert (end, end.tzinfo) == (datetime(2026, 3, 1, 3, tzinfo=UTC), UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_period_past_the_end_of_time_never_ends() -> None:
    assert parse_period("P9000Y").after(NOW) == FOREVER
    assert parse_period("P999999D").after(FOREVER) == FOREVER
    assert moment_after(FOREVER) is None
    assert moment_after(NOW) == NOW + INSTANT
    assert verdict(seen(1), expiry={"expires_after": "P9000Y"}).due_at is None


@pytest.mark.parametrize("text", ["", "P", "PT", "P1", "1Y", "P1Y1", "P-1D", "P1.5D", "P1DT", "p1d", "P0D", "PT0S", "P1D "])  # fmt: skip
def test_no_period(text: str) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|no length"):
        parse_period(text)
