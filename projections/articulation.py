"""Credits that count on another record as well, by the clauses of signed agreements.

Derived whenever it is asked: one fact stands behind the credits on both records, so a withdrawal
or a correction of it moves both. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from ledger.domain.framework import Articulation
from projections.crediting import earned
from projections.equivalence import below, in_force
from projections.learner import Piece
from projections.registry import Registry


class Articulated(NamedTuple):
    """Credits that a clause gives, and for what."""

    agreement: str
    digest: str
    clause: Articulation
    piece: Piece
    credits: Decimal


def articulated(pieces: Iterable[Piece], registry: Registry) -> Iterator[Articulated]:
    """Give what the agreements that count add to the credits of these pieces.

    The caller leaves out what is `uncredited`.
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
        if given is None or given <= 0 or not earned(piece):
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
        and in_force(starts_on, clause.ends_on, evidence.occurred_at)
        and not below(clause.level_at_least, evidence.result)
    )
