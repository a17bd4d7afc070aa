"""What every requirement can do, and the requirements that count pieces of evidence.

A requirement answers four questions about a tally: is it met (`met`); on what does that rest
(`find`, for people); after which pieces of evidence, one by one, was it met (`prefixes`, for
`since`); and when does time alone change its answer (`turns_at`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from projections.policies.averages import UNRATED
from projections.policies.numbers import to_decimal, to_units
from projections.policies.requirements import (
    CredentialHeld,
    Distinct,
    FacetShown,
    HoursAtLeast,
    Kind,
    ObservationsAtLeast,
)
from projections.policies.tally import Tally
from projections.policies.verdict import Finding, Missing
from projections.policies.works import first_places

ANY_RATING = UNRATED + 1
"""The bar that every rating reaches, and nothing unrated."""

Hits = Callable[[Tally], Sequence[int]]
"""The places in a tally at which a count goes up, in order."""


class Requirement(Protocol):
    """One requirement of a compiled policy."""

    def met(self, tally: Tally) -> bool:
        """Say whether it is met, as `find` does, and stop as soon as that is certain."""
        ...

    def find(self, tally: Tally) -> Finding:
        """Say whether it is met, and on what that rests."""
        ...

    def prefixes(self, tally: Tally) -> int:
        """Give a bit per place: bit i is set if it was met right after `seen[i]` occurred."""
        ...

    def turns_at(self, tally: Tally) -> datetime | None:
        """When time alone next may change the answer; None for never."""
        ...

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """Say the least that would meet it. `finding` is its own, and not met."""
        ...


def from_place(place: int, size: int) -> int:
    """Give the bits of a requirement that is met from `place` on."""
    return (1 << size) - (1 << place)


class CountRule:
    """So many hits, such as ratings, contexts or facets."""

    __slots__ = ("_asks", "_hits", "_need", "_needed", "_rule")

    def __init__(self, rule: str, need: int, hits: Hits, asks: dict[str, str]) -> None:
        self._rule, self._need, self._hits, self._asks = rule, need, hits, asks
        self._needed = str(need)

    def _found(self, tally: Tally) -> Sequence[int]:
        hits = tally.hits.get(self)
        if hits is None:
            hits = tally.hits[self] = self._hits(tally)
        return hits

    def met(self, tally: Tally) -> bool:
        """Count."""
        return len(self._found(tally)) >= self._need

    def find(self, tally: Tally) -> Finding:
        """Count, and name what was counted."""
        hits = self._found(tally)
        found = len(hits)
        return Finding(
            self._rule, found >= self._need, str(found), self._needed, tally.evidence(hits)
        )

    def prefixes(self, tally: Tally) -> int:
        """It is met from the hit on that is the last one needed: a count never falls."""
        hits = self._found(tally)
        if len(hits) < self._need:
            return 0
        return from_place(hits[self._need - 1], len(tally.seen))

    def turns_at(self, tally: Tally) -> datetime | None:
        """Never by itself."""
        del tally
        return None

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """As many more as there are too few."""
        del tally
        more = self._need - int(finding.found)
        return (Missing(self._rule, "", {"observations": str(more), **self._asks}),)


def observations(document: ObservationsAtLeast, bar: int) -> CountRule:
    """So many ratings at or above the bar, or below it."""
    if document.below:
        return CountRule(
            "observations_below",
            document.at_least,
            lambda tally: [place for place, one in enumerate(tally.points) if UNRATED < one < bar],
            {"below": _bar_text(document.level, document.points)},
        )
    asks = _asks(document.level, document.points)
    return CountRule(
        "observations_at_least", document.at_least, lambda tally: tally.at_least(bar), asks
    )


def distinct(document: Distinct, bar: int) -> CountRule:
    """So many different contexts, providers, evaluators and so on."""
    of = document.of

    def hits(tally: Tally) -> Sequence[int]:
        places, column = tally.at_least(bar), tally.column(of)
        if len(places) == len(column):
            return first_places(column)
        firsts = first_places([column[place] for place in places])
        return [places[first] for first in firsts]

    asks = {"distinct": of, **_asks(document.level, document.points)}
    return CountRule(
        f"distinct:{of}", document.at_least, _tools(bar) if of == "equipment" else hits, asks
    )


def _tools(bar: int) -> Hits:
    """Count each piece of equipment by itself: one task may use several."""

    def hits(tally: Tally) -> Sequence[int]:
        known: set[str] = set()
        found: list[int] = []
        for place in tally.at_least(bar):
            fresh = set(tally.seen[place].context.equipment) - known
            found.extend(place for _ in fresh)
            known |= fresh
        return found

    return hits


def kind(document: Kind, bar: int) -> CountRule:
    """So many pieces of evidence of some kinds."""
    which = frozenset(document.which)
    name = "|".join(document.which)

    def hits(tally: Tally) -> Sequence[int]:
        seen = tally.seen
        return [place for place in tally.at_least(bar) if seen[place].kind in which]

    asks = {"kind": name, **_asks(document.level, document.points)}
    return CountRule(f"kind:{name}", document.at_least, hits, asks)


def facet(document: FacetShown, bar: int) -> CountRule:
    """So many pieces of evidence that show a facet."""
    which = document.which

    def hits(tally: Tally) -> Sequence[int]:
        seen, places = tally.seen, tally.at_least(bar)
        if len(places) == len(seen):
            column: list[Any] = tally.column("facets")
            return [place for place, shown in enumerate(column) if which in shown]
        return [place for place in places if which in seen[place].facets]

    asks = {"facet": which, **_asks(document.level, document.points)}
    return CountRule(f"facet:{which}", document.at_least, hits, asks)


def credential(document: CredentialHeld) -> CountRule:
    """One of these credentials."""
    which = frozenset(document.any_of)

    def hits(tally: Tally) -> Sequence[int]:
        return [place for place, one in enumerate(tally.seen) if one.credential in which]

    return CountRule("credential", 1, hits, {"credential": "|".join(document.any_of)})


class HoursRule:
    """So many hours, all together."""

    __slots__ = ("_kinds", "_need", "_which")

    def __init__(self, document: HoursAtLeast) -> None:
        self._need, self._which = to_units(document.hours), "|".join(document.kinds)
        self._kinds = frozenset(document.kinds)

    def _sums(self, tally: Tally) -> Iterator[tuple[int, int]]:
        total = 0
        for place, one in enumerate(tally.seen):
            hours = one.hours
            if (
                hours is not None
                and (not self._kinds or one.kind in self._kinds)
                and _is_amount(hours)
            ):
                total += to_units(hours)
                yield place, total

    def met(self, tally: Tally) -> bool:
        """Add up."""
        return self.find(tally).met

    def find(self, tally: Tally) -> Finding:
        """Add up, and name what was added."""
        sums = list(self._sums(tally))
        total = sums[-1][1] if sums else 0
        evidence = tally.evidence([place for place, _ in sums])
        return Finding(
            "hours_at_least", total >= self._need, _text(total), _text(self._need), evidence
        )

    def prefixes(self, tally: Tally) -> int:
        """Met from the piece of evidence that completes the hours."""
        for place, total in self._sums(tally):
            if total >= self._need:
                return from_place(place, len(tally.seen))
        return 0

    def turns_at(self, tally: Tally) -> datetime | None:
        """Never by itself."""
        del tally
        return None

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """The hours that are left."""
        del tally
        left = self._need - to_units(Decimal(finding.found))
        asks = {"hours": _text(left)}
        if self._which:
            asks["kind"] = self._which
        return (Missing("hours_at_least", "", asks),)


def _is_amount(hours: Decimal) -> bool:
    return hours.is_finite() and hours > 0 and -10 <= hours.adjusted() <= 10


def _text(units: int) -> str:
    return format(to_decimal(units), "f")


def _bar_text(level: str | None, points: Decimal | None) -> str:
    return level or ("" if points is None else _text(to_units(points)))


def _asks(level: str | None, points: Decimal | None) -> dict[str, str]:
    text = _bar_text(level, points)
    return {"at_least": text} if text else {}
