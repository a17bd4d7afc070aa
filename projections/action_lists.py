"""Action lists: who is one observation short, and who completes work without improving it.

Pure. "One short" is tried, not guessed: some one further observation would make the competency
mastered, under the very policy that decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Literal
from uuid import UUID

from ledger.domain.evidence import Context, EvidenceKind, Facet, Result
from ledger.domain.ids import CompetencyId, EvidenceId, LearnerId, Position, ProviderId
from projections.floors import Floored
from projections.learner import LearnerRecord, Piece
from projections.policies.compiling import parts_of
from projections.policies.judge import NO_CHILDREN, Judge
from projections.policies.observation import Observation
from projections.policies.requirements import CredentialHeld, ResultOf
from projections.policies.verdict import MasteryState, Missing, Verdict

_NEXT = UUID(int=2**128 - 1)
_NEW = "(somewhere or somebody new)"
HOURS_MAX = Decimal(40)
"""A week's: who lacks more hours than that is not one observation short."""

_HARDEST = 100  # the highest rigour band that a policy may ask for
_KINDS: tuple[EvidenceKind, ...] = ("assessment", "work_based_learning", "credential")
_ALL_FACETS: tuple[Facet, ...] = (
    "performance", "explanation", "transfer", "revision", "reflection",
)  # fmt: skip
_LAST = Position(2**62)
_SOON = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class OneShort:
    """One more observation of this kind would do; `missing` says what it must bring."""

    learner: LearnerId
    competency: CompetencyId
    kind: EvidenceKind
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class NotImproved:
    """Work that was completed and commented on, and not made better since.

    `why` is "no_revision" where nothing revises it, "no_gain" where the best revision did not
    reach a higher result.
    """

    learner: LearnerId
    evidence: EvidenceId
    why: Literal["no_revision", "no_gain"]


def one_short(
    judge: Judge,
    observations: Sequence[Observation],
    verdict: Verdict,
    *,
    learner: LearnerId,
    children: Mapping[CompetencyId, MasteryState] = NO_CHILDREN,
) -> OneShort | None:
    """Say whether one further observation, as good as it can be, would make it mastered.

    It may bring HOURS_MAX hours, or a credential. `children` are the states of the competencies
    it is made of, as they are. Evidence that is contested or waits for a second rater is somebody
    else's to act on.
    """
    if verdict.state not in {"no_evidence", "in_progress", "lapsed"}:
        return None
    for candidate in _candidates(judge, observations, verdict):
        tried = judge.standing(
            [*observations, candidate], competency=verdict.competency, on=verdict.on,
            children=children,
        )  # fmt: skip
        if tried.state == "mastered":
            return OneShort(learner, verdict.competency, candidate.kind, verdict.missing)
    return None


def not_improved(record: LearnerRecord) -> tuple[NotImproved, ...]:
    """List completed work with feedback that no revision has made better (S4-5)."""
    revisions: dict[EvidenceId, list[Piece]] = {}
    pieces = [one for one in record.pieces.values() if one.withdrawn_position is None]
    for piece in pieces:
        earlier = record.revises(piece)
        if earlier is not None:
            revisions.setdefault(earlier, []).append(piece)
    found: list[NotImproved] = []
    for piece in pieces:
        if not (_is_complete(piece) and _has_feedback(piece)) or _is_full(piece):
            continue
        later = revisions.get(piece.id, [])
        if not later:
            # The last of a chain that did improve is where the work stands, not a failure.
            if not _improved_on_something(record, piece):
                found.append(NotImproved(record.learner, piece.id, "no_revision"))
        elif not any(_better(one, piece) for one in later):
            found.append(NotImproved(record.learner, piece.id, "no_gain"))
    return tuple(sorted(found, key=lambda one: one.evidence))


def grade(result: Result | None) -> Decimal | None:
    """Place a result between 0 and 1 on its own scale; None where it does not say."""
    if result is None:
        return None
    if result.level is not None and result.level in result.scale and len(result.scale) > 1:
        return Decimal(result.scale.index(result.level)) / (len(result.scale) - 1)
    low = result.min if result.min is not None else Decimal(0)
    if result.score is not None and result.max is not None and result.max > low:
        return (result.score - low) / (result.max - low)
    if result.success is not None:
        return Decimal(int(result.success))
    return None


