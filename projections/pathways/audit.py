"""The graduation audit: what a learner holds, laid against what a pathway asks.

An item (a mastered competency, a credential, a credit, some hours) fulfils one requirement,
unless both name each other in `shares_with`. Who gets which item is solved exactly: the
assignment with the most requirements met, and among those the least missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ledger.domain.ids import EvidenceId
from projections.pathways.documents import (
    AnyRequirement,
    Competencies,
    Credentials,
    Credits,
    Gate,
    Hours,
    PathwayDocument,
)

STATES_MAX = 200_000  # assignments looked at, after pruning; beyond it the answer says "not exact"

Held = set[tuple[str, str]]
"""What a learner holds, by kind and name, whichever requirement it fulfils."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something a learner holds. `amount` counts competencies and credentials as one."""

    kind: str  # "competency", "credential", "hours", "credit"
    name: str
    amount: Decimal = Decimal(1)
    setting: str | None = None
    activity: str | None = None
    credit_type: str | None = None
    agreement: str | None = None  # credits that count here only by one
    evidence: tuple[EvidenceId, ...] = ()


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """How far one requirement is: `have` of `need`, by which items, and what is missing."""

    id: str
    title: str
    met: bool
    have: Decimal
    need: Decimal
    items: tuple[Item, ...]
    missing: str


@dataclass(frozen=True, slots=True)
class GateState:
    """Whether a gate is open, and which competencies it still waits for."""

    id: str
    open: bool
    opens: tuple[str, ...]
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """A pathway's answer. `exact` is False if the solver gave up before it had seen everything."""

    pathway: str
    complete: bool
    requirements: tuple[Fulfilment, ...]
    gates: tuple[GateState, ...]
    exact: bool


def audit(
    document: PathwayDocument, items: Sequence[Item], named: Callable[[str], str] = str
) -> Audit:
    """Lay what a learner holds against a pathway; `named` puts a competency into words."""
    used, exact = assign(document.requirements, items)
    held = {(item.kind, item.name) for item in items}
    fulfilments = tuple(
        _fulfilment(requirement, [items[index] for index in used[requirement.id]], held, named)
        for requirement in document.requirements
    )
    mastered = {item.name for item in items if item.kind == "competency"}
    gates = tuple(_gate(gate, mastered) for gate in document.gates)
    complete = all(one.met for one in fulfilments)
    return Audit(document.id, complete, fulfilments, gates, exact)


def need_of(requirement: AnyRequirement) -> Decimal:
    """Say how much a requirement asks for, in its own unit."""
    match requirement:
        case Competencies(at_least=None):
            return Decimal(len(requirement.of))
        case Competencies(at_least=int() as count) | Credentials(at_least=count):
            return Decimal(count)
        case _:
            assert isinstance(requirement, Hours | Credits)
            return requirement.at_least


def fits(requirement: AnyRequirement, item: Item) -> bool:
    """Say whether an item may be used for a requirement.

    Credits by an agreement are for requirements that name their kind: the credits themselves
    are held already, and must not count twice.
    """
    match requirement:
        case Competencies():
            return item.kind == "competency" and item.name in requirement.of
        case Credentials():
            return item.kind == "credential" and item.name in requirement.of
        case Hours():
            return (
                item.kind == "hours"
                and (not requirement.settings or item.setting in requirement.settings)
                and (not requirement.activities or item.activity in requirement.activities)
            )
        case Credits():
            return (
                item.kind == "credit"
                and (not requirement.credit_types or item.credit_type in requirement.credit_types)
                and (item.agreement is None or bool(requirement.credit_types))
                and (not requirement.courses or item.name in requirement.courses)
            )


class _Path(NamedTuple):
    """One way to have dealt out the items so far: a linked list of (item, requirements)."""

    before: _Path | None
    item: int
    given: tuple[int, ...]


