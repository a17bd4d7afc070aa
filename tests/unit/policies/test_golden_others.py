"""Moodle, Open edX, CaSS, knowledge tracing and readiness: golden cases through documents."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.ids import CompetencyId
from ledger.errors import InvalidDocumentError, Reject
from projections.policies import compile_policy, preset
from projections.policies.adoption import deciding
from projections.policies.files import judge_case, read_case, verdict_json
from projections.policies.soundness import unknown_references
from projections.policies.verdict import MasteryState, Verdict
from tests.unit.policies.cases import NOW, READINESS, RULES, STATES, golden, unmet

MOODLE, EDX, CASS, BKT = (
    golden(name) for name in ("moodle_rules", "openedx_criteria", "cass_profile", "bkt_onestep")
)


def rows(cases: list[dict[str, Any]], key: str = "name") -> list[Any]:
    return [pytest.param(case, id=case[key]) for case in cases]


def judged(name: str, settings: dict[str, Any], content: Any) -> Verdict:
    text = json.dumps(content, default=str)
    return judge_case(compile_policy(preset(name, settings)), read_case(text, on=NOW))


# -- Moodle ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", rows(MOODLE["all_rule"]))
def test_moodle_all_rule(case: dict[str, Any]) -> None:
    verdict = judged("moodle-all", {}, {"children": case["children"]})
    assert (verdict.state == "mastered") is case["match"]


@pytest.mark.parametrize("case", rows(MOODLE["points_rule"]))
def test_moodle_points_rule(case: dict[str, Any]) -> None:
    settings = {"need": case["need"], "children": case["rules"]}
    verdict = judged("moodle-points", settings, {"children": case["proficient"]})
    assert (verdict.state == "mastered") is case["match"]


VALIDATION = MOODLE["points_config_validation"]


@pytest.mark.parametrize("case", rows(VALIDATION["cases"], "why"))
def test_moodle_points_configuration_is_checked(case: dict[str, Any]) -> None:
    config = case["config"]
    assert not faults(config) if case["valid"] else faults(config)


def faults(config: dict[str, Any]) -> list[Reject]:
    settings = {
        new: config[old] for new, old in (("need", "need"), ("children", "rules")) if old in config
    }
    try:
        document = preset("moodle-points", settings)
    except InvalidDocumentError as refusal:
        return list(refusal.rejects)
    return list(
        unknown_references(
            document,
            competency=CompetencyId(VALIDATION["parent"]),
            children=[CompetencyId(name) for name in VALIDATION["children"]],
        )
    )


# -- Open edX -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", rows(EDX["trees"]))
def test_openedx_tree(case: dict[str, Any]) -> None:
    tree = json.dumps(case["tree"], default=float)
    verdict = judged("openedx-criteria", {"tree": tree}, {"grades": case["grades"]})
    assert (verdict.state == "mastered") is case["demonstrated"]


GROUPS = {"A": ("A1", "A2"), "B": ("Final", "Lab3")}
GRADES = {
    "Demonstrated": (0.75, 0.9),
    "PartiallyAttempted": (0.9, None),
    "AttemptedNotDemonstrated": (0.74, 0.9),
}


def statuses(op: str, grades: dict[str, float]) -> dict[str, str | None]:
    """Judge two groups of two leaves under a root, and give the status of every node."""
    tree = {"op": op, "children": [
        {"op": "AND", "children": [{"leaf": leaf, "op": "gte", "value": 0.75} for leaf in leaves]}
        for leaves in GROUPS.values()
    ]}  # fmt: skip
    verdict = verdict_json(
        judged("openedx-criteria", {"tree": json.dumps(tree)}, {"grades": grades})
    )
    findings: Any = verdict["findings"]
    groups = findings if op == "AND" else findings[0]["parts"]
    found: dict[str, Any] = {"root": verdict["status"]}
    for (name, leaves), group in zip(GROUPS.items(), groups, strict=True):
        found[name] = group["status"]
        found |= {leaf: one["status"] for leaf, one in zip(leaves, group["parts"], strict=True)}
    return found


@pytest.mark.parametrize("case", rows(EDX["ordered_recompute"]))
def test_openedx_ordered_recompute(case: dict[str, Any]) -> None:
    grades = {
        leaf: grade
        for name, leaves in GROUPS.items()
        for leaf, grade in zip(leaves, GRADES[case["before"][name]], strict=True)
        if grade is not None
    }
    before = statuses(case["root_op"], grades)
    after = statuses(case["root_op"], grades | {"Lab3": 0.75})
    assert {name: before[name] for name in case["before"]} == case["before"]
    assert {name: after[name] for name in case["after"]} == case["after"]
    written = {name for name in after if after[name] != before[name]}
    assert written == {"Lab3" if name == "leaf" else name for name in case["rows_written"]}


@pytest.mark.parametrize(
    ("op", "grades", "root"),
    [
        ("AND", {}, None),
        ("OR", {}, None),
        ("AND", {"A1": 0.9}, "PartiallyAttempted"),
        ("AND", {"Final": 0.1}, "AttemptedNotDemonstrated"),
        ("OR", {"A1": 0.1}, "PartiallyAttempted"),  # the other group may yet be shown
        ("OR", {"A1": 0.1, "Final": 0.1}, "AttemptedNotDemonstrated"),
        ("OR", {"A1": 0.1, "Final": 0.8, "Lab3": 0.8}, "Demonstrated"),
    ],
)
def test_openedx_root_status(op: str, grades: dict[str, float], root: str | None) -> None:
    assert statuses(op, grades)["root"] == root


@pytest.mark.parametrize("case", EDX["policy_resolution"])
def test_openedx_policy_resolution(case: dict[str, Any]) -> None:
    found = deciding(
        course=bool(case["course"]),
        organisation=bool(case["org"]),
        taxonomy=bool(case["taxonomy"]),
        taxonomy_overrides=bool(case["taxonomy_overrides_org"]),
    )
    assert found == {"org": "organisation"}.get(case["assigned"], case["assigned"])


@pytest.mark.parametrize(
    ("op", "grade", "expected"),
    [
        ("gte", "0.75", True), ("gte", "0.7499", False),
        ("lte", "0.75", True), ("lte", "0.7501", False),
        ("eq", "0.75", True), ("eq", "0.7501", False), ("eq", "0.7499", False),
    ],
)  # fmt: skip
def test_openedx_operator(op: str, grade: str, *, expected: bool) -> None:
    tree = {"leaf": "A", "op": op, "value": 0.75}
    verdict = judged("openedx-criteria", {"tree": json.dumps(tree)}, {"grades": {"A": grade}})
    assert (verdict.state == "mastered") is expected


def test_openedx_leaf_without_a_grade_is_not_demonstrated_even_by_at_most() -> None:
    tree = {"leaf": "A", "op": "lte", "value": 0.75}
    assert judged("openedx-criteria", {"tree": tree}, {"grades": {}}).state == "no_evidence"


# -- CaSS -----------------------------------------------------------------------------------


def cass(condition: str, competency: str, assertions: list[Any]) -> bool:
    own = [one for one in assertions if one[0] == competency]
    children: dict[str, MasteryState | bool] = {}
    for child, _, parent in CASS["framework"]["relations"]:
        if parent == competency:
            children[child] = cass("has_positive", child, assertions)
    content = {"assertions": own, "children": children}
    return judged("cass", {"condition": condition}, content).state == "mastered"


CONDITIONS = {
    "hasPositiveEvidence": "has_positive",
    "hasNegativeEvidence": "has_negative",
    "latestEvidenceIsPositive": "latest_positive",
    "hasAnyChildrenWithPositiveEvidence": "any_child_positive",
}


@pytest.mark.parametrize("step", CASS["steps"], ids=["none", "C1+", "C1+ C2-", "C1+ C2- C3+"])
def test_cass_profile(step: dict[str, Any]) -> None:
    for key, expected in step["expect"].items():
        if key != "top_level":
            competency, condition = key.split(".")
            assert cass(CONDITIONS[condition], competency, step["assertions"]) is expected, key


def test_cass_top_level_is_what_nothing_is_part_of() -> None:
    narrower = {child for child, _, _ in CASS["framework"]["relations"]}
    top = [one for one in CASS["framework"]["competencies"] if one not in narrower]
    assert top == CASS["steps"][0]["expect"]["top_level"]


def test_cass_needs_as_many_signatures_as_it_says_and_not_one_more() -> None:
    signed = [{"success": True, "evaluator": name} for name in ("a", "b")]
    assert judged("cass", {"signatures": 2}, signed).state == "mastered"
    assert judged("cass", {"signatures": 2}, signed[:1] * 2).state == "in_progress"


def test_cass_children_without_evidence_are_not_positive() -> None:
    content = {"children": {"a": True, "b": None}}
    assert judged("cass", {"condition": "all_children_positive"}, content).state == "in_progress"


# -- Bayesian knowledge tracing -------------------------------------------------------------


@pytest.mark.parametrize("case", rows(BKT["cases"]))
def test_bkt_probability_known_after_each_answer(case: dict[str, Any]) -> None:
    answers = case["responses"]
    known = [
        judged("bkt", case["params"], {"responses": answers[:end]}).estimate
        for end in range(1, len(answers) + 1)
    ]
    expected = [*case["p_known_before_each"][1:], case["p_known_after"]]
    for found, wanted in zip(known, expected, strict=True):
        assert found is not None
        assert abs(found - wanted) < Decimal("1e-9")
    verdict = judged("bkt", case["params"], {"responses": answers})
    assert (verdict.state == "mastered") is case["mastered_at_0.95"]


@pytest.mark.parametrize("name", ["prior", "learn", "guess", "slip", "forget", "threshold"])
@pytest.mark.parametrize("value", [-0.01, 1.01, "x", None])
def test_bkt_parameter_out_of_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidDocumentError) as refusal:
        preset("bkt", {name: value})
    assert refusal.value.rejects[0].where == f"/{name}"


def test_bkt_fitted_parameters_are_taken_as_they_are() -> None:
    fitted = {"prior": 0.12345678901234568, "learn": 0.00012345678901234567}
    assert judged("bkt", {**fitted, "guess": 0.2}, {"responses": [0]}).estimate is not None
    with pytest.raises(InvalidDocumentError, match="at most 20 decimals"):
        preset("bkt", {"prior": "0.123456789012345678901"})


def test_bkt_parameters_by_which_any_answer_will_do_say_so_openly() -> None:
    settings = {"prior": 0.9, "learn": 0.8, "slip": 0.4, "threshold": 0.8}
    assert preset("bkt", settings).any_evidence
    assert judged("bkt", settings, {"responses": [0]}).state == "mastered"
    assert not preset("bkt", {**settings, "threshold": 0.99}).any_evidence


def test_bkt_answer_that_is_impossible_leaves_the_belief_and_takes_the_chance() -> None:
    settings = {"prior": 0, "guess": 0, "slip": 0, "learn": "0.2"}
    assert judged("bkt", settings, {"responses": [1]}).estimate == Decimal("0.2")


# -- readiness ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", rows(READINESS["cases"]))
def test_readiness(case: dict[str, Any]) -> None:
    policy = READINESS["policy"]
    names = ("min_observations", "min_contexts", "min_assessors", "level_at_least", "max_age_days")
    verdict = judged("readiness", {name: policy[name] for name in names}, case["evidence"])
    assert verdict.state == STATES[case["state"]]
    assert unmet(verdict) == {RULES[name] for name in case["unmet"]}


@pytest.mark.parametrize(("age_days", "state"), [(730, "mastered"), (731, "lapsed")])
def test_readiness_holds_to_the_last_day(age_days: int, state: str) -> None:
    ready = next(case for case in READINESS["cases"] if case["state"] == "ready")
    older = [{**one, "age_days": one["age_days"] + age_days - 10} for one in ready["evidence"]]
    assert judged("readiness", {}, older).state == state
