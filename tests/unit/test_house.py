"""The house rules that no linter has: sizes, names, and addresses that would tie us to one site."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.parts import is_missing_part

ROOT = Path(__file__).parents[2]
PACKAGES = ("ledger", "projections", "api", "consumers", "tests")
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
NAMES_REFUSED = {"utils", "util", "helpers", "common", "base", "manager", "managers", "misc"}

SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of code: a docstring is for readers and costs nothing."""
    documented = ast.get_docstring(function) is not None
    first = function.body[1] if documented and len(function.body) > 1 else function.body[0]
    return (function.end_lineno or first.lineno) - first.lineno + 1


def test_no_file_is_longer_than_300_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in SOURCES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MAX
    }
    assert long == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}": count
        for path in SOURCES
        for function in functions(path)
        if (count := lines(function)) > FUNCTION_LINES_MAX
    }
    assert long == {}


def test_no_module_is_named_after_nothing() -> None:
    assert [path for path in SOURCES if NAMES_REFUSED & {path.stem, path.parent.name}] == []


def test_every_package_says_what_is_not_in_it() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.name == "__init__.py" and "Not here:" not in path.read_text(encoding="utf-8")
    ]
    assert silent == []


def test_the_lock_names_no_registry() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("reason", "missing"),
    [
        pytest.param("Skipped: missing part: Kafka; run `make parts`", True, id="a part"),
        pytest.param("Skipped: could not import 'playwright'", True, id="a package"),
        pytest.param("Skipped: the format has no such field", False, id="meant by its author"),
    ],
)
def test_ci_tells_a_missing_part_from_a_skip_that_was_meant(reason: str, missing: bool) -> None:
    assert is_missing_part(reason) is missing


def test_the_service_and_the_command_line_start_without_the_kafka_client() -> None:
    said = "import sys, api.app, api.web, api.cli.main; print('kafka' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
