"""What is adopted, for people who ask what is in force where."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from ledger.domain.framework import Strand
from ledger.domain.ids import PolicyId
from ledger.domain.value import Value
from projections.adoption import LEVELS, Adoptions, spoken_by


class Adoption(Value):
    """A policy that decides, or holds as a floor, for a scope from a day on (None: always)."""

    level: str
    scope: str
    starts_on: date | None
    policy: PolicyId
    digest: str
    floor: bool


def standing(adoptions: Adoptions) -> list[Adoption]:
    """List what is adopted, the widest first, without what another took the place of."""
    found: list[Adoption] = []
    taken: defaultdict[tuple[int, date, str], set[Strand | None]] = defaultdict(set)
    for one in adoptions.latest_first():
        over, spoken = taken[one.level, one.starts_on, one.scope], spoken_by(one.judge)
        if not spoken <= over:
            found.append(
                Adoption(
                    level=LEVELS[one.level], scope=one.scope,
                    starts_on=None if one.starts_on == date.min else one.starts_on,
                    policy=one.judge.policy, digest=one.judge.digest, floor=one.floor,
                )
            )  # fmt: skip
        over |= spoken
    return found[::-1]
