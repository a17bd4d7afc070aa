"""Evidence in: submit, correct, withdraw; and one piece of evidence out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api import bodies
from api.answers import Answer, Answers, Status, Tally
from api.auth import Caller, EvidenceWriter
from api.duplex import DuplexResponse
from api.intake import Finished, Translate, answer_of
from api.openapi import PROBLEMS, SCHEMAS, Content, encoded, replies, takes
from api.parts import Parts, parts
from api.problems import FORBIDDEN, INVALID, MEDIA_TYPE_UNKNOWN, TOO_LARGE, ProblemError
from api.routes.examples import (
    ACCEPTED,
    ANSWERS,
    ANSWERS_LINES,
    AWAITED,
    EVIDENCE,
    EVIDENCE_LINES,
    WITHDRAWN,
)
from api.streams import answer_lines
from ledger.domain.ids import EvidenceId, ProviderId
from ledger.errors import InvalidDocumentError
from ledger.service import Outcome, Refusal
from ledger.standards import native, xapi
from ledger.standards.array_stream import is_longer
from ledger.standards.items import LINES_TYPES, Item, is_array, read_items
from ledger.standards.nesting import is_deeper
from ledger.standards.translation import Correction, Withdrawal
from ledger.standards.xapi_result import page_of

router = APIRouter(prefix="/v1", tags=["evidence"], responses=PROBLEMS)

JSON_TYPE = "application/json"
LINES_TYPE = "application/x-ndjson"
WITH_ATTACHMENTS = "multipart/mixed"  # xAPI 1.0.3 part three, 1.5.2
_SEND_ALONE = (
    "statements are taken without the bytes of their attachments: send the statements alone, as "
    "application/json; each attachment that they declare is kept as a link, with its fileUrl and "
    "its sha2"
)
OFF_LOOP_BYTES = 256 * 1024  # a larger body is cut into items in a thread
# Millions of tiny items would take a hundred times the body's size in memory: where there are so
# many commas for each item that is allowed, items are counted first.
SMALL_ITEMS_FACTOR = 64

_SUBMIT: Content = takes(
    ("application/json", {"anyOf": [SCHEMAS.body(native.EvidenceIn), {"type": "array"}]}, EVIDENCE),
    (LINES_TYPE, {"type": "string"}, EVIDENCE_LINES),
)
_SUBMITTED: dict[int | str, Content] = {
    **replies(Answers, "An array: the answer to each item, in order.", example=ANSWERS),
    **replies(Answer, "One object, recorded now.", example=ACCEPTED, status=201),
    **replies(Answer, "One withdrawal, of what has not come yet.", example=AWAITED, status=202),
}
_SUBMITTED[200]["content"]["application/json"]["schema"] = {
    "anyOf": [SCHEMAS.answer(Answers), SCHEMAS.answer(Answer)]
}
_SUBMITTED[200]["content"][LINES_TYPE] = {"schema": {"type": "string"}, "example": ANSWERS_LINES}


@router.post(
    "/evidence", response_class=Response, openapi_extra=_SUBMIT, responses=_SUBMITTED,
    summary="Submit evidence",
)  # fmt: skip
async def submit(
    request: Request,
    caller: EvidenceWriter,
    form: Annotated[
        Literal["native", "xapi"],
        Query(alias="format", description="What the items are: our own JSON, or xAPI statements."),
    ] = "native",
) -> Response:
    """Take one object, an array, or one object a line (NDJSON, of any length).

    Each item is recorded or refused by itself. Sent again, the same item (your id and version,
    the same content) is answered as a duplicate with its first receipt; other content under the
    same id and version is a conflict. NDJSON is answered line by line while it is being sent;
    the last line has the counts.
    """
    asked, provider = parts(request), speaks_for(caller)
    if bodies.media_type(request) == WITH_ATTACHMENTS:
        raise ProblemError(MEDIA_TYPE_UNKNOWN, _SEND_ALONE, headers={"accept-post": JSON_TYPE})
    translate = _translation(asked, form)
    if bodies.wanted(request, bodies.JSON_TYPES, LINES_TYPES) in LINES_TYPES:
        lines = answer_lines(
            asked.intake, provider, bodies.chunks(request),
            translate=translate, item_bytes_max=asked.settings.item_bytes_max,
        )  # fmt: skip
        return DuplexResponse(lines, media_type=LINES_TYPE)
    body = await bodies.whole(request, bytes_max=asked.settings.body_bytes_max)
    page = page_of(body) if form == "xapi" else None
    items = await _items(body if page is None else page.statements, asked)
    if page is not None:
        items = [*items, *page.rest(len(items))]
    finished = await asked.intake.finish(await asked.intake.begin(provider, items, translate))
    if page is None and len(finished.answers) == 1 and not is_array(body):
        return _single(finished)
    tally = Tally()
    tally.add(finished.answers)
    return encoded(tally.document(finished.answers))


def speaks_for(caller: Caller) -> ProviderId:
    """Name the provider whose token this is.

    Raises:
        ProblemError: 403, it is nobody's.
    """
    if caller.provider is None:
        raise ProblemError(FORBIDDEN, "this token speaks for no provider")
    return caller.provider


def _translation(asked: Parts, form: str) -> Translate:
    outcome_of = xapi.outcome_of if form == "xapi" else native.outcome_of
    return partial(outcome_of, now=asked.clock())


async def _items(body: bytes, asked: Parts) -> Sequence[Item]:
    most = asked.settings.batch_items_max
    if body.count(b",") > SMALL_ITEMS_FACTOR * most and await asyncio.to_thread(
        is_longer, body, most
    ):
        raise _too_many(most)
    cut = partial(read_items, body, bytes_max=asked.settings.item_bytes_max)
    items = (
        list(cut()) if len(body) < OFF_LOOP_BYTES else await asyncio.to_thread(lambda: list(cut()))
    )
    if len(items) > most:
        raise _too_many(most)
    return items


def _too_many(most: int) -> ProblemError:
    return ProblemError(TOO_LARGE, f"an array has at most {most} items; send NDJSON instead")


def _single(finished: Finished) -> Response:
    answer = finished.answers[0]
    if answer.status == "accepted":
        where = {"location": f"/v1/evidence/{answer.evidence}"}
        return encoded(answer, status=201, headers=where)
    if not answer.errors:
        return encoded(answer, status=202 if answer.status == "awaited" else 200)
    error = finished.errors.get(answer.index)
    if error is not None:
        raise error
    first = answer.errors[0]
    detail = f"{first.pointer or '(document)'}: {first.reason}"
    raise ProblemError(INVALID, detail, faults=answer.errors)


@router.post(
    "/evidence/{evidence}/correction", response_class=Response,
    openapi_extra=takes(
        ("application/json", SCHEMAS.body(native.CorrectionIn),
         {"reason": "the score was typed wrongly", "evidence": EVIDENCE}),
    ),
    responses=replies(Answer, "Corrected; the same again is a duplicate.", example=ACCEPTED),
    summary="Correct evidence",
)  # fmt: skip
async def correct(request: Request, caller: EvidenceWriter, evidence: UUID) -> Response:
    """Say it otherwise: the evidence given replaces what counted; both stay in the history."""
    asked, provider = parts(request), speaks_for(caller)
    found = native.translate_correction(await _document(request, asked), now=asked.clock())
    if not isinstance(found, Correction):
        raise InvalidDocumentError("correction", found)
    submission = found.submission
    (outcome,) = await asyncio.wrap_future(
        asked.ledger.correct(
            provider, EvidenceId(evidence), submission.evidence,
            reason=found.reason, digest=submission.digest, learner=submission.learner,
        )
    )  # fmt: skip
    return _changed(outcome, "accepted")


@router.post(
    "/evidence/{evidence}/withdrawal", response_class=Response,
    openapi_extra=takes(
        ("application/json", SCHEMAS.body(native.WithdrawalIn), {"reason": "of another learner"}),
    ),
    responses=replies(Answer, "Withdrawn; again is a duplicate.", example=WITHDRAWN),
    summary="Withdraw evidence",
)  # fmt: skip
async def withdraw(request: Request, caller: EvidenceWriter, evidence: UUID) -> Response:
    """Take it back: it stays readable in the history, and counts no longer."""
    asked, provider = parts(request), speaks_for(caller)
    found = native.translate_withdrawal(await _document(request, asked), external_id=str(evidence))
    if not isinstance(found, Withdrawal):
        raise InvalidDocumentError("withdrawal", found)
    (outcome,) = await asyncio.wrap_future(
        asked.ledger.withdraw(provider, evidence=EvidenceId(evidence), reason=found.reason)
    )
    return _changed(outcome, "withdrawn")


async def _document(request: Request, asked: Parts) -> bytes:
    bodies.wanted(request, bodies.JSON_TYPES)
    body = await bodies.whole(request, bytes_max=asked.settings.item_bytes_max)
    if is_deeper(body, asked.settings.json_depth_max):
        raise ProblemError(INVALID, f"nested deeper than {asked.settings.json_depth_max} levels")
    return body


def _changed(outcome: Outcome, done: Status) -> Response:
    if isinstance(outcome, Refusal):
        raise outcome.error
    answer, _ = answer_of(0, outcome, done=done)
    return encoded(answer)
