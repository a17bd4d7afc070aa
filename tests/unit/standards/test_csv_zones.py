from __future__ import annotations

import pytest

from ledger.standards.csv_mapping import MOMENTS
from tests.unit.standards.hours_log import HEADER, MAPPING, ROW, mapping, only, read, row
from tests.unit.standards.own_shape import places_of

DAY = {"format": "%m/%d/%Y", "zone": "America/Denver"}
CREDENTIAL = {"id": "c-1", "valid_from": "{Day}", "valid_until": "{Bus}"}
ITEM = {**MAPPING["item"], "credential": CREDENTIAL, "period": {"start": "{Day}"}}
TIMES = {
    "/occurred_at": DAY,
    "/credential/valid_from": DAY,
    "/credential/valid_until": DAY,
    "/period/start": DAY,
}


def test_a_declared_zone_holds_wherever_a_moment_is_asked_for() -> None:
    evidence = only(read(HEADER + row(Bus="07/05/2027"), mapping(item=ITEM, times=TIMES)))
    assert evidence.credential is not None
    assert evidence.credential.valid_from is not None
    assert evidence.credential.valid_from.isoformat() == "2026-03-02T00:00:00-07:00"
    assert evidence.credential.valid_until is not None
    assert evidence.credential.valid_until.isoformat() == "2027-07-05T23:59:59.999999-06:00"


def test_a_day_of_a_period_stays_a_day_in_any_zone() -> None:
    evidence = only(read(HEADER + row(Bus=""), mapping(item=ITEM, times=TIMES)))
    assert evidence.period is not None
    assert str(evidence.period.start) == "2026-03-02"


@pytest.mark.parametrize(
    ("rule", "cell", "said", "precision"),
    [
        pytest.param(DAY, "03/02/2026", "2026-03-02T00:00:00-07:00", "day", id="day in a zone"),
        pytest.param(
            {"format": "%m/%d/%Y"}, "03/02/2026", "2026-03-02T00:00:00+00:00", "day", id="day alone"
        ),
        pytest.param(
            {"format": "%m/%d/%Y %H:%M", "zone": "America/Denver"}, "03/02/2026 00:00",
            "2026-03-02T00:00:00-07:00", "instant", id="midnight on the clock",
        ),
    ],
)  # fmt: skip
def test_a_day_is_told_from_its_midnight(
    rule: dict[str, str], cell: str, said: str, precision: str
) -> None:
    evidence = only(read(HEADER + row(Day=cell), mapping(times={"/occurred_at": rule})))
    assert (evidence.occurred_at.isoformat(), evidence.occurred_precision) == (said, precision)


def test_a_template_of_the_precision_comes_before_the_day() -> None:
    item = {**MAPPING["item"], "occurred_precision": "month"}
    assert only(read(HEADER + ROW, mapping(item=item))).occurred_precision == "month"


def test_the_places_of_moments_are_those_of_our_own_json() -> None:
    assert sorted(places_of(lambda shape: shape.get("format") == "date-time")) == sorted(MOMENTS)
