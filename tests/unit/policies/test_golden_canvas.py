"""Canvas' own figures, through documents, to the last digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import InvalidDocumentError
from projections.policies import compile_policy, preset
from projections.policies.files import judge_case, read_case
from projections.policies.rollup import distribution, mean, median, scores
from projections.policies.verdict import Verdict
from tests.unit.policies.cases import NOW, golden

CANVAS = golden("canvas_outcomes")
SCALING = golden("canvas_percent_scaling")


def canvas(method: str, attempts: Any, **settings: Any) -> Verdict:
    name = {"standard_decaying_average": "decaying-average"}.get(method, method.replace("_", "-"))
    policy = compile_policy(preset(f"canvas-{name}", settings))
    return judge_case(policy, read_case(json.dumps(attempts, default=str), on=NOW))


def rows(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


def parameter(case: dict[str, Any]) -> dict[str, Any]:
    return {} if case.get("parameter") is None else {"parameter": case["parameter"]}


@pytest.mark.parametrize("case", rows(CANVAS["cases"]))
def test_canvas_roll_up_is_reproduced(case: dict[str, Any]) -> None:
    settings = {key: case[key] for key in ("mastery_points", "points_possible")}
    verdict = canvas(case["method"], case["attempts"], **settings, **parameter(case))
    assert verdict.estimate == case["expected_score"]
    expected = (
        case["expected_score"] is not None and case["expected_score"] >= case["mastery_points"]
    )
    assert (verdict.state == "mastered") is expected


@pytest.mark.parametrize("case", rows(SCALING["cases"]))
def test_canvas_cut_score_is_mapped_on_to_the_scale(case: dict[str, Any]) -> None:
    attempt = {key: case[key] for key in ("score", "possible", "alignment_mastery")}
    settings = {
        "mastery_points": case["outcome_mastery_points"],
        "points_possible": case["outcome_points_possible"],
    }
    points = canvas("highest", [attempt], **settings).estimate
    assert points is not None
    if case["expected_percent"] is None:
        assert points == case["expected_scaled_score_2dp"]
        return
    whole = case["outcome_points_possible"] or case["outcome_mastery_points"]
    assert abs(points - case["expected_percent"] * whole) <= Decimal("0.005")


def per_learner(case: dict[str, Any]) -> list[Decimal]:
    method = case["per_learner_method"]
    return scores([canvas(method, one, **parameter(case)) for one in case["learners"]])


@pytest.mark.parametrize("case", rows(CANVAS["class_aggregates"]))
def test_canvas_class_figure_is_reproduced(case: dict[str, Any]) -> None:
    figure = {"mean": mean, "median": median}[case["stat"]]
    assert figure(per_learner(case)) == case["expected"]


@pytest.mark.parametrize("case", rows(CANVAS["rating_distribution"]))
def test_canvas_rating_distribution_is_reproduced(case: dict[str, Any]) -> None:
    ratings = [Decimal(points) for points in case["ratings_points"]]
    assert distribution(per_learner(case), ratings) == case["expected_percent"]


def test_figures_of_a_class_are_rounded_once_and_half_away_from_zero() -> None:
    half = [Decimal("2.12"), Decimal("2.13")]
    assert (mean(half), mean([-one for one in half])) == (Decimal("2.13"), Decimal("-2.13"))
    assert mean(half, decimals=3) == median(half) == Decimal("2.125")
    assert mean([]) is median([]) is None
    assert distribution([], [Decimal(3), Decimal(1)]) == [0, 0]


def test_the_distribution_is_of_those_who_reach_a_rating_and_equal_ratings_go_to_the_first() -> (
    None
):
    values = [Decimal("2.5"), Decimal(4), Decimal("0.5")]
    assert distribution(values, [Decimal(3), Decimal(2)]) == [50, 50]
    assert distribution(values, [Decimal(3), Decimal(2), Decimal(2)]) == [50, 50, 0]
    assert distribution(values, [Decimal(5)]) == [0]


RANGES = CANVAS["parameter_ranges"]


@pytest.mark.parametrize(
    ("preset_name", "value"),
    [
        *(("canvas-weighted-average", one) for one in RANGES["invalid_weighted"]),
        *(("canvas-decaying-average", one) for one in RANGES["invalid_standard"]),
        *(("canvas-n-mastery", one) for one in (-1, 0, 11, 28, None)),
        *(("canvas-weighted-average", one) for one in ("65.5", "much", "", True)),
    ],
)
def test_canvas_parameter_out_of_range_is_refused(preset_name: str, value: object) -> None:
    with pytest.raises(InvalidDocumentError) as refusal:
        preset(preset_name, {"parameter": value})
    assert refusal.value.rejects[0].where == "/parameter"


@pytest.mark.parametrize(
    ("preset_name", "key"),
    [
        ("canvas-weighted-average", "weighted_average"),
        ("canvas-decaying-average", "standard_decaying_average"),
        ("canvas-n-mastery", "n_mastery"),
    ],
)
def test_canvas_parameter_at_its_limits_is_taken(preset_name: str, key: str) -> None:
    low, high = RANGES[key]
    for value in (low, str(low), high, str(high)):
        preset(preset_name, {"parameter": value})


@pytest.mark.parametrize(
    ("method", "percent", "expected"),
    [
        ("weighted_average", 1, "1.52"),  # 3*.01 + 1.5*.99 = 1.515
        ("weighted_average", 99, "2.99"),  # 2.985
        ("standard_decaying_average", 50, "2.25"),  # (1, 2) 1.5, then 2.25
        ("standard_decaying_average", 99, "2.99"),  # 1.99, then 2.9899
    ],
)
def test_canvas_percentages_at_their_limits_round_half_up(
    method: str, percent: int, expected: str
) -> None:
    assert canvas(method, [1, 2, 3], parameter=percent).estimate == Decimal(expected)


@pytest.mark.parametrize(
    "method", ["highest", "latest", "average", "weighted_average", "standard_decaying_average"]
)
def test_canvas_ignores_a_null_score_wherever_it_stands(method: str) -> None:
    with_nulls = [
        None,
        {"score": 2, "age_days": 3},
        None,
        {"score": 4, "age_days": 2},
        {"score": None, "age_days": 1},
    ]
    without = [{"score": 2, "age_days": 3}, {"score": 4, "age_days": 2}]
    assert canvas(method, with_nulls).estimate == canvas(method, without).estimate


def test_canvas_takes_undated_scores_as_the_oldest() -> None:
    assert canvas("latest", [{"score": 4, "age_days": 100}, {"score": 1}]).estimate == 4


def test_canvas_keeps_the_order_of_scores_of_equal_time() -> None:
    same = {"age_days": 3}
    assert canvas("latest", [{"score": 4, **same}, {"score": 1, **same}]).estimate == 1


def test_mastery_at_zero_points_is_allowed_and_said_openly() -> None:
    assert preset("canvas-highest", {"mastery_points": 0}).any_evidence
    assert canvas("highest", [0], mastery_points=0).state == "mastered"


def test_canvas_decides_by_the_rounded_score() -> None:
    assert canvas("average", [{"score": "2.99"}, {"score": "3"}]).state == "mastered"  # 2.995


@pytest.mark.parametrize(("percent", "mastery", "possible"), [
    pytest.param("0.5714285714285714", 4, 7, id="four sevenths of 7 points"),
    pytest.param("0.3333333333333333", 1, 3, id="a third of 3 points"),
    pytest.param("0.8333333333333334", "2.5", 3, id="five sixths of 3 points"),
    pytest.param("0.6666666666666666", 40, 60, id="two thirds of 60 points"),
])  # fmt: skip
def test_canvas_counts_a_percent_as_its_computer_wrote_it(
    percent: str, mastery: Any, possible: int
) -> None:
    rows = [{"kind": "rubric_percent", "percent": Decimal(percent)}]
    scale = {"mastery_points": mastery, "points_possible": possible, "parameter": 1}
    assert canvas("n_mastery", rows, **scale).estimate == Decimal(mastery)
    scale["mastery_points"] = Decimal(mastery) + Decimal("0.000001")
    assert canvas("n_mastery", rows, **scale).estimate is None


def test_canvas_counts_a_number_of_times_up_to_ten_as_an_account_may_ask() -> None:
    assert canvas("n_mastery", [4] * 9, parameter=10).estimate is None
    assert canvas("n_mastery", [4] * 10, parameter=10).estimate == 4


@pytest.mark.parametrize("worth", [{"possible": 0}, {}], ids=["worth nothing", "of unknown worth"])
@pytest.mark.parametrize(
    "method", ["latest", "average", "weighted_average", "standard_decaying_average"]
)
def test_canvas_question_worth_nothing_has_no_share_in_its_quiz(
    method: str, worth: dict[str, int]
) -> None:
    quiz = {"kind": "quiz", "association_id": 1}
    rows = [{**quiz, "percent": 1, "possible": 2}, {**quiz, "percent": 0, **worth}]
    assert canvas(method, rows).estimate == 5
    assert canvas("highest", rows[1:]).estimate == 0
