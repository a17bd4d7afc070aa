"""An embedded ledger comes up again by itself, whatever was killed, and stops when it should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ledgers import opened, provider, receipt, submission, submit
from tests.services.postgres import PARENT

ABANDON = """
import os, signal, sys
from tests.ledgers import opened, provider, submission, submit
with opened("", data_dir=sys.argv[1]) as ledger:
    submit(ledger, provider(ledger), submission("before"))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="ml-emb-", dir=PARENT, ignore_cleanup_errors=True
    ) as top:
        Path(top).chmod(0o755)
        yield Path(top)


def abandon(data_dir: Path) -> None:
    """Let a process record something, and be killed."""
    done = subprocess.run([sys.executable, "-c", ABANDON, str(data_dir)], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL


def pid_file(data_dir: Path) -> Path:
    return data_dir / "postgresql" / "postmaster.pid"


def kill_postmaster(data_dir: Path) -> None:
    os.kill(int(pid_file(data_dir).read_text().split()[0]), signal.SIGKILL)


def leave_it(_: Path) -> None:
    """The service alone was killed; PostgreSQL is still there."""


def number_of_somebody_else(data_dir: Path) -> None:
    """After a restart of the machine, the postmaster's number is another process's."""
    kill_postmaster(data_dir)
    file = pid_file(data_dir)
    _, *others = file.read_text().splitlines()
    file.write_text("\n".join([str(os.getpid()), *others]) + "\n")


def cut_short(data_dir: Path) -> None:
    """The machine stopped while PostgreSQL was starting."""
    kill_postmaster(data_dir)
    lines = pid_file(data_dir).read_text().splitlines()
    time.sleep(2)  # its backends end; the line that names their memory is among those cut
    pid_file(data_dir).write_text("\n".join(lines[:5]) + "\n")
    (data_dir / "postgresql" / ".handle_pids.json").write_text("[12")


@pytest.mark.fault
@pytest.mark.parametrize("happens", [leave_it, kill_postmaster, number_of_somebody_else, cut_short])
def test_an_embedded_ledger_that_was_killed_comes_up_again(
    data_dir: Path, happens: Callable[[Path], None]
) -> None:
    abandon(data_dir)
    happens(data_dir)
    with opened("", data_dir=data_dir) as ledger:
        again, new = submit(ledger, provider(ledger), submission("before"), submission("after"))
        assert json.loads((data_dir / "postgresql" / ".handle_pids.json").read_text()) == [
            os.getpid()
        ]
    assert receipt(again).duplicate
    assert not receipt(new).duplicate
    # Its last user is gone, so it has stopped, though another was killed before.
    assert not pid_file(data_dir).exists()


@pytest.mark.fault
def test_an_embedded_ledger_goes_on_where_its_postgresql_ended(data_dir: Path) -> None:
    with opened("", data_dir=data_dir, append_retry_s=60) as ledger:
        school = provider(ledger)
        submit(ledger, school, submission("before"))
        kill_postmaster(data_dir)
        waiting = ledger.submit(school, [submission("before"), submission("after")])
        again, new = waiting.result(60)
    assert receipt(again).duplicate
    assert not receipt(new).duplicate
    assert not pid_file(data_dir).exists()  # the one that was started again is stopped, too
