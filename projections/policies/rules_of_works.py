"""Requirements that look at whole works: was one made better, and did two people rate it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime

from projections.policies.averages import UNRATED
from projections.policies.requirements import ConfirmedBySecondRater, Improved, WorkOf
from projections.policies.rules import CountRule, from_place
from projections.policies.tally import Tally
from projections.policies.verdict import Finding, Missing
from projections.policies.works import Key, repeats, same_attempt, work_column


class ConfirmedRule(CountRule):
    """So many works that two people rated at or above the bar.

    Each person's last word on an attempt is what they say. A confirmation recorded on the
    evidence itself stands for its second rater.
    """

    __slots__ = ("_bar",)

    def __init__(self, document: ConfirmedBySecondRater, bar: int, named: str) -> None:
        asks = {"second_rater": "yes", "at_least": named}
        super().__init__("confirmed_by_second_rater", document.at_least, self._confirmed, asks)
        self._bar = bar

    def _confirmed(self, tally: Tally) -> Sequence[int]:
        return sorted(self._works(tally)[0].values())

    def _works(self, tally: Tally) -> tuple[dict[object, int], int]:
        """Give the place that confirmed each work, and how many works one person alone vouches for."""
        bar = self._bar
        raters: dict[object, set[object]] = {}
        found: dict[object, int] = {}
        passing: set[object] = set()  # who looks at any other agrees that it falls short
        for place, (one, worth) in enumerate(zip(tally.seen, tally.points, strict=True)):
            if worth <= UNRATED:
                continue
            work = same_attempt(one)
            if worth >= bar:
                passing.add(work)
            agreed = raters.setdefault(work, set())
            people = {one.evaluator or one.provider.int}
            agreed |= people | set(one.confirmed_by)
            if worth < bar:
                agreed -= people
            if worth >= bar and (len(agreed) > 1 or tally.assume_confirmed):
                found.setdefault(work, place)
            elif worth < bar and len(agreed) < 2:
                found.pop(work, None)
        return found, sum(bool(raters[work]) for work in passing - found.keys())

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """Second looks at works that one person vouches for, and new works where there are too few."""
        (one,) = super().missing(tally, finding)
        new = int(one.asks["observations"]) - self._works(tally)[1]
        return (Missing(one.rule, "", {**one.asks, "new": str(new)}),) if new > 0 else (one,)


class ImprovedRule:
    """The last attempt against the first, in each work."""

    __slots__ = ("_need", "_of", "_raised", "_rule", "_top")

    def __init__(self, document: Improved, top: int) -> None:
        self._of: WorkOf = document.of
        self._raised = document.by == "raised"
        self._need = document.at_least
        self._rule = f"improved:{document.by}"
        self._top = top

    def _is_task(self, tally: Tally) -> bool:
        return self._of == "task" or (self._of == "work" and not tally.revised())

    def _several(self, tally: Tally) -> bool:
        """Whether any work was attempted more than once."""
        if tally.tried is tally.seen and self._is_task(tally):
            return tally.repeats("task")
        return repeats(self._works(tally))

    def _works(self, tally: Tally) -> Sequence[Key]:
        if tally.tried is tally.seen and self._is_task(tally):
            return tally.column("task")
        return work_column(self._of, tally.tried, tally.everything)

    def _after_each(self, tally: Tally) -> Iterator[tuple[int, int]]:
        """Give after each attempt how many works have risen and fallen by then."""
        known: dict[Hashable, tuple[int, int]] = {}  # the first and the last rating of each work
        risen = fallen = 0
        for worth, work in zip(tally.tried_points, self._works(tally), strict=True):
            if worth > UNRATED and work is not None:
                start, before = known.get(work, (worth, worth))
                known[work] = start, worth
                if worth != before:
                    risen += (worth > start) - (before > start)
                    fallen += (worth < start) - (before < start)
            yield risen, fallen

    def _found(self, tally: Tally) -> Sequence[int]:
        found = tally.hits.get(self)
        if found is None:
            found = (0, 0)
            if self._several(tally):
                found = self._at_last(tally)
            tally.hits[self] = found
        return found

    def _at_last(self, tally: Tally) -> tuple[int, int]:
        """Give how many works have risen and fallen, without what was so in between."""
        works, points = self._works(tally), tally.tried_points
        if min(points) <= UNRATED:
            *_, found = self._after_each(tally)
            return found
        first = dict(zip(reversed(works), reversed(points), strict=True))
        last = dict(zip(works, points, strict=True))
        last.pop(None, None)
        moves = [end - first[work] for work, end in last.items()]
        return sum([move > 0 for move in moves]), sum([move < 0 for move in moves])

    def _met(self, risen: int, fallen: int) -> bool:
        return risen >= self._need if self._raised else fallen == 0

    def met(self, tally: Tally) -> bool:
        """Compare as things stand."""
        risen, fallen = self._found(tally)
        return self._met(risen, fallen)

    def find(self, tally: Tally) -> Finding:
        """Compare as things stand, and say how many have risen and fallen."""
        risen, fallen = self._found(tally)
        found = f"{risen} raised, {fallen} fallen"
        needed = f"{self._need} raised" if self._raised else "0 fallen"
        return Finding(self._rule, self._met(risen, fallen), found, needed)

    def prefixes(self, tally: Tally) -> int:
        """Compare after each attempt, also those that a later one replaced."""
        if not self._several(tally):
            return from_place(0, len(tally.seen)) if self._met(0, 0) else 0
        places = {one.evidence.int: place for place, one in enumerate(tally.seen)}
        bits = 0
        for one, (risen, fallen) in zip(tally.tried, self._after_each(tally), strict=True):
            place = places.get(one.evidence.int)
            if place is not None:
                bits |= self._met(risen, fallen) << place
        return bits

    def turns_at(self, tally: Tally) -> datetime | None:
        """Never by itself."""
        del tally
        return None

    def missing(self, tally: Tally, finding: Finding) -> tuple[Missing, ...]:
        """So many works made better, or as good as they were; new ones where there are too few."""
        del finding
        risen, fallen = self._found(tally)
        if not self._raised:
            return (Missing(self._rule, "", {"revision": "as_good", "works": str(fallen)}),)
        asks = {"revision": "better", "works": str(self._need - risen)}
        new = self._need - risen - self._improvable(tally)
        if new > 0:
            asks["new"] = str(new)
            if self._of == "competency" and max(tally.tried_points, default=UNRATED) > UNRATED:
                asks["never"] = "first"  # all is one work, and it began with the best there is
        return (Missing(self._rule, "", asks),)

    def _improvable(self, tally: Tally) -> int:
        """Count the works that have not risen, and still can: full marks cannot be bettered."""
        first: dict[Hashable, int] = {}
        last: dict[Hashable, int] = {}
        for place, (worth, work) in enumerate(
            zip(tally.tried_points, self._works(tally), strict=True)
        ):
            if worth > UNRATED and (work is not None or self._of == "work"):
                name = (place,) if work is None else work  # what revises it will tie to it
                first.setdefault(name, worth)
                last[name] = worth
        return sum(worth < self._top and last[name] <= worth for name, worth in first.items())
