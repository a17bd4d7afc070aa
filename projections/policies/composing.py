"""Requirements made of requirements, of time, and of child competencies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce

from ledger.domain.ids import CompetencyId
from projections.policies.numbers import UNIT, to_units
from projections.policies.periods import moment_after, parse_period
from projections.policies.requirements import Covers, PointsFromChildren, Within
from projections.policies.rules import Requirement, from_place
from projections.policies.tally import Tally, sooner
from projections.policies.verdict import Finding, Missing

HOURS_A_DAY = 8
"""A day's hours are set against one piece of work, where one of several ways is the least."""


class ComposedRule:
    """`need` of the parts: all of them, one, or n."""

    __slots__ = ("_need", "_needed", "_rule", "_spare", "parts")

    def __init__(self, rule: str, need: int, parts: Sequence[Requirement]) -> None:
        self._rule, self._need, self.parts = rule, need, tuple(parts)
        self._needed, self._spare = str(need), len(parts) - need

    def met(self, tally: Tally) -> bool:
        """Ask the parts until enough are met, or too few are left."""
        need, spare = self._need, self._spare
        for part in self.parts:
            if part.met(tally):
                need -= 1
                if need <= 0:
                    return True
            else:
                spare -= 1
                if spare < 0:
                    return False
        return need <= 0

    def find(self, tally: Tally) -> Finding:
        """Ask every part, met or not: people are owed all the reasons."""
        findings = tuple([part.find(tally) for part in self.parts])
        met = 0
        for finding in findings:
            met += finding.met
        return Finding(self._rule, met >= self._need, str(met), self._needed, (), findings)

    def prefixes(self, tally: Tally) -> int:
        """Combine the bits of the parts."""
        bits = [part.prefixes(tally) for part in self.parts]
        if self._need == len(bits):
            return reduce(int.__and__, bits)
        if self._need == 1:
            return reduce(int.__or__, bits)
        return sum(
            (sum(one >> place & 1 for one in bits) >= self._need) << place
            for place in range(len(tally.seen))
        )

    def turns_at(self, tally: Tally) -> datetime | None:
        """The soonest of its parts."""
        soonest: datetime | None = None
        for part in self.parts:
            soonest = sooner(soonest, part.turns_at(tally))
        return soonest

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """What the parts that take least still miss, as many of them as are needed."""
        options = [
            part.missing(tally, found)
            for part, found in zip(self.parts, finding.parts, strict=True)
            if not found.met
        ]
        short = self._need - int(finding.found)
        if short < len(options):
            options.sort(key=_cost)
        return tuple(one for option in options[:short] for one in option)


def _cost(missing: Sequence[Missing]) -> int:
    return sum(_pieces(one.asks) for one in missing)


def _pieces(asks: Mapping[str, str]) -> int:
    """Say to how many pieces of work something amounts."""
    if "never" in asks:
        return 10**9
    if "hours" in asks:
        return math.ceil(Decimal(asks["hours"]) / HOURS_A_DAY)
    if "required" in asks or "points" in asks:
        return max(1, len(asks.get("required", "").split(", ")))
    return max(int(asks.get(name, "1")) for name in ("observations", "works", "children"))


class WithinRule:
    """The inner rule, by evidence that is not older than a period."""

    __slots__ = ("_inner", "_period", "_rule")

    def __init__(self, document: Within, inner: Requirement) -> None:
        self._period, self._inner = parse_period(document.period), inner
        self._rule = f"within:{document.period}"

    def _recent(self, tally: Tally) -> Tally:
        period = self._period
        return tally.part(lambda one: period.after(one.occurred_at) >= tally.on, on=tally.on)

    def met(self, tally: Tally) -> bool:
        """Ask the inner rule about recent evidence only."""
        return self._inner.met(self._recent(tally))

    def find(self, tally: Tally) -> Finding:
        """Ask the inner rule about recent evidence only, and for its reasons."""
        inner = self._inner.find(self._recent(tally))
        return Finding(self._rule, inner.met, inner.found, inner.needed, inner.evidence, (inner,))

    def prefixes(self, tally: Tally) -> int:
        """Ask it at the moment of each piece of evidence."""
        places = range(len(tally.seen))
        return sum(self.met(tally.until(place)) << place for place in places)

    def turns_at(self, tally: Tally) -> datetime | None:
        """When the oldest recent evidence grows too old, or the inner rule changes."""
        recent = self._recent(tally)
        soonest = self._inner.turns_at(recent)
        for one in recent.tried:
            soonest = sooner(soonest, moment_after(self._period.after(one.occurred_at)))
        return soonest

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """What the inner rule misses of recent evidence."""
        inner = self._inner.missing(self._recent(tally), finding.parts[0])
        period = self._rule.removeprefix("within:")
        return tuple(Missing(one.rule, "", {**one.asks, "within": period}) for one in inner)


class ChildrenRule:
    """Child competencies mastered: a share of them, a number, or points from them."""

    __slots__ = ("_at_least", "_need", "_points", "_required", "_rule", "_share")

    def __init__(self, document: Covers | PointsFromChildren) -> None:
        self._rule = document.rule
        self._need: int | None = None
        self._at_least: int | None = None
        self._share = UNIT
        if isinstance(document, PointsFromChildren):
            self._need = document.need
            self._points = {CompetencyId(one.id): one.points for one in document.children}
            self._required = {CompetencyId(one.id) for one in document.children if one.required}
        else:
            self._points = {CompetencyId(name): 1 for name in document.children}
            self._required = set[CompetencyId]()
            self._at_least = document.at_least
            self._share = UNIT if document.share is None else to_units(document.share)

    def _measure(self, children: Mapping[CompetencyId, str]) -> tuple[int, int, list[CompetencyId]]:
        """Give the points reached, the points needed, and which required children are missing."""
        points = self._points or dict.fromkeys(children, 1)
        reached = sum(worth for child, worth in points.items() if children.get(child) == "mastered")
        lacking = [child for child in self._required if children.get(child) != "mastered"]
        if self._need is not None:
            return reached, self._need, sorted(lacking)
        if self._at_least is not None:
            return reached, self._at_least, []
        return reached, max(1, -(-self._share * len(points) // UNIT)), []

    def met(self, tally: Tally) -> bool:
        """Look at the children's states as they are."""
        reached, need, lacking = self._measure(tally.children)
        return reached >= need and not lacking

    def find(self, tally: Tally) -> Finding:
        """Look at the children's states, and say which are lacking."""
        reached, need, lacking = self._measure(tally.children)
        found = str(reached) if not lacking else f"{reached}, without {', '.join(lacking)}"
        return Finding(self._rule, reached >= need and not lacking, found, str(need))

    def prefixes(self, tally: Tally) -> int:
        """Own evidence changes nothing in it: met throughout, or not at all."""
        return from_place(0, len(tally.seen)) if self.met(tally) else 0

    def turns_at(self, tally: Tally) -> datetime | None:
        """When a child's state changes is the child's own verdict's matter."""
        del tally
        return None

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """Which children are needed, and how many more, or for how many points besides those."""
        reached, need, lacking = self._measure(tally.children)
        if self._need is None:
            return (Missing(finding.rule, "", {"children": str(need - reached)}),)
        asks: dict[str, str] = {}
        if lacking:
            asks["required"] = ", ".join(lacking)
        left = need - reached - sum(self._points[one] for one in lacking)
        if left > 0:
            asks["points"] = str(left)
        return (Missing(finding.rule, "", asks),)
