"""The live fold: one fact after another, and what each changes in the views.

No SQL: what to write is collected in `writes`. Facts are taken in order of position, and what
falls due is emitted in order of time, before the first fact recorded after it; so the feed of
changes is the same however the log was cut into batches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from heapq import heappop, heappush

from ledger.domain.catalogue import Recorded
from ledger.domain.facts import (
    EnrolmentRecorded,
    EnrolmentWithdrawn,
    FrameworkPublished,
    LearnerErased,
)
from ledger.domain.ids import CompetencyId, EvidenceId, LearnerId, Position
from projections.held import Held
from projections.mastery import Bench
from projections.pinning import crossed
from projections.policies import Judge
from projections.policies.verdict import MasteryState, Standing
from projections.registry import Registry
from projections.rows import (
    Cause,
    CauseKind,
    Change,
    Closing,
    Pair,
    Writes,
    change_id,
    count,
    earlier_rows_of,
    erasure,
    mastery_row,
    rows_of,
)

Loader = Callable[[LearnerId, Collection[CompetencyId]], Held]
"""Gives a learner with all evidence on some competencies, at least."""
Due = tuple[datetime, LearnerId, CompetencyId]
_NOTHING: MasteryState = "no_evidence"


class Stepper:
    """Folds facts into views, from a position and a clock on.

    `load` gives a learner as it stands at the position reached, with what the views say of it.
    Whoever steps sees to it that what a fact touches is there (`touched_by`).
    `clock` is the latest moment that was judged for; nothing is judged for an earlier one.
    With `policy`, that one decides everywhere, adopted or not. `tells_of` says whose rows and
    changes are told here: where others tell of the rest, each learner is told of in one place.
    """

    def __init__(
        self, registry: Registry, load: Loader, *, position: Position, clock: datetime,
        policy: Judge | None = None, tells_of: Callable[[LearnerId], bool] = lambda _: True,
    ) -> None:  # fmt: skip
        self.registry = registry
        self._tells_of = tells_of
        self._policy = policy
        self.position, self.clock = position, clock
        self.writes = Writes()
        self._load = load
        self._due: list[Due] = []

    def learn_due(self, dues: Iterable[Due]) -> None:
        """Take over due times that the views hold, up to the last fact that comes next."""
        for due in dues:
            heappush(self._due, due)

    def taken(self) -> Writes:
        """Give what is to be written, and begin anew; the views know all due times then."""
        writes, self.writes = self.writes, Writes()
        self._due.clear()
        return writes

    def step(self, recorded: Recorded) -> None:
        """Take over one fact of a learner's stream."""
        self.emit_due(recorded.recorded_at)
        learner = self.registry.identities.person(LearnerId(recorded.stream))
        held = self._load(learner, ())
        if held.record.erased or isinstance(recorded.fact, LearnerErased):
            self._erase(held, recorded)
            return
        changed = held.record.apply(recorded)
        self._advance(recorded)
        if held.record.closed:
            return  # the views stay as they are until the fact that says why
        for evidence in changed:
            self._note_rows(held, evidence, recorded)
        count(self.writes.providers, recorded.fact, recorded.recorded_at)
        touched = held.observed.touch(changed)
        enrols = isinstance(recorded.fact, EnrolmentRecorded | EnrolmentWithdrawn)
        if enrols and self.registry.adoptions.by_enrolment:
            touched.update(held.pairs)
        self._judge(held, touched, _cause("fact", recorded))
        self.writes.learners[held.record.learner] = held.row()

    def step_reference(self, recorded: Recorded) -> None:
        """Take over a reference fact; whom it affects is judged anew by `reread`."""
        self.emit_due(recorded.recorded_at)
        self.registry.apply(recorded)
        self._advance(recorded)

    def reread(self, learner: LearnerId, recorded: Recorded) -> None:
        """Judge a learner, of whom all is held, anew after a reference fact."""
        held = self._load(learner, ())
        if held.record.closed:
            return
        touched = held.observed.reread() | set(held.pairs)
        if isinstance(recorded.fact, FrameworkPublished):
            self.writes.rewritten.append(learner)
            for piece in held.record.pieces.values():
                self.writes.observations += earlier_rows_of(learner, piece, self.registry)
                self.writes.observations += rows_of(learner, piece, self.registry)
        self._judge(held, touched, _cause("reference", recorded))

    def regroup(self, learner: LearnerId, recorded: Recorded) -> None:
        """Write a learner, of whom all is held, anew after a merge or its undoing.

        Who was merged into another is taken out of the views.
        """
        held = self._load(learner, ())
        if held.record.erased or held.record.closed:
            return
        self.writes.erase(learner)
        touched = set(held.pairs)
        if not self.registry.identities.is_merged(learner):
            touched |= held.observed.reread()
            for piece in held.record.pieces.values():
                self.writes.observations += earlier_rows_of(learner, piece, self.registry)
                self.writes.observations += rows_of(learner, piece, self.registry)
            self.writes.learners[learner] = held.row()
        self._judge(held, touched, _cause("reference", recorded))

    def emit_due(self, until: datetime) -> int:
        """Emit what time alone changed up to a moment; give how many pairs were judged."""
        judged = 0
        while self._due and self._due[0][0] <= until:
            due_at, learner, competency = heappop(self._due)
            held = self._load(learner, (competency,))
            pair = held.pairs.get(competency)
            if pair is None or pair.due_at != due_at or held.record.closed:
                continue  # judged since then, for another reason; or not to be judged any more
            self.clock = max(self.clock, due_at)
            cause = Cause("time", None, due_at, due_at.isoformat())
            self._judge(held, {competency}, cause)
            judged += 1
        return judged

    # -- inside -----------------------------------------------------------------------------

    def _advance(self, recorded: Recorded) -> None:
        self.position = recorded.position
        self.clock = max(self.clock, recorded.recorded_at)

    def _erase(self, held: Held, recorded: Recorded) -> None:
        """Take a person out of the views; what comes after that changes nothing.

        Each learner who was merged into them is erased by a fact of their own.
        """
        self._advance(recorded)
        cause, learner = _cause("erasure", recorded), LearnerId(recorded.stream)
        if self._tells_of(held.record.learner) and (not held.record.erased or held.pairs):
            held.erase(self.registry)
            bench = Bench(held.observed, on=self.clock, policy=self._policy)
            for competency in sorted(held.pairs):
                self._forget(held, bench.standing(competency), cause)
            self.writes.erase(held.record.learner)
        if isinstance(recorded.fact, LearnerErased) and learner not in held.record.erased_as:
            held.record.erased_as.add(learner)
            if self._tells_of(learner):
                self.writes.changes.append(erasure(learner, cause, on=self.clock))

    def _note_rows(self, held: Held, evidence: EvidenceId, recorded: Recorded) -> None:
        piece = held.record.pieces[evidence]
        if piece.position == recorded.position:
            self.writes.observations += rows_of(held.record.learner, piece, self.registry)
            if piece.earlier:
                before = piece.earlier[-1]
                self.writes.closings.append(Closing(evidence, before.position, recorded.position))
        elif piece.withdrawn_position == recorded.position:
            self.writes.closings.append(Closing(evidence, piece.position, recorded.position))

    def _judge(self, held: Held, touched: set[CompetencyId], cause: Cause) -> None:
        if not touched:
            return
        bench = Bench(held.observed, on=self.clock, policy=self._policy)
        for competency in sorted(bench.with_parents(touched)):
            if bench.has(competency):
                self._settle(held, bench.standing(competency), cause)
            elif competency in held.pairs:
                self._forget(held, bench.standing(competency), cause)

    def _settle(self, held: Held, standing: Standing, cause: Cause) -> None:
        learner, competency = held.record.learner, standing.competency
        before = held.pairs.get(competency)
        held.pairs[competency] = Pair(standing.state, standing.due_at)
        if standing.due_at is not None:
            heappush(self._due, (standing.due_at, learner, competency))
        self.writes.mastery[learner, competency] = mastery_row(held.observed, standing)
        self._announce(held, before, standing, cause)

    def _forget(self, held: Held, standing: Standing, cause: Cause) -> None:
        before = held.pairs.pop(standing.competency)
        self.writes.mastery[held.record.learner, standing.competency] = None
        self._announce(held, before, standing, cause)

    def _announce(self, held: Held, before: Pair | None, standing: Standing, cause: Cause) -> None:
        learner = held.record.learner
        was = before.state if before is not None else _NOTHING
        if was == standing.state:
            return
        described = self.registry.frameworks.describe(standing.competency)
        self.writes.changes.append(
            Change(
                id=change_id(learner, standing.competency, cause.key),
                learner=learner, competency=standing.competency,
                from_state=was, to_state=standing.state,
                estimate=standing.estimate, level=standing.level,
                cause=cause.kind, cause_position=cause.position,
                policy=standing.policy, policy_digest=standing.policy_digest,
                framework_version=described.version if described else None,
                effective_at=self.clock, recorded_at=cause.recorded_at, floors=standing.floors,
                crosswalks=crossed(held.observed, standing.competency),
            )
        )  # fmt: skip


def _cause(kind: CauseKind, recorded: Recorded) -> Cause:
    return Cause(kind, recorded.position, recorded.recorded_at, str(recorded.position))
