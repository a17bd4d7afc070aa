"""Observations in the order in which they occurred, and what is true of all of them.

What is worked out about each one, as a column, is kept with them: who puts in one more (a live
engine, a million times) pays for that one alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import lt
from typing import Any, TypeVar

import msgspec

from projections.policies.observation import Observation

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_Cell = TypeVar("_Cell")
_Place = tuple[timedelta, int]
_Read = Callable[[Sequence[Observation]], list[_Cell]]


class Ordered(list[Observation]):
    """Observations in order. Made by `in_order`, and changed by `put` only.

    `expiring`: something holds until some moment only. `plain`: nothing does, and nothing is
    excluded. `kinds` are all that come up. `places`: of each, the time since 2000 and the position.
    """

    __slots__ = ("_columns", "expiring", "kinds", "places", "plain")

    def __init__(self, observations: Iterable[Observation], places: list[_Place]) -> None:
        super().__init__(observations)
        self.places = places
        self._columns: dict[Hashable, tuple[_Read[Any], list[Any]]] = {}
        self.kinds: set[str] = {one.kind for one in self}
        self.expiring = bool({one.valid_until for one in self} - {None})
        self.plain = not self.expiring and {one.excluded for one in self} <= {None}

    def put(self, one: Observation) -> bool:
        """Put an observation in its place; not if another has that place, and say so."""
        place = _place(one)
        at = bisect_left(self.places, place)
        if at < len(self) and self.places[at] == place:
            return False
        self.insert(at, one)
        self.places.insert(at, place)
        for read, column in self._columns.values():
            column.insert(at, read((one,))[0])
        self.kinds.add(one.kind)
        self.expiring = self.expiring or one.valid_until is not None
        self.plain = self.plain and one.excluded is None and not self.expiring
        return True

    def column(self, name: Hashable, read: _Read[_Cell]) -> list[_Cell]:
        """Give what `read` says of each observation; kept by name, and not to be changed.

        Threads may share observations into which nobody puts more.
        """
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = read, read(self)
        return found[1]


def in_order(observations: Sequence[Observation]) -> Ordered:
    """Sort by when it occurred, then by first position, whatever order it arrived in."""
    if isinstance(observations, Ordered):
        return observations
    # As `_place` does, without fifty calls.
    places: list[_Place] = [(one.occurred_at - _EPOCH, one.first_position) for one in observations]
    if all(map(lt, places, places[1:])):
        return Ordered(observations, places)
    if len(set(places)) < len(places):
        # Two alignments of one evidence on one competency: only their content tells them apart.
        ordered = sorted(observations, key=_place_and_content)
    else:
        ordered = sorted(observations, key=_place)
    places.sort()
    return Ordered(ordered, places)


def _place(one: Observation) -> _Place:
    # Two times of different zones compare at the cost of two subtractions: once each is enough.
    return one.occurred_at - _EPOCH, one.first_position


def _place_and_content(one: Observation) -> tuple[_Place, int, bytes]:
    return _place(one), one.position, msgspec.json.encode(one)
