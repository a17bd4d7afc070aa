"""Load from a client that is not Python: wrk, from the system's packages, with a Lua script."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import msgspec

SCRIPT = Path(__file__).with_name("requests.lua")
MISSING = "wrk is needed, and could not be installed (apt-get install wrk)"


class Load(msgspec.Struct, frozen=True):
    """What the client saw; latencies in milliseconds."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def bring() -> str | None:
    """Find wrk, or install it where that is ours to do; None where it cannot be had."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "wrk"]):
            subprocess.run(command, capture_output=True, check=False)
    return shutil.which("wrk")


def write_bodies(path: Path, bodies: Iterable[bytes], *, most: int) -> None:
    """Write bodies, one a line."""
    with path.open("wb") as file:
        for body in islice(bodies, most):
            file.write(body + b"\n")


def run(
    url: str, *, token: str, connections: int, seconds: float, bodies: Path | None = None
) -> Load:
    """Send requests one after another over each connection, from one thread of wrk."""
    wrk = shutil.which("wrk")
    assert wrk is not None, MISSING
    variables = {"BENCH_TOKEN": token, **({"BENCH_BODIES": str(bodies)} if bodies else {})}
    done = subprocess.run(
        [wrk, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "--latency",
         "-s", str(SCRIPT), url],
        env={**os.environ, **variables}, capture_output=True, text=True, check=True,
        timeout=seconds * 3 + 60,
    )  # fmt: skip
    line = next(each for each in done.stdout.splitlines() if each.startswith("RESULT "))
    return msgspec.json.decode(line.removeprefix("RESULT "), type=Load, strict=False)
