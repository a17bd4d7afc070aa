"""`mastery serve --processes 2`: two processes answer on one port, over one ledger."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.domain.facts import AuthorityGranted
from tests import downstream, ledgers
from tests.logs import unsound
from tests.served import EVIDENCE

STOP_S = 60


class Site(NamedTuple):
    """A service of several processes."""

    process: subprocess.Popen[str]
    url: str
    token: str

    def client(self) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def answering(self) -> list[int]:
        """Name the processes that answer: those that were begun by multiprocessing."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(one) for one in listed.split() if "spawn_main" in _command(int(one))]


def _command(process: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text()
    return ""


def environment_of(url: str) -> dict[str, str]:
    ours = {"MASTERY_DATABASE_URL": url, "MASTERY_MASTER_KEY": ledgers.MASTER_KEY}
    return dict(os.environ) | ours


@contextmanager
def serving(url: str) -> Generator[Site]:
    with ledgers.opened(url) as ledger:
        by = ledgers.provider(ledger)
        ledger.record_about_provider(AuthorityGranted(provider=by, grant="all"))
        token = ledger.access.issue("provider", label="test", provider=by)
    command = [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--processes", "2"]
    process = subprocess.Popen(command, env=environment_of(url), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("listening on "), said
        yield Site(process, said.removeprefix("listening on ").strip(), token)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOP_S)


def item(number: int) -> dict[str, Any]:
    return {
        "id": f"attempt/{number}",
        "kind": "assessment",
        "learner": {"id": f"S-{number % 7}"},
        "occurred_at": "2026-03-02T10:15:00-06:00",
        "alignments": [{"competency": ledgers.WELDING}],
        "result": {"score": 1, "max": 1},
    }


def in_parallel(times: int, do: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(do, range(times)))


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_port_that_is_taken_is_said_in_a_sentence(migrated: str, processes: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = ["serve", "--no-engine", "--port", port, "--processes", processes]
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", *command], env=environment_of(migrated),
            capture_output=True, text=True, timeout=STOP_S, check=False,
        )  # fmt: skip
    *_, sentence = done.stderr.splitlines()
    assert sentence.startswith("mastery: MASTERY_HOST, MASTERY_PORT: cannot listen on 127.0.0.1")
    assert done.returncode == 1


def test_batches_sent_to_two_processes_at_once_leave_each_fact_once(migrated: str) -> None:
    def send(turn: int) -> list[dict[str, Any]]:
        # Each batch overlaps with others in half of its items, and all know the same learners.
        with site.client() as client:
            batch = [item(number) for number in range(turn * 50, turn * 50 + 100)]
            answer = client.post(EVIDENCE, content=json.dumps(batch))
        items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return items

    with serving(migrated) as site:
        answered = [one for items in in_parallel(12, send) for one in items]
        head = ledgers.rows(migrated, "SELECT max(position) FROM ledger.facts")[0][0]
        reached = "SELECT position FROM views.generations WHERE status = 'live'"
        downstream.until(lambda: ledgers.rows(migrated, reached)[0][0] == head, what="views")
    assert len(answered) == 1_200
    assert len({one["evidence"] for one in answered}) == 650
    assert sum(one["status"] == "accepted" for one in answered) == 650
    assert unsound(migrated) == []
    assert ledgers.rows(migrated, "SELECT count(*) FROM views.learners") == [(7,)]


def test_a_process_that_is_killed_is_replaced_while_the_other_answers(migrated: str) -> None:
    with serving(migrated) as site:
        first, second = site.answering()
        os.kill(first, signal.SIGKILL)
        answered = 0
        for number in range(20):
            with suppress(httpx.TransportError), site.client() as client:
                answered += client.post(EVIDENCE, json=item(number)).status_code == 201
        downstream.until(lambda: len(set(site.answering()) - {first}) == 2, what="a replacement")
        assert second in site.answering()
        with site.client() as client:
            assert client.post(EVIDENCE, json=item(99)).status_code == 201
    assert answered > 0
    assert unsound(migrated) == []


def test_no_process_outlives_the_one_that_began_it(migrated: str) -> None:
    with serving(migrated) as site:
        begun = site.answering()
        site.process.kill()
        downstream.until(lambda: not any(map(_command, begun)), what="the end of all processes")


def test_a_sign_in_holds_in_every_process(migrated: str) -> None:
    with ledgers.opened(migrated) as one, ledgers.opened(migrated) as other:
        assert one.session_key == other.session_key
        assert len(one.session_key) == 32
