"""Second scoring: which work was drawn for it, which was scored twice, and which awaits.

Drawn by a digest of the evidence's id (moderation.is_sampled): whoever asks, and whenever, the
same share draws the same work, and a larger share draws more besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from ledger.domain.evidence import JUDGED_KINDS, Evidence, Party
from ledger.domain.facts import EvidenceConfirmed
from ledger.domain.ids import EvidenceId, LearnerId, Position, ProviderId
from ledger.store.reader import LogReader
from projections.authority import aware
from projections.learner import LearnerRecord, Piece
from projections.moderation import is_sampled
from projections.reports import Scope, records

SHARE_PERCENT = Decimal(10)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked: a share in percent (above 0, at most 100), of whose work."""

    share_percent: Decimal = SHARE_PERCENT
    provider: ProviderId | None = None
    evaluator: str | None = None
    awaiting: bool = False  # list only what nobody scored a second time


@dataclass(frozen=True, slots=True)
class Drawn:
    """A piece of work that was drawn; `scored_by` is empty while it awaits a second score."""

    evidence: EvidenceId
    learner: LearnerId
    provider: ProviderId
    evaluator: str
    occurred_at: datetime
    title: str | None
    scored_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one evaluator's work was drawn, and how much of that was scored again."""

    provider: ProviderId
    evaluator: str
    works: int
    drawn: int
    scored: int


@dataclass(frozen=True, slots=True)
class SecondScoring:
    """The share of each evaluator of each provider, and the work itself, learner by learner.

    `items` end after `limit` or more; a learner's stay together, and `next` is where to go on. As of
    `position` in the log, and as true at the moment `on`.
    """

    position: Position
    on: datetime
    share_percent: Decimal
    raters: tuple[Share, ...]
    items: tuple[Drawn, ...]
    next: LearnerId | None


def second_scoring(log: LogReader, scope: Scope, wanted: Wanted, *, limit: int) -> SecondScoring:
    """Draw the sample anew over the whole log; `scope.after` moves only the items."""
    share = Fraction(wanted.share_percent) / 100
    counts: dict[tuple[ProviderId, str], list[int]] = {}
    items: list[Drawn] = []
    more: LearnerId | None = None
    everybody = Scope(scope.as_of, scope.on, scope.level, scope.name)
    for record in records(log, everybody):
        passed = scope.after is not None and record.learner.int <= scope.after.int
        if len(items) >= limit and more is None:
            more = items[-1].learner
        for piece, evaluator in _works(record, wanted, scope.on):
            count = counts.setdefault((piece.provider, evaluator.id), [0, 0, 0])
            count[0] += 1
            if not is_sampled(piece.id, share=share):
                continue
            drawn = _drawn(record.learner, piece, evaluator, scope.on)
            count[1] += 1
            count[2] += bool(drawn.scored_by)
            if not passed and more is None and not (wanted.awaiting and drawn.scored_by):
                items.append(drawn)
    raters = tuple(Share(*key, *count) for key, count in sorted(counts.items()))
    return SecondScoring(scope.as_of, scope.on, wanted.share_percent, raters, tuple(items), more)


def _works(record: LearnerRecord, wanted: Wanted, on: datetime) -> Iterator[tuple[Piece, Party]]:
    """Give what somebody rated and nobody took back."""
    for piece in record.pieces.values():
        evidence, evaluator = piece.evidence, piece.evidence.evaluator
        if (
            evaluator is not None
            and piece.withdrawn_position is None
            and wanted.provider in {None, piece.provider}
            and wanted.evaluator in {None, evaluator.id}
            and evidence.kind in JUDGED_KINDS
            and aware(evidence.occurred_at) <= on
            and _is_rated(evidence)
        ):
            yield piece, evaluator


def _is_rated(evidence: Evidence) -> bool:
    results = (evidence.result, *(one.result for one in evidence.alignments))
    return any(
        one is not None and (one.score is not None or one.level is not None) for one in results
    )


def _drawn(learner: LearnerId, piece: Piece, evaluator: Party, on: datetime) -> Drawn:
    seconds = (
        one.evaluator.id
        for one in piece.remarks
        if isinstance(one, EvidenceConfirmed)
        and one.evaluator.id != evaluator.id
        and aware(one.occurred_at) <= on
    )
    return Drawn(
        piece.id, learner, piece.provider, evaluator.id, piece.evidence.occurred_at,
        piece.evidence.title, tuple(dict.fromkeys(seconds)),
    )  # fmt: skip
