"""The smallest thing that a verdict asks for: who brings exactly that, and no more, has mastered it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import combinations, count
from typing import Any, cast

from hypothesis import HealthCheck, assume, given, settings
from msgspec.structs import replace

from ledger.domain.evidence import Context, EvidenceKind, Facet, Purpose, Result
from ledger.domain.ids import CompetencyId, Position, ProviderId
from projections.policies import Judge, PolicyDocument, compile_policy
from projections.policies.compiling import parts_of
from projections.policies.observation import Observation
from projections.policies.requirements import (
    EstimateAtLeast,
    Improved,
    ObservationsAtLeast,
    ResultOf,
)
from projections.policies.verdict import Missing, Verdict
from tests.property.policy_strategies import CHILDREN, documents, histories
from tests.unit.policies.cases import LEVELS, NOW, SKILL, evidence_id

CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
FULL = Decimal(4)
NUMBERS = count(100)


@dataclass
class Record:
    """What is on record of a learner, and what is brought besides."""

    judge: Judge
    seen: list[Observation]
    children: dict[CompetencyId, Any]
    worth: Decimal = Decimal(3)  # what every new piece is rated, in points
    last: list[Observation] = field(default_factory=list[Observation])

    def verdict(self) -> Verdict:
        pieces = [*self.seen, *self.last]
        return self.judge(pieces, competency=SKILL, on=NOW, children=self.children)

    def new(self, asks: Any, **fields: Any) -> Observation:
        number = next(NUMBERS)
        name = f"new {number}"
        kinds = cast("list[EvidenceKind]", asks.get("kind", "assessment").split("|"))
        purposes = cast("list[Purpose]", asks.get("purpose", "unknown").split("|"))
        context = Context(
            site=name, task=name, task_family=name, equipment=(name,), course=name,
            assessment=name, purpose=purposes[0],
        )  # fmt: skip
        shown = cast("Facet", asks.get("facet", "performance"))
        values: dict[str, Any] = {
            "evidence": evidence_id(number),
            "competency": SKILL,
            "position": Position(number),
            "first_position": Position(number),
            "kind": kinds[0],
            "occurred_at": max([NOW, *(one.occurred_at for one in self.seen)]),
            "recorded_at": NOW,
            "provider": ProviderId(evidence_id(number)),
            "evaluator": name,
            "result": Result(score=self.worth, max=FULL),
            "context": context,
            "facets": (shown,),
            "rigour": int(asks["rigour"]) if "rigour" in asks else None,
        }
        return Observation(**values | fields)


def points(at_least: str) -> Decimal:
    return Decimal(LEVELS.index(at_least) + 1) if at_least in LEVELS else Decimal(at_least)


def bring(record: Record, one: Missing) -> Iterator[None]:
    """Bring what is asked for, in each way there is; after each, the record is put to the judge."""
    asks = one.asks
    many = int(asks.get("observations", asks.get("works", "1")))
    new = many if {"second_rater", "revision"}.isdisjoint(asks) else int(asks.get("new", "0"))
    if "required" in asks or "points" in asks or "children" in asks:
        yield from bring_children(record, asks)
        return
    for _ in range(new):
        fields: dict[str, Any] = {}
        if "credential" in asks:
            fields = {"kind": "credential", "credential": asks["credential"].split("|")[0]}
        if "hours" in asks:
            fields = {"hours": Decimal(asks["hours"])}
        if "task" in asks:
            share = max(Decimal(asks["share"].split()[1]), record.worth / FULL)
            task = record.new(asks).context
            fields = {"context": replace(task, task=asks["task"]), "result": Result(score=share, max=Decimal(1))}  # fmt: skip
        if "second_rater" in asks:
            fields = {"confirmed_by": ("somebody else",)}
        piece = record.new(asks, **fields)
        record.last.append(piece)
        if "revision" in asks:
            record.last[-1] = replace(piece, result=Result(level=LEVELS[0]))
            best = Result(level=LEVELS[-1])
            again = replace(record.new(asks).context, task=piece.context.task, attempt=2)
            record.last.append(record.new(asks, revises=piece.evidence, result=best, context=again))
    yield from bring_more_of_what_there_is(record, asks, many - new)


def bring_children(record: Record, asks: Any) -> Iterator[None]:
    lacking = [name for name, state in record.children.items() if state != "mastered"]
    wanted = (
        asks["required"].split(", ") if "required" in asks else lacking[: int(asks["children"])]
    )
    assume(len(wanted) == int(asks.get("children", len(wanted))))
    record.children |= {CompetencyId(name): "mastered" for name in wanted}
    yield


def bring_more_of_what_there_is(record: Record, asks: Any, old: int) -> Iterator[None]:
    """Revise, or have looked at by somebody else, so many of the works on record."""
    before, last = list(record.seen), list(record.last)
    for places in combinations(range(len(before)), old):
        record.seen, record.last = list(before), list(last)
        for place in places:
            work = before[place]
            if "revision" in asks:
                best = Result(level=LEVELS[-1])
                again = replace(work.context, site="again", assessment="again", attempt=9)
                record.last.append(
                    record.new(asks, revises=work.evidence, result=best, context=again)
                )
            else:
                record.seen[place] = replace(
                    work, confirmed_by=(*work.confirmed_by, "somebody else")
                )
        yield


def brought(record: Record, missing: Sequence[Missing]) -> Iterator[Verdict]:
    """Bring all that is missing, in each way there is, and judge."""
    if not missing:
        yield record.verdict()
        return
    before = list(record.seen), list(record.last), dict(record.children)
    for _ in bring(record, missing[0]):
        yield from brought(record, missing[1:])
    record.seen, record.last, record.children = before


def is_exact(policy: PolicyDocument, wishes: Sequence[dict[str, str]]) -> bool:
    """Whether more of the same cannot undo what it brings: what is asked for is all there is to do."""
    if policy.counting.future == "counted" or policy.expiry.expires_after is not None:
        return False  # later evidence is known already; what is brought is a day old at once
    rules = [one for _, one in parts_of(policy.requirement)]
    if any(isinstance(one, ObservationsAtLeast) and one.below for one in rules):
        return False  # a low rating that is wanted may be the one that is made better
    if any(isinstance(one, ResultOf) and one.is_ != "at_least" for one in rules):
        return False  # so may a result that has to stay as it is
    better = [one for one in rules if isinstance(one, Improved)]
    if any(one.of == "competency" for one in better):
        return False  # whatever is brought is an attempt at the one work there is
    if better and any(isinstance(one, EstimateAtLeast) for one in rules):
        return False  # who begins low to rise is remembered by an average
    return not any(
        "never" in one or "below" in one or ("estimate" in one and "observations" not in one)
        for one in wishes
    )


@given(documents(), histories(), CHILDREN)
@settings(max_examples=150, deadline=None, suppress_health_check=CHECKS)
def test_who_brings_what_is_missing_has_mastered_it(
    policy: PolicyDocument, seen: list[Observation], children: Any
) -> None:
    seen = [replace(one, occurred_at=min(one.occurred_at, NOW - timedelta(1))) for one in seen]
    record = Record(compile_policy(policy), seen, dict(children))
    verdict = record.verdict()
    assume(verdict.state in {"no_evidence", "in_progress", "lapsed"})
    assume(all(one.reason != "contested" for one in verdict.not_counted))
    wishes = [dict(one.asks) for one in verdict.missing]
    assume(is_exact(policy, wishes))
    record.worth = max(points(one.get("at_least", "Proficient")) for one in [{}, *wishes])
    assert any(one.state == "mastered" for one in brought(record, verdict.missing))
