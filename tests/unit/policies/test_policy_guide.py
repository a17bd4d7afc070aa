"""docs/policies.md runs: every worked policy, every case under it, every preset it names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from projections.policies import compile_policy, parse
from projections.policies.files import judge_case, read_case
from projections.policies.presets import PRESETS, preset_settings
from projections.policies.requirements import AnyRule
from tests.unit.policies.cases import NOW

GUIDE = (Path(__file__).parents[3] / "docs" / "policies.md").read_text()
BLOCKS = re.findall(r"```json (policy|cases)\n(.*?)```", GUIDE, re.DOTALL)
WORKED = [
    (json.loads(policy), json.loads(cases))
    for (_, policy), (_, cases) in zip(BLOCKS[::2], BLOCKS[1::2], strict=True)
]


def test_the_guide_works_out_eight_policies_or_more() -> None:
    assert [kind for kind, _ in BLOCKS] == ["policy", "cases"] * len(WORKED)
    assert len(WORKED) >= 8


@pytest.mark.parametrize(
    ("policy", "case"),
    [
        pytest.param(policy, case, id=f"{policy['id']}: {case['name']}")
        for policy, cases in WORKED
        for case in cases
    ],
)
def test_worked_policy(policy: dict[str, Any], case: dict[str, Any]) -> None:
    content = {key: case[key] for key in ("observations", "children") if key in case}
    verdict = judge_case(compile_policy(parse(policy)), read_case(json.dumps(content), on=NOW))
    assert verdict.state == case["state"]
    if "estimate" in case:
        assert format(verdict.estimate, "f") == case["estimate"]


def test_every_rule_is_in_the_guide_and_in_a_worked_policy() -> None:
    union, _ = get_args(AnyRule)
    rules = {get_args(model.model_fields["rule"].annotation)[0] for model in get_args(union)}
    table = set(
        re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^\| (`.*?) \|", GUIDE, re.MULTILINE)))
    )
    assert rules <= table
    worked = json.dumps([policy for policy, _ in WORKED])
    assert {rule for rule in rules if f'"rule": "{rule}"' not in worked} == set()


def test_every_preset_and_every_setting_is_in_the_guide() -> None:
    for name in PRESETS:
        assert f"`{name}`" in GUIDE or f" {name}" in GUIDE, name
        if name != "demonstrated-mastery":
            for setting in preset_settings(name):
                assert f"`{setting}`" in GUIDE, (name, setting)
