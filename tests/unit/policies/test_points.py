"""What a result is worth on the policy's scale, and why it may be worth nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.evidence import Result
from projections.policies.numbers import UNIT, Rounding, settle, to_decimal, to_units
from tests.unit.policies.cases import LEVELS, SCALE, document, judged, reasons, seen


def worth(
    result: Result | None, *, kind: str = "assessment", **fields: Any
) -> Decimal | str | None:
    """The points of one result, or the reason why it has none."""
    verdict = judged(
        document({"rule": "estimate_at_least", "points": 4}, **fields),
        seen(1, None, result=result, kind=kind),
    )
    return verdict.estimate if verdict.counted else reasons(verdict)[0]


def score(value: str | int, high: str | int | None = 10, **fields: Any) -> Result:
    numbers: Any = {
        key: Decimal(one) if key in {"min", "cut"} else one for key, one in fields.items()
    }
    return Result(score=Decimal(value), max=None if high is None else Decimal(high), **numbers)


THREE = ("C", "B", "A")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param(Result(level="Developing"), 2, id="level by name"),
        pytest.param(Result(level=" aDVANCED "), 4, id="level by name in any case"),
        pytest.param(Result(level="Developing", scale=LEVELS), 2, id="level of the same scale"),
        pytest.param(Result(level="Developing", scale=("x", "Developing")), 2, id="name before rank"),
        pytest.param(Result(level="Developing", score=Decimal(9), max=Decimal(10)), 2, id="level before score"),
        pytest.param(Result(level="A", scale=THREE), 4, id="top rank"),
        pytest.param(Result(level="B", scale=THREE), 2, id="middle rank, rounded down"),
        pytest.param(Result(level="C", scale=THREE), 1, id="bottom rank"),
        pytest.param(Result(level="b", scale=("a", "b")), 4, id="of two"),
        pytest.param(Result(level="7", scale=tuple("12345678")), 3, id="seventh of eight"),
        pytest.param(Result(level="6", scale=tuple("12345678")), 3, id="sixth of eight"),
        pytest.param(Result(level="5", scale=tuple("12345678")), 2, id="fifth of eight"),
        pytest.param(Result(level="only", scale=("only",)), "not_on_scale", id="one level ranks nothing"),
        pytest.param(Result(level="only", scale=("only",), success=True), 3, id="one level, but passed"),
        pytest.param(Result(level="Z"), "not_on_scale", id="unknown level"),
        pytest.param(Result(level="Z", score=Decimal(5), max=Decimal(10)), 2, id="unknown level with a score"),
        pytest.param(Result(level="Z", scale=THREE), "invalid_result", id="not on its own scale"),
        pytest.param(Result(level="A", scale=("A", "A")), "invalid_result", id="own scale names it twice"),
        pytest.param(Result(level="Advanced", scale=LEVELS[::-1]), "invalid_result", id="own scale upside down"),
        pytest.param(score(5), 2, id="half of full marks"),
        pytest.param(score(10), 4, id="full marks"),
        pytest.param(score(0), 0, id="zero is a score"),
        pytest.param(score(6, 10, min=2), 2, id="from a minimum"),
        pytest.param(score(2, 10, min=2), 0, id="at its minimum"),
        pytest.param(score(-3, 5, min=-5), "0.8", id="from below zero"),
        pytest.param(score(1, 3), "1.33", id="a third"),
        pytest.param(score(11), "invalid_result", id="above its maximum"),
        pytest.param(score(-1), "invalid_result", id="below zero"),
        pytest.param(score(1, 10, min=2), "invalid_result", id="below its minimum"),
        pytest.param(score(5, 4, min=5), "invalid_result", id="bounds upside down"),
        pytest.param(score(5, 5, min=5), "invalid_result", id="bounds of no width"),
        pytest.param(score(11, 10, level="Advanced"), "invalid_result", id="above its maximum, whatever the level"),
        pytest.param(score(5, None), "not_on_scale", id="no maximum"),
        pytest.param(score(5, 0), "not_on_scale", id="maximum of zero"),
        pytest.param(score(5, None, success=False), 1, id="no maximum, but failed"),
        pytest.param(score("NaN"), "invalid_result", id="not a number"),
        pytest.param(score("sNaN"), "invalid_result", id="not a number, signalling"),
        pytest.param(score("Infinity"), "invalid_result", id="infinite"),
        pytest.param(score("1E+999999"), "invalid_result", id="beyond any scale"),
        pytest.param(score(5, "1E+999999"), "invalid_result", id="bounds beyond any scale"),
        pytest.param(Result(success=True), 3, id="passed"),
        pytest.param(Result(success=False), 1, id="failed"),
        pytest.param(Result(completion=True), "no_result", id="completed is no judgement"),
        pytest.param(Result(), "no_result", id="nothing said"),
        pytest.param(None, "no_result", id="no result"),
        pytest.param(Result(level="Advanced", status="provisional"), "not_final", id="provisional"),
        pytest.param(Result(level="Advanced", status="exempt"), "not_final", id="exempt"),
    ],
)  # fmt: skip
def test_result_on_the_scale(result: Result | None, expected: Any) -> None:
    if isinstance(expected, str) and expected[0].isdigit():
        expected = Decimal(expected)
    assert worth(result) == expected


@pytest.mark.parametrize(
    ("value", "cut", "expected"),
    [
        pytest.param(7, 7, "3", id="at the cut is mastery"),
        pytest.param(10, 7, "4", id="full marks stay full"),
        pytest.param("8.5", 7, "3.5", id="half way above the cut"),
        pytest.param("3.5", 7, "1.5", id="half way below the cut"),
        pytest.param(0, 7, "0", id="nothing stays nothing"),
        pytest.param(5, 10, "1.5", id="cut at full marks"),
        pytest.param(5, 0, "2", id="no cut worth the name"),
        pytest.param("7.5", "7.5", "3", id="cut where mastery is"),
        pytest.param(1, 3, "1", id="a third"),
    ],
)
def test_cut_score_falls_on_mastery(value: Any, cut: Any, expected: str) -> None:
    assert worth(score(value, 10, cut=cut)) == Decimal(expected)


def test_cut_score_may_be_ignored() -> None:
    assert worth(score(5, 10, cut=9), results={"cut_score": "ignored"}) == 2


def test_cut_share_is_rounded_to_four_places_unless_told_otherwise() -> None:
    fine = {**SCALE, "decimals": 6}
    assert worth(score(1, 10, cut=7), scale=fine) == Decimal("0.4284")  # 0.1071 of 4
    assert worth(score(1, 10, cut=7), scale=fine, results={"cut_decimals": 6}) == Decimal(
        "0.428572"
    )


def test_settings_of_results() -> None:
    assert worth(Result(success=True), results={}) == "not_on_scale"
    assert worth(Result(success=False), results={"passed": 3}) == "not_on_scale"
    assert worth(score(3, None), results={"score_without_max": "points"}) == 3
    assert worth(score(3, None, min=1), results={"score_without_max": "points"}) == 2
    assert worth(score(15), results={"above_max": "extra_credit"}) == 6
    assert (
        worth(Result(level="A", scale=THREE), results={"ranks": "not_on_scale"}) == "not_on_scale"
    )


def test_a_credential_without_a_result_counts_as_passed() -> None:
    assert worth(None, kind="credential") == 3
    assert worth(Result(), kind="credential") == 3
    assert worth(Result(success=False), kind="credential") == 1
    assert worth(Result(level="Advanced"), kind="credential") == 4


def test_what_was_seen_once_is_worth_the_same_again_for_another_kind() -> None:
    policy = document()
    first = judged(
        policy,
        seen(1, None, result=Result(text="x")),
        seen(2, None, kind="credential", result=Result(text="x")),
    )
    assert reasons(first) == ["no_result"]
    assert [one.int for one in first.counted] == [2]


@pytest.mark.parametrize(
    ("possible", "expected"),
    [(None, "2"), (8, "4"), (0, "1.5")],
    ids=["the top level", "given", "not known: mastery"],
)
def test_full_marks_are_worth_the_points_possible(possible: int | None, expected: str) -> None:
    scale = {**SCALE, "points_possible": possible, "mastery_level": "Proficient"}
    assert worth(score(5), scale=scale, results={"above_max": "extra_credit"}) == Decimal(expected)


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("half_away", ["2.13", "2.14"]), ("half_even", ["2.12", "2.14"]), ("down", ["2.12", "2.13"])],
)
def test_rounding(rounding: str, expected: list[str]) -> None:
    fields: Any = {
        "scale": {**SCALE, "rounding": rounding},
        "results": {"score_without_max": "points"},
    }
    found = [worth(score(value, None), **fields) for value in ("2.125", "2.135")]
    assert found == [Decimal(one) for one in expected]


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounding", "expected"),
    [
        (-2125, 1000, "half_away", "-2.13"), (-2125, 1000, "half_even", "-2.12"), (-2125, 1000, "down", "-2.12"),
        (-2135, 1000, "half_even", "-2.14"), (2126, 1000, "half_even", "2.13"), (2129, 1000, "down", "2.12"),
        (1, 3, "half_away", "0.33"), (2, 3, "down", "0.66"), (0, 1, "half_even", "0"),
    ],
)  # fmt: skip
def test_settling(numerator: int, denominator: int, rounding: Rounding, expected: str) -> None:
    units = settle(numerator * UNIT, denominator, decimals=2, rounding=rounding)
    assert to_decimal(units) == Decimal(expected)


def test_units_and_back() -> None:
    for text in ("0", "1", "100", "-2.5", "0.000000000000001", "123456789.123"):
        assert format(to_decimal(to_units(Decimal(text))), "f") == text


@pytest.mark.parametrize(
    ("decimals", "expected"), [(0, "3"), (1, "2.7"), (4, "2.6667"), (12, "2.666666666667")]
)
def test_decimals(decimals: int, expected: str) -> None:
    assert worth(score(2, 3), scale={**SCALE, "decimals": decimals}) == Decimal(expected)


def test_three_thirds_make_one_again() -> None:
    policy = document(
        scale={**SCALE, "decimals": 12},
        estimate={"method": "mean"},
        results={"above_max": "extra_credit"},
    )
    thirds = [seen(n, None, result=score(1, 3)) for n in (1, 2)] + [
        seen(3, None, result=score(4, 3))
    ]
    assert judged(policy, *thirds).estimate == Decimal("2.666666666667")
    assert (
        judged(
            policy, seen(1, None, result=score(1, 3)), seen(2, None, result=score(2, 3))
        ).estimate
        == 2
    )


@pytest.mark.parametrize(
    ("result", "scale", "expected"),
    [
        pytest.param(score(6, 10, min=2, cut=8), {}, "2", id="a cut counts from the minimum"),
        pytest.param(score(5, 10, min=2, cut=6), {}, "2.25", id="three quarters of the way to the cut"),
        pytest.param(score(1, 3, cut="2.25"), {"decimals": 6}, "1.333333", id="a cut where mastery is rounds nothing"),
        pytest.param(score("1E+29", "1E+29"), {}, "4", id="as large as may be"),
        pytest.param(score("1E+30", "1E+30"), {}, "invalid_result", id="larger"),
        pytest.param(score("1E-29", "1E-29"), {}, "invalid_result", id="of no width"),
        pytest.param(score("1E-30", 1), {}, "invalid_result", id="finer than any"),
        pytest.param(score("1E-29", 1), {}, "0", id="as fine as may be"),
    ],
)  # fmt: skip
def test_result_at_the_edges(result: Result, scale: Any, expected: str) -> None:
    found = worth(result, scale={**SCALE, **scale})
    assert found == (Decimal(expected) if expected[0].isdigit() else expected)
