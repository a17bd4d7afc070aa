"""`mastery demo` as a newcomer runs it: an empty folder, one command, a report."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.services.postgres import PARENT

SECONDS_MAX = 300  # a busy machine; alone it takes less than thirty


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="ml-demo-", dir=PARENT) as top:
        Path(top).chmod(0o755)  # the embedded server may run as a user of its own
        yield Path(top) / "d"


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", "--folder", str(folder), *options],
        env={**os.environ, "COLUMNS": "160"}, text=True, capture_output=True,
        timeout=SECONDS_MAX, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def first(folder: Path) -> subprocess.CompletedProcess[str]:
    return demo(folder, "--exit")


def test_it_ends_well_and_complains_of_nothing(first: subprocess.CompletedProcess[str]) -> None:
    assert (first.returncode, first.stderr) == (0, "")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("200 learners, 10,000 pieces of evidence", id="all of it"),
        pytest.param("Kestrel Fabrication", id="the providers"),
        pytest.param(", column Rating", id="a reject with its place"),
        pytest.param("Transcript of Maya Torres", id="a transcript"),
        pytest.param("WELD.4.2 Make SMAW fillet welds", id="a verdict"),
        pytest.param("The provider took it back.", id="why something did not count"),
        pytest.param("to do: ", id="what would meet what is missing"),
        pytest.param("facts/s", id="a rate"),
    ],
)
def test_the_report_shows(first: subprocess.CompletedProcess[str], said: str) -> None:
    assert said in first.stdout


def test_the_files_are_kept_to_look_at(
    first: subprocess.CompletedProcess[str], folder: Path
) -> None:
    sources = {path.name for path in (folder / "incoming").iterdir()}
    assert sources == {"lms", "vendor", "issuer", "employer", "college"}


def test_a_second_run_goes_on_with_the_same_data(
    first: subprocess.CompletedProcess[str], folder: Path
) -> None:
    again = demo(folder, "--exit")
    assert again.returncode == 0
    assert "the sample learners of the last run are here" in again.stdout
    assert "200 learners, 10,000 pieces of evidence" in again.stdout


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work")
    refused = demo(tmp_path, "--exit", "--fresh")
    assert refused.returncode == 2
    assert (tmp_path / "thesis.txt").exists()
