"""Equivalency: what else counts: crosswalks, aligned credentials, validated instruments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request, Response

from api.agreements import Desk
from api.auth import ReferenceReader, Steward
from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import Parts, parts
from api.routes.providers import Noted, noted
from api.schemas_of_reference import (
    AssessmentIn,
    CredentialAlignmentIn,
    CrosswalkIn,
    CrosswalkWithdrawalIn,
    SignatureIn,
    ValidationIn,
    party,
)
from ledger.domain.evidence import Party
from ledger.domain.facts import (
    AssessmentRegistered,
    AssessmentValidated,
    CredentialAligned,
    CrosswalkPublished,
)
from ledger.domain.framework import Articulation, Equivalence, SignOffRole
from ledger.domain.streams import Equating, stream_of
from ledger.errors import (
    UnknownAssessmentError,
    UnknownCrosswalkError,
)
from ledger.service import Receipt
from projections.consequences import Consequences
from projections.equivalence import Crosswalk
from projections.publication import order_fault, refuse, unknown
from projections.registry import Registry

router = APIRouter(prefix="/v1", tags=["equivalency"], responses=PROBLEMS)

Which = Annotated[str, Path(description="The crosswalk's id.", max_length=200)]
_NOTED = replies(Noted, "Recorded.", example={"position": 12, "duplicate": False})


class SignatureOut(msgspec.Struct, frozen=True):
    """Who signed for a role, and when."""

    role: SignOffRole
    by: Party
    signed_at: datetime


class WithdrawalOut(msgspec.Struct, frozen=True):
    """Who took their consent back, and why."""

    role: SignOffRole
    by: Party
    reason: str


class CrosswalkOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A crosswalk as it stands. `counts`: whether evidence counts by it now."""

    crosswalk: str
    title: str
    counts: bool
    needs: tuple[SignOffRole, ...]
    links: tuple[Equivalence, ...]
    credits: tuple[Articulation, ...] = ()
    signatures: tuple[SignatureOut, ...] = ()
    authority: str | None = None
    withdrawn: WithdrawalOut | None = None


class ValidatedOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who vouches for an instrument, from when and until when."""

    by: Party
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class AssessmentOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """An instrument on record; without validations, nothing it shows counts."""

    assessment: str
    title: str
    competencies: tuple[str, ...] = ()
    cut: Decimal | None = None
    rigour_band: int | None = None
    version: str | None = None
    validations: tuple[ValidatedOut, ...] = ()


class Withdrawn(msgspec.Struct, frozen=True):
    """The withdrawal is in the log, and this is what rested on the crosswalk."""

    position: int
    duplicate: bool
    consequences: Consequences


@router.get(
    "/crosswalks", response_class=JsonBytes, summary="List crosswalks",
    responses=replies(list[CrosswalkOut], "Each with whether it counts, and who signed it."),
)  # fmt: skip
def list_crosswalks(request: Request, _caller: ReferenceReader) -> Response:
    """List every crosswalk in its latest words, with its signatures."""
    found = parts(request).answers.registry().equivalences.crosswalks()
    return encoded([_out(published, standing) for published, standing in found])


def crosswalk_out(registry: Registry, name: str) -> CrosswalkOut:
    """Give one crosswalk as it stands.

    Raises:
        UnknownCrosswalkError: there is none of this name.
    """
    found = registry.equivalences.crosswalk(name)
    if found is None or found.published is None:
        raise UnknownCrosswalkError(name)
    return _out(found.published, found)


def _out(published: CrosswalkPublished, standing: Crosswalk) -> CrosswalkOut:
    gone = standing.withdrawn
    return CrosswalkOut(
        crosswalk=published.crosswalk, title=published.title, counts=standing.counts(),
        needs=published.needs, links=published.links, credits=published.credits, authority=published.authority,
        signatures=tuple(
            SignatureOut(one.role, one.by, one.signed_at) for one in standing.signed.values()
        ),
        withdrawn=WithdrawalOut(gone.role, gone.by, gone.reason) if gone else None,
    )  # fmt: skip


@router.post(
    "/crosswalks", response_class=JsonBytes, summary="Publish a crosswalk", responses=_NOTED
)
def publish(request: Request, _caller: Steward, given: CrosswalkIn) -> Response:
    """Publish a crosswalk, or new words for one. It counts once every role it needs has signed.

    Refused: competencies that no framework has, a link to itself, the same link twice, a link
    that ends before it starts, and links whose relations contradict each other in a circle.
    With `credits` it is an articulation agreement: by its clauses, credits count elsewhere too.
    """
    return noted(_desk(request).publish(given))


@router.post(
    "/crosswalks/{crosswalk}/signatures", response_class=JsonBytes, summary="Sign a crosswalk",
    responses=_NOTED,
)  # fmt: skip
def sign(request: Request, _caller: Steward, crosswalk: Which, given: SignatureIn) -> Response:
    """Record the consent of one role to these very words; new words need a new signature."""
    return noted(_desk(request).sign(crosswalk, given))


@router.post(
    "/crosswalks/{crosswalk}/withdrawal", response_class=JsonBytes, summary="Withdraw a crosswalk",
    responses=replies(Withdrawn, "Withdrawn, with what rested on it."),
)  # fmt: skip
def withdraw(
    request: Request, _caller: Steward, crosswalk: Which, given: CrosswalkWithdrawalIn
) -> Response:
    """Take one role's consent back; say who rested on it, on what, and what became of it.

    Everything is judged again, and the feed tells each change. Sent again, the answer is the same.
    """
    receipt, rested = _desk(request).withdraw(crosswalk, given)
    return encoded(Withdrawn(receipt.position, receipt.duplicate, rested))


@router.post(
    "/credential-alignments", response_class=JsonBytes, summary="Align a credential",
    responses=_NOTED,
)  # fmt: skip
def align_credential(request: Request, _caller: Steward, given: CredentialAlignmentIn) -> Response:
    """Say which competencies a credential attests, for awards from `starts_on` to `ends_on`."""
    asked = parts(request)
    faults = [
        *unknown(given.competencies, asked.answers.registry(), "/competencies"),
        *order_fault(given.starts_on, given.ends_on, "/ends_on"),
    ]
    refuse("credential alignment", faults)
    fact = CredentialAligned(**given.model_dump())
    return noted(_record(asked, fact, given.credential, adds=True))


@router.get(
    "/assessments", response_class=JsonBytes, summary="List assessments",
    responses=replies(list[AssessmentOut], "Each as it was registered last, and for when it is valid."),
)  # fmt: skip
def list_assessments(request: Request, _caller: ReferenceReader) -> Response:
    """List the instruments on record; what one shows counts only while somebody vouches for it."""
    return encoded(assessments_out(parts(request).answers.registry()))


def assessments_out(registry: Registry) -> list[AssessmentOut]:
    """List the instruments on record, in the order of their first registration."""
    return [
        AssessmentOut(
            fact.assessment, fact.title, fact.competencies, fact.cut, fact.rigour_band,
            fact.version, tuple(ValidatedOut(one.by, one.starts_at, one.ends_at) for one in validated),
        )
        for fact, validated in registry.assessments.all()
    ]  # fmt: skip


@router.post(
    "/assessments", response_class=JsonBytes, summary="Register an assessment", responses=_NOTED
)
def register(request: Request, _caller: Steward, given: AssessmentIn) -> Response:
    """Put an instrument on record: from now on, what it shows counts only while it is validated."""
    asked = parts(request)
    refuse("assessment", unknown(given.competencies, asked.answers.registry(), "/competencies"))
    fact = AssessmentRegistered(assessment=given.id, **given.model_dump(exclude={"id"}))
    return noted(_record(asked, fact, given.id))


@router.post(
    "/assessments/{assessment:path}/validations", response_class=JsonBytes,
    summary="Validate an assessment", responses=_NOTED,
)  # fmt: skip
def validate(
    request: Request,
    _caller: Steward,
    assessment: Annotated[str, Path(description="The assessment's id.")],
    given: ValidationIn,
) -> Response:
    """Vouch for an instrument; evidence that it gave in that time counts, also what came before."""
    asked = parts(request)
    if asked.answers.registry().assessments.registered(assessment) is None:
        raise UnknownAssessmentError(assessment)
    refuse("validation", order_fault(given.starts_at, given.ends_at, "/ends_at"))
    fact = AssessmentValidated(
        assessment=assessment, by=party(given.by), starts_at=given.starts_at, ends_at=given.ends_at
    )
    return noted(_record(asked, fact, assessment, adds=True))


def _desk(request: Request) -> Desk:
    asked = parts(request)
    return Desk(asked.ledger, asked.answers)


def _record(asked: Parts, fact: Equating, about: str, *, adds: bool = False) -> Receipt:
    return asked.ledger.record_reference(stream_of(fact), fact, key=(about,), adds=adds)
