"""What the views hold, as values: rows, and the writes that a run of facts amounts to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

from ledger.domain.evidence import Evidence
from ledger.domain.facts import EvidenceCorrected, EvidenceRecorded, EvidenceWithdrawn, Fact
from ledger.domain.ids import (
    CompetencyId,
    EvidenceId,
    FrameworkId,
    LearnerId,
    PolicyId,
    Position,
    ProviderId,
)
from projections.authority import aware
from projections.learner import LearnerRecord, Piece
from projections.observing import Observed
from projections.pinning import crossed
from projections.policies.verdict import MasteryState, Standing
from projections.registry import Registry

CauseKind = Literal["fact", "reference", "time", "rebuild", "erasure"]
_NOTHING: MasteryState = "no_evidence"
_NONE = CompetencyId("")
_CHANGES = UUID("7d0f3b1e-6a0e-5c53-9d0a-3f4f0a4f8a11")  # namespace of the ids of changes


class Cause(NamedTuple):
    """Why a state changed: a fact about the learner or the reference data, or time alone.

    `erasure` is the fact that takes all others with it.
    """

    kind: CauseKind
    position: Position | None
    recorded_at: datetime
    key: str


class Change(NamedTuple):
    """One entry of the feed, without its sequence number. `id` is a function of the cause.

    `floors` and `crosswalks` are digests.
    """

    id: UUID
    learner: LearnerId
    competency: CompetencyId
    from_state: str
    to_state: str
    estimate: Decimal | None
    level: str | None
    cause: CauseKind
    cause_position: Position | None
    policy: PolicyId
    policy_digest: str
    framework_version: str | None
    effective_at: datetime
    recorded_at: datetime
    floors: tuple[str, ...] = ()
    crosswalks: tuple[str, ...] = ()


class Pair(NamedTuple):
    """What the views say now of one learner and one competency."""

    state: MasteryState
    due_at: datetime | None


class ObservationRow(NamedTuple):
    """One row of the observations view."""

    learner: LearnerId
    competency: CompetencyId
    evidence: EvidenceId
    position: Position
    first_position: Position
    ended_position: Position | None
    provider: ProviderId
    kind: str
    framework: FrameworkId | None
    occurred_at: datetime
    recorded_at: datetime


class MasteryRow(NamedTuple):
    """One row of the mastery view."""

    learner: LearnerId
    competency: CompetencyId
    state: MasteryState
    estimate: Decimal | None
    level: str | None
    policy: PolicyId
    policy_digest: str
    framework: FrameworkId | None
    framework_version: str | None
    since: datetime | None
    due_at: datetime | None
    position: Position
    floors: tuple[str, ...]
    crosswalks: tuple[str, ...]


class LearnerRow(NamedTuple):
    """One row of the learner directory; `revises`: some evidence names other that it revises."""

    learner: LearnerId
    facts: int
    evidence: int
    withdrawn: int
    last_position: Position
    last_recorded_at: datetime
    revises: bool


class Closing(NamedTuple):
    """An observation row that a later fact ended."""

    evidence: EvidenceId
    position: Position
    by: Position


@dataclass(slots=True)
class Quality:
    """What one provider sent; `delay_s` adds up the time from occurring to being recorded."""

    evidence: int = 0
    corrections: int = 0
    withdrawals: int = 0
    unverified: int = 0
    unaligned: int = 0
    delay_s: int = 0


Counts = dict[int, Quality]
"""By provider, as a number: a UUID's hash is computed in Python, once for every fact."""


@dataclass(slots=True)
class Writes:
    """What a run of facts changes in the views, to be written in one go."""

    observations: list[ObservationRow] = field(default_factory=list[ObservationRow])
    closings: list[Closing] = field(default_factory=list[Closing])
    rewritten: list[LearnerId] = field(default_factory=list[LearnerId])
    mastery: dict[tuple[LearnerId, CompetencyId], MasteryRow | None] = field(
        default_factory=dict[tuple[LearnerId, CompetencyId], MasteryRow | None]
    )
    changes: list[Change] = field(default_factory=list[Change])
    learners: dict[LearnerId, LearnerRow | None] = field(
        default_factory=dict[LearnerId, LearnerRow | None]
    )
    providers: Counts = field(default_factory=dict[int, Quality])

    def erase(self, learner: LearnerId) -> None:
        """Take all rows of a learner away, but for those of mastery, which are named one by one."""
        self.rewritten.append(learner)
        self.observations = [one for one in self.observations if one.learner != learner]
        self.learners[learner] = None


