"""Which policy decides: the most specific adoption in force on the day, or the shipped default.

A learner who moves is judged by the new district's policy from the day of the move on; the
evidence stays what it was (S2-6). Days are days in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import NamedTuple, get_args

from ledger.domain.facts import EnrolmentRecorded, PolicyAdopted, PolicyPublished
from ledger.domain.framework import Strand
from ledger.domain.ids import FrameworkId, PolicyId
from ledger.errors import LedgerError
from projections.floors import Floored
from projections.policies import Judge, PolicyDocument, compile_policy, default_policy, parse
from projections.policies.compiling import parts_of
from projections.policies.requirements import Covers, PointsFromChildren
from projections.unjudged import Unjudged

ENROLMENT_LEVELS = ("state", "district", "school", "programme")
LEVELS = ("everywhere", "framework", *ENROLMENT_LEVELS)
"""From wide to narrow: the narrowest adoption in force decides."""

_STRANDS: tuple[Strand | None, ...] = (None, *get_args(Strand))

Scopes = frozenset[tuple[str, str]]
NO_SCOPES: Scopes = frozenset()
_ONE_DAY = timedelta(days=1)


class _Adopted(NamedTuple):
    level: int
    starts_on: date
    place: int  # among adoptions: of two for the same day, the one recorded last
    scope: str
    judge: Judge
    floor: bool

    def is_about(
        self, framework: FrameworkId | None, scopes: Scopes, strand: Strand | None
    ) -> bool:
        """Say whether it decides on such competencies of a framework for somebody enrolled so."""
        if not self.judge.document.speaks_for(strand):
            return False
        level = LEVELS[self.level]
        return (
            level == "everywhere"
            or (level == "framework" and self.scope == framework)
            or (level, self.scope) in scopes
        )


class Floor(NamedTuple):
    """A policy that narrower levels cannot undercut."""

    level: str
    scope: str
    judge: Judge


class Adoptions:
    """A fold over policy-published and policy-adopted facts."""

    __slots__ = (
        "_adopted", "_cache", "_floored", "_judges", "_latest", "_unjudged", "by_enrolment",
        "by_strand", "needs_children", "published", "shipped",
    )  # fmt: skip

    def __init__(self) -> None:
        self.shipped = shipped()
        self.published: dict[str, PolicyPublished] = {}
        self.by_enrolment = False
        """Whether some adoption depends on where a learner is enrolled."""
        self.by_strand = False
        """Whether some adoption is about some strands only."""
        self.needs_children = needs_children(self.shipped)
        """Whether some policy that may decide looks at child competencies."""
        self._judges: dict[str, Judge] = {self.shipped.digest: self.shipped}
        self._latest: dict[PolicyId, str] = {}
        self._adopted: list[_Adopted] = []
        self._cache: dict[tuple[FrameworkId | None, Scopes, date, Strand | None], Judge] = {}
        self._unjudged: dict[str, Judge] = {}
        self._floored: dict[tuple[str, ...], Judge] = {}

    def publish(self, fact: PolicyPublished) -> None:
        """Keep a policy document."""
        self.published[fact.digest] = fact
        self._latest[fact.policy] = fact.digest

    def adopt(self, fact: PolicyAdopted) -> None:
        """Let a policy decide; one that this program cannot read decides nothing."""
        judge = self.judge(fact.digest)
        if judge is None:
            return
        level = LEVELS.index(fact.level)
        starts_on = fact.starts_on or date.min
        self._adopted.append(
            _Adopted(level, starts_on, len(self._adopted), fact.scope, judge, fact.floor)
        )
        self._adopted.sort(key=lambda one: one[:3], reverse=True)
        self.by_enrolment = self.by_enrolment or fact.level not in {"everywhere", "framework"}
        self.by_strand = self.by_strand or bool(judge.document.strands)
        self.needs_children = self.needs_children or needs_children(judge)
        self._cache.clear()

    def turn(self, fact: PolicyAdopted) -> int:
        """Give the place of the last adoption that took the place of this one; -1 if none did.

        One for the same scope and day, of other content, that speaks for some of its strands.
        """
        judge = self.judge(fact.digest)
        if judge is None:
            return -1
        spoken = spoken_by(judge)
        this = LEVELS.index(fact.level), fact.starts_on or date.min, fact.scope
        return max(
            (
                one.place
                for one in self._adopted
                if (one.level, one.starts_on, one.scope) == this
                and (one.judge.digest, one.floor) != (judge.digest, fact.floor)
                and spoken & spoken_by(one.judge)
            ),
            default=-1,
        )

    def latest_first(self) -> Sequence[_Adopted]:
        """Give every adoption, the narrowest first; of those for one scope and day, the last first."""
        return self._adopted

    def judge(self, policy: str) -> Judge | None:
        """Find a policy by digest, or by id in its latest version; None if there is none."""
        digest = self._latest.get(PolicyId(policy), policy)
        found = self._judges.get(digest)
        if found is None and digest in self.published:
            try:
                found = self._judges[digest] = compiled(self.published[digest].document)
            except LedgerError:
                return None  # a rule that only a newer program knows
        if found is None and policy == self.shipped.policy:
            return self.shipped
        return found

    def deciding(
        self, framework: FrameworkId | None, scopes: Scopes, on: date, strand: Strand | None = None
    ) -> Judge:
        """Give the policy that decides on competencies of a framework and strand on a day."""
        if not self._adopted and strand is None:
            return self.shipped
        key = (framework, scopes, on, strand)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) > 10_000:
                self._cache.clear()
            found = self._cache[key] = self._find(framework, scopes, on, strand)
        return found

    def turns_after(self, on: date, enrolments: Iterable[EnrolmentRecorded]) -> datetime | None:
        """Give the next midnight at which another policy may decide."""
        if not self._adopted:
            return None
        days = [one.starts_on for one in self._adopted if one.starts_on > on]
        if self.by_enrolment:
            for enrolment in enrolments:
                if enrolment.starts_on is not None:
                    days.append(enrolment.starts_on)
                if enrolment.ends_on is not None and enrolment.ends_on < date.max:
                    days.append(enrolment.ends_on + _ONE_DAY)
        day = min((day for day in days if day > on), default=None)
        return datetime.combine(day, time(), UTC) if day else None

    def drafted(
        self, draft: Judge, framework: FrameworkId | None, scopes: Scopes, on: date, *,
        level: str, strand: Strand | None = None,
    ) -> Judge:  # fmt: skip
        """Give a draft as it would decide if it were adopted at a level: under wider floors.

        Where it does not speak for the strand, what is adopted goes on deciding.
        """
        if not draft.document.speaks_for(strand):
            return self.deciding(framework, scopes, on, strand)
        wider = LEVELS.index(level)
        held = [
            one.judge
            for one in self._in_force(framework, scopes, on, strand)
            if one.floor and one.level < wider
        ]
        return self._under(draft, held)

    def floors(self, on: date, document: PolicyDocument) -> list[Floor]:
        """List the floors in force on a day, in the strands that a policy speaks for."""
        found: dict[Floor, None] = {}
        for strand in filter(document.speaks_for, _STRANDS):
            seen: set[tuple[int, str]] = set()
            for one in self._adopted:
                place = (one.level, one.scope)
                spoken = one.judge.document.speaks_for(strand)
                if one.starts_on <= on and place not in seen and spoken:
                    seen.add(place)
                    if one.floor:
                        found[Floor(LEVELS[one.level], one.scope, one.judge)] = None
        return list(found)

    def _find(
        self, framework: FrameworkId | None, scopes: Scopes, on: date, strand: Strand | None
    ) -> Judge:
        found = list(self._in_force(framework, scopes, on, strand))
        if not found:
            if self.shipped.document.speaks_for(strand):
                return self.shipped
            anyhow = self.deciding(framework, scopes, on)
            return self._unjudged.setdefault(anyhow.digest, Unjudged(anyhow))
        return self._under(found[0].judge, [one.judge for one in found[1:] if one.floor])

    def _in_force(
        self, framework: FrameworkId | None, scopes: Scopes, on: date, strand: Strand | None
    ) -> Iterator[_Adopted]:
        """Give what is adopted for somebody on a day, narrowest first, the last for each scope."""
        seen: set[tuple[int, str]] = set()
        for one in self._adopted:
            place = (one.level, one.scope)
            about = one.is_about(framework, scopes, strand)
            if one.starts_on <= on and place not in seen and about:
                seen.add(place)
                yield one

    def _under(self, judge: Judge, floors: Iterable[Judge]) -> Judge:
        held = {one.digest: one for one in floors if one.digest != judge.digest}
        if not held:
            return judge
        key = (judge.digest, *held)
        found = self._floored.get(key)
        if found is None:
            found = self._floored[key] = Floored(judge, tuple(held.values()))
        return found


@lru_cache(maxsize=256)
def compiled(document: str) -> Judge:
    """Read a policy document and make it ready to judge.

    Raises:
        InvalidDocumentError: with a pointer and a reason for every fault found.
    """
    return compile_policy(parse(document))


@cache
def shipped() -> Judge:
    """Give the policy that decides where no other was adopted."""
    return compile_policy(default_policy())


def spoken_by(judge: Judge) -> set[Strand | None]:
    """Give the strands that a policy speaks for; None is of what has none."""
    return {strand for strand in _STRANDS if judge.document.speaks_for(strand)}


@lru_cache(maxsize=1024)
def needs_children(judge: Judge) -> bool:
    """Say whether a policy looks at the states of child competencies."""
    if isinstance(judge, Floored) and any(map(needs_children, judge.floors)):
        return True
    rules = parts_of(judge.document.requirement)
    return any(isinstance(rule, Covers | PointsFromChildren) for _, rule in rules)


def scopes_of(enrolments: Iterable[EnrolmentRecorded], on: date) -> Scopes:
    """List where a learner is enrolled on a day: (level, name), both ends of it inclusive."""
    return frozenset(
        (level, name)
        for enrolment in enrolments
        if (enrolment.starts_on or date.min) <= on <= (enrolment.ends_on or date.max)
        for level, name in (
            ("state", enrolment.state),
            ("district", enrolment.district),
            ("school", enrolment.school),
            ("programme", enrolment.programme),
        )
        if name
    )
