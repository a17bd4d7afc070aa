"""docs/subscribers.md runs as it is written: a table, a stream, a webhook and a topic, one after another."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import downstream, ledgers
from tests.fault.service import free_port
from tests.served import serving
from tests.services import kafka
from tests.services.parts import missing

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "subscribers.md").read_text("utf-8")
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN_S_MAX = 180.0
LEARNERS = 7

COUNT = f"""
for _ in $(seq 300); do
    [ "$(sqlite3 %s 'SELECT count(*) FROM news' 2>/dev/null)" = {LEARNERS} ] && break; sleep 0.1
done
"""
AFTERWARDS = {
    'mastery_table.py mastery.sqlite "$LEDGER_URL" &': COUNT % "mastery.sqlite",
    "mastery webhooks &": f"""
for _ in $(seq 300); do [ "$(wc -l < received.txt)" = {LEARNERS} ] && break; sleep 0.1; done
""",
    "mastery relay &": COUNT % "from-kafka.sqlite",
}
"""What a reader would wait for before the next block."""


def script() -> str:
    parts = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for block in SHELL.findall(PAGE):
        parts.append(
            block.replace('"${HOOK_PORT:-8080}" &', '"${HOOK_PORT:-8080}" > received.txt &')
        )
        parts += [wait for text, wait in AFTERWARDS.items() if text in block]
    return "\n".join(parts)


def run(folder: Path, environment: Mapping[str, str]) -> str:
    """Run the blocks of the page in one shell; what they left running ends with it."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("MASTERY_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    process = subprocess.Popen(
        ["bash", "-c", script()], cwd=folder, env={**kept, "PATH": path, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=RUN_S_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
    assert process.returncode == 0, said[-3_000:]
    return said


def count(path: Path) -> int:
    connection = sqlite3.connect(path)
    (found,) = connection.execute(
        "SELECT count(*) FROM mastery WHERE state = 'mastered'"
    ).fetchone()
    connection.close()
    return int(found)


@pytest.mark.kafka
def test_the_commands_connect_a_downstream_system(migrated: str, tmp_path: Path) -> None:
    for program in ("curl", "sqlite3"):
        if shutil.which(program) is None:
            missing(program, remedy=f"install {program}")
    if not kafka.available():
        missing("Kafka", remedy="run `make parts`")
    folder, port = tmp_path / "reader", free_port()
    folder.mkdir()
    for name in ("api", "consumers", "docs", "ledger", "projections"):
        (folder / name).symlink_to(ROOT / name)
    with (
        kafka.running(tmp_path) as broker, serving(migrated, webhook_private_addresses=True) as site,
    ):  # fmt: skip
        downstream.load(site.ledger, learners=LEARNERS)
        downstream.engine_catches_up(site.ledger, downstream.settings(migrated))
        said = run(
            folder,
            {
                "MASTERY_DATABASE_URL": migrated, "MASTERY_MASTER_KEY": ledgers.MASTER_KEY,
                "MASTERY_WEBHOOK_PRIVATE_ADDRESSES": "true", "LEDGER_URL": site.url,
                "MASTERY_KAFKA_SERVERS": broker.servers, "HOOK_PORT": str(port),
                "HOOK_URL": f"http://127.0.0.1:{port}/", "PYTHONPATH": str(ROOT),
            },
        )  # fmt: skip
    assert f"gained|{LEARNERS}" in said
    assert said.count("event: mastery.state-changed.v1") == LEARNERS
    assert count(folder / "mastery.sqlite") == count(folder / "from-kafka.sqlite") == LEARNERS
    received = [line.split() for line in (folder / "received.txt").read_text().splitlines()]
    assert [int(line[0]) for line in received] == list(range(1, LEARNERS + 1))


def test_every_command_of_the_page_is_run() -> None:
    outside = SHELL.sub("", PAGE)
    assert not re.search(r"^ {4}(?:curl|mastery|python|sqlite3|export)", outside, re.MULTILINE)
