"""Who is one observation short, under policies that ask for more than ratings (S0-12)."""

from __future__ import annotations

from typing import Any

import pytest

from projections.action_lists import one_short
from projections.floors import Floored
from projections.policies import compile_policy
from projections.policies.verdict import MasteryState
from tests.builders import learner
from tests.unit.policies.cases import NOW, SCALE, SKILL, document, seen

MASTERY = {"rule": "estimate_at_least"}


def both(*rules: Any) -> Any:
    return {"rule": "all_of", "rules": [MASTERY, *rules]}


def short(policy: Any, *pieces: Any, children: Any = None) -> bool:
    judge = compile_policy(policy)
    states: dict[Any, MasteryState] = children or {}
    verdict = judge(pieces, competency=SKILL, on=NOW, children=states)
    assert verdict.state == "in_progress"
    return one_short(judge, pieces, verdict, learner=learner(), children=states) is not None


@pytest.mark.parametrize(
    ("rule", "fields", "expected"),
    [
        pytest.param({"rule": "observations_at_least", "at_least": 2}, {"counting": {"rigour_floor": 3}}, True, id="in a hard task"),
        pytest.param({"rule": "observations_at_least", "at_least": 2}, {"counting": {"purposes": ["formative"]}}, True, id="of a purpose"),
        pytest.param({"rule": "credential", "any_of": ["osha-10"]}, {}, True, id="a card"),
        pytest.param({"rule": "hours_at_least", "hours": 40}, {}, True, id="a week"),
        pytest.param({"rule": "hours_at_least", "hours": 41}, {}, False, id="more than a week"),
        pytest.param({"rule": "result_of", "which": "final", "share": 0.8}, {}, True, id="a named test"),
        pytest.param({"rule": "covers", "share": 0.5}, {"estimate": {"method": "mean"}}, False, id="a part"),
        pytest.param({"rule": "observations_at_least", "at_least": 3}, {"counting": {"rigour_floor": 3}}, False, id="two short"),
        pytest.param({"rule": "estimate_at_least", "estimate": {"method": "mean"}, "points": 6}, {"scale": {**SCALE, "points_possible": 10}}, True, id="full marks are above the levels"),
    ],
)  # fmt: skip
def test_one_observation_may_bring_whatever_one_can_bring(
    rule: Any, fields: Any, expected: bool
) -> None:
    piece = seen(1, rigour=5, purpose="formative", task="w")
    assert short(document(both(rule), **fields), piece) is expected


def test_parts_that_are_mastered_are_not_asked_for_again() -> None:
    policy = document(both({"rule": "covers"}, {"rule": "observations_at_least", "at_least": 2}))
    assert short(policy, seen(1), children={"part": "mastered"})
    assert not short(policy, seen(1), children={"part": "in_progress"})


def test_what_a_floor_names_may_be_brought_as_well() -> None:
    floor = compile_policy(document(both({"rule": "credential", "any_of": ["osha-10"]})))
    judge = Floored(compile_policy(document()), [floor])
    verdict = judge([seen(1)], competency=SKILL, on=NOW)
    assert verdict.state == "in_progress"
    assert one_short(judge, [seen(1)], verdict, learner=learner()) is not None
