"""Counting rules that only some policies have: filters on one observation, choices among many."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from projections.policies.averages import UNRATED, weight_units
from projections.policies.documents import Counting, Equivalents, Keep, PolicyDocument
from projections.policies.numbers import divide, to_units
from projections.policies.observation import Exclusion, Observation
from projections.policies.periods import Period, moment_after, parse_period
from projections.policies.points import Refused, worth_of
from projections.policies.requirements import DistinctOf, WorkOf
from projections.policies.tally import Tally, sooner
from projections.policies.works import rated_attempt, repeats, work_column

Filter = Callable[[Observation, Tally], Refused | None]
Selection = Callable[[Tally, Collection[str]], None]


def filters(rules: Counting) -> tuple[Filter, ...]:
    """Give the checks each observation must pass, beyond kind and time."""
    found: list[Filter] = []
    if rules.purposes:
        found.append(_purpose(frozenset(rules.purposes)))
    if rules.rigour_floor is not None:
        found.append(_rigour(rules.rigour_floor))
    if rules.weight_floor is not None:
        found.append(_weight(rules.weight_floor))
    if rules.equivalents != _ALL_EQUIVALENTS:
        found.append(_equivalent(rules.equivalents))
    if rules.window is not None:
        found.append(_window(parse_period(rules.window)))
    return tuple(found)


def limits(rules: Counting) -> Mapping[str, str]:
    """Say what evidence has to be like to count, as a verdict asks for it; nothing if any will do."""
    asks = {
        "kind": "" if rules.kinds == _ALL_KINDS else "|".join(rules.kinds),
        "purpose": "|".join(rules.purposes),
        "rigour": "" if rules.rigour_floor is None else str(rules.rigour_floor),
    }
    return {name: text for name, text in asks.items() if text}


_ALL_KINDS = Counting().kinds


def _purpose(purposes: frozenset[str]) -> Filter:
    def purpose(one: Observation, _: Tally) -> Refused | None:
        if one.context.purpose in purposes:
            return None
        return Refused("kind_not_counted", f"purpose {one.context.purpose}")

    return purpose


def _rigour(floor: int) -> Filter:
    def rigour(one: Observation, _: Tally) -> Refused | None:
        if one.rigour is not None and one.rigour >= floor:
            return None
        found = "no known band" if one.rigour is None else f"band {one.rigour}"
        return Refused("below_rigour_band", f"{found}, floor {floor}")

    return rigour


def _weight(floor: Decimal) -> Filter:
    def weight(one: Observation, _: Tally) -> Refused | None:
        if one.weight.is_finite() and one.weight >= floor:
            return None
        return Refused("not_equivalent", f"weight {one.weight}, floor {floor}")

    return weight


_ALL_EQUIVALENTS = Equivalents()


def _equivalent(rules: Equivalents) -> Filter:
    enough = None if rules.weight_floor is None else _weight(rules.weight_floor)

    def equivalent(one: Observation, tally: Tally) -> Refused | None:
        if len(one.via) > rules.chain_max:
            return Refused("not_equivalent", f"{len(one.via)} crosswalks, most {rules.chain_max}")
        if one.via and enough is not None:
            return enough(one, tally)
        return None

    return equivalent


def _window(period: Period) -> Filter:
    def window(one: Observation, tally: Tally) -> Refused | None:
        end = period.after(one.occurred_at)
        if tally.on > end:
            return Refused("out_of_window", f"counted until {end.isoformat()}")
        tally.turns_at = sooner(tally.turns_at, moment_after(end))
        return None

    return window


def selections(document: PolicyDocument) -> tuple[Selection, ...]:
    """Give the choices among observations, in the order they are made."""
    rules = document.counting
    found: list[Selection] = []
    if rules.pool is not None:
        found.append(_pool)
    if document.conflict is not None:
        found.append(_conflict(document, document.conflict.levels_apart))
    if rules.attempts.keep != "all":
        found.append(_chosen(rules.attempts.per, rules.attempts.keep, "older_attempt"))
    if rules.new_situations is not None:
        situations = rules.new_situations
        found.append(_chosen(situations.per, situations.keep, "not_a_new_situation"))
    return tuple(found)


def _pool(tally: Tally, _: Collection[str]) -> None:
    """Give each question its test's score, weighted by what each was worth.

    As in Canvas the questions stay as many as they were: a test of three counts three times.
    """
    tests: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(tally.seen):
        if one.context.assessment is not None and tally.points[place] > UNRATED:
            tests[one.context.assessment].append(place)
    for places in tests.values():
        worths = [_worth(tally.seen[place]) for place in places]
        whole = sum(worths)
        if whole:
            total = sum(
                worth * tally.points[place] for worth, place in zip(worths, places, strict=True)
            )
            pooled = divide(total, whole)
            for place in places:
                tally.points[place] = pooled


def _worth(question: Observation) -> int:
    return worth_of(question.result) if weight_units(question.weight) else 0


def _chosen(per: WorkOf | DistinctOf, keep: Keep, reason: Exclusion) -> Selection:
    def choose(tally: Tally, _: Collection[str]) -> None:
        keys = work_column(per, tally.seen, tally.everything)
        if not repeats(keys):
            return
        chosen: dict[Hashable, int] = {}
        kept: set[int] = set()
        for place, name in enumerate(keys):
            if name is None or tally.points[place] <= UNRATED:
                kept.add(place)
            else:
                chosen[name] = _better(chosen.get(name, place), place, tally.points, keep)
        _leave(tally, kept.union(chosen.values()), reason, f"the {keep} counts")

    return choose


def _better(before: int, place: int, points: Sequence[int], keep: Keep) -> int:
    if keep == "first":
        return before
    if keep == "highest":
        return place if points[place] >= points[before] else before
    return place


def _leave(tally: Tally, kept: Collection[int], reason: Exclusion, detail: str) -> None:
    for place, one in enumerate(tally.seen):
        if place not in kept:
            tally.drop(one, reason, detail)
    tally.keep([place for place in range(len(tally.seen)) if place in kept])


def _conflict(document: PolicyDocument, levels_apart: int) -> Selection:
    mastery = to_units(document.scale.mastery)
    steps = [to_units(level.points) for level in document.scale.levels]

    def may_differ(points: Sequence[int]) -> bool:
        # Ratings that are all on one side need no look at every attempt.
        return bool(points) and min(points) < mastery <= max(points)

    def conflict(tally: Tally, also: Collection[str]) -> None:
        if "contested" in also or not may_differ(tally.points) or not _may_repeat(tally):
            return
        disputed: set[int] = set()
        for places in _last_words(tally):
            points = [tally.points[place] for place in places]
            if len(points) > 1 and _is_disputed(points, mastery, steps, levels_apart):
                disputed.update(
                    place for place in places if not _sided(tally, place, mastery, also)
                )
        if disputed:
            kept = set(range(len(tally.seen))) - disputed
            _leave(tally, kept, "contested", "raters disagree on this attempt")
            tally.tried, tally.tried_points = tally.seen, tally.points

    return conflict


def side(worth: int, mastery: int) -> str:
    """Name the reason to be passed over where disputes are supposed to be decided for one side."""
    return "contested_above" if worth >= mastery else "contested_below"


def _sided(tally: Tally, place: int, mastery: int, also: Collection[str]) -> bool:
    return side(tally.points[place], mastery) in also


def _last_words(tally: Tally) -> Iterable[Collection[int]]:
    """Give for each attempt the places at which each person last said how good it is."""
    agreed = tally.column("agreed")
    if tally.unrated or agreed.count(None) < len(agreed):
        return _last_words_of_more(tally)
    ratings: list[Any] = tally.column("rating")
    if len(set(ratings)) == len({attempt for attempt, _ in ratings}):
        return ()  # nothing was rated by two people
    attempts: defaultdict[Hashable, list[int]] = defaultdict(list)
    for (attempt, evaluator), place in dict(zip(ratings, count())).items():
        if evaluator is not None:
            attempts[attempt].append(place)
    return attempts.values()


def _last_words_of_more(tally: Tally) -> Iterable[Collection[int]]:
    attempts: defaultdict[Hashable, dict[str, int]] = defaultdict(dict)
    for place, one in enumerate(tally.seen):
        attempt = rated_attempt(one)
        if one.evaluator is not None and tally.points[place] > UNRATED:
            attempts[attempt][one.evaluator] = place
            # Whoever agreed speaks for the same side, and may be the majority.
            for person in one.confirmed_by:
                attempts[attempt].setdefault(person, place)
    return [places.values() for places in attempts.values()]


def _may_repeat(tally: Tally) -> bool:
    if None not in tally.column("task"):
        return tally.repeats("task")
    return tally.repeats("attempted")


def _is_disputed(
    points: Sequence[int], mastery: int, steps: Sequence[int], levels_apart: int
) -> bool:
    above = sum(one >= mastery for one in points)
    if above * 2 != len(points):
        return False  # all on one side, or a majority settles it
    return bisect_right(steps, max(points)) - bisect_right(steps, min(points)) >= levels_apart
