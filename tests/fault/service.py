"""`mastery serve` as a process of its own, which can be killed and started again."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Self

from tests.ledgers import MASTER_KEY

UP_S = 90.0


def free_port() -> int:
    """Find a port that the service can have each time it is started."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


class Service:
    """The service, with engine and without pages, on a port of its own."""

    def __init__(self, url: str, log: Path) -> None:
        self._url, self._log = url, log
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._output = self._log.open("ab")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
        if self._output is not None:
            self._output.close()

    def start(self) -> None:
        """Start the process; it answers some time later."""
        ours = {"MASTERY_DATABASE_URL": self._url, "MASTERY_MASTER_KEY": MASTER_KEY}
        others = {name: text for name, text in os.environ.items() if "MASTERY_" not in name}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "--no-pages", "--port", str(self.port)],
            env={**others, **ours}, stdin=subprocess.DEVNULL,
            stdout=self._output, stderr=self._output,
        )  # fmt: skip

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            TimeoutError: it ended, or does not answer; its own words are in the log.
        """
        deadline = time.monotonic() + UP_S
        while not self._answers():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise TimeoutError(self._log.read_text(errors="replace")[-3000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL it."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop, and give its exit code."""
        return self._end(signal.SIGTERM)

    def is_running(self) -> bool:
        """Tell whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(UP_S)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/v1/health")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True
