"""What counts, what does not, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.evidence import Result
from projections.policies.observation import Observation
from projections.policies.periods import INSTANT
from projections.policies.verdict import Verdict
from tests.unit.policies.cases import NOW, document, evidence_id, judged, numbers, reasons, seen

Json = dict[str, Any]
ONE = {"rule": "observations_at_least", "at_least": 1, "level": "Proficient"}
TWO = {**ONE, "at_least": 2}
DAY = timedelta(days=1)


def verdict(
    *observations: Observation, rule: Json = ONE, on: datetime = NOW, **fields: Any
) -> Verdict:
    return judged(document(rule, any_evidence=True, **fields), *observations, on=on)


@pytest.mark.parametrize("reason", ["withdrawn", "outside_authority", "provider_suspended", "unverified", "not_final", "no_result", "invalid_result", "unvalidated_assessment", "not_equivalent"])  # fmt: skip
def test_what_the_record_excludes_does_not_count(reason: Any) -> None:
    found = verdict(seen(1, excluded=reason, excluded_detail="because"))
    assert (found.state, found.counted) == ("no_evidence", ())
    assert [(one.evidence.int, one.reason, one.detail) for one in found.not_counted] == [
        (1, reason, "because")
    ]


@pytest.mark.parametrize(
    ("counting", "good", "bad", "reason"),
    [
        pytest.param({"kinds": ["assessment"]}, {}, {"kind": "credential"}, "kind_not_counted", id="kinds"),
        pytest.param({"purposes": ["summative"]}, {"purpose": "summative"}, {"purpose": "formative"}, "kind_not_counted", id="purposes"),
        pytest.param({"rigour_floor": 2}, {"rigour": 2}, {"rigour": 1}, "below_rigour_band", id="rigour"),
        pytest.param({"rigour_floor": 0}, {"rigour": 0}, {}, "below_rigour_band", id="no known rigour"),
        pytest.param({"weight_floor": 0.5}, {"weight": Decimal("0.5")}, {"weight": Decimal("0.49")}, "not_equivalent", id="weight"),
        pytest.param({"window": "P30D"}, {"days_ago": 30}, {"days_ago": 30.01}, "out_of_window", id="window"),
        pytest.param({}, {"days_ago": 0}, {"days_ago": -0.01}, "not_yet_occurred", id="not yet"),
        pytest.param({}, {"valid_until": NOW}, {"valid_until": NOW - INSTANT}, "credential_expired", id="validity"),
        pytest.param({}, {}, {"kind": "activity"}, "activity", id="activity"),
    ],
)  # fmt: skip
def test_counting_rule(counting: Json, good: Json, bad: Json, reason: str) -> None:
    assert verdict(seen(1, **good), counting=counting).state == "mastered"
    found = verdict(seen(1, **good), seen(2, **bad), counting=counting)
    assert reasons(found) == [reason]
    assert numbers(found.counted) == [1]


def test_evidence_from_the_future_may_be_counted() -> None:
    assert verdict(seen(1, days_ago=-5), counting={"future": "counted"}).state == "mastered"
    early = seen(1, days_ago=5, excluded="not_yet_occurred")
    assert verdict(early).state == "mastered"
    assert verdict(seen(1, days_ago=-5, excluded="not_yet_occurred")).due_at == NOW + 5 * DAY


@pytest.mark.parametrize(
    ("keep", "kept"),
    [("all", [1, 2, 3, 4, 5]), ("first", [1, 4, 5]), ("latest", [3, 4, 5]), ("highest", [2, 4, 5])],
)
@pytest.mark.parametrize("per", ["task", "work", "assessment"])
def test_attempts(keep: str, kept: list[int], per: str) -> None:
    word: Json = {"task": {"task": "x"}, "work": {"task": "x"}, "assessment": {"assessment": "x"}}[
        per
    ]
    tries = [
        seen(n, level, days_ago=9 - n, **word)
        for n, level in enumerate(("Developing", "Advanced", "Proficient"), 1)
    ]
    other: Json = dict.fromkeys(word, "y")
    found = verdict(
        *tries,
        seen(4, days_ago=1, **other),
        seen(5, days_ago=1),
        counting={"attempts": {"keep": keep, "per": per}},
    )
    assert numbers(found.counted) == kept
    assert set(reasons(found)) <= {"older_attempt"}


def test_equal_attempts_count_by_the_later_one() -> None:
    tries = [seen(n, days_ago=9 - n, task="x") for n in (1, 2)]
    assert numbers(verdict(*tries, counting={"attempts": {"keep": "highest"}}).counted) == [2]


def test_only_one_per_situation() -> None:
    counting = {"new_situations": {"per": "site", "keep": "highest"}}
    found = verdict(
        seen(1, site="a", days_ago=3),
        seen(2, "Developing", site="a"),
        seen(3, site="b"),
        rule=TWO,
        counting=counting,
    )
    assert (found.state, numbers(found.counted), reasons(found)) == (
        "mastered",
        [3, 1],
        ["not_a_new_situation"],
    )


def test_hours_are_not_lost_to_a_choice_of_attempts() -> None:
    rule = {"rule": "hours_at_least", "hours": 4}
    log = seen(1, None, hours=Decimal(4), task="x", days_ago=5)
    assert (
        verdict(log, seen(2, task="x"), rule=rule, counting={"attempts": {"keep": "latest"}}).state
        == "mastered"
    )


def test_pooled_questions_take_the_score_of_their_test() -> None:
    def question(number: int, score: int, high: int | None, test: str | None) -> Observation:
        return seen(
            number,
            None,
            days_ago=9 - number,
            assessment=test,
            result=Result(score=Decimal(score), max=None if high is None else Decimal(high)),
        )

    pieces = [question(1, 1, 1, "t"), question(2, 0, 3, "t"), question(3, 4, 4, None)]
    fields: Json = {
        "estimate": {"method": "mean"},
        "counting": {"pool": "assessment"},
        "results": {"score_without_max": "points"},
    }
    assert verdict(*pieces, **fields).estimate == 2  # 1, 1, 4
    alone = question(1, 3, None, "t")
    assert verdict(alone, **fields).estimate == 3  # nothing says what it was worth


@pytest.mark.parametrize(
    ("ratings", "apart", "state"),
    [
        pytest.param(
            {"a": "Proficient", "b": "Developing"}, 1, "contested", id="both sides of mastery"
        ),
        pytest.param(
            {"a": "Proficient", "b": "Developing"}, 2, "mastered", id="not far enough apart"
        ),
        pytest.param({"a": "Proficient", "b": "Beginning"}, 2, "contested", id="two levels apart"),
        pytest.param({"a": "Proficient", "b": "Advanced"}, 1, "mastered", id="the same side"),
        pytest.param(
            {"a": "Proficient", "b": "Developing", "c": "Advanced"},
            1,
            "mastered",
            id="a third settles it",
        ),
    ],
)
def test_conflict_of_raters(ratings: dict[str, str], apart: int, state: str) -> None:
    pieces = [
        seen(n, level, task="x", attempt=1, evaluator=who)
        for n, (who, level) in enumerate(ratings.items(), 1)
    ]
    found = verdict(*pieces, conflict={"levels_apart": apart})
    assert found.state == state
    assert set(reasons(found)) == ({"contested"} if state == "contested" else set())


@pytest.mark.parametrize("method", ["latest", "highest", "mean"])
@pytest.mark.parametrize("order", [("Advanced", "Beginning"), ("Beginning", "Advanced")])
def test_two_opposite_ratings_are_contested_whoever_spoke_last(
    order: tuple[str, str], method: str
) -> None:
    first, second = (
        seen(n, level, task="x", evaluator=f"rater {n}", days_ago=9 - n)
        for n, level in enumerate(order, 1)
    )
    mastery = {"rule": "estimate_at_least"}
    found = verdict(first, second, rule=mastery, conflict={}, estimate={"method": method})
    assert found.state == "contested"
    third = seen(3, "Beginning", task="x", evaluator="rater 3", days_ago=1)
    settled = verdict(first, second, third, rule=mastery, conflict={}, estimate={"method": "mean"})
    assert settled.state == "in_progress"


def test_what_is_contested_decides_from_either_side() -> None:
    low = seen(1, "Beginning", days_ago=3, excluded="contested")
    high = seen(2, "Advanced", days_ago=9, excluded="contested")
    mean: Json = {"estimate": {"method": "mean"}, "rule": {"rule": "estimate_at_least"}}
    assert verdict(low, high, **mean).state == "contested"
    assert verdict(low, **mean).state == "no_evidence"
    assert verdict(seen(3, "Proficient"), low, high, **mean).state == "contested"


@pytest.mark.parametrize(
    "apart",
    [
        {"task": "y"},
        {"attempt": 2},
        {"evaluator": "a"},
        {"evaluator": None},
        {"revises": evidence_id(1)},
        {"revises": evidence_id(1), "confirmed_by": ("c",)},
    ],
)
def test_no_conflict_between_attempts_tasks_or_with_oneself(apart: Json) -> None:
    first: Json = {"task": "x", "attempt": 1, "evaluator": "a"}
    second: Json = {"task": "x", "attempt": 1, "evaluator": "b", **apart}
    assert (
        verdict(seen(1, **first), seen(2, "Beginning", **second), conflict={}).state == "mastered"
    )


def test_a_second_rating_of_the_same_evidence_is_of_the_same_attempt() -> None:
    first, second = seen(1, evaluator="a"), seen(1, "Beginning", evaluator="b")
    assert verdict(first, second, conflict={}).state == "contested"
    confirmed = {"rule": "confirmed_by_second_rater"}
    assert verdict(first, seen(1, evaluator="b"), rule=confirmed).state == "mastered"
