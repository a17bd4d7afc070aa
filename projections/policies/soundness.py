"""What makes a readable document unusable: contradictions, what nobody or everybody can meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from ledger.domain.evidence import Context, Result
from ledger.domain.ids import CompetencyId, EvidenceId, Position, ProviderId
from ledger.errors import Reject
from projections.policies.compiling import parts_of
from projections.policies.documents import PolicyDocument
from projections.policies.estimates import AnyEstimate, Bayesian, NMastery
from projections.policies.judge import compile_policy
from projections.policies.observation import Observation
from projections.policies.requirements import (
    AllOf,
    AnyRule,
    AtLeast,
    Barred,
    Covers,
    EstimateAtLeast,
    Kind,
    ObservationsAtLeast,
    PointsFromChildren,
    ResultOf,
)

RULES_MAX = 500


def faults(document: PolicyDocument) -> Iterator[Reject]:
    """Say where and why a document is unsound; nothing if it may be published."""
    found = [*document.scale.faults()]
    if not found:
        found = [
            *_reach_faults(document),
            *_estimate_faults(document.estimate, document, "/estimate"),
        ]
        rules = list(parts_of(document.requirement))
        if len(rules) > RULES_MAX:
            found.append(Reject("/requirement", f"has more than {RULES_MAX} parts"))
        for where, rule in rules:
            found.extend(_rule_faults(rule, document, where))
    if not found:
        found = [*_pass_faults(document)]
    yield from found


def _top(document: PolicyDocument) -> Decimal | None:
    """Give the most points anything can have; None where there is no ceiling."""
    results = document.results
    if results.above_max == "extra_credit" or results.score_without_max == "points":
        return None
    worth = [document.scale.levels[-1].points, document.scale.full_marks]
    return max(*worth, *(one for one in (results.passed, results.failed) if one is not None))


def _reach_faults(document: PolicyDocument) -> Iterator[Reject]:
    top, scale, results = _top(document), document.scale, document.results
    if top is not None and scale.mastery > top:
        yield Reject("/scale/mastery_points", "nobody can reach it", f"at most {top}")
    if (
        results.passed is not None
        and results.failed is not None
        and results.failed > results.passed
    ):
        yield Reject("/results/failed", "failing is worth more than passing")


def _estimate_faults(
    estimate: AnyEstimate, document: PolicyDocument, where: str
) -> Iterator[Reject]:
    top = _top(document)
    if isinstance(estimate, NMastery):
        if estimate.threshold is not None and top is not None and estimate.threshold > top:
            yield Reject(f"{where}/threshold", "nobody can reach it", f"at most {top}")
    elif isinstance(estimate, Bayesian):
        if estimate.prior == 0 and estimate.learn == 0:
            yield Reject(f"{where}/learn", "with a prior of 0 and no learning nobody ever knows it")
        if estimate.prior == 1 and estimate.forget == 0:
            yield Reject(f"{where}/prior", "everybody knows it for certain before any answer")


def _rule_faults(rule: AnyRule, document: PolicyDocument, where: str) -> Iterator[Reject]:
    if isinstance(rule, Barred):
        yield from _bar_faults(rule, document, where)
    if isinstance(rule, EstimateAtLeast) and rule.estimate is not None:
        yield from _estimate_faults(rule.estimate, document, f"{where}/estimate")
    elif isinstance(rule, Kind):
        for place, kind in enumerate(rule.which):
            if kind not in document.counting.kinds:
                yield Reject(f"{where}/which/{place}", f"{kind} is not among the kinds that count")
    elif isinstance(rule, AtLeast) and rule.n > len(rule.of):
        yield Reject(f"{where}/n", f"nobody can meet {rule.n} of {len(rule.of)}")
    elif isinstance(rule, Covers | PointsFromChildren):
        yield from _children_faults(rule, where)
    elif isinstance(rule, AllOf):
        yield from _contradictions(rule, where)


def _bar_faults(rule: Barred, document: PolicyDocument, where: str) -> Iterator[Reject]:
    if rule.level is not None and rule.points is not None:
        yield Reject(
            f"{where}/points", "a level and points say the same thing twice", "one of them"
        )
        return
    bar = rule.points
    if rule.level is not None:
        bar = document.scale.points_of(rule.level)
        if bar is None:
            names = ", ".join(one.name for one in document.scale.levels)
            yield Reject(f"{where}/level", f"the scale has no level {rule.level!r}", names)
            return
    word = "points" if rule.points is not None else "level"
    if isinstance(rule, ObservationsAtLeast) and rule.below:
        if bar is None:
            yield Reject(f"{where}/below", "below what?", "a level or points")
        elif bar <= min(Decimal(0), document.scale.levels[0].points):
            yield Reject(f"{where}/{word}", "nothing lies below it")
        return
    top = Decimal(1) if _is_probability(rule, document) else _top(document)
    if bar is not None and top is not None and bar > top:
        yield Reject(f"{where}/{word}", "nobody can reach it", f"at most {top}")


def _is_probability(rule: Barred, document: PolicyDocument) -> bool:
    if not isinstance(rule, EstimateAtLeast):
        return False
    return isinstance(rule.estimate or document.estimate, Bayesian)


def _children_faults(rule: Covers | PointsFromChildren, where: str) -> Iterator[Reject]:
    names = child_names(rule)
    for place, name in enumerate(names):
        if names.index(name) != place:
            yield Reject(f"{where}/children/{place}", f"repeats {name}")
    if isinstance(rule, PointsFromChildren):
        if rule.need > (most := sum(one.points for one in rule.children)):
            yield Reject(
                f"{where}/need", f"all children together give {most} points", f"at most {most}"
            )
        return
    if rule.share is not None and rule.at_least is not None:
        yield Reject(
            f"{where}/at_least", "a share and a number contradict each other", "one of them"
        )
    if names and rule.at_least is not None and rule.at_least > len(names):
        yield Reject(f"{where}/at_least", f"only {len(names)} children are named")


def child_names(rule: Covers | PointsFromChildren) -> list[CompetencyId]:
    """Give the child competencies that a rule names."""
    if isinstance(rule, PointsFromChildren):
        return [CompetencyId(one.id) for one in rule.children]
    return [CompetencyId(name) for name in rule.children]


def _contradictions(rule: AllOf, where: str) -> Iterator[Reject]:
    """Find results that all_of wants both above and below something."""
    wanted: defaultdict[tuple[str, str], list[tuple[int, ResultOf]]] = defaultdict(list)
    for place, one in enumerate(rule.rules):
        if isinstance(one, ResultOf):
            wanted[one.which, one.attempt].append((place, one))
    for (which, _), ones in wanted.items():
        least = max((one.share for _, one in ones if one.is_ != "at_most"), default=Decimal(0))
        most = min((one.share for _, one in ones if one.is_ != "at_least"), default=Decimal(1))
        if least > most:
            why = f"contradicts the others: no result in {which!r} meets all of them"
            yield Reject(f"{where}/rules/{ones[-1][0]}", why)


ANY_WILL_DO = "any evidence at all meets it, however poor"


def _pass_faults(document: PolicyDocument) -> Iterator[Reject]:
    judge = compile_policy(document)
    if judge([], competency=CompetencyId("any"), on=_MOMENT).state == "mastered":
        yield Reject("/requirement", "everybody meets it without any evidence")
    elif not document.any_evidence and _any_will_do(document):
        yield Reject("/requirement", ANY_WILL_DO, 'a bar, or "any_evidence": true to say so openly')


_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def _any_will_do(document: PolicyDocument) -> bool:
    """Whether one piece of evidence meets the requirement both at its best and at its worst."""
    judge = compile_policy(document)
    levels = document.scale.levels

    def passes(level: str) -> bool:
        one = Observation(
            evidence=EvidenceId(UUID(int=1)),
            competency=CompetencyId("any"),
            position=Position(1),
            first_position=Position(1),
            kind=document.counting.kinds[0],
            occurred_at=_MOMENT,
            recorded_at=_MOMENT,
            provider=ProviderId(UUID(int=2)),
            evaluator="anybody",
            result=Result(level=level),
            context=Context(task="any", site="any"),
            rigour=100,
            weight=Decimal(10) ** 9,
        )
        return judge([one], competency=one.competency, on=_MOMENT).state in {"mastered", "lapsed"}

    return passes(levels[0].name) and passes(levels[-1].name)


def unknown_references(
    document: PolicyDocument,
    *,
    competency: CompetencyId | None = None,
    children: Collection[CompetencyId] | None = None,
    known: Collection[CompetencyId] | None = None,
) -> Iterator[Reject]:
    """Say which child competencies that the document names cannot be.

    That is the competency itself, what is none of its children, and what is not known. Leave
    out what is not to be checked.
    """
    for where, rule in parts_of(document.requirement):
        if isinstance(rule, Covers | PointsFromChildren):
            for place, name in enumerate(child_names(rule)):
                pointer = f"{where}/children/{place}"
                if name == competency:
                    yield Reject(pointer, f"{name} would rest on itself")
                elif known is not None and name not in known:
                    yield Reject(pointer, f"no competency is called {name}")
                elif children is not None and name not in children:
                    yield Reject(pointer, f"{name} is not a child of {competency}")


def circles(rests_on: Mapping[CompetencyId, Collection[CompetencyId]]) -> Iterator[Reject]:
    """Say which competencies, each resting on others, rest on themselves in the end."""
    settled: set[CompetencyId] = set()

    def walk(name: CompetencyId, path: tuple[CompetencyId, ...]) -> Iterator[Reject]:
        if name in path:
            circle = " > ".join((*path[path.index(name) :], name))
            yield Reject("/requirement", f"a circle: {circle}")
        elif name not in settled:
            for child in sorted(rests_on.get(name, ())):
                yield from walk(child, (*path, name))
            settled.add(name)

    for name in sorted(rests_on):
        yield from walk(name, ())
