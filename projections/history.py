"""The history: each fact in words, in the order the ledger learnt of it, and what it changed.

The same fold as the live feed, so what an auditor replays is what was announced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from heapq import merge

from ledger.domain.catalogue import Recorded
from ledger.domain.facts import (
    AssessmentRegistered,
    AssessmentValidated,
    AuthorityGranted,
    AuthorityRevoked,
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    FrameworkPublished,
    PolicyAdopted,
    ProviderReinstated,
    ProviderSuspended,
)
from ledger.domain.ids import EvidenceId, LearnerId, Position
from ledger.store.reader import LEARNER_TOPICS
from projections.held import Held
from projections.learner import LearnerRecord
from projections.lines import CompetencyName
from projections.observing import Observed
from projections.policies import Judge
from projections.registry import Registry
from projections.rows import Change
from projections.stepping import Stepper
from projections.telling import tell
from projections.transcript import competency_name

_TOLD_ANYWAY = (ProviderSuspended, ProviderReinstated, AuthorityRevoked, AuthorityGranted)
"""What says that evidence counts no more, or again, though no state moves."""
_OF_ANOTHER = "Something was recorded of a learner who was merged into this one, and no more is."
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StateChange:
    """What one step did to one competency."""

    name: CompetencyName
    before: str
    after: str
    estimate: Decimal | None
    level: str | None
    policy: str
    policy_digest: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: a fact at its position, or time passing (no position).

    `recorded_at` is when the ledger knew, `occurred_at` when the learner did it.
    """

    position: Position | None
    recorded_at: datetime
    occurred_at: datetime | None
    topic: str
    text: str
    evidence: EvidenceId | None
    changes: tuple[StateChange, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Every step up to `position`, and what time alone changed until `on`."""

    learner: LearnerId
    position: Position
    on: datetime
    steps: tuple[Step, ...]


def told(
    learner: LearnerId, facts: Sequence[Recorded], reference: Sequence[Recorded], *,
    position: Position, on: datetime, policy: Judge | None = None,
    merged: Collection[LearnerId] = (),
) -> History:  # fmt: skip
    """Replay a learner's facts among the reference facts, both oldest first.

    `facts` are also of all who ever were one person with the learner. Those of the `merged`, who are
    so at the end, are told like the learner's own. Of somebody who was so then only, it is told when
    something was recorded and what that changed, but not what it was.

    Reference facts are told where they changed something for this learner, and so is whatever ends or
    restores the standing of a provider who sent some of the evidence.
    """
    replay = _Replay(learner, facts, policy, merged)
    steps: list[Step] = []
    for recorded in merge(facts, reference, key=lambda one: one.position):
        steps += replay.step(recorded)
    steps += replay.wait(on)
    return History(learner, position, on, tuple(steps))


class _Replay:
    def __init__(
        self, learner: LearnerId, facts: Sequence[Recorded], policy: Judge | None,
        merged: Collection[LearnerId],
    ) -> None:  # fmt: skip
        self._learner, self._facts = learner, facts
        self._told_of = {learner, *merged}
        self._registry = Registry()
        self._helds: dict[LearnerId, Held] = {}
        self._stepper = Stepper(
            self._registry, lambda one, _: self._held(one), position=Position(0), clock=_LONG_AGO,
            policy=policy,
        )  # fmt: skip

    def step(self, recorded: Recorded) -> Iterator[Step]:
        yield from self.wait(recorded.recorded_at)
        if recorded.topic in LEARNER_TOPICS:
            self._stepper.step(recorded)
            changes, stream = self._changes(), LearnerId(recorded.stream)
            person = self._registry.identities.person(stream)
            if stream in self._told_of:
                yield self._told(recorded, changes, self._held(person))
            elif person == self._learner:
                yield Step(
                    recorded.position, recorded.recorded_at, None, recorded.topic, _OF_ANOTHER,
                    None, changes,
                )  # fmt: skip
            return
        identities = self._registry.identities
        together, before = identities.everybody(self._learner), identities.spoken_of(recorded.fact)
        self._stepper.step_reference(recorded)
        if before:
            if identities.everybody(self._learner) != together:
                yield from self._regrouped(recorded, before | identities.spoken_of(recorded.fact))
            return
        if self._concerns(recorded):
            self._stepper.reread(self._learner, recorded)
            changes = self._changes()
            if changes or isinstance(recorded.fact, _TOLD_ANYWAY):
                yield self._told(recorded, changes, self._held(self._learner))

    def _held(self, learner: LearnerId) -> Held:
        found = self._helds.get(learner)
        if found is None:
            found = self._helds[learner] = Held.new(learner, self._registry)
        return found

    def _regrouped(self, recorded: Recorded, persons: Collection[LearnerId]) -> Iterator[Step]:
        """Hold whom a merge or its undoing concerns anew, with what was known by then."""
        identities = self._registry.identities
        records = {learner: LearnerRecord(learner) for learner in persons}
        for one in self._facts:
            if one.position > recorded.position:
                break
            record = records.get(identities.person(LearnerId(one.stream)))
            if record is not None:
                record.apply(one)
        for learner in sorted(persons):
            pairs = self._held(learner).pairs
            self._helds[learner] = Held(Observed(records[learner], self._registry), pairs)
            self._stepper.regroup(learner, recorded)
        yield self._told(recorded, self._changes(), self._held(self._learner))

    def wait(self, until: datetime) -> Iterator[Step]:
        self._stepper.emit_due(until)
        by_moment: dict[datetime, list[StateChange]] = {}
        for change in self._taken():
            by_moment.setdefault(change.recorded_at, []).append(self._change(change))
        for moment, changes in by_moment.items():
            text = "Time passed, and nothing new was recorded."
            yield Step(None, moment, None, "time", text, None, tuple(changes))

    def _concerns(self, recorded: Recorded) -> bool:
        match recorded.fact:
            case (
                AuthorityGranted(provider=provider)
                | AuthorityRevoked(provider=provider)
                | ProviderSuspended(provider=provider)
                | ProviderReinstated(provider=provider)
            ):
                pieces = self._held(self._learner).record.pieces
                return any(one.provider == provider for one in pieces.values())
            case (
                FrameworkPublished()
                | PolicyAdopted()
                | CrosswalkPublished()
                | CrosswalkSigned()
                | CrosswalkWithdrawn()
                | CredentialAligned()
                | AssessmentRegistered()
                | AssessmentValidated()
            ):
                return bool(self._held(self._learner).record.pieces)
            case _:
                return False

    def _told(self, recorded: Recorded, changes: tuple[StateChange, ...], held: Held) -> Step:
        telling = tell(recorded, held.record, self._registry)
        return Step(
            recorded.position, recorded.recorded_at, telling.occurred_at, recorded.topic,
            telling.text, telling.evidence, changes,
        )  # fmt: skip

    def _changes(self) -> tuple[StateChange, ...]:
        return tuple(self._change(one) for one in self._taken())

    def _taken(self) -> list[Change]:
        # What is due stays with the stepper: here no view holds it.
        changes, self._stepper.writes.changes = self._stepper.writes.changes, []
        self._stepper.writes.observations.clear()
        return [one for one in changes if one.learner == self._learner]

    def _change(self, change: Change) -> StateChange:
        return StateChange(
            competency_name(change.competency, self._registry), change.from_state,
            change.to_state, change.estimate, change.level, change.policy, change.policy_digest,
        )  # fmt: skip
