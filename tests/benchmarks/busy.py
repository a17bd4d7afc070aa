"""How much of the machine something used: honest figures on a machine that others use too."""

from __future__ import annotations

import os
import time
from pathlib import Path

ADDITIONS = compile("for one in range(2_000_000): total += one", "additions", "exec")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
QUIET_LOAD = 0.7  # load average over a minute, above which others are at work


def cpu_s(process: int, *, waited: bool = False) -> float:
    """Give the CPU seconds of a process so far; with `waited`, those of its ended children too."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in stat[11 : 15 if waited else 13]) / TICKS_PER_S


def service_cpu_s(process: int) -> float:
    """Give the CPU seconds of `mastery serve` so far: its own, and those of who answers for it."""
    begun = (
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _parent(entry) == process and _answers(entry)
    )
    return cpu_s(process) + sum(map(cpu_s, begun))


def _answers(process: Path) -> bool:
    try:
        return b"spawn_main" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def postgres_cpu_s(data: Path) -> float:
    """Give the CPU seconds of the PostgreSQL in a data folder, all its processes together."""
    postmaster = int((data / "postmaster.pid").read_text().split()[0])
    found = cpu_s(postmaster, waited=True)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(entry) == postmaster:
            found += cpu_s(int(entry.name))
    return found


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def additions_s() -> float:
    """Give the CPU seconds of two million additions: what machine and interpreter give today."""
    started = time.process_time()
    exec(ADDITIONS, {"total": 0})
    return time.process_time() - started


def others() -> str:
    """Say whether others are using the machine."""
    load = os.getloadavg()[0]
    if load <= QUIET_LOAD:
        return ""
    return f"load average {load:.1f} before the start: others are at work, and figures are too low"
