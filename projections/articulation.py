"""Credits that count on another record as well, by the clauses of signed agreements.

Derived whenever it is asked: one fact stands behind the credits on both records, so a withdrawal
or a correction of it moves both. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from ledger.domain.evidence import JUDGED_KINDS
from ledger.domain.framework import Articulation
from projections.equivalence import Equivalences, below, in_force
from projections.learner import Piece
from projections.policies.observation import Exclusion

NOT_THEIRS: frozenset[Exclusion] = frozenset(
    {"outside_authority", "provider_suspended", "unverified", "set_aside"}
)
"""Why evidence brings nobody credits elsewhere: it was not theirs to say, or was found wrong."""


class Articulated(NamedTuple):
    """Credits that a clause gives, and for what."""

    agreement: str
    digest: str
    clause: Articulation
    piece: Piece
    credits: Decimal


def articulated(pieces: Iterable[Piece], equivalences: Equivalences) -> Iterator[Articulated]:
    """Give what the agreements that count add to the credits of these pieces."""
    agreements = [
        (name, equivalences.digest(name), published.credits)
        for published, standing in equivalences.crosswalks()
        if published.credits and standing.counts()
        for name in (published.crosswalk,)
    ]
    if not agreements:
        return
    for piece in pieces:
        given = piece.evidence.credits
        if given is None or given <= 0 or piece.evidence.kind not in JUDGED_KINDS:
            continue
        for name, digest, clauses in agreements:
            for clause in clauses:
                if _applies(clause, piece):
                    yield Articulated(name, digest, clause, piece, given * clause.rate)


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
