"""What can be told of two policies: whether one asks for less than the other in so many words."""

from __future__ import annotations

from typing import Any

import pytest

from projections.floors import Floored, undercuts
from projections.policies import compile_policy, parse
from tests.builders import policy
from tests.unit.policies.cases import NOW, SKILL, document
from tests.unit.policies.cases import seen as piece


def asks(*rules: dict[str, Any], **parts: Any) -> Any:
    return parse(policy(requirement={"rule": "all_of", "rules": list(rules)}, **parts))


def seen(count: int) -> dict[str, Any]:
    return {"rule": "observations_at_least", "at_least": count, "level": "met"}


def sites(count: int) -> dict[str, Any]:
    return {"rule": "distinct", "of": "site", "at_least": count, "level": "met"}


@pytest.mark.parametrize(
    ("narrow", "floor", "where"),
    [
        pytest.param(asks(seen(2)), asks(seen(2)), [], id="the same"),
        pytest.param(asks(seen(3)), asks(seen(2)), [], id="more"),
        pytest.param(asks(seen(1)), asks(seen(2)), ["/requirement/rules/0"], id="fewer"),
        pytest.param(
            asks(seen(2), sites(1)), asks(sites(3), seen(2)), ["/requirement/rules/1"], id="fewer sites"
        ),
        pytest.param(asks(seen(1), seen(3)), asks(seen(2)), [], id="the most of several holds"),
        pytest.param(asks(sites(1)), asks(seen(2)), [], id="another rule: held at verdicts"),
        pytest.param(parse(policy()), asks(seen(2)), [], id="another shape: held at verdicts"),
    ],
)  # fmt: skip
def test_less_in_so_many_words_is_found(narrow: Any, floor: Any, where: list[str]) -> None:
    assert [one.where for one in undercuts(narrow, floor)] == where


def test_mastery_that_begins_lower_on_the_same_scale_is_found() -> None:
    levels = [
        {"name": "no", "points": 0},
        {"name": "half", "points": "0.5"},
        {"name": "met", "points": "0.8"},
    ]
    scale = {"levels": levels, "points_possible": 1}
    high = parse(policy(scale=scale | {"mastery_level": "met"}))
    low = parse(policy(scale=scale | {"mastery_level": "half"}))
    assert [one.where for one in undercuts(low, high)] == ["/scale"]
    assert list(undercuts(high, low)) == []


def test_what_a_floor_asks_for_is_said_before_the_policy_itself_is_met() -> None:
    ratings = {"rule": "observations_at_least", "at_least": 2, "level": "Proficient"}
    sites = {"rule": "distinct", "of": "site", "at_least": 1, "level": "Proficient"}
    judge = Floored(compile_policy(document(ratings)), [compile_policy(document(sites))])
    found = judge([piece(1)], competency=SKILL, on=NOW)
    assert found.state == "in_progress"
    assert [(one.rule, one.met) for one in found.findings] == [
        ("observations_at_least", False),
        ("floor", False),
    ]
    assert [one.rule for one in found.missing] == ["observations_at_least", "distinct:site"]
    enough = judge([piece(1, site="a"), piece(2)], competency=SKILL, on=NOW)
    assert (enough.state, enough.missing) == ("mastered", ())


def test_what_several_ask_for_is_said_once() -> None:
    def ratings(count: int) -> Any:
        return document({"rule": "observations_at_least", "at_least": count, "level": "Proficient"})

    hours = document({"rule": "hours_at_least", "hours": 4})
    policies = [compile_policy(one) for one in (ratings(2), hours, ratings(4), ratings(3))]
    found = Floored(policies[0], policies[1:])([piece(1)], competency=SKILL, on=NOW)
    assert [dict(one.asks) for one in found.missing] == [
        {"observations": "3", "at_least": "Proficient"},
        {"hours": "4"},
    ]
