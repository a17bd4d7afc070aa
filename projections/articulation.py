"""Credits that count on another record as well, by the clauses of signed agreements.

Derived whenever it is asked: one fact stands behind the credits on both records, so a withdrawal
or a correction of it moves both. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from ledger.domain.evidence import JUDGED_KINDS
from ledger.domain.facts import ContestResolved
from ledger.domain.framework import Articulation
from ledger.domain.ids import EvidenceId
from projections.authority import Authority, aware
from projections.equivalence import below, in_force
from projections.learner import Piece
from projections.observing import UNSOUND, Observed
from projections.policies.observation import Exclusion
from projections.registry import Registry

NOT_THEIRS: frozenset[Exclusion] = frozenset(
    {"outside_authority", "provider_suspended", "unverified", "set_aside"}
)
"""Why evidence brings nobody credits elsewhere: it was not theirs to say, or was found wrong."""


def refused(observed: Observed) -> set[EvidenceId]:
    """Name the evidence that is `NOT_THEIRS` on a competency to which it is aligned itself."""
    return {
        seen.evidence
        for line in observed.lines.values()
        for seen in line.seen
        if seen.excluded in NOT_THEIRS and not seen.via
    }


class Articulated(NamedTuple):
    """Credits that a clause gives, and for what."""

    agreement: str
    digest: str
    clause: Articulation
    piece: Piece
    credits: Decimal


def articulated(pieces: Iterable[Piece], registry: Registry) -> Iterator[Articulated]:
    """Give what the agreements that count add to the credits of these pieces.

    The caller leaves out what is `refused`. A course need not be aligned
    to any: what its provider may not say at all gives nothing either.
    """
    equivalences = registry.equivalences
    agreements = [
        (published.crosswalk, standing.digest, published.credits)
        for published, standing in equivalences.crosswalks()
        if published.credits and standing.counts()
    ]
    if not agreements:
        return
    for piece in pieces:
        given = piece.evidence.credits
        if given is None or given <= 0 or piece.evidence.kind not in JUDGED_KINDS:
            continue
        if not _is_theirs(piece, registry.authority):
            continue
        for name, digest, clauses in agreements:
            for clause in clauses:
                if _applies(clause, piece):
                    yield Articulated(name, digest, clause, piece, given * clause.rate)


def _is_theirs(piece: Piece, authority: Authority) -> bool:
    verification = piece.evidence.verification
    return (
        authority.holds_some(piece.provider, aware(piece.evidence.occurred_at))
        and verification.verified
        and verification.status not in UNSOUND
        and not any(
            isinstance(one, ContestResolved) and one.outcome == "set_aside" for one in piece.remarks
        )
    )


def _applies(clause: Articulation, piece: Piece) -> bool:
    evidence = piece.evidence
    starts_on = None if clause.retroactive else clause.starts_on
    return (
        evidence.context.course == clause.course
        and clause.provider in {None, piece.provider}
        and (evidence.result is None or evidence.result.success is not False)
        and in_force(starts_on, clause.ends_on, evidence.occurred_at)
        and not below(clause.level_at_least, evidence.result)
    )
