"""What others say of evidence, and what it is worth elsewhere.

Confirmations, contests, instruments, credentials, and crosswalks to other competencies. Runs
only where something of the kind is on record: most evidence is read without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from ledger.domain.evidence import Alignment, Result
from ledger.domain.facts import ContestResolved, EvidenceConfirmed, EvidenceContested
from ledger.domain.ids import CompetencyId, FrameworkId
from projections.equivalence import Reached, Shown
from projections.learner import Piece, Remark
from projections.policies.observation import Observation
from projections.registry import Registry

Read = tuple[Observation, FrameworkId | None]


def attested(piece: Piece, registry: Registry) -> Sequence[Alignment]:
    """Give the alignments of a piece, with what its credential attests on record."""
    evidence = piece.evidence
    credential = evidence.credential
    if credential is None:
        return evidence.alignments
    names = [name for name in (credential.id, credential.name) if name]
    own = registry.equivalences.attested(names, evidence.occurred_at)
    return (*evidence.alignments, *own) if own else evidence.alignments


def widen(read: Iterable[Read], piece: Piece, registry: Registry) -> list[Read]:
    """Take in what others say of a piece, and add what it counts for over crosswalks."""
    own: list[Read] = []
    for observation, framework in read:
        judged = _by_instrument(observation, registry)
        own += [(one, framework) for one in _remarked(judged, piece.remarks, registry)]
    return own + _elsewhere(own, registry)


def _by_instrument(observation: Observation, registry: Registry) -> Observation:
    name = observation.context.assessment
    if name is None:
        return observation
    rigour = registry.assessments.rigour(name)
    if rigour is not None:
        observation = replace(observation, rigour=rigour)
    if observation.excluded is None and registry.assessments.unvalidated(
        name, observation.occurred_at
    ):
        detail = f"nobody had validated {name} for that time"
        return replace(observation, excluded="unvalidated_assessment", excluded_detail=detail)
    return observation


def _remarked(
    observation: Observation, remarks: Sequence[Remark], registry: Registry
) -> list[Observation]:
    """Apply remarks in the order they were recorded; a rater who differs is a second opinion."""
    opinions: list[Observation] = []
    for remark in remarks:
        match remark:
            case EvidenceConfirmed() if _is_about(remark, observation, registry):
                if remark.result is None or _agree(remark.result, observation.result):
                    by = tuple(dict.fromkeys((*observation.confirmed_by, remark.evaluator.id)))
                    observation = replace(observation, confirmed_by=by)
                else:
                    opinions.append(
                        replace(observation, evaluator=remark.evaluator.id, result=remark.result)
                    )
            case EvidenceContested() if observation.excluded is None:
                observation = replace(
                    observation, excluded="contested", excluded_detail=remark.reason
                )
            case ContestResolved(outcome="stands") if observation.excluded == "contested":
                observation = replace(observation, excluded=None, excluded_detail="")
            case ContestResolved(outcome="set_aside") if observation.excluded in _OPEN:
                observation = replace(
                    observation, excluded="set_aside", excluded_detail=remark.reason
                )
            case _:
                pass
    excluded, detail = observation.excluded, observation.excluded_detail
    return [
        observation,
        *(replace(one, excluded=excluded, excluded_detail=detail) for one in opinions),
    ]


_OPEN = frozenset({None, "contested"})


def _is_about(remark: EvidenceConfirmed, observation: Observation, registry: Registry) -> bool:
    if remark.evaluator.id == observation.evaluator:
        return False  # nobody confirms their own rating
    if remark.competency is None:
        return True
    resolved = registry.resolve(Alignment(competency=remark.competency))
    name = resolved.competency if resolved else CompetencyId(remark.competency)
    return name == observation.competency


def _agree(one: Result, other: Result | None) -> bool:
    """Say whether two ratings are the same, in whatever terms both use."""
    if other is None:
        return False
    for mine, theirs in (
        (one.level, other.level),
        (one.score, other.score),
        (one.success, other.success),
    ):
        if mine is not None and theirs is not None:
            return mine == theirs
    return False


def _elsewhere(own: Sequence[Read], registry: Registry) -> list[Read]:
    """Give one observation per rater and competency reached, none where it is aligned itself."""
    if not registry.equivalences.counts:
        return []
    direct = {observation.competency for observation, _ in own}
    best: dict[tuple[str, str | None], tuple[Reached, Observation]] = {}
    for observation, _ in own:
        start = registry.frameworks.describe(observation.competency)
        if start is None:
            continue
        shown = Shown(observation.kind, observation.occurred_at, observation.result)
        reached = registry.equivalences.reach(start, shown, registry.frameworks)
        for name, one in reached.items():
            before = best.get((name, observation.evaluator))
            if name not in direct and (before is None or one.place < before[0].place):
                best[name, observation.evaluator] = (one, observation)
    return [_via(one, observation) for one, observation in best.values()]


def _via(reached: Reached, observation: Observation) -> Read:
    excluded, detail = observation.excluded, observation.excluded_detail
    if excluded is None and reached.refused:
        excluded, detail = "not_equivalent", reached.refused
    widened = replace(
        observation,
        competency=reached.resolved.competency,
        weight=observation.weight * reached.weight,
        via=reached.via,
        broader=reached.broader and observation.excluded is None,
        excluded=excluded,
        excluded_detail=detail,
    )
    return widened, reached.resolved.framework
