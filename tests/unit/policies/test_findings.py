"""What a verdict says of each requirement: what was found, needed and missing, and since when."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from projections.policies.observation import Observation
from projections.policies.verdict import Finding, Missing
from tests.unit.policies.cases import document, evidence_id, judged, numbers, seen

Json = dict[str, Any]
P, D, A = "Proficient", "Developing", "Advanced"


def story() -> list[Observation]:
    """Five pieces of evidence: work, its revision, an exam, a card, and work that fell short."""
    return [
        seen(1, D, days_ago=20, site="a", task="t1", evaluator="x", hours=Decimal(2)),
        seen(2, P, days_ago=16, site="b", task="t1", evaluator="y", hours=Decimal("3.5"), kind="work_based_learning",
             facets=("performance", "explanation"), revises=evidence_id(1)),
        seen(3, A, days_ago=12, site="a", task="t2", evaluator="x", equipment=("saw", "lathe"), assessment="exam"),
        seen(4, None, days_ago=8, kind="credential", credential="card", provider=2),
        seen(5, D, days_ago=4, task="t3", course="c", evaluator="y", facets=("transfer",), confirmed_by=("z",)),
    ]  # fmt: skip


def ratings(at_least: int, **words: Any) -> Json:
    return {"rule": "observations_at_least", "at_least": at_least, **words}


@pytest.mark.parametrize(
    ("rule", "name", "found", "needed", "evidence", "since"),
    [
        (ratings(2), "observations_at_least", "5", "2", [1, 2, 3, 4, 5], 2),
        (ratings(2, level=P), "observations_at_least", "3", "2", [2, 3, 4], 3),
        (ratings(1, level=P, below=True), "observations_below", "2", "1", [1, 5], 1),
        (ratings(3, points=3), "observations_at_least", "3", "3", [2, 3, 4], 4),
        ({"rule": "estimate_at_least"}, "estimate_at_least", "4 (Advanced)", "3 (Proficient)", [], 2),
        ({"rule": "estimate_at_least", "points": 2.6, "estimate": {"method": "mean"}}, "estimate_at_least", "2.8 (Developing)", "2.6 (Developing)", [], 3),
        ({"rule": "distinct", "of": "site", "at_least": 2}, "distinct:site", "2", "2", [1, 2], 2),
        ({"rule": "distinct", "of": "site", "at_least": 2, "points": 3}, "distinct:site", "2", "2", [2, 3], 3),
        ({"rule": "distinct", "of": "equipment", "at_least": 2}, "distinct:equipment", "2", "2", [3], 3),
        ({"rule": "distinct", "of": "context", "at_least": 3}, "distinct:context", "5", "3", [1, 2, 3, 4, 5], 3),
        ({"rule": "distinct", "of": "provider", "at_least": 2, "points": 3}, "distinct:provider", "2", "2", [2, 4], 4),
        ({"rule": "kind", "which": ["credential", "work_based_learning"], "at_least": 2}, "kind:credential|work_based_learning", "2", "2", [2, 4], 4),
        ({"rule": "facet", "which": "explanation"}, "facet:explanation", "1", "1", [2], 2),
        ({"rule": "facet", "which": "performance", "at_least": 3}, "facet:performance", "4", "3", [1, 2, 3, 4], 3),
        ({"rule": "facet", "which": "transfer", "level": D}, "facet:transfer", "1", "1", [5], 5),
        ({"rule": "improved"}, "improved:raised", "1 raised, 0 fallen", "1 raised", [], 2),
        ({"rule": "improved", "of": "task"}, "improved:raised", "1 raised, 0 fallen", "1 raised", [], 2),
        ({"rule": "hours_at_least", "hours": 5.5}, "hours_at_least", "5.5", "5.5", [1, 2], 2),
        ({"rule": "hours_at_least", "hours": 3.5, "kinds": ["work_based_learning"]}, "hours_at_least", "3.5", "3.5", [2], 2),
        ({"rule": "credential", "any_of": ["card", "pass"]}, "credential", "1", "1", [4], 4),
        ({"rule": "confirmed_by_second_rater", "level": D}, "confirmed_by_second_rater", "2", "1", [2, 5], 2),
        ({"rule": "confirmed_by_second_rater", "points": 2, "at_least": 2}, "confirmed_by_second_rater", "2", "2", [2, 5], 5),
        ({"rule": "result_of", "which": "exam", "share": 1}, "result_of:exam", "1", "at_least 1", [], 3),
        ({"rule": "result_of", "which": "t1", "share": 0.75}, "result_of:t1", "0.75", "at_least 0.75", [], 2),
        ({"rule": "result_of", "which": "t1", "share": 0.5, "is": "at_most", "attempt": "first"}, "result_of:t1", "0.5", "at_most 0.5", [], 1),
        ({"rule": "within", "period": "P14D", "inner": ratings(2)}, "within:P14D", "3", "2", [3, 4, 5], 2),
        ({"rule": "within", "period": "P14D", "inner": ratings(2, level=P)}, "within:P14D", "2", "2", [3, 4], 3),
        ({"rule": "at_least", "n": 2, "of": [ratings(3), {"rule": "facet", "which": "transfer"}, ratings(2, level=P)]}, "at_least", "3", "2", [], 3),
        ({"rule": "any_of", "rules": [ratings(4), ratings(3, level=P)]}, "any_of", "2", "1", [], 4),
    ],
    ids=str,
)  # fmt: skip
def test_a_met_requirement_names_what_it_rests_on_and_since_when(
    rule: Json, name: str, found: str, needed: str, evidence: list[int], since: int
) -> None:
    verdict = judged(document(rule, any_evidence=True), *story())
    (finding,) = verdict.findings
    assert (finding.rule, finding.met) == (name, True)
    assert (finding.found, finding.needed, numbers(finding.evidence)) == (found, needed, evidence)
    assert (verdict.state, verdict.missing) == ("mastered", ())
    assert verdict.since == story()[since - 1].occurred_at


@pytest.mark.parametrize(
    ("rule", "found", "needed", "evidence", "asks"),
    [
        (ratings(6), "5", "6", [1, 2, 3, 4, 5], [{"observations": "1"}]),
        (ratings(4, level=P), "3", "4", [2, 3, 4], [{"observations": "1", "at_least": P}]),
        (ratings(3, points=2.5, below=True), "2", "3", [1, 5], [{"observations": "1", "below": "2.5"}]),
        (ratings(2, points=3.5), "1", "2", [3], [{"observations": "1", "at_least": "3.5"}]),
        ({"rule": "estimate_at_least", "level": A, "estimate": {"method": "latest"}}, "2 (Developing)", "4 (Advanced)", [], [{"estimate": "4 (Advanced)", "observations": "1", "at_least": A}]),
        ({"rule": "distinct", "of": "site", "at_least": 3, "level": D}, "2", "3", [1, 2], [{"observations": "1", "distinct": "site", "at_least": D}]),
        ({"rule": "kind", "which": ["assessment"], "at_least": 2, "points": 3}, "1", "2", [3], [{"observations": "1", "kind": "assessment", "at_least": "3"}]),
        ({"rule": "facet", "which": "transfer", "points": 3}, "0", "1", [], [{"observations": "1", "facet": "transfer", "at_least": "3"}]),
        ({"rule": "improved", "at_least": 2}, "1 raised, 0 fallen", "2 raised", [], [{"revision": "better", "works": "1"}]),
        ({"rule": "improved", "of": "competency", "by": "raised"}, "0 raised, 0 fallen", "1 raised", [], [{"revision": "better", "works": "1"}]),
        ({"rule": "hours_at_least", "hours": 6}, "5.5", "6", [1, 2], [{"hours": "0.5"}]),
        ({"rule": "credential", "any_of": ["pass"]}, "0", "1", [], [{"observations": "1", "credential": "pass"}]),
        ({"rule": "confirmed_by_second_rater"}, "0", "1", [], [{"observations": "1", "second_rater": "yes", "at_least": P}]),
        ({"rule": "confirmed_by_second_rater", "points": 4}, "0", "1", [], [{"observations": "1", "second_rater": "yes", "at_least": A}]),
        ({"rule": "result_of", "which": "t1", "share": 0.5, "is": "equal"}, "0.75", "equal 0.5", [], [{"task": "t1", "share": "equal 0.5"}]),
        ({"rule": "result_of", "which": "t9", "share": 0.5}, "", "at_least 0.5", [], [{"task": "t9", "share": "at_least 0.5"}]),
        ({"rule": "within", "period": "P5D", "inner": ratings(2)}, "1", "2", [5], [{"observations": "1", "within": "P5D"}]),
        ({"rule": "at_least", "n": 2, "of": [ratings(9), {"rule": "facet", "which": "reflection"}, ratings(4, level=P), ratings(1)]}, "1", "2", [], [{"observations": "1", "facet": "reflection"}]),
    ],
    ids=str,
)  # fmt: skip
def test_an_unmet_requirement_names_what_there_is_and_the_least_that_would_do(
    rule: Json, found: str, needed: str, evidence: list[int], asks: list[Json]
) -> None:
    verdict = judged(document(rule, any_evidence=True), *story())
    (finding,) = verdict.findings
    assert not finding.met
    assert (finding.found, finding.needed, numbers(finding.evidence)) == (found, needed, evidence)
    assert [dict(one.asks) for one in verdict.missing] == asks
    if not finding.parts:
        assert verdict.missing == (Missing(finding.rule, "", asks[0]),)


EVERY_RULE: list[Json] = [
    ratings(2, level=P),
    {"rule": "estimate_at_least", "estimate": {"method": "latest"}},
    {"rule": "distinct", "of": "evaluator", "at_least": 2},
    {"rule": "facet", "which": "explanation"},
    {"rule": "hours_at_least", "hours": 2},
    {"rule": "hours_at_least", "hours": 5},
    {"rule": "credential", "any_of": ["card"]},
    {"rule": "improved"},
    {"rule": "result_of", "which": "t1", "share": 0.75},
    {"rule": "within", "period": "P5D", "inner": ratings(2, points=3)},
]


@pytest.mark.parametrize("need", range(1, len(EVERY_RULE) + 1))
def test_since_is_the_first_evidence_at_which_so_many_of_the_parts_were_met(need: int) -> None:
    """Judged piece by piece, as the evidence came in: the slow way, and the sure one."""
    policy = document({"rule": "at_least", "n": need, "of": EVERY_RULE}, any_evidence=True)
    pieces = story()
    states = [
        judged(policy, *pieces[:end], on=pieces[end - 1].occurred_at).state
        for end in range(1, len(pieces) + 1)
    ]
    whole = judged(policy, *pieces, on=pieces[-1].occurred_at)
    if whole.state == "mastered":
        assert whole.since == pieces[states.index("mastered")].occurred_at
    else:
        assert (whole.state, whole.since) == ("in_progress", None)
    assert sum(part.met for part in whole.findings[0].parts) == int(whole.findings[0].found)


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        pytest.param([ratings(9), ratings(1), ratings(9), ratings(1)], "mastered", id="two of four"),
        pytest.param([ratings(9), ratings(1), ratings(9), ratings(9)], "in_progress", id="one of four"),
        pytest.param([ratings(1), ratings(1), ratings(9), ratings(9)], "mastered", id="the first two"),
        pytest.param([ratings(9), ratings(9), ratings(1), ratings(1)], "mastered", id="the last two"),
        pytest.param([ratings(9), ratings(9), ratings(9), ratings(1)], "in_progress", id="the last alone"),
    ],
)  # fmt: skip
def test_so_many_of_the_parts_whichever_they_are(rules: list[Json], state: str) -> None:
    rule = {"rule": "at_least", "n": 2, "of": rules}
    found = judged(document(rule, any_evidence=True), *story())
    assert (found.state, found.findings[0].met) == (state, state == "mastered")


def test_a_tool_used_by_few_is_no_evidence_from_others() -> None:
    """Two tools in one piece of work rest on that one, named once."""
    rule = {"rule": "distinct", "of": "equipment", "at_least": 2}
    found = judged(document(rule, any_evidence=True), seen(1, equipment=("saw", "lathe")), seen(2))
    assert found.findings == (Finding("distinct:equipment", True, "2", "2", (evidence_id(1),)),)


CHILDREN = [{"id": "a", "points": 2, "required": True}, {"id": "b", "points": 3}, {"id": "c", "points": 0, "required": True}]  # fmt: skip


@pytest.mark.parametrize(
    ("need", "children", "found", "asks"),
    [
        pytest.param(5, "abc", "5", None, id="all"),
        pytest.param(2, "ac", "2", None, id="just enough"),
        pytest.param(3, "ac", "2", {"points": "1"}, id="one point short"),
        pytest.param(3, "bc", "3, without a", {"required": "a"}, id="a required one lacking"),
        pytest.param(3, "b", "3, without a, c", {"required": "a, c"}, id="both required lacking"),
        pytest.param(5, "", "0, without a, c", {"points": "3", "required": "a, c"}, id="nothing yet"),
    ],
)  # fmt: skip
def test_points_from_children_say_which_are_lacking(
    need: int, children: str, found: str, asks: Json | None
) -> None:
    policy = document({"rule": "points", "need": need, "children": CHILDREN})
    verdict = judged(policy, seen(1), children=dict.fromkeys(children, "mastered"))
    assert verdict.findings == (Finding("points", asks is None, found, str(need)),)
    assert verdict.missing == (() if asks is None else (Missing("points", "", asks),))
    assert verdict.since == (seen(1).occurred_at if asks is None else None)


@pytest.mark.parametrize(
    ("words", "found", "needed"),
    [({}, "1", "3"), ({"share": 0.34}, "1", "2"), ({"share": 0.33}, "1", "1"), ({"at_least": 1}, "1", "1")],
    ids=str,
)  # fmt: skip
def test_covers_says_how_many_of_the_children_it_needs(
    words: Json, found: str, needed: str
) -> None:
    states: Any = {"a": "mastered", "b": "in_progress", "c": "lapsed"}
    verdict = judged(document({"rule": "covers", **words}), children=states)
    assert verdict.findings == (Finding("covers", int(found) >= int(needed), found, needed),)
