"""What no type can say: scores within their range, levels on their scale, times that can be.

One set of checks for every format; `where` is a pointer into our own JSON, and each format
says what that is called in its documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.domain.evidence import Alignment, Credential, Evidence, Link, Period, Result
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
    at = evidence.occurred_at
    if not YEAR_MIN <= at.year <= YEAR_MAX:
        found.append(_year_fault("/occurred_at", at))
    elif now is not None and at > now + CLOCK_SKEW:
        found.append(Reject("/occurred_at", "is in the future", f"at most {now.isoformat()}"))
    if evidence.result is not None and (faults := _result_faults(evidence.result)):
        found.extend(_under("/result", faults))
    for index, alignment in enumerate(evidence.alignments):
        if alignment.result is not None and (faults := _result_faults(alignment.result)):
            found.extend(_under(f"/alignments/{index}/result", faults))
        if alignment.weight < _ZERO:
            found.append(Reject(f"/alignments/{index}/weight", "is negative", "at least 0"))
    if len(evidence.alignments) > 1:
        found.extend(_repeated(evidence.alignments))
    if evidence.hours is not None or evidence.credits is not None:
        found.extend(_amount_faults(evidence))
    found.extend(_part_faults(evidence))
    return tuple(found) if found else ()


def faults_of_result(result: Result | None, where: str) -> Rejects:
    """Name everything implausible about a result alone, which stands at `where`."""
    return () if result is None else _under(where, _result_faults(result))


def _under(where: str, faults: Rejects) -> Rejects:
    return tuple(each._replace(where=where + each.where) for each in faults)


def _repeated(alignments: tuple[Alignment, ...]) -> Iterator[Reject]:
    """Find a competency that is aligned twice, each time with another result of its own."""
    first: dict[tuple[str | None, ...], Alignment] = {}
    for index, one in enumerate(alignments):
        name = one.competency, one.framework, one.framework_version
        said = first.setdefault(name, one)
        if one.result != said.result:
            where = f"/alignments/{index}/competency"
            yield Reject(
                where, "is aligned twice, with two results",
                "each competency once; rows of a rubric go into criteria",
            )  # fmt: skip


def _amount_faults(evidence: Evidence) -> Rejects:
    hours, credit = evidence.hours, evidence.credits
    found: Rejects = ()
    if hours is not None and not 0 <= hours <= HOURS_MAX:
        found += (Reject("/hours", "is out of range", f"from 0 to {HOURS_MAX}"),)
    if credit is not None and not 0 <= credit <= CREDITS_MAX:
        found += (Reject("/credits", "is out of range", f"from 0 to {CREDITS_MAX}"),)
    return found


def _part_faults(evidence: Evidence) -> Iterator[Reject]:
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


def _year_fault(where: str, at: datetime | date) -> Reject:
    return Reject(where, f"is in the year {at.year}", f"a year from {YEAR_MIN} to {YEAR_MAX}")


def _period_faults(period: Period) -> Iterator[Reject]:
    for name, at in (("start", period.start), ("end", period.end)):
        if at is not None and not YEAR_MIN <= at.year <= YEAR_MAX:
            yield _year_fault(f"/period/{name}", at)
    if period.start is not None and period.end is not None and period.end < period.start:
        yield Reject("/period/end", "is before the start", f"{period.start} or later")


def _credential_faults(credential: Credential) -> Iterator[Reject]:
    begin, end = credential.valid_from, credential.valid_until
    if begin is not None and begin.year < YEAR_MIN:
        yield _year_fault("/credential/valid_from", begin)
    if begin is not None and end is not None and end < begin:
        where = "/credential/valid_until"
        yield Reject(where, "is before valid_from", f"{begin.isoformat()} or later")


def _result_faults(result: Result) -> Rejects:
    high = result.max
    floor = _ZERO if result.min is None else result.min
    if high is not None and high < floor:
        return (Reject("/max", f"{high} is below min {floor}", f"at least {floor}"),)
    found: Rejects = ()
    for where, number in (("/score", result.score), ("/cut", result.cut)):
        if number is None:
            continue
        if number < floor:
            found += (Reject(where, f"{number} is below min {floor}", f"at least {floor}"),)
        elif high is not None and number > high:
            found += (Reject(where, f"{number} is above max {high}", f"at most {high}"),)
    return found + _scale_faults(result) if result.scale else found


def _scale_faults(result: Result) -> Rejects:
    found: Rejects = ()
    if len(set(result.scale)) < len(result.scale):
        found += (Reject("/scale", "names a level twice", "each level once, lowest first"),)
    if result.level is not None and result.level not in result.scale:
        names = ", ".join(result.scale)
        found += (Reject("/level", "is not on the scale", f"one of {names}"),)
    return found
