"""Reports over many learners: moderation, and the action lists.

Read from the log at the moment of asking, learner after learner, so memory does not grow with
the log and the figures are as of a position.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger.domain.evidence import Result
from ledger.domain.facts import EvidenceConfirmed
from ledger.domain.identities import Identities
from ledger.domain.ids import LearnerId, Position
from ledger.store.reader import LogReader
from projections.action_lists import NotImproved, OneShort, not_improved, one_short
from projections.adoption import ENROLMENT_LEVELS, scopes_of
from projections.learner import LearnerRecord, Piece
from projections.mastery import Bench
from projections.moderation import Agreement, Drift, Pair, agreement, by, drifting
from projections.observing import Observed
from projections.people import by_person, record_of
from projections.registry import Registry, day_of
from projections.transcript import worded

_FACTS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a report is about: everybody, or those enrolled there on the day."""

    as_of: Position
    on: datetime
    level: str | None = None  # "state", "district", "school" or "programme"
    name: str = ""
    after: LearnerId | None = None  # go on after this learner, in the order of ids

    def __post_init__(self) -> None:
        """Refuse a level that nobody can be enrolled at.

        Raises:
            ValueError: it is none of state, district, school, programme.
        """
        if self.level is not None and self.level not in ENROLMENT_LEVELS:
            raise ValueError(f"{self.level} is none of {', '.join(ENROLMENT_LEVELS)}")

    def is_about(self, record: LearnerRecord) -> bool:
        """Whether a learner is one of those."""
        if self.level is None:
            return True
        return (self.level, self.name) in scopes_of(record.enrolments.values(), day_of(self.on))


@dataclass(frozen=True, slots=True)
class Rater:
    """One evaluator of one provider, and how far second raters agree."""

    provider: str
    evaluator: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Moderation:
    """How far second scores agree: over all, by rater, and who drifts since a date.

    As of `position` in the log, and as true at the moment `on`.
    """

    position: Position
    on: datetime
    overall: Agreement
    raters: tuple[Rater, ...]
    drifting: tuple[Drift, ...]


def one_short_list(log: LogReader, scope: Scope) -> Iterator[OneShort]:
    """List who is one observation short of mastering what, and what it must bring."""
    registry = Registry.fold(log.reference(until=scope.as_of))
    for record in records(log, scope, registry.identities):
        observed = Observed(record, registry)
        bench = Bench(observed, on=scope.on)
        for competency in sorted(bench.competencies()):
            found = one_short(
                bench.deciding(competency),
                observed.at(competency, scope.on),
                worded(bench.judge(competency), registry),
                learner=record.learner,
                children=bench.children(competency),
            )
            if found is not None:
                yield found


def not_improved_list(log: LogReader, scope: Scope) -> Iterator[NotImproved]:
    """List completed work with feedback that no revision has made better."""
    for record in records(log, scope):
        yield from not_improved(record)


def moderation(log: LogReader, scope: Scope, *, since: datetime) -> Moderation:
    """Compare first with second scores; drift is looked for from `since` on."""
    pairs = [pair for record in records(log, scope) for pair in pairs_of(record)]
    groups = by(pairs, lambda pair: (str(pair.provider), pair.evaluator))
    raters = tuple(
        Rater(provider, evaluator, agreement(group))
        for (provider, evaluator), group in sorted(groups.items())
    )
    drifts = tuple(drifting(pairs, since=since))
    return Moderation(scope.as_of, scope.on, agreement(pairs), raters, drifts)


def pairs_of(record: LearnerRecord) -> Iterator[Pair]:
    """Give the second scores in a record that are on the same scale as the first."""
    for piece in record.pieces.values():
        if piece.withdrawn_position is not None:
            continue
        for remark in piece.remarks:
            if isinstance(remark, EvidenceConfirmed) and remark.result is not None:
                yield from _pairs(piece, remark, remark.result)


def _pairs(piece: Piece, remark: EvidenceConfirmed, second: Result) -> Iterator[Pair]:
    evaluator = piece.evidence.evaluator
    if evaluator is None or evaluator.id == remark.evaluator.id:
        return
    for alignment in piece.evidence.alignments:
        if remark.competency is not None and alignment.competency != remark.competency:
            continue
        places = _places(alignment.result or piece.evidence.result, second)
        if places is not None:
            first, last, steps = places
            yield Pair(
                piece.id, piece.provider, evaluator.id, first, last, remark.occurred_at, steps
            )
        return  # one pair for one look at the work, however many competencies it bears on


def _places(first: Result | None, second: Result) -> tuple[int, int, int] | None:
    """Place two results on one scale, of so many steps; None where they are on none together."""
    if first is None:
        return None
    if first.level is not None and second.level is not None:
        scale = first.scale or second.scale
        same = not second.scale or second.scale == scale
        if not same or first.level not in scale or second.level not in scale:
            return None
        return scale.index(first.level), scale.index(second.level), max(1, len(scale) - 1)
    return _points(first, second)


def _points(first: Result, second: Result) -> tuple[int, int, int] | None:
    low, high = first.min or Decimal(0), first.max
    if first.score is None or second.score is None or high is None:
        return None
    if second.max not in {None, high} or (second.max is not None and (second.min or 0) != low):
        return None
    numbers = (first.score, second.score, high)
    if not all(one.is_finite() and low <= one <= high for one in numbers):
        return None
    # Of whole points each is a step; what lies between them is compared to so many decimals.
    whole = all((one - low) % 1 == 0 for one in numbers)
    one, other, steps = (int((each - low) * (1 if whole else _PARTS)) for each in numbers)
    return one, other, max(1, steps)


_PARTS = 10**6


def records(
    log: LogReader, scope: Scope, identities: Identities | None = None
) -> Iterator[LearnerRecord]:
    """Fold the record of everybody whom a report is about, in the order of their ids.

    `identities` as of then, where they are known already.
    """
    if identities is None:
        identities = Registry.fold(log.reference(until=scope.as_of)).identities
    return filter(scope.is_about, all_records(log, scope, identities))


def all_records(log: LogReader, scope: Scope, identities: Identities) -> Iterator[LearnerRecord]:
    """Fold the record of everybody, wherever they are enrolled, in the order of their ids."""
    for stream in by_person(
        log, identities, until=scope.as_of, facts_max=_FACTS_MAX, after=scope.after
    ):
        record = record_of(stream, identities)
        if record is not None:
            yield record
