"""Print for each file how many mutants the tests killed; fail if that is too few of all.

Every mutant counts, also one that behaves like the original and so cannot be killed. One that
runs into the time limit is killed; one that no test reaches is not.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

KILLED_PERCENT_MIN = 90

KILLED = frozenset({1, 3, 36, -24, 24, 152, 255})  # mutmut: a test failed, or time ran out
SURVIVED = frozenset({0, 5, 33})  # every test passed, or there is none


def fates(results: Iterable[int | None]) -> Counter[str]:
    """Count what became of mutants, from mutmut's exit codes; None is one that did not run."""
    return Counter(
        "killed" if one in KILLED else "survived" if one in SURVIVED else "not run"
        for one in results
    )


def percent_killed(found: Counter[str]) -> float:
    """Give the share of killed among those that ran; 0 if none did."""
    ran = found["killed"] + found["survived"]
    return 100 * found["killed"] / ran if ran else 0.0


def main(folder: Path) -> int:
    """Print the table and give the exit code."""
    whole: Counter[str] = Counter()
    print(f"{'file':<52}{'killed':>8}{'survived':>10}{'not run':>9}{'%':>7}")
    for path in sorted(folder.glob("projections/policies/**/*.py.meta")):
        found = fates(json.loads(path.read_text("utf-8"))["exit_code_by_key"].values())
        if found:
            whole += found
            print(_line(str(path.relative_to(folder)).removesuffix(".meta"), found))
    print(_line("all", whole))
    return 0 if percent_killed(whole) >= KILLED_PERCENT_MIN else 1


def _line(name: str, found: Counter[str]) -> str:
    counts = f"{found['killed']:>8}{found['survived']:>10}{found['not run']:>9}"
    return f"{name:<52}{counts}{percent_killed(found):>7.1f}"


if __name__ == "__main__":
    sys.exit(main(Path("mutants")))
