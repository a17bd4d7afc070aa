"""Floors: what a wider level asks of everybody, whatever a narrower level asks besides.

A floor is held twice. Where a policy asks for less in so many words, its adoption is refused;
and whatever is adopted, mastery has to satisfy the floor as well. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TypeVar, Unpack

from msgspec.structs import replace

from ledger.errors import Reject
from projections.policies.documents import PolicyDocument
from projections.policies.judge import Case, Judge
from projections.policies.observation import Observation
from projections.policies.requirements import (
    AllOf,
    AnyRule,
    ConfirmedBySecondRater,
    Distinct,
    FacetShown,
    HoursAtLeast,
    Kind,
    ObservationsAtLeast,
)
from projections.policies.verdict import Finding, Missing, Standing, Verdict

Judged = TypeVar("Judged", Verdict, Standing)
Asked = tuple[str, tuple[str, ...]]
"""What a rule counts: two rules that count the same can be compared by their numbers."""


class Floored(Judge):
    """A policy under floors: it decides, and nothing is mastered that a floor does not pass."""

    __slots__ = ("digests", "floors")

    def __init__(self, judge: Judge, floors: Sequence[Judge]) -> None:
        super().__init__(judge.document)
        self.floors = tuple(floors)
        self.digests = tuple(floor.digest for floor in self.floors)

    def __call__(self, observations: Sequence[Observation], **case: Unpack[Case]) -> Verdict:
        """Judge by the policy and by every floor: people are owed all that is asked of them."""
        verdict = super().__call__(observations, **case)
        floors = [floor(observations, **case) for floor in self.floors]
        below = [one for one in floors if one.state != "mastered"]
        return replace(
            _held([verdict, *floors]) if verdict.state == "mastered" else verdict,
            findings=(*verdict.findings, *map(_finding, floors)),
            missing=_together([verdict, *below]),
        )

    def standing(self, observations: Sequence[Observation], **case: Unpack[Case]) -> Standing:
        """Judge as a call does, without reasons: views are held to the floors as well."""
        found = super().standing(observations, **case)
        if found.state == "mastered":
            floors = [floor.standing(observations, **case) for floor in self.floors]
            found = _held([found, *floors])
        return replace(found, floors=self.digests)


def _held(together: Sequence[Judged]) -> Judged:
    """Join what the policy says, which is first, with what every floor says."""
    state = next((one.state for one in together if one.state != "mastered"), "mastered")
    moments = [one.due_at for one in together if one.due_at is not None]
    starts = [one.since for one in together if one.since is not None]
    return replace(
        together[0],
        state="in_progress" if state == "no_evidence" else state,
        since=max(starts, default=None) if state in {"mastered", "lapsed"} else None,
        due_at=min(moments, default=None),
    )


def _together(verdicts: Sequence[Verdict]) -> tuple[Missing, ...]:
    """Say once what several ask for: of the same thing, the most that one of them asks."""
    most: dict[object, tuple[Decimal, Missing]] = {}
    for missing in (missing for verdict in verdicts for missing in verdict.missing):
        number = next(
            (Decimal(missing.asks[name]) for name in _NUMBERS if name in missing.asks), None
        )
        kind = tuple(sorted(one for one in missing.asks.items() if one[0] not in _NUMBERS))
        known = most.get((missing.rule, kind))
        if known is None or (number is not None and number > known[0]):
            most[missing.rule, kind] = number or Decimal(0), missing
    return tuple(missing for _, missing in most.values())


_NUMBERS = ("observations", "hours", "works", "points", "children")


def _finding(floor: Verdict) -> Finding:
    return Finding(
        "floor", floor.state == "mastered", floor.state, f"{floor.policy} {floor.policy_digest}",
        floor.counted, floor.findings,
    )  # fmt: skip


def undercuts(document: PolicyDocument, floor: PolicyDocument) -> Iterator[Reject]:
    """Say where a policy asks for less than a floor in so many words.

    Only what can be told from the documents: a lower level of mastery on the same scale, or a
    lower number in a rule that counts the same. The rest is held when learners are judged.
    """
    ours, theirs = document.scale, floor.scale
    if ours.levels == theirs.levels and ours.mastery < theirs.mastery:
        why = f"mastery begins lower than in {floor.id}, which is a floor here"
        yield Reject("/scale", why, f"{theirs.mastery} points or more")
    asked: dict[Asked, tuple[str, Decimal]] = {}
    for where, rule in _every(document):
        key, number = _number(rule)
        if key is not None and number > asked.get(key, ("", Decimal(-1)))[1]:
            asked[key] = where, number
    for _, rule in _every(floor):
        key, number = _number(rule)
        if key is not None and key in asked and asked[key][1] < number:
            where, found = asked[key]
            why = f"{found} is fewer than {floor.id} asks, which is a floor here"
            yield Reject(where, why, f"{number} or more")


def _every(document: PolicyDocument) -> Iterator[tuple[str, AnyRule]]:
    """Give the rules that must all be met, each with its pointer."""
    if isinstance(document.requirement, AllOf):
        for place, rule in enumerate(document.requirement.rules):
            yield f"/requirement/rules/{place}", rule
    else:
        yield "/requirement", document.requirement


def _number(rule: AnyRule) -> tuple[Asked | None, Decimal]:
    match rule:
        case ObservationsAtLeast(below=False) | ConfirmedBySecondRater():
            return (rule.rule, ()), Decimal(rule.at_least)
        case Distinct():
            return (rule.rule, (rule.of,)), Decimal(rule.at_least)
        case Kind():
            return (rule.rule, tuple(sorted(rule.which))), Decimal(rule.at_least)
        case FacetShown():
            return (rule.rule, (rule.which,)), Decimal(rule.at_least)
        case HoursAtLeast():
            return (rule.rule, tuple(sorted(rule.kinds))), Decimal(rule.hours)
        case _:
            return None, Decimal(0)