# -- inside -------------------------------------------------------------------------------------


def _candidates(
    judge: Judge, observations: Sequence[Observation], verdict: Verdict
) -> Iterator[Observation]:
    """The best single observations there could be: of each kind, new or on some earlier work."""
    scale = tuple(level.name for level in judge.document.scale.levels)
    best = Result(level=scale[-1], scale=scale, success=True)
    if judge.document.scale.full_marks > judge.document.scale.levels[-1].points:
        best = Result(score=Decimal(1), max=Decimal(1), success=True)
    purposes = judge.document.counting.purposes or ("summative",)
    earlier = [one for one in observations if one.excluded is None]
    works = sorted({one.evidence for one in earlier})
    cards, named = _named(judge)
    tasks = sorted({one.context.task for one in earlier if one.context.task is not None} | named)
    kinds: list[tuple[EvidenceKind, str | None]] = [(kind, None) for kind in _KINDS]
    kinds.extend(("credential", card) for card in cards)
    for (kind, card), revised, task in product(kinds, [None, *works], [_NEW, *tasks]):
        yield Observation(
            evidence=EvidenceId(_NEXT),
            competency=verdict.competency,
            position=_LAST,
            first_position=_LAST,
            kind=kind,
            occurred_at=_after(observations, verdict.on),
            recorded_at=verdict.on,
            provider=ProviderId(_NEXT),
            evaluator=_NEW,
            result=best,
            context=Context(
                site=_NEW,
                task=task,
                task_family=_NEW,
                equipment=(_NEW,),
                course=_NEW,
                assessment=task,
                purpose=purposes[0],
            ),
            facets=_ALL_FACETS,
            revises=revised,
            hours=HOURS_MAX,
            credential=card,
            rigour=_HARDEST,
        )


def _named(judge: Judge) -> tuple[list[str], set[str]]:
    """Give the credentials, and the tasks and tests, that the policy and its floors ask for by name."""
    floors = judge.floors if isinstance(judge, Floored) else ()
    rules = [rule for one in (judge, *floors) for _, rule in parts_of(one.document.requirement)]
    cards = {name for rule in rules if isinstance(rule, CredentialHeld) for name in rule.any_of}
    return sorted(cards), {rule.which for rule in rules if isinstance(rule, ResultOf)}


def _after(observations: Iterable[Observation], on: datetime) -> datetime:
    latest = max((one.occurred_at for one in observations if one.occurred_at <= on), default=None)
    return on if latest is None or latest + _SOON > on else max(latest + _SOON, on)


def _is_complete(piece: Piece) -> bool:
    results = [piece.evidence.result, *(one.result for one in piece.evidence.alignments)]
    return any(
        one is not None and one.status == "final" and one.completion is not False for one in results
    )


def _has_feedback(piece: Piece) -> bool:
    results = [piece.evidence.result, *(one.result for one in piece.evidence.alignments)]
    return any(one.comment for one in piece.evidence.criteria) or any(
        one is not None and one.text for one in results
    )


def _is_full(piece: Piece) -> bool:
    reached = _grades(piece)
    return bool(reached) and min(reached.values()) >= 1


def _improved_on_something(record: LearnerRecord, piece: Piece) -> bool:
    earlier = record.revises(piece)
    before = record.pieces.get(earlier) if earlier is not None else None
    return before is not None and _better(piece, before)


def _better(later: Piece, earlier: Piece) -> bool:
    """Higher on something that both were judged on, and lower on nothing."""
    after, before = _grades(later), _grades(earlier)
    both = after.keys() & before.keys()
    rises = any(after[name] > before[name] for name in both)
    return rises and all(after[name] >= before[name] for name in both)


def _grades(piece: Piece) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for alignment in piece.evidence.alignments:
        result = alignment.result if alignment.result is not None else piece.evidence.result
        reached = grade(result)
        if reached is not None:
            found[alignment.competency] = reached
    if not found:
        reached = grade(piece.evidence.result)
        if reached is not None:
            found[""] = reached
    return found
