"""`make fault`: kill service and PostgreSQL under load, again and again, then audit."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fault.kills import run


def main() -> int:
    """Run, print what was done and what was found; 0 if all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how often (default: 100)")
    parser.add_argument("--seed", type=int, default=None, help="repeats a run's choices")
    given = parser.parse_args()
    seed: int = time.time_ns() % 1_000_000 if given.seed is None else given.seed
    started = time.monotonic()

    def say(what: str, found: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {what:<24} {found}", flush=True)

    log = Path(tempfile.gettempdir()) / f"mastery-fault-{seed}.log"
    say("seed", f"{seed} (make fault ARGS='--seed {seed}'); the service's log is {log}")
    report = run(given.kills, seed=seed, log=log, say=say)
    print()
    for kind, count in sorted(report.kills.items()):
        print(f"{count:6}  {kind}")
    print(f"{report.kills.total():6}  kills in all")
    print()
    for fault in report.wrong[:50]:
        print(f"WRONG: {fault}")
    print("WRONG" if report.wrong else "nothing lost, nothing doubled, nothing out of order")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
