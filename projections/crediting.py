"""Whose hours, credits and credentials count: of evidence that its provider may submit, and that stands.

What a competency is mastered by, its policy decides; what is held and done besides, a pathway
counts as it was said. So it is held against the same authority, evidence by evidence. Pure.
"""

from __future__ import annotations

from collections import defaultdict

from ledger.domain.evidence import JUDGED_KINDS, Result
from ledger.domain.facts import ContestResolved, EvidenceContested
from ledger.domain.ids import EvidenceId
from projections.authority import Authority, Excluded, aware
from projections.learner import Piece
from projections.observing import UNSOUND, Observed
from projections.policies.observation import Exclusion, Observation

NOT_THEIRS: frozenset[Exclusion] = frozenset(
    {"outside_authority", "provider_suspended", "unverified", "contested", "set_aside"}
)
"""Why evidence credits nobody: it was not theirs to say, it is in dispute, or was found wrong."""

_EARNED = frozenset({"final", "exempt"})


def uncredited(observed: Observed) -> dict[EvidenceId, Excluded]:
    """Name the evidence whose hours, credits and credentials count for nothing, and why.

    A provider needs authority for one of the competencies that its evidence names; where it
    names none that is known, authority for such evidence at all.
    """
    own: defaultdict[EvidenceId, list[Observation]] = defaultdict(list)
    for line in observed.lines.values():
        for seen in line.seen:
            if not seen.via:
                own[seen.evidence].append(seen)
    found: dict[EvidenceId, Excluded] = {}
    for piece in observed.record.pieces.values():
        why = _in_itself(piece, observed.registry.authority) or _as_aligned(own[piece.id])
        if why is not None:
            found[piece.id] = why
    return found


def earned(piece: Piece) -> bool:
    """Say whether a course gave its credits: it is over, and was not failed."""
    result = piece.evidence.result or Result()
    return (
        piece.evidence.kind in JUDGED_KINDS
        and result.success is not False
        and result.status in _EARNED
    )


def _in_itself(piece: Piece, authority: Authority) -> Excluded | None:
    evidence = piece.evidence
    if not evidence.verification.verified or evidence.verification.status in UNSOUND:
        return "unverified", f"{evidence.verification.method}: {evidence.verification.status}"
    why = authority.lacks(piece.provider, evidence.kind, aware(evidence.occurred_at))
    for remark in piece.remarks if why is None else ():
        match remark:
            case EvidenceContested():
                why = why or ("contested", remark.reason)
            case ContestResolved(outcome="set_aside"):
                why = "set_aside", remark.reason
            case ContestResolved() if why is not None and why[0] == "contested":
                why = None
            case _:
                pass
    return why


def _as_aligned(own: list[Observation]) -> Excluded | None:
    refused = [one for one in own if one.excluded in NOT_THEIRS]
    if not own or len(refused) < len(own):
        return None
    reason = refused[0].excluded
    return (reason, refused[0].excluded_detail) if reason is not None else None
