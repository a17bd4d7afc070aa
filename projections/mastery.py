"""Mastery: every competency of a learner's record, judged by the policy that decides on it."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from ledger.domain.framework import Strand
from ledger.domain.ids import CompetencyId, FrameworkId
from projections.adoption import needs_children, scopes_of
from projections.learner import LearnerRecord
from projections.observing import Line, Observed
from projections.policies.judge import Judge
from projections.policies.verdict import MasteryState, Standing, Verdict
from projections.registry import Registry, day_of

Verdicts = dict[CompetencyId, Verdict]
Standings = dict[CompetencyId, Standing]
Judged = TypeVar("Judged", Verdict, Standing)


def judge_all(
    record: LearnerRecord, registry: Registry, *, on: datetime, policy: Judge | None = None
) -> Verdicts:
    """Judge every competency that some evidence bears on, in the order of their names.

    With `policy`, that one decides everywhere, adopted or not.
    """
    return Bench(Observed(record, registry), on=on, policy=policy).judge_all()


def standings_of(observed: Observed, *, on: datetime) -> Standings:
    """Judge all competencies of a record that is read already, without reasons."""
    bench = Bench(observed, on=on)
    return {name: bench.standing(name) for name in sorted(bench.competencies())}


class Bench:
    """Judges the competencies of one record at one moment.

    With `policy`, that one decides, adopted or not; with `level` as well, as if it were adopted
    there: under the floors that are set at wider levels.
    """

    __slots__ = (
        "_above", "_enrolments", "_judged", "_judges", "_level", "_policy", "_registry",
        "_standings", "moved", "observed", "on",
    )  # fmt: skip

    def __init__(
        self, observed: Observed, *, on: datetime, policy: Judge | None = None,
        level: str | None = None,
    ) -> None:  # fmt: skip
        self.observed, self._registry, self.on = observed, observed.registry, on
        self._policy, self._level = policy, level
        self._enrolments = tuple(observed.record.enrolments.values())
        self._judges: dict[tuple[FrameworkId | None, Strand | None], Judge] = {}
        self._judged: Verdicts = {}
        self._standings: Standings = {}
        self._above: set[CompetencyId] | None = None
        self.moved: datetime | None = None
        """The next midnight at which another policy may decide."""
        if policy is None:
            self.moved = self._registry.adoptions.turns_after(day_of(on), self._enrolments)

    def competencies(self) -> set[CompetencyId]:
        """Give what some evidence bears on, itself or by way of its children."""
        own = {name for name, line in self.observed.lines.items() if line.seen}
        return own | self._all_above() if self._rolls_up() else own

    def has(self, competency: CompetencyId) -> bool:
        """Say whether some evidence bears on a competency, itself or by way of its children."""
        line = self.observed.lines.get(competency)
        return bool(line and line.seen) or (self._rolls_up() and competency in self._all_above())

    def with_parents(self, touched: set[CompetencyId]) -> set[CompetencyId]:
        """Add the competencies whose policy looks at a touched one as a child."""
        return touched | self._over(touched) if self._rolls_up() else touched

    def judge(self, competency: CompetencyId) -> Verdict:
        """Judge one competency; `due_at` is when time alone may next change the answer."""
        found = self._judged.get(competency)
        if found is None:
            line, children, judge = self._case(competency, ())
            verdict = judge(
                line.seen if line is not None else (),
                competency=competency, on=self.on, children=_states(children),
            )  # fmt: skip
            found = self._judged[competency] = self._timed(verdict, line, children)
        return found

    def judge_all(self) -> Verdicts:
        """Judge every competency that some evidence bears on, in the order of their names."""
        return {name: self.judge(name) for name in sorted(self.competencies())}

    def judges(self) -> list[Judge]:
        """List the policies that were asked so far, where no policy was given."""
        return list(self._judges.values())

    def children(self, competency: CompetencyId) -> dict[CompetencyId, MasteryState]:
        """Give the states of the competencies that one is made of, where its policy looks at them."""
        return _states(self._case(competency, ())[1])

    def standing(self, competency: CompetencyId) -> Standing:
        """Judge one competency as `judge` does, without reasons."""
        found = self._standings.get(competency)
        if found is None:
            found = self._standings[competency] = self._stand(competency, ())
        return found

    # -- inside -----------------------------------------------------------------------------

    def _case(
        self, competency: CompetencyId, under: tuple[CompetencyId, ...]
    ) -> tuple[Line | None, Standings, Judge]:
        judge = self.deciding(competency)
        children = self._children(competency, under) if needs_children(judge) else {}
        # What time excludes is left to the policy, which may count what is dated ahead.
        return self.observed.lines.get(competency), children, judge

    def _stand(self, competency: CompetencyId, under: tuple[CompetencyId, ...]) -> Standing:
        line, children, judge = self._case(competency, under)
        standing = judge.standing(
            line.seen if line is not None else (),
            competency=competency, on=self.on, children=_states(children),
        )  # fmt: skip
        return self._timed(standing, line, children)

    def _timed(self, judged: Judged, line: Line | None, children: Standings) -> Judged:
        turns = line.turns_after(self.on) if line is not None else None
        if self.moved is None and turns is None and not children:
            return judged
        moments = (judged.due_at, turns, self.moved, *(one.due_at for one in children.values()))
        soonest = min((moment for moment in moments if moment is not None), default=None)
        return judged if soonest == judged.due_at else replace(judged, due_at=soonest)

    def deciding(self, competency: CompetencyId) -> Judge:
        """Give the policy that decides on a competency."""
        strand = self._registry.strand(competency)
        if (
            self._policy is not None
            and self._level is None
            and self._policy.document.speaks_for(strand)
        ):
            return self._policy
        line = self.observed.lines.get(competency)
        if line is not None:
            framework = line.framework
        else:
            described = self._registry.frameworks.describe(competency)
            framework = described.framework if described else None
        key = (framework, strand)
        found = self._judges.get(key)
        if found is None:
            found = self._judges[key] = self._found(framework, strand)
        return found

    def _found(self, framework: FrameworkId | None, strand: Strand | None) -> Judge:
        if self._policy is None or self._level is None:
            return self._registry.policy_for(framework, self._enrolments, self.on, strand)
        scopes = scopes_of(self._enrolments, day_of(self.on))
        return self._registry.drafted_for(
            self._policy, framework, scopes, self.on, level=self._level, strand=strand
        )

    def _children(self, competency: CompetencyId, under: tuple[CompetencyId, ...]) -> Standings:
        # A framework whose tree runs in a circle must not run this program in one.
        path = (*under, competency)
        names = self._registry.frameworks.children(competency)
        return {name: self._stand(name, path) for name in names if name not in path}

    def _rolls_up(self) -> bool:
        held = self._policy is None or self._level is not None
        return (self._policy is not None and needs_children(self._policy)) or (
            held and self._registry.adoptions.needs_children
        )

    def _all_above(self) -> set[CompetencyId]:
        if self._above is None:
            own = {name for name, line in self.observed.lines.items() if line.seen}
            self._above = self._over(own)
        return self._above

    def _over(self, names: set[CompetencyId]) -> set[CompetencyId]:
        """Give all ancestors, by any path, that a policy judges by their children."""
        found: set[CompetencyId] = set()
        seen = set(names)
        pending = list(names)
        while pending:
            for parent in self._registry.frameworks.parents(pending.pop()):
                if parent not in seen:
                    seen.add(parent)
                    pending.append(parent)
                if needs_children(self.deciding(parent)):
                    found.add(parent)
        return found


def _states(children: Standings) -> dict[CompetencyId, MasteryState]:
    return {name: one.state for name, one in children.items()}