def assign(
    requirements: Sequence[AnyRequirement], items: Sequence[Item]
) -> tuple[dict[str, list[int]], bool]:
    """Deal out items so that the most requirements are met, then the least is missing.

    Gives item indexes by requirement id, and whether the answer is exact. Dynamic programming
    over what each requirement still lacks: two ways that lack the same are one.
    """
    needs = tuple(need_of(one) for one in requirements)
    ways: dict[tuple[Decimal, ...], _Path | None] = {needs: None}
    exact = True
    for index, item in enumerate(items):
        choices = _choices(requirements, item)
        if choices == [()]:
            continue
        grown: dict[tuple[Decimal, ...], _Path | None] = {}
        for lacking, path in ways.items():
            for given in choices:
                after = _take(lacking, given, item.amount)
                grown.setdefault(after, _Path(path, index, given))
        if len(grown) > STATES_MAX:
            exact = False
            best = sorted(grown, key=lambda lacking: _badness(lacking, needs))[: STATES_MAX // 10]
            grown = {lacking: grown[lacking] for lacking in best}
        ways = grown
    lacking = min(ways, key=lambda one: (_badness(one, needs), one))
    return _dealt(requirements, ways[lacking]), exact


def _choices(requirements: Sequence[AnyRequirement], item: Item) -> list[tuple[int, ...]]:
    """List the largest sets of requirements that may use this item together."""
    fitting = [index for index, one in enumerate(requirements) if fits(one, item)]
    sets: list[tuple[int, ...]] = [()]
    for index in fitting:
        sets += [
            (*chosen, index)
            for chosen in sets
            if all(_share(requirements[other], requirements[index]) for other in chosen)
        ]
    # To give an item away never hurts, so a set inside a larger one need not be tried.
    return [one for one in sets if not any(set(one) < set(other) for other in sets)]


def _share(one: AnyRequirement, other: AnyRequirement) -> bool:
    return other.id in one.shares_with and one.id in other.shares_with


def _take(
    lacking: tuple[Decimal, ...], given: Iterable[int], amount: Decimal
) -> tuple[Decimal, ...]:
    left = list(lacking)
    for index in given:
        left[index] = max(Decimal(0), left[index] - amount)
    return tuple(left)


def _badness(lacking: tuple[Decimal, ...], needs: tuple[Decimal, ...]) -> tuple[int, Decimal]:
    unmet = sum(1 for one in lacking if one > 0)
    missing = sum((one / need for one, need in zip(lacking, needs, strict=True)), Decimal(0))
    return unmet, missing


def _dealt(requirements: Sequence[AnyRequirement], path: _Path | None) -> dict[str, list[int]]:
    dealt: dict[str, list[int]] = {one.id: [] for one in requirements}
    while path is not None:
        for index in path.given:
            dealt[requirements[index].id].append(path.item)
        path = path.before
    return {name: sorted(used) for name, used in dealt.items()}


def _fulfilment(
    requirement: AnyRequirement, used: list[Item], held: Held, named: Callable[[str], str]
) -> Fulfilment:
    need = need_of(requirement)
    have = sum((item.amount for item in used), Decimal(0))
    left = need - have
    return Fulfilment(
        id=requirement.id,
        title=requirement.title or requirement.id,
        met=left <= 0,
        have=have,
        need=need,
        items=tuple(used),
        missing=_missing(requirement, left, held, named) if left > 0 else "",
    )


def _missing(
    requirement: AnyRequirement, left: Decimal, held: Held, named: Callable[[str], str]
) -> str:
    match requirement:
        case Competencies():
            names = [named(one) for one in requirement.of if ("competency", one) not in held]
            return _more(left, "competency", "competencies") + _out_of(names)
        case Credentials():
            names = [one for one in requirement.of if ("credential", one) not in held]
            return _more(left, "credential", "credentials") + _out_of(names)
        case Hours():
            where = " or ".join(requirement.settings)
            hours = _more(left, "hour", "hours")
            return f"{hours} of work-based learning" + (f" ({where})" if where else "")
        case Credits():
            which = " or ".join((*requirement.courses, *requirement.credit_types))
            return _more(left, "credit", "credits") + (f" of {which}" if which else "")


def _more(left: Decimal, one: str, many: str) -> str:
    return f"{left.normalize():f} more {one if left == 1 else many}"


def _out_of(names: Sequence[str]) -> str:
    if not names:
        return ": all that are named here are held, and fulfil other requirements"
    return f", out of: {', '.join(names)}"


def _gate(gate: Gate, mastered: set[str]) -> GateState:
    waits_for = tuple(name for name in gate.needs if name not in mastered)
    return GateState(gate.id, not waits_for, gate.opens, waits_for)


def holdings(by_kind: Mapping[str, Iterable[Item]]) -> tuple[Item, ...]:
    """Put a learner's items in one order that does not depend on arrival."""
    return tuple(
        sorted(
            (item for items in by_kind.values() for item in items),
            key=lambda item: (item.kind, item.name, item.amount, item.evidence),
        )
    )
