"""The command line starts light: a command imports what it needs, and help next to nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from api.cli.commands import COMMANDS
from api.cli.main import app

ROOT = Path(__file__).parents[2]
WEB = {"fastapi", "starlette", "uvicorn", "jinja2", "api.routes", "api.web"}
STORE = {"projections", "psycopg", "eventsourcing", "ledger.service"}
STATEMENT = """{
  "external_id": "w-1", "learner": {"id": "S-1"}, "kind": "assessment",
  "occurred_at": "2026-03-02T16:15:04Z",
  "alignments": [{"competency": "urn:skill:weld"}], "result": {"score": {"scaled": 0.9}}
}"""


def imported(*arguments: str) -> set[str]:
    """Run a command in a process of its own, and name every module that it imported."""
    said = (
        "import sys; from api.cli.main import run\n"
        f"run({[*arguments]!r}, env={{}})\n"
        "print('modules:', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("modules:")[2].split())


def test_help_imports_neither_web_framework_nor_store_nor_projections() -> None:
    assert imported("--help") & (WEB | STORE) == set()


def test_a_usage_error_imports_no_more() -> None:
    assert imported("no-such-command") & (WEB | STORE) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["translate", "{file}"], id="translate"),
        pytest.param(["translate", "--help"], id="help of a command"),
        pytest.param(["check", "--help"], id="check"),
        pytest.param(["learner", "--help"], id="help of a group"),
        pytest.param(["policy", "preset", "canvas-latest"], id="policy preset"),
        pytest.param(["report", "--help"], id="report"),
        pytest.param(["crosswalk", "--help"], id="crosswalk"),
        pytest.param(["framework", "--help"], id="framework"),
    ],
)
def test_commands_that_serve_nothing_import_no_web_framework(
    arguments: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(STATEMENT)
    found = imported(*(each.format(file=file) for each in arguments))
    assert found & WEB == set()


def test_translating_a_file_imports_no_projections(tmp_path: Path) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(STATEMENT)
    assert "projections" not in imported("translate", str(file))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_says(name: str) -> None:
    context: Any = None  # not looked at
    found = typer.main.get_group(app).get_command(context, name)
    assert found is not None
    assert found.name == name
    assert (found.help or "").splitlines()[0] == COMMANDS[name].teaches
