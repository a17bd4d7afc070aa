"""What is left out says why, comes back when the reason goes, and never through a side door."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.evidence import Result
from projections.policies import compile_policy
from projections.policies.observation import Observation
from projections.policies.ordering import in_order
from projections.policies.periods import INSTANT
from projections.policies.verdict import NotCounted, Verdict
from tests.unit.policies.cases import NOW, SCALE, SKILL, document, evidence_id, judged, seen

Json = dict[str, Any]
ONE = {"rule": "observations_at_least", "at_least": 1, "level": "Proficient"}
TWO = {**ONE, "at_least": 2}
DAY = timedelta(days=1)
BROADER = {"equivalents": {"broader": "counted"}}


def verdict(
    *observations: Observation, rule: Json = ONE, on: datetime = NOW, **fields: Any
) -> Verdict:
    return judged(document(rule, any_evidence=True, **fields), *observations, on=on)


@pytest.mark.parametrize(
    ("fields", "counting", "counts"),
    [
        pytest.param({"excluded": "not_equivalent", "broader": True}, BROADER, True, id="narrower, and the policy takes it"),
        pytest.param({"excluded": "not_equivalent", "broader": True}, {}, False, id="narrower"),
        pytest.param({"excluded": "not_equivalent"}, BROADER, False, id="not equivalent for another reason"),
        pytest.param({"excluded": "withdrawn", "broader": True}, BROADER, False, id="narrower, but withdrawn"),
        pytest.param({"excluded": "credential_expired"}, {}, False, id="expired, nobody says when"),
        pytest.param({"excluded": "credential_expired", "valid_until": NOW}, {}, True, id="in force at the moment asked about"),
        pytest.param({"excluded": "credential_expired", "valid_until": NOW - INSTANT}, {}, False, id="expired"),
        pytest.param({"excluded": "withdrawn", "valid_until": NOW + DAY}, {}, False, id="in force, but withdrawn"),
    ],
)  # fmt: skip
def test_an_exclusion_holds_unless_its_own_reason_is_gone(
    fields: Json, counting: Json, *, counts: bool
) -> None:
    found = verdict(seen(1, **fields), counting=counting)
    assert [one.int for one in found.counted] == ([1] if counts else [])
    assert [one.reason for one in found.not_counted] == ([] if counts else [fields["excluded"]])


@pytest.mark.parametrize(
    ("fields", "counting", "reason", "detail"),
    [
        ({"kind": "activity"}, {}, "activity", ""),
        ({"kind": "credential"}, {"kinds": ["assessment"]}, "kind_not_counted", "credential"),
        ({"purpose": "formative"}, {"purposes": ["summative"]}, "kind_not_counted", "purpose formative"),
        ({"days_ago": -1}, {}, "not_yet_occurred", ""),
        ({"valid_until": NOW - DAY}, {}, "credential_expired", "2026-05-31T00:00:00+00:00"),
        ({"rigour": 1}, {"rigour_floor": 2}, "below_rigour_band", "band 1, floor 2"),
        ({}, {"rigour_floor": 2}, "below_rigour_band", "no known band, floor 2"),
        ({"weight": Decimal("0.4")}, {"weight_floor": "0.5"}, "not_equivalent", "weight 0.4, floor 0.5"),
        ({"weight": Decimal("NaN")}, {"weight_floor": 0}, "not_equivalent", "weight NaN, floor 0"),
        ({"via": ("a", "b")}, {"equivalents": {"chain_max": 1}}, "not_equivalent", "2 crosswalks, most 1"),
        ({"via": ("a",), "weight": Decimal("0.4")}, {"equivalents": {"weight_floor": "0.5"}}, "not_equivalent", "weight 0.4, floor 0.5"),
        ({"days_ago": 31}, {"window": "P30D"}, "out_of_window", "counted until 2026-05-31T00:00:00+00:00"),
        ({"result": Result(level="Z")}, {}, "not_on_scale", "Z"),
        ({"result": Result(score=Decimal(5))}, {}, "not_on_scale", "5 without bounds"),
        ({"result": Result(level="Advanced", status="provisional")}, {}, "not_final", "provisional"),
        ({"result": Result()}, {}, "no_result", ""),
        ({"level": None}, {}, "no_result", ""),
        ({"result": Result(score=Decimal(-1), max=Decimal(4))}, {}, "invalid_result", "score -1 is below its minimum 0"),
        ({"result": Result(score=Decimal(1), min=Decimal(2), max=Decimal(4))}, {}, "invalid_result", "score 1 is below its minimum 2"),
        ({"result": Result(score=Decimal(5), max=Decimal(4))}, {}, "invalid_result", "score 5 is above its maximum 4"),
        ({"result": Result(score=Decimal(5), min=Decimal(5), max=Decimal(4))}, {}, "invalid_result", "its bounds are upside down: 5 to 4"),
        ({"result": Result(score=Decimal(0), max=Decimal(-1))}, {}, "invalid_result", "its bounds are upside down: 0 to -1"),
        ({"result": Result(score=Decimal("NaN"))}, {}, "invalid_result", "not a number, or beyond any scale"),
        ({"result": Result(level="A", scale=("A", "A"))}, {}, "invalid_result", "its scale is upside down, or names a level twice"),
        ({"result": Result(level="C", scale=("A", "B"))}, {}, "invalid_result", "its own scale has no level 'C'"),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_count_says_why_in_full(
    fields: Json, counting: Json, reason: Any, detail: str
) -> None:
    found = verdict(seen(1, **fields), counting=counting)
    assert found.not_counted == (NotCounted(evidence_id(1), reason, detail),)
    assert found.counted == ()


@pytest.mark.parametrize(("success", "detail"), [(True, "passed"), (False, "not passed")])
def test_mere_success_is_not_on_a_scale_that_gives_it_no_points(success: bool, detail: str) -> None:
    found = verdict(seen(1, result=Result(success=success)), results={})
    assert found.not_counted == (NotCounted(evidence_id(1), "not_on_scale", detail),)


@pytest.mark.parametrize("excluded", [None, "not_yet_occurred"])
def test_the_next_of_several_to_come_is_when_the_state_may_change(excluded: Any) -> None:
    coming = [seen(n, days_ago=-n, excluded=excluded) for n in (2, 3, 5)]
    assert verdict(*coming).due_at == NOW + 2 * DAY
    assert verdict(seen(1), *coming, rule={**ONE, "at_least": 3}).due_at == NOW + 3 * DAY


def test_the_first_of_several_to_run_out_is_when_the_state_may_change() -> None:
    held = [
        seen(n, kind="credential", days_ago=9 - n, valid_until=NOW + days * DAY)
        for n, days in enumerate((2, 7, 5), 1)
    ]
    assert verdict(*held, rule={**ONE, "at_least": 3}).due_at == NOW + 2 * DAY + INSTANT
    assert verdict(*held, rule=TWO).due_at == NOW + 5 * DAY + INSTANT
    assert verdict(*held).due_at == NOW + 7 * DAY + INSTANT


def test_the_first_of_several_to_leave_the_window_is_when_the_state_may_change() -> None:
    pieces = [seen(n, days_ago=days) for n, days in enumerate((9, 4, 1), 1)]
    found = verdict(*pieces, rule={**ONE, "at_least": 3}, counting={"window": "P10D"})
    assert found.due_at == NOW + 1 * DAY + INSTANT


def test_a_card_without_a_result_counts_only_where_cards_are_asked_for() -> None:
    card = seen(1, None, credential="x")
    assert [one.reason for one in verdict(card).not_counted] == ["no_result"]
    assert verdict(card, rule={"rule": "credential", "any_of": ["x"]}).state == "mastered"
    log = seen(1, None, hours=Decimal(8))
    assert [one.reason for one in verdict(log).not_counted] == ["no_result"]
    both = {"rule": "within", "period": "P30D", "inner": {"rule": "at_least", "n": 1, "of": [
        {"rule": "hours_at_least", "hours": 8}, {"rule": "credential", "any_of": ["x"]},
    ]}}  # fmt: skip
    assert verdict(log, rule=both).state == "mastered"
    assert verdict(card, rule=both).state == "mastered"
    assert verdict(seen(1, None), rule=both).state == "no_evidence"


def test_evidence_that_was_read_once_is_judged_by_each_policy_on_its_own_scale() -> None:
    ordered = in_order([seen(1, "Proficient")])
    levels = [{"name": "Proficient", "points": 10}, {"name": "Advanced", "points": 20}]
    other = {**SCALE, "levels": levels}
    estimates = [
        compile_policy(document(scale=scale, any_evidence=True))(
            ordered, competency=SKILL, on=NOW
        ).estimate
        for scale in (SCALE, other, SCALE)
    ]
    assert estimates == [3, 10, 3]


def test_equivalent_evidence_counts_up_to_its_floors_and_what_is_aligned_itself_has_none() -> None:
    limits = {"equivalents": {"chain_max": 2, "weight_floor": "0.5"}}
    assert (
        verdict(seen(1, via=("a", "b"), weight=Decimal("0.5")), counting=limits).state == "mastered"
    )
    assert verdict(seen(1, weight=Decimal("0.1")), counting=limits).state == "mastered"
    unknown = seen(1, via=("a",), weight=Decimal("NaN"))
    assert verdict(unknown, counting=limits).state == "no_evidence"
    none = {"equivalents": {"chain_max": 0}}
    assert verdict(seen(1, via=("a",)), counting=none).state == "no_evidence"
    assert verdict(seen(1), counting=none).state == "mastered"
