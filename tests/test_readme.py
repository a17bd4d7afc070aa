"""What a newcomer reads first: links lead somewhere, commands exist, and the tutorial runs."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.postgres import PARENT

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
TUTORIAL_S_MAX = 900  # a busy machine; alone it takes about one minute


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []


def test_the_commands_of_the_readme_are_targets_of_make() -> None:
    blocks = SHELL.findall((ROOT / "README.md").read_text("utf-8"))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    commands = [line.split() for block in blocks for line in block.splitlines()]
    assert commands == [["make", "demo"], ["make", "test"]]
    assert {command[1] for command in commands} <= targets


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "adr"
    listed = set(LINK.findall((folder / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}


def test_decisions_that_the_code_cites_exist() -> None:
    sources = [
        path
        for part in ("ledger", "projections", "api", "consumers")
        for path in (ROOT / part).rglob("*.py")
    ]
    cited = {
        number
        for path in sources
        for number in re.findall(r"docs/adr/(\d{4})", path.read_text("utf-8"))
    }
    assert {
        number for number in cited if not list((ROOT / "docs/adr").glob(f"{number}-*"))
    } == set()


@pytest.fixture(scope="module")
def newcomer() -> Iterator[Path]:
    """Give a folder like the repository's, in which a tutorial may leave its files."""
    with tempfile.TemporaryDirectory(prefix="ml-tutorial-", dir=PARENT) as top:
        folder = Path(top)
        folder.chmod(0o755)  # the embedded server may run as a user of its own
        for name in ("api", "demo", "docs", ".venv"):
            (folder / name).symlink_to(ROOT / name)
        yield folder


def test_the_tutorial_runs(newcomer: Path) -> None:
    blocks = SHELL.findall((ROOT / "docs" / "tutorial.md").read_text("utf-8"))
    script = newcomer / "tutorial.sh"
    script.write_text("set -euo pipefail\n" + "\n".join(blocks), encoding="utf-8")
    kept = {name: text for name, text in os.environ.items() if not name.startswith("MASTERY_")}
    done = subprocess.run(
        ["bash", str(script)], cwd=newcomer, env=kept, capture_output=True, text=True,
        timeout=TUTORIAL_S_MAX, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    told = [
        "54 competencies",  # the framework
        "column Hours is not a number",  # a reject with its place
        "outside authority",  # why something does not count
        "visual acceptance mastered",  # the turn of the story
        "was recorded before with other content",  # a conflict
        '"status":"duplicate"',  # the same again, over HTTP
        "0 faults",  # the check at the end
    ]
    assert [words for words in told if words not in done.stdout] == []
