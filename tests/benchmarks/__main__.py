"""`make bench`: rates and latencies from an empty database, as one table with ratios."""

from __future__ import annotations

import logging
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from ledger.collecting import look_seldom
from ledger.store import database
from tests.benchmarks import busy, downstream, following, load, over_http, recorders, served
from tests.benchmarks.table import Line, show

LONG_RECORD = 1_000
WIDTH = 110
PARTS = ("recorder", "http", "views", "downstream", "followers")


def main(arguments: list[str]) -> int:
    """Run all parts, or those named; exit code 1 where a target was missed, 2 for an unknown part."""
    if unknown := set(arguments) - set(PARTS):
        sys.stderr.write(
            f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}\n"
        )
        return 2
    logging.disable(logging.WARNING)
    look_seldom()  # as every command of ours does
    console = Console(highlight=False, width=WIDTH)
    console.print(f"machine: {_machine()}")
    before = busy.additions_s()
    if busy.others():
        console.print(busy.others(), style="yellow")
    wanted = arguments or list(PARTS)
    started, lines = time.monotonic(), list[Line]()
    if "recorder" in wanted:
        with served.folder() as at, database.embedded(at) as owner:
            lines += _timed(console, "recorder", lambda: recorders.measure(owner))
    if "http" in wanted or "views" in wanted:
        lines += _on_a_ledger(console, wanted)
    if "downstream" in wanted:
        with served.folder() as at:
            prepared = served.prepare(at, long_record=LONG_RECORD - 2)
            lines += _timed(console, "downstream", lambda: downstream.measure(prepared, at))
    if "followers" in wanted:
        with served.folder() as at:
            prepared = served.prepare(at, long_record=1)
            lines += _timed(console, "followers", lambda: downstream.measure_followed(prepared, at))
    console.print()
    show(lines, console)
    console.print(
        f"\ntwo million additions took {before:.2f} s of CPU before, {busy.additions_s():.2f} s after "
        "(docs/performance.md)"
    )
    console.print(
        f"{time.monotonic() - started:.0f} s; durable commits (fsync on), no cache warmed but "
        "where it says so; client, service and PostgreSQL share the machine"
    )
    return 1 if any("MISSED" in line.verdict for line in lines) else 0


def _on_a_ledger(console: Console, wanted: list[str]) -> list[Line]:
    if load.bring() is None:
        console.print(load.MISSING)
        return [Line("evidence over HTTP", load.MISSING, 1, "", 0, lower_is_better=True)]
    lines: list[Line] = []
    with served.folder() as at:
        prepared = served.prepare(at, long_record=LONG_RECORD - 2)
        lines += _timed(console, "http", lambda: over_http.measure(prepared, at))
        if "views" in wanted:
            lines += _timed(console, "views", lambda: following.measure(prepared))
    return lines


def _timed(console: Console, part: str, measure: Callable[[], list[Line]]) -> list[Line]:
    started = time.monotonic()
    found = measure()
    console.print(f"  {part}: {time.monotonic() - started:.0f} s", style="bright_black")
    return found


def _machine() -> str:
    model = platform.processor() or platform.machine()
    about = Path("/proc/cpuinfo")
    if about.exists():
        names = [line for line in about.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return (
        f"{os.cpu_count()} x {model}, Python {platform.python_version()} ({sys.executable}), "
        f"{platform.system()}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
