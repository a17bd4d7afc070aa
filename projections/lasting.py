"""Until when verdicts say the same, word for word, if nothing more is recorded. Pure.

Cautious: a moment at which something might turn is taken for one at which it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from projections.floors import Floored
from projections.mastery import Bench
from projections.policies.compiling import parts_of
from projections.policies.judge import Judge
from projections.policies.periods import Period, moment_after, parse_period
from projections.policies.requirements import Within


def lasts_until(bench: Bench) -> datetime | None:
    """Give a moment after the bench's own, before which it would judge just so; None is never.

    The bench's own moment where a policy in use fades: it may say something else every day.
    """
    periods: set[Period] = set()
    for judge in bench.judges():
        if _fades(judge):
            return bench.on
        periods |= _periods(judge)
    return min(_turns(bench, periods), default=None)


def _turns(bench: Bench, periods: set[Period]) -> Iterator[datetime]:
    if bench.moved is not None:
        yield bench.moved
    for line in bench.observed.lines.values():
        turns = line.turns_after(bench.on)
        if turns is not None:
            yield turns
        for period in periods:
            for seen in line.seen:
                end = period.after(seen.occurred_at)
                ended = moment_after(end) if end >= bench.on else None
                if ended is not None:
                    yield ended


@lru_cache(maxsize=1024)
def _fades(judge: Judge) -> bool:
    document = judge.document
    return (
        document.expiry.half_life_days is not None
        or document.counting.window is not None
        or any(isinstance(rule, Within) for _, rule in parts_of(document.requirement))
        or any(map(_fades, _floors(judge)))
    )


@lru_cache(maxsize=1024)
def _periods(judge: Judge) -> frozenset[Period]:
    """Give how long after a piece of evidence a mastery that rests on it may expire."""
    found = {one for floor in _floors(judge) for one in _periods(floor)}
    if judge.document.expiry.expires_after is not None:
        found.add(parse_period(judge.document.expiry.expires_after))
    return frozenset(found)


def _floors(judge: Judge) -> tuple[Judge, ...]:
    return judge.floors if isinstance(judge, Floored) else ()
