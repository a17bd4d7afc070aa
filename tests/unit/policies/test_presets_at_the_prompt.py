"""`mastery policy preset` and `mastery policy judge`, as they are typed; no database."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import run
from tests.unit.policies.cases import READINESS, STATES

CLI_MD = Path(__file__).parents[3] / "docs" / "cli.md"
EXAMPLES = re.findall(r"^    mastery (policy preset [^>\n]*)", CLI_MD.read_text(), re.MULTILINE)


def printed(capfd: pytest.CaptureFixture[str], *words: str | Path) -> Any:
    capfd.readouterr()
    assert run([str(word) for word in words], env={}) == 0
    return json.loads(capfd.readouterr().out)


@pytest.mark.parametrize("case", READINESS["cases"], ids=lambda case: case["name"])
def test_readiness_without_a_moment_is_asked_about_now(
    case: dict[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    evidence = tmp_path / "evidence.json"
    evidence.write_text(json.dumps(case["evidence"], default=str))
    verdict = printed(capfd, "policy", "judge", "readiness", evidence)
    assert verdict["state"] == STATES[case["state"]]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_a_preset_works(example: str) -> None:
    assert run(example.split(), env={}) == 0
