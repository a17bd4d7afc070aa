"""What no type can say: scores within their range, levels on their scale, times that can be.

One set of checks for every format; `where` is a pointer into our own JSON, and each format
says what that is called in its documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.domain.evidence import Credential, Evidence, Link, Period, Result
from ledger.errors import Reject
from ledger.standards.moments import YEAR_MAX, YEAR_MIN
from ledger.standards.translation import Rejects

HOURS_MAX = Decimal(20_000)  # ten years of full work
CREDITS_MAX = Decimal(1_000)
CLOCK_SKEW = timedelta(days=1)

_ZERO = Decimal(0)


def faults_of(evidence: Evidence, *, now: datetime | None = None) -> Rejects:
    """Name everything implausible; empty for evidence that can be taken.

    `now` bounds `occurred_at` (a day of clock skew is allowed); without it only the year is.
    """
    found: list[Reject] = []
    found.extend(_moment_faults("/occurred_at", evidence.occurred_at))
    if now is not None and evidence.occurred_at > now + CLOCK_SKEW:
        found.append(Reject("/occurred_at", "is in the future", f"at most {now.isoformat()}"))
    if evidence.result is not None:
        found.extend(_result_faults("/result", evidence.result))
    for at, alignment in enumerate(evidence.alignments):
        if alignment.result is not None:
            found.extend(_result_faults(f"/alignments/{at}/result", alignment.result))
        if alignment.weight < _ZERO:
            found.append(Reject(f"/alignments/{at}/weight", "is negative", "at least 0"))
    found.extend(_rarer_faults(evidence))
    return tuple(found)


def _rarer_faults(evidence: Evidence) -> Iterator[Reject]:
    if evidence.hours is not None and not _ZERO <= evidence.hours <= HOURS_MAX:
        yield Reject("/hours", "is out of range", f"from 0 to {HOURS_MAX}")
    if evidence.credits is not None and not _ZERO <= evidence.credits <= CREDITS_MAX:
        yield Reject("/credits", "is out of range", f"from 0 to {CREDITS_MAX}")
    if evidence.period is not None:
        yield from _period_faults(evidence.period)
    if evidence.credential is not None:
        yield from _credential_faults(evidence.credential)
    elif evidence.kind == "credential":
        yield Reject("/credential", "is missing", "which credential, where kind is credential")
    for at, criterion in enumerate(evidence.criteria):
        points, most = criterion.points, criterion.points_max
        if points is not None and most is not None and points > most:
            yield Reject(f"/criteria/{at}/points", "is above points_max", f"at most {most}")
    for at, link in enumerate(evidence.links):
        if not _is_known(link):
            yield Reject(f"/links/{at}", "names nothing", "uri or sha256")


def _is_known(link: Link) -> bool:
    return bool(link.uri or link.sha256)


def _moment_faults(where: str, at: datetime | date) -> Iterator[Reject]:
    if not YEAR_MIN <= at.year <= YEAR_MAX:
        yield Reject(where, f"is in the year {at.year}", f"a year from {YEAR_MIN} to {YEAR_MAX}")


def _period_faults(period: Period) -> Iterator[Reject]:
    for name, at in (("start", period.start), ("end", period.end)):
        if at is not None:
            yield from _moment_faults(f"/period/{name}", at)
    if period.start is not None and period.end is not None and period.end < period.start:
        yield Reject("/period/end", "is before the start", f"{period.start} or later")


def _credential_faults(credential: Credential) -> Iterator[Reject]:
    begin, end = credential.valid_from, credential.valid_until
    if begin is not None and begin.year < YEAR_MIN:
        yield from _moment_faults("/credential/valid_from", begin)
    if begin is not None and end is not None and end < begin:
        where = "/credential/valid_until"
        yield Reject(where, "is before valid_from", f"{begin.isoformat()} or later")


def _result_faults(where: str, result: Result) -> Iterator[Reject]:
    low, high = result.min, result.max
    floor = _ZERO if low is None else low
    if high is not None and high < floor:
        yield Reject(f"{where}/max", f"{high} is below min {floor}", f"at least {floor}")
        return
    if result.score is not None:
        yield from _range_faults(f"{where}/score", result.score, floor, high)
    if result.cut is not None:
        yield from _range_faults(f"{where}/cut", result.cut, floor, high)
    if result.scale:
        if len(set(result.scale)) < len(result.scale):
            yield Reject(f"{where}/scale", "names a level twice", "each level once, lowest first")
        if result.level is not None and result.level not in result.scale:
            yield Reject(f"{where}/level", "is not on the scale", "one of " + ", ".join(result.scale))


def _range_faults(
    where: str, number: Decimal, floor: Decimal, high: Decimal | None
) -> Iterator[Reject]:
    if number < floor:
        yield Reject(where, f"{number} is below min {floor}", f"at least {floor}")
    elif high is not None and number > high:
        yield Reject(where, f"{number} is above max {high}", f"at most {high}")
