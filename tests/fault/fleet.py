"""The machines downstream as a deployment has them: real processes, killed by their ids."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from ledger.config import Settings
from tests import ledgers

ROOT = Path(__file__).parents[2]
COMMANDS = ("relay", "relay", "consume", "consume", "work", "work")


class Fleet:
    """Two of each command; one that is killed is started again, one that ends by itself is a fault."""

    def __init__(self, given: Settings, log: Path) -> None:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("MASTERY_")}
        self._environment = {
            **kept,
            "MASTERY_DATABASE_URL": given.database_url.get_secret_value(),
            "MASTERY_MASTER_KEY": ledgers.MASTER_KEY,
            "MASTERY_KAFKA_SERVERS": given.kafka_servers,
            "MASTERY_KAFKA_PREFIX": given.kafka_prefix,
            "MASTERY_KAFKA_PARTITIONS": str(given.kafka_partitions),
            "MASTERY_KAFKA_REPLICATION": str(given.kafka_replication),
            "MASTERY_RELAY_BATCH_MAX": "100",  # many transactions, so that kills hit some
            "MASTERY_INBOUND_BATCH_MAX": "20",
            "MASTERY_ENGINE_BATCH_FACTS_MAX": "50",
        }
        self._log = log
        self._running: list[subprocess.Popen[bytes]] = []
        self.ended: list[str] = []
        """What ended without having been killed."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_all()

    def start(self) -> None:
        """Start all."""
        self._running = [self._start(command) for command in COMMANDS]

    def kill(self, command: str, *, which: int) -> None:
        """SIGKILL one of a command's processes, and start another in its place."""
        places = [place for place, name in enumerate(COMMANDS) if name == command]
        place = places[which % len(places)]
        self.look()
        self._running[place].kill()
        self._running[place].wait()
        self._running[place] = self._start(command)

    def kill_all(self) -> None:
        """SIGKILL all, and start none."""
        self.look()
        for process in self._running:
            process.kill()
        for process in self._running:
            process.wait()
        self._running = []

    def look(self) -> None:
        """Note what ended by itself, and start it again."""
        for place, process in enumerate(self._running):
            if process.poll() is not None:
                self.ended.append(f"{COMMANDS[place]} ended by itself, code {process.returncode}")
                self._running[place] = self._start(COMMANDS[place])

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "api.cli", command], env=self._environment, cwd=ROOT,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
