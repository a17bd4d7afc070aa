"""One thing that is done in a random history, and what is said of crosswalks and instruments."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ledger.domain.evidence import Party
from ledger.domain.facts import (
    AssessmentRegistered,
    AssessmentValidated,
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    Fact,
)
from ledger.domain.framework import Equivalence
from tests.builders import Given, day, uri

BOARD = Party(id="board")
EQUATING = UUID(int=0x65717561)


@dataclass(frozen=True)
class Doing:
    """One thing that is done; what its numbers mean depends on `what`."""

    what: str
    who: int = 0
    by: int = 0
    about: int = 0
    choice: int = 0
    day: int = 0
    wait: int = 0
    score: str = "0.5"


def equate(given: Given, doing: Doing) -> None:
    """Say what else counts: two crosswalks that may run in a circle, a credential, two instruments."""
    name, instrument = f"x{doing.about % 2}", f"a{doing.about % 2}"
    match doing.what:
        case "walk":
            link = Equivalence(
                origin=uri(f"W{doing.by + 1}"), destination=uri(f"W{(doing.by + 1 + doing.who) % 4 + 1}"),
                relation=("exact", "narrower", "broader")[doing.choice % 3],
                weight=Decimal(doing.score), retroactive=doing.choice > 5,
                starts_on=day(doing.day).date() if doing.choice % 2 else None,
            )  # fmt: skip
            fact: Fact = CrosswalkPublished(
                crosswalk=name, title=name, links=(link,), needs=("cte",)
            )
        case "sign":
            fact = CrosswalkSigned(crosswalk=name, role="cte", by=BOARD, signed_at=day(0))
        case "unwalk":
            fact = CrosswalkWithdrawn(crosswalk=name, role="cte", by=BOARD, reason="?")
        case "align":
            fact = CredentialAligned(
                credential="c1", competencies=(uri(f"W{doing.choice % 4 + 1}"),), level="met",
                ends_on=day(doing.day).date() if doing.choice % 2 else None,
            )  # fmt: skip
        case "assess":
            fact = AssessmentRegistered(
                assessment=instrument, title=instrument, rigour_band=doing.choice % 3
            )
        case "validate":
            fact = AssessmentValidated(
                assessment=instrument, by=BOARD,
                starts_at=day(doing.day) if doing.choice % 2 else None,
            )  # fmt: skip
        case _:
            return
    given.fact(EQUATING, fact)
