"""What else providers and stewards need: refused items, enrolments, and finding a learner."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request, Response

from api.auth import Caller, Disenroller, EvidenceWriter, LearnerFinder, RejectsReader
from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import parts
from api.problems import INVALID, Fault, ProblemError, fault_of
from api.routes.evidence import speaks_for
from api.routes.providers import Noted, noted
from api.schemas import AttributesIn, DisenrolmentIn, EnrolmentIn, LearnerRef
from ledger.domain.evidence import Attribute, Identifier
from ledger.domain.facts import AttributesRecorded, EnrolmentRecorded, EnrolmentWithdrawn
from ledger.domain.identity import ANY_PROVIDER, faults_of, is_for_everybody
from ledger.domain.ids import LearnerId, ProviderId
from ledger.errors import Reject, UnknownLearnerError
from ledger.store.rejects import KeptReject
from ledger.store.tasks import NOBODY
from projections.publication import order_fault, refuse

router = APIRouter(prefix="/v1", responses=PROBLEMS)

PAGE_ITEMS = 100
_LEARNER = "6f1f6c1e-0f0b-4b53-9a0f-0a4e1c7b8d21"


class RejectOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refused item: when it came, its place in its batch, why, and itself as received.

    `original` is text where the item is UTF-8, else base64; empty where it is about a learner
    who was erased.
    """

    id: UUID
    received_at: datetime
    index: int
    errors: tuple[Fault, ...]
    original: str
    original_encoding: Literal["utf-8", "base64"] = "utf-8"


class RejectsPage(msgspec.Struct, frozen=True):
    """Refused items, the latest first; go on with `after` where there is a `next`."""

    items: list[RejectOut]
    next: UUID | None


class Found(msgspec.Struct, frozen=True):
    """The ledger's id of a learner."""

    learner: LearnerId


@router.get(
    "/rejects", response_class=JsonBytes, tags=["evidence"], summary="List what was refused",
    responses=replies(RejectsPage, "The latest first.", example={"next": "019a3f0e-7a51-7b3c-9d2e-5f7a1c9b0e11", "items": [{
        "id": "019a3f0e-7a51-7b3c-9d2e-5f7a1c9b0e11", "received_at": "2026-03-02T16:15:04Z",
        "index": 2, "errors": [{"reason": "is missing", "pointer": "/id", "expected": "required"}],
        "original": '{"kind": "assessment"}',
    }]}),
)  # fmt: skip
def list_rejects(
    request: Request,
    caller: RejectsReader,
    *,
    provider: Annotated[
        UUID | None, Query(description="Whose; a provider's token sees its own only.")
    ] = None,
    after: Annotated[UUID | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, description="Most items in the page.")] = PAGE_ITEMS,
) -> Response:
    """List the items that were refused, with their reasons, as they were received."""
    asked = parts(request)
    limit = min(limit, asked.settings.page_items_max)
    whose = on_behalf(caller, provider)
    found = asked.ledger.rejects.list(whose, limit=limit, after=after)
    more = found[-1].id if len(found) == limit else None
    return encoded(RejectsPage(list(map(_reject, found)), more))


def _reject(kept: KeptReject) -> RejectOut:
    index, reasons, original = kept.item
    errors = tuple(map(fault_of, reasons))
    try:
        return RejectOut(kept.id, kept.received_at, index, errors, original.decode())
    except UnicodeDecodeError:
        packed = base64.b64encode(original).decode()
        return RejectOut(kept.id, kept.received_at, index, errors, packed, "base64")


def on_behalf(caller: Caller, provider: UUID | None) -> ProviderId:
    """Say which provider is asked about: the caller itself, or the one it names.

    Raises:
        ProblemError: 403, it is another provider's; 400, none is named.
    """
    if caller.provider is not None:
        if provider not in {None, caller.provider}:
            raise ProblemError.forbidden("a provider's token speaks for that provider only")
        return caller.provider
    if provider is None:
        raise ProblemError(
            INVALID, "say which provider", faults=[Fault("is missing", parameter="provider")]
        )
    return ProviderId(provider)


@router.post(
    "/enrolments", response_class=JsonBytes, tags=["evidence"], summary="Record an enrolment",
    responses=replies(Noted, "Recorded; the same again is a duplicate.", example={
        "position": 88, "duplicate": False,
    }),
)  # fmt: skip
def enrol(request: Request, caller: EvidenceWriter, given: EnrolmentIn) -> Response:
    """Say that a learner joined a programme, course or school; sent anew, it replaces what was said.

    A learner whom the ledger does not know yet is registered. Which policy decides may depend on where the learner is enrolled on the day.
    """
    asked, provider = parts(request), speaks_for(caller)
    refuse("enrolment", _enrolment_faults(given))
    fact = EnrolmentRecorded(
        learner=LearnerId(NOBODY),
        provider=provider,
        external_id=given.id,
        **given.model_dump(exclude={"id", "learner"}),
    )
    return noted(asked.ledger.enrol(fact, names=_names(given.learner)))


