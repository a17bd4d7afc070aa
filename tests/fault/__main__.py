"""`make fault`: kill everything there is under load, again and again, then audit what is left.

First service and PostgreSQL; then the machines downstream, brokers and PostgreSQL.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fault import downstream_kills, kills
from tests.fault.kills import Report
from tests.services import kafka

SERVICE_KILLS = 100
DOWNSTREAM_KILLS = 210


def main() -> int:
    """Run, print what was done and what was found; 0 if all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault", description=__doc__)
    parser.add_argument("--kills", type=int, default=SERVICE_KILLS,
                        help=f"of service and PostgreSQL (default: {SERVICE_KILLS}; 0: none)")  # fmt: skip
    parser.add_argument("--downstream", type=int, default=DOWNSTREAM_KILLS,
                        help=f"of what is downstream (default: {DOWNSTREAM_KILLS}; 0: none)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=None, help="repeats a run's choices")
    given = parser.parse_args()
    seed: int = time.time_ns() % 1_000_000 if given.seed is None else given.seed
    started = time.monotonic()

    def say(what: str, found: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {what:<28} {found}", flush=True)

    log = Path(tempfile.gettempdir()) / f"mastery-fault-{seed}.log"
    say("seed", f"{seed} (make fault ARGS='--seed {seed}'); what the processes said is in {log}")
    reports: list[Report] = []
    if given.kills:
        reports.append(kills.run(given.kills, seed=seed, log=log, say=say))
    if given.downstream and not kafka.available():
        say("downstream", "left out: Kafka is not there (make parts)")
    elif given.downstream:
        reports.append(downstream_kills.run(given.downstream, seed=seed, log=log, say=say))
    return _tell(reports)


def _tell(reports: list[Report]) -> int:
    print()
    for report in reports:
        for kind, count in sorted(report.kills.items()):
            print(f"{count:6}  {kind}")
    print(f"{sum(report.kills.total() for report in reports):6}  kills in all")
    print()
    wrong = [fault for report in reports for fault in report.wrong]
    for fault in wrong[:50]:
        print(f"WRONG: {fault}")
    print("WRONG" if wrong else "nothing lost, nothing doubled, nothing out of order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
