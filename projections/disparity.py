"""Disparity: how subgroups of learners fare in a competency, without giving anybody away.

People are counted in a table whose small cells, and what reveals them, are held back
(suppression.py). Figures beside it are given for a group only where enough people stand behind
each, and behind its opposite; over all groups, only where no group is held back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ledger.domain.evidence import Alignment, Attribute
from ledger.domain.ids import CompetencyId, FrameworkId
from ledger.errors import UnknownCompetencyError, UnknownFrameworkError, UnknownGroupsError
from ledger.store.reader import LogReader
from projections.adoption import ENROLMENT_LEVELS, scopes_of
from projections.learner import LearnerRecord
from projections.mastery import Bench
from projections.observing import Observed
from projections.policies.observation import Observation
from projections.policies.verdict import MasteryState
from projections.registry import Registry, day_of
from projections.reports import Scope, all_records
from projections.suppression import CELL_MIN, TOTAL, Table, table

NO_GROUP = "(not recorded)"
_DISPUTED = frozenset({"contested", "set_aside"})


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared: learners by an attribute, or by a level at which they are enrolled."""

    by: str  # the name of an attribute, or "state", "district", "school", "programme"
    framework: FrameworkId | None = None
    competency: CompetencyId | None = None
    cell_min: int = CELL_MIN


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group; None is held back.

    `evidence` counts pieces that count for the competency. `second_scored` and `disputed` count
    learners some of whose work was scored twice, or contested; `agreed` those of the former
    with whom every second score agreed.
    """

    name: str
    learners: int | None
    mastered: int | None
    pass_rate: float | None
    evidence: int | None
    evidence_per_learner: float | None
    second_scored: int | None
    agreed: int | None
    disputed: int | None


@dataclass(frozen=True, slots=True)
class Disparity:
    """One competency: its learners by group and outcome, and the figures of each group."""

    competency: CompetencyId
    outcomes: Table
    groups: tuple[Group, ...]


@dataclass(slots=True)
class _Counted:
    """One group in one competency, as it is: nothing is held back yet."""

    outcomes: dict[str, int] = field(default_factory=dict[str, int])
    evidence: int = 0
    second_scored: int = 0
    agreed: int = 0
    disputed: int = 0

    @property
    def learners(self) -> int:
        return sum(self.outcomes.values())

    def add(self, state: MasteryState, counted: int, seen: list[Observation]) -> None:
        outcome = _OUTCOMES.get(state, "not_mastered")
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        self.evidence += counted
        raters: dict[object, int] = {}
        for one in seen:
            raters[one.evidence] = raters.get(one.evidence, 0) + 1
        differ = any(count > 1 for count in raters.values())
        second = differ or any(one.confirmed_by for one in seen)
        self.second_scored += second
        self.agreed += second and not differ
        self.disputed += any(one.excluded in _DISPUTED for one in seen)


_OUTCOMES: dict[str, str] = {"mastered": "mastered", "observed": "observed"}


def compared(
    registry: Registry, by: str, framework: str | None, competency: str | None
) -> Compared:
    """Make out what is to be compared.

    Raises:
        UnknownFrameworkError: there is no such framework.
    """
    known = registry.frameworks.named(framework) if framework is not None else None
    if framework is not None and known is None:
        raise UnknownFrameworkError(framework)
    if competency is None:
        return Compared(by, known)
    meant = registry.resolve(Alignment(competency=competency))
    return Compared(by, known, meant.competency if meant else CompetencyId(competency))


def disparity(log: LogReader, scope: Scope, compared: Compared) -> Iterator[Disparity]:
    """Compare groups in each competency that some evidence bears on, in the order of names.

    Raises:
        UnknownGroupsError: nobody has such an attribute, whether or not they are compared.
        UnknownCompetencyError: none of this name was published, and no evidence here names it.
    """
    registry = Registry.fold(log.reference(until=scope.as_of))
    found: dict[CompetencyId, dict[str, _Counted]] = {}
    named: set[str] = set(ENROLMENT_LEVELS)
    for record in all_records(log, scope, registry.identities):
        named.update(one.name for fact in record.attributes.values() for one in fact.attributes)
        if not scope.is_about(record):
            continue
        bench = Bench(Observed(record, registry), on=scope.on)
        group = group_of(record, compared.by, scope.on)
        for competency in bench.competencies():
            if not _is_meant(competency, compared, registry):
                continue
            verdict = bench.judge(competency)
            line = bench.observed.at(competency, scope.on)
            seen = [one for one in line if one.excluded != "withdrawn"]
            counted = found.setdefault(competency, {}).setdefault(group, _Counted())
            counted.add(verdict.state, len(set(verdict.counted)), seen)
    if compared.by not in named:
        raise UnknownGroupsError(compared.by, sorted(named))
    meant = compared.competency
    if meant is not None and not found and registry.frameworks.describe(meant) is None:
        raise UnknownCompetencyError(meant)
    for competency, groups in sorted(found.items()):
        yield _shown(competency, groups, compared.cell_min)


def group_of(record: LearnerRecord, by: str, on: datetime) -> str:
    """Name the group of a learner on a day; of several, the first by name."""
    day = day_of(on)
    if by in ENROLMENT_LEVELS:
        scopes = scopes_of(record.enrolments.values(), day)
        names = sorted(name for level, name in scopes if level == by)
    else:
        names = sorted(one.value for one in _attributes(record, on) if one.name == by)
    if not names:
        return NO_GROUP
    return f"({TOTAL})" if names[0] == TOTAL else names[0]


def _attributes(record: LearnerRecord, on: datetime) -> Iterator[Attribute]:
    day = day_of(on)
    for fact in record.attributes.values():
        if (fact.starts_on or day) <= day <= (fact.ends_on or day):
            yield from fact.attributes


def _is_meant(competency: CompetencyId, compared: Compared, registry: Registry) -> bool:
    if compared.competency is not None:
        return competency == compared.competency
    if compared.framework is None:
        return True
    described = registry.frameworks.describe(competency)
    return described is not None and described.framework == compared.framework


def _shown(competency: CompetencyId, counts: dict[str, _Counted], cell_min: int) -> Disparity:
    cells = {
        (name, outcome): count
        for name, counted in counts.items()
        for outcome, count in counted.outcomes.items()
    }
    outcomes = table(cells, cell_min=cell_min)
    groups = [_group(name, counts[name], outcomes, cell_min) for name in sorted(counts)]
    whole = _Counted()
    for counted in counts.values():
        for outcome, count in counted.outcomes.items():
            whole.outcomes[outcome] = whole.outcomes.get(outcome, 0) + count
        whole.evidence += counted.evidence
        whole.second_scored += counted.second_scored
        whole.agreed += counted.agreed
        whole.disputed += counted.disputed
    overall = _group(TOTAL, whole, outcomes, cell_min)
    return Disparity(competency, outcomes, (*groups, _unrevealing(overall, groups)))


def _group(name: str, counted: _Counted, outcomes: Table, cell_min: int) -> Group:
    learners = outcomes.cells[name, TOTAL]
    mastered = outcomes.cells.get((name, "mastered"), 0)
    if learners is None or learners == 0:
        return Group(name, learners, mastered, None, None, None, None, None, None)
    second = _part(counted.second_scored, learners, cell_min)
    agreed = None if second is None else _part(counted.agreed, second, cell_min)
    return Group(
        name, learners, mastered, None if mastered is None else mastered / learners,
        counted.evidence, counted.evidence / learners,
        second, agreed, _part(counted.disputed, learners, cell_min),
    )  # fmt: skip


def _part(part: int, whole: int, cell_min: int) -> int | None:
    """Give a part of a group, unless it or what is left of the group is a small number."""
    small = any(0 < count < cell_min for count in (part, whole - part))
    return None if small else part


def _unrevealing(overall: Group, groups: list[Group]) -> Group:
    """Leave out of the figures over all what would reveal a group's by subtraction."""

    def kept(figure: int | None, each: list[int | None]) -> int | None:
        return None if None in each else figure

    evidence = kept(overall.evidence, [one.evidence for one in groups])
    return Group(
        overall.name, overall.learners, overall.mastered, overall.pass_rate,
        evidence, None if evidence is None else overall.evidence_per_learner,
        kept(overall.second_scored, [one.second_scored for one in groups]),
        kept(overall.agreed, [one.agreed for one in groups]),
        kept(overall.disputed, [one.disputed for one in groups]),
    )  # fmt: skip