@router.post(
    "/enrolments/withdrawal", response_class=JsonBytes, tags=["evidence"],
    summary="Withdraw an enrolment",
    responses=replies(Noted, "Withdrawn; the same again is a duplicate.", example={
        "position": 90, "duplicate": False,
    }),
)  # fmt: skip
def disenrol(request: Request, caller: Disenroller, given: DisenrolmentIn) -> Response:
    """Say that an enrolment was said by mistake: from here on it is as if it had never been said.

    One that has ended is no mistake: send it anew with `ends_on`. A steward says whose it is. The history shows both, and what was known `as_of` an earlier position stays.
    """
    asked = parts(request)
    fact = EnrolmentWithdrawn(
        learner=LearnerId(NOBODY), provider=on_behalf(caller, given.provider),
        external_id=given.id, by="steward" if caller.provider is None else "provider",
        reason=given.reason,
    )  # fmt: skip
    return noted(asked.ledger.disenrol(fact))


def _enrolment_faults(given: EnrolmentIn) -> Iterator[Reject]:
    yield from order_fault(given.starts_on, given.ends_on, "/ends_on")
    if not any((given.programme, given.course, given.school, given.district, given.state)):
        yield Reject("", "names no place", "programme, course, school, district or state")


def _names(learner: LearnerRef) -> tuple[Identifier, ...]:
    own = () if learner.id is None else (Identifier(type="id", value=learner.id),)
    others = tuple(
        Identifier(type=one["type"], value=one["value"], system=one.get("system"))
        for one in learner.identifiers
    )
    refuse("learner", faults_of(others, "/learner/identifiers"))
    return (*own, *others)


@router.post(
    "/attributes", response_class=JsonBytes, tags=["evidence"],
    summary="Record special populations",
    responses=replies(Noted, "Recorded; the same again is a duplicate.", example={
        "position": 89, "duplicate": False,
    }),
)  # fmt: skip
def describe(request: Request, caller: EvidenceWriter, given: AttributesIn) -> Response:
    """Say which groups a learner belongs to that reports tell apart, such as special populations.

    Stored sealed, shown in the learner's own history, and never sent on: no subscriber and no
    Kafka topic gets them. They decide nothing about mastery. The provider needs authority.
    """
    asked, provider = parts(request), speaks_for(caller)
    if not asked.answers.registry().authority.holds_some(provider, asked.clock()):
        raise ProblemError.forbidden("attributes are taken from providers that hold authority")
    refuse("attributes", order_fault(given.starts_on, given.ends_on, "/ends_on"))
    fact = AttributesRecorded(
        learner=LearnerId(NOBODY), provider=provider, external_id=given.id,
        attributes=tuple(Attribute(name=one.name, value=one.value) for one in given.attributes),
        starts_on=given.starts_on, ends_on=given.ends_on,
    )  # fmt: skip
    return noted(asked.ledger.enrol(fact, names=_names(given.learner)))


@router.get(
    "/learners", response_class=JsonBytes, tags=["learners"], summary="Find a learner",
    responses=replies(Found, "The learner whom the name means.", example={"learner": _LEARNER}),
)  # fmt: skip
def find_learner(
    request: Request,
    caller: LearnerFinder,
    *,
    identifier: Annotated[
        str, Query(min_length=1, max_length=2_000, description="The name's value.")
    ],
    kind: Annotated[
        str, Query(alias="type", max_length=200, description="id, account, mbox, ssid, email, ...")
    ] = "id",
    system: Annotated[
        str | None, Query(max_length=2_000, description="Who issued it, such as a home page.")
    ] = None,
    provider: Annotated[
        UUID | None, Query(description="Whose name it is; a provider's token asks by its own.")
    ] = None,
) -> Response:
    """Go from a name to the ledger's id. Names are kept as keyed hashes, so it must be exact.

    A name that some system issued (`system`, or one of the types mbox, email, openid, ssid) means
    the same learner whoever sends it; any other is a provider's own, who must be named. To a
    provider's token, a learner of whom that provider has sent nothing is not there.
    """
    asked = parts(request)
    name = Identifier(type=kind, value=identifier, system=system)
    anybody = provider is None and caller.provider is None and is_for_everybody(name)
    whose = ANY_PROVIDER if anybody else on_behalf(caller, provider)
    learner = asked.ledger.learners.find(whose, (name,), told_of=caller.provider is not None)
    if learner is None:
        raise UnknownLearnerError("of that name")
    return encoded(Found(asked.answers.registry().identities.person(learner)))
