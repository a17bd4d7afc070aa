"""What others say of evidence: a second rater, somebody who contests it, and who decides."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api import bodies
from api.answers import Answer
from api.auth import Caller, Remarker, Steward
from api.intake import answer_of
from api.openapi import PROBLEMS, SCHEMAS, JsonBytes, encoded, replies, takes
from api.parts import Parts, parts
from api.routes.examples import ACCEPTED
from api.schemas_of_reference import ConfirmationIn, ContestIn, ResolutionIn, party
from ledger.domain.facts import EvidenceContested
from ledger.domain.ids import EvidenceId
from ledger.errors import InvalidDocumentError, RefusedError, Reject, UnknownEvidenceError
from ledger.service import Outcome, Refusal
from ledger.standards.json_text import JsonTextError, value_of
from ledger.standards.plausibility import CLOCK_SKEW, faults_of_result
from projections.learner import Piece
from projections.publication import refuse

router = APIRouter(prefix="/v1/evidence/{evidence}", tags=["evidence"], responses=PROBLEMS)

Which = Annotated[UUID, Path(description="The evidence's id, from its receipt.")]
_CONFIRMATION = {
    "evaluator": {"id": "T-17", "role": "second rater"},
    "occurred_at": "2026-03-09T10:00:00-06:00",
    "result": {"level": "Proficient", "scale": ["Emerging", "Proficient", "Advanced"]},
}
_REMARKED = replies(Answer, "Recorded; the same again is a duplicate.", example=ACCEPTED)


class _About(NamedTuple):
    asked: Parts
    id: EvidenceId
    piece: Piece


@router.post(
    "/confirmation", response_class=JsonBytes, summary="Confirm evidence", responses=_REMARKED,
    openapi_extra=takes(("application/json", SCHEMAS.body(ConfirmationIn), _CONFIRMATION)),
)  # fmt: skip
async def confirm(request: Request, caller: Remarker, evidence: Which) -> Response:
    """Record that a second person looked at the same work; a differing result is a second opinion.

    A provider's token confirms its own evidence; a steward's any, as a moderation panel does.
    Nobody confirms their own rating.
    """
    asked = parts(request)
    bodies.wanted(request, bodies.JSON_TYPES)
    body = await bodies.whole(request, bytes_max=asked.settings.item_bytes_max)
    given = _confirmation(body)
    return await run_in_threadpool(_confirm, request, caller, evidence, given)


def _confirmation(body: bytes) -> ConfirmationIn:
    # Read by our own decoder: scores come as decimals and pass through no float.
    try:
        return ConfirmationIn.model_validate(value_of(body))
    except JsonTextError as error:
        raise InvalidDocumentError("confirmation", (error.reject,)) from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in found]
        ) from error


def _confirm(request: Request, caller: Caller, evidence: UUID, given: ConfirmationIn) -> Response:
    about = _about(request, caller, evidence)
    first = about.piece.evidence.evaluator
    result = given.own_result()
    faults = [*faults_of_result(result, "/result")]
    if first is not None and first.id == given.evaluator["id"]:
        faults.append(Reject("/evaluator/id", "is the first rater", "another person"))
    if given.occurred_at > (now := about.asked.clock()) + CLOCK_SKEW:
        faults.append(Reject("/occurred_at", "is in the future", f"at most {now.isoformat()}"))
    refuse("confirmation", faults)
    return _answer(
        about.asked.ledger.confirm(
            about.piece.provider, about.id, evaluator=party(given.evaluator),
            occurred_at=given.occurred_at, result=result, competency=given.competency,
        )
    )  # fmt: skip


@router.post("/contest", response_class=JsonBytes, summary="Contest evidence", responses=_REMARKED)
def contest(request: Request, caller: Remarker, evidence: Which, given: ContestIn) -> Response:
    """Record that somebody entitled to says it is wrong: it does not count until that is decided.

    A steward records it for a learner or parent; a provider, about its own evidence.
    """
    about = _about(request, caller, evidence)
    return _answer(
        about.asked.ledger.contest(
            about.piece.provider, about.id, by=party(given.by), reason=given.reason
        )
    )


@router.post(
    "/resolution", response_class=JsonBytes, summary="Decide a contest", responses=_REMARKED
)
def resolve(request: Request, caller: Steward, evidence: Which, given: ResolutionIn) -> Response:
    """Decide a contest: the evidence stands and counts again, or it is set aside for good."""
    about = _about(request, caller, evidence)
    if not any(isinstance(one, EvidenceContested) for one in about.piece.remarks):
        raise RefusedError(f"nobody contested the evidence {evidence}")
    return _answer(
        about.asked.ledger.resolve_contest(
            about.piece.provider, about.id, by=party(given.by), outcome=given.outcome,
            reason=given.reason,
        )
    )  # fmt: skip


def _about(request: Request, caller: Caller, evidence: UUID) -> _About:
    asked, name = parts(request), EvidenceId(evidence)
    learner = asked.ledger.access.learner_of(name, sent_by=caller.provider)
    if learner is None:
        raise UnknownEvidenceError(evidence)
    piece = asked.answers.record(learner, asked.ledger.log.head()).pieces.get(name)
    if piece is None:
        raise UnknownEvidenceError(evidence)
    return _About(asked, name, piece)


def _answer(recorded: Future[list[Outcome]]) -> Response:
    (outcome,) = recorded.result()
    if isinstance(outcome, Refusal):
        raise outcome.error
    answer, _ = answer_of(0, outcome)
    return encoded(answer)