def change_id(learner: LearnerId, competency: CompetencyId, cause: str) -> UUID:
    """Name a change by what caused it, so that a replay gives it the same name."""
    return uuid5(_CHANGES, f"{learner}|{competency}|{cause}")


def erasure(learner: LearnerId, cause: Cause, *, on: datetime) -> Change:
    """Give the last entry of the feed about a learner: it names no competency, and means all."""
    return Change(
        id=change_id(learner, _NONE, cause.key), learner=learner, competency=_NONE,
        from_state=_NOTHING, to_state=_NOTHING, estimate=None, level=None,
        cause=cause.kind, cause_position=cause.position, policy=PolicyId(""), policy_digest="",
        framework_version=None, effective_at=on, recorded_at=cause.recorded_at,
    )  # fmt: skip


def count(counts: Counts, fact: Fact, recorded_at: datetime) -> None:
    """Count a fact for the provider that sent it."""
    if isinstance(fact, EvidenceRecorded):
        evidence = fact.evidence
        found = counts.get(fact.provider.int)
        if found is None:
            found = counts[fact.provider.int] = Quality()
        found.evidence += 1
        if not evidence.verification.verified:
            found.unverified += 1
        if not evidence.alignments:
            found.unaligned += 1
        occurred_at = evidence.occurred_at
        delay = recorded_at - (occurred_at if occurred_at.tzinfo else aware(occurred_at))
        found.delay_s += delay.days * 86_400 + delay.seconds
    elif isinstance(fact, EvidenceCorrected):
        counts.setdefault(fact.provider.int, Quality()).corrections += 1
    elif isinstance(fact, EvidenceWithdrawn):
        counts.setdefault(fact.provider.int, Quality()).withdrawals += 1


def rows_of(learner: LearnerId, piece: Piece, registry: Registry) -> Iterator[ObservationRow]:
    """Give the rows of what a piece says now."""
    return _rows(
        learner, piece, piece.evidence, registry,
        place=(piece.position, piece.withdrawn_position), recorded_at=piece.recorded_at,
    )  # fmt: skip


def earlier_rows_of(
    learner: LearnerId, piece: Piece, registry: Registry
) -> Iterator[ObservationRow]:
    """Give the rows of what a piece said before it was corrected."""
    for said in piece.earlier:
        yield from _rows(
            learner, piece, said.evidence, registry,
            place=(said.position, said.ended_position), recorded_at=said.recorded_at,
        )  # fmt: skip


def competencies_of(evidence: Evidence, registry: Registry) -> set[CompetencyId]:
    """Give what evidence is aligned to, under the names that rows go by."""
    resolve = registry.frameworks.resolve
    return {
        resolved.competency if (resolved := resolve(one)) else CompetencyId(one.competency)
        for one in evidence.alignments
    }


def _rows(
    learner: LearnerId, piece: Piece, evidence: Evidence, registry: Registry, *,
    place: tuple[Position, Position | None], recorded_at: datetime,
) -> Iterator[ObservationRow]:  # fmt: skip
    done: set[CompetencyId] = set()
    for alignment in evidence.alignments:
        resolved = registry.frameworks.resolve(alignment)
        competency = resolved.competency if resolved else CompetencyId(alignment.competency)
        if competency not in done:
            done.add(competency)
            yield ObservationRow(
                learner, competency, piece.id, place[0], piece.first_position, place[1],
                piece.provider, evidence.kind, resolved.framework if resolved else None,
                aware(evidence.occurred_at), recorded_at,
            )  # fmt: skip


def mastery_row(observed: Observed, standing: Standing) -> MasteryRow:
    """Give the row of a verdict; its `position` is of the last fact it rests on."""
    described = observed.registry.frameworks.describe(standing.competency)
    return MasteryRow(
        observed.record.learner, standing.competency, standing.state, standing.estimate,
        standing.level, standing.policy, standing.policy_digest,
        described.framework if described else None, described.version if described else None,
        standing.since, standing.due_at, observed.position_of(standing.competency),
        standing.floors, crossed(observed, standing.competency),
    )  # fmt: skip


def learner_row(record: LearnerRecord, *, elsewhere: int = 0) -> LearnerRow:
    """Give the directory's row of a record; `elsewhere` is how much evidence is not in it."""
    return LearnerRow(
        record.learner, record.facts, len(record.pieces) + elsewhere, record.withdrawn,
        record.position, record.recorded_at, bool(record.revised_by),
    )  # fmt: skip
