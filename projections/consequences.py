"""What rested on a crosswalk that was withdrawn: who, on what, and what became of it.

Judged twice, by the registry just before the withdrawal and just after it, at the moment of the
withdrawal: asked again later, the answer is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger.domain.ids import CompetencyId, EvidenceId, LearnerId, Position
from ledger.store.reader import LogReader
from projections.articulation import articulated
from projections.crediting import uncredited
from projections.mastery import Bench
from projections.observing import Observed
from projections.people import by_person, record_of
from projections.policies.verdict import MasteryState
from projections.registry import Registry

LISTED_MAX = 1_000
_FACTS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Rested:
    """One learner and competency to which the crosswalk brought evidence, or whose state moved.

    `evidence` is what it brought; empty where only a competency above was touched.
    """

    learner: LearnerId
    competency: CompetencyId
    evidence: tuple[EvidenceId, ...]
    before: MasteryState
    after: MasteryState


@dataclass(frozen=True, slots=True)
class LostCredit:
    """Credits that a clause of the agreement gave a learner on another record."""

    learner: LearnerId
    evidence: EvidenceId
    clause: str
    record: str
    credits: Decimal


@dataclass(frozen=True, slots=True)
class Consequences:
    """What rested on the crosswalk: at most `LISTED_MAX` of each are listed, all are counted.

    `learners` counts those with a competency or with credits among them; `pairs`, learners ×
    competencies, and `changed` those with another state now.
    """

    learners: int
    pairs: int
    changed: int
    rested: tuple[Rested, ...]
    credits: tuple[LostCredit, ...] = ()


def consequences(log: LogReader, crosswalk: str, *, withdrawn_at: Position) -> Consequences:
    """Say what rested on a crosswalk that the fact at this position withdrew."""
    before = Registry.fold(log.reference(until=Position(withdrawn_at - 1)))
    after = Registry.fold(log.reference(until=withdrawn_at))
    on = log.recorded_at(withdrawn_at)
    learners = pairs = changed = 0
    listed: list[Rested] = []
    lost: list[LostCredit] = []
    standing = before.equivalences.crosswalk(crosswalk)
    if standing is None or not standing.counts():
        return Consequences(0, 0, 0, ())
    for stream in by_person(log, before.identities, until=withdrawn_at, facts_max=_FACTS_MAX):
        record = record_of(stream, before.identities)
        if record is None:
            continue
        observed = Observed(record, before)
        found = list(_of(observed, crosswalk, after=after, on=on))
        credits_of = list(_credits(observed, crosswalk))
        learners += bool(found or credits_of)
        pairs += len(found)
        changed += sum(one.before != one.after for one in found)
        listed += found[: LISTED_MAX - len(listed)]
        lost += credits_of[: LISTED_MAX - len(lost)]
    return Consequences(learners, pairs, changed, tuple(listed), tuple(lost))


def _of(observed: Observed, crosswalk: str, *, after: Registry, on: datetime) -> Iterator[Rested]:
    record = observed.record
    brought = {
        name: evidence
        for name, line in observed.lines.items()
        if (
            evidence := tuple(
                seen.evidence
                for seen in line.seen
                if crosswalk in seen.via and seen.excluded is None
            )
        )
    }
    if not brought:
        return
    then, now = Bench(observed, on=on), Bench(Observed(record, after), on=on)
    for name in sorted(then.competencies() | now.competencies()):
        was, is_now = then.judge(name).state, now.judge(name).state
        if name in brought or was != is_now:
            yield Rested(record.learner, name, brought.get(name, ()), was, is_now)


def _credits(observed: Observed, agreement: str) -> Iterator[LostCredit]:
    record = observed.record
    not_theirs = uncredited(observed)
    standing = (
        piece
        for piece in record.pieces.values()
        if piece.withdrawn_position is None and piece.id not in not_theirs
    )
    for one in articulated(standing, observed.registry):
        if one.agreement == agreement:
            clause = one.clause
            yield LostCredit(
                record.learner, one.piece.id, clause.clause, clause.record, one.credits
            )
