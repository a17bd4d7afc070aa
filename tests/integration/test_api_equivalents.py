"""What a policy says of evidence over crosswalks: its direction, its chain and its weight."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import policy
from tests.town import Town, link


def judged(town: Town, learner: str, code: str, **rules: object) -> tuple[str, list[str]]:
    """Give the state, and the details of what was not equivalent, under a policy with these rules."""
    name = f"rules-{abs(hash(str(rules)))}"
    town.post("/v1/policies", policy(name, counting={"equivalents": rules}))
    found = town.verdict(learner, code, policy=name)
    details = [one["detail"] for one in found["not_counted"] if one["reason"] == "not_equivalent"]
    return found["state"], details


def test_what_covers_less_counts_only_where_the_policy_says_so(town: Town) -> None:
    """S2-3: narrower evidence does not satisfy broader, unless the rule says so."""
    town.crosswalk(
        link("W1", "P1", relation="broader"), link("P1", "P2"), link("W2", "P1", relation="related")
    )
    school = town.provider()
    learner = town.shown(school, "W1")["learner"]
    why = "the crosswalk calls it broader, which does not satisfy the other"
    for code in ("P1", "P2"):  # also on from there: the whole chain covers more
        assert judged(town, learner, code) == ("no_evidence", [why])
        assert judged(town, learner, code, broader="counted") == ("mastered", [])
    other = town.shown(school, "W2", learner="S-2")["learner"]
    assert judged(town, other, "P1", broader="counted")[0] == "no_evidence"
    gone = town.shown(school, "W1", learner="S-3")
    school.client.post(f"/v1/evidence/{gone['evidence']}/withdrawal", json={"reason": "typo"})
    assert judged(town, gone["learner"], "P1", broader="counted")[0] == "no_evidence"


@pytest.mark.parametrize(
    ("rules", "states"),
    [
        pytest.param({}, ("mastered", "mastered"), id="as the crosswalks say"),
        pytest.param({"chain_max": 2}, ("mastered", "mastered"), id="long enough"),
        pytest.param({"chain_max": 1}, ("mastered", "no_evidence"), id="one crosswalk at most"),
        pytest.param({"chain_max": 0}, ("no_evidence", "no_evidence"), id="no crosswalk"),
        pytest.param({"weight_floor": "0.5"}, ("mastered", "no_evidence"), id="weights are multiplied"),
        pytest.param({"weight_floor": "0.25"}, ("mastered", "mastered"), id="at the floor"),
    ],
)  # fmt: skip
def test_chains_are_bounded_and_weighed_as_the_policy_says(
    town: Town, rules: dict[str, Any], states: tuple[str, str]
) -> None:
    town.crosswalk(link("W1", "P1", weight="0.5"), link("P1", "P2", weight="0.5"))
    learner = town.shown(town.provider(), "W1")["learner"]
    assert tuple(judged(town, learner, code, **rules)[0] for code in ("P1", "P2")) == states
    assert judged(town, learner, "W1", **rules)[0] == "mastered"


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        pytest.param({"chain_max": 4}, "chain_max", id="longer than anybody could explain"),
        pytest.param({"broader": "maybe"}, "broader", id="neither"),
        pytest.param({"weight_floor": 2}, "weight_floor", id="heavier than everything"),
    ],
)
def test_rules_that_nothing_can_mean_are_refused(
    town: Town, rules: dict[str, Any], pointer: str
) -> None:
    document = policy("odd", counting={"equivalents": rules})
    assert set(town.faults("/v1/policies", document)) == {f"/counting/equivalents/{pointer}"}
