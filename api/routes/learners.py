"""What a learner has shown: mastery, transcript and history, as of any moment, under any policy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Request, Response

from api.auth import EvidenceReader, RecordsReader, Steward
from api.moments import AtMoment
from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import parts
from api.routes.providers import Noted, noted
from api.schemas_of_reference import ErasureIn, MergeIn, UnlinkIn, UnmergeIn
from ledger.domain.catalogue import Recorded
from ledger.domain.evidence import Evidence, Identifier
from ledger.domain.facts import IdentityFreed
from ledger.domain.identity import is_for_everybody
from ledger.domain.ids import EvidenceId, LearnerId, Position, ProviderId
from ledger.errors import InvalidDocumentError, Reject, UnknownEvidenceError
from projections import merging
from projections.history import History
from projections.lines import CompetencyLine, Mastery, Transcript

router = APIRouter(prefix="/v1", tags=["learners"], responses=PROBLEMS)

Who = Annotated[UUID, Path(description="The ledger's id of the learner.")]


class FactOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fact about the evidence; docs/events.md says what its topic holds."""

    position: Position
    recorded_at: datetime
    topic: str
    provider: ProviderId | None
    fact: msgspec.Raw


class EvidenceOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of evidence: what it says now, and every fact that made it so.

    `withdrawn` says why, where it was taken back; `evidence` is then what it said last.
    """

    id: EvidenceId
    learner: LearnerId
    provider: ProviderId
    evidence: Evidence
    facts: tuple[FactOut, ...]
    withdrawn: str | None = None


@router.get(
    "/learners/{learner}/mastery", response_class=JsonBytes, summary="Judge every competency",
    responses=replies(Mastery, "Each with its verdict and its reasons."),
)  # fmt: skip
def mastery(request: Request, _caller: RecordsReader, learner: Who, at: AtMoment) -> Response:
    """Judge every competency that some evidence bears on, by folding the learner's own facts now.

    A verdict lists what was met and what not, what counted, what did not and why, and the
    smallest thing that would meet what is missing.
    """
    found = parts(request).answers.mastery(
        LearnerId(learner), as_of=at.as_of, on=at.on, policy=at.policy
    )
    return encoded(found)


@router.get(
    "/learners/{learner}/mastery/{competency:path}", response_class=JsonBytes,
    summary="Judge one competency",
    responses=replies(CompetencyLine, "The verdict with its reasons, and the evidence."),
)  # fmt: skip
def mastery_of(
    request: Request,
    _caller: RecordsReader,
    learner: Who,
    competency: Annotated[str, Path(description="URI, identifier or code of the competency.")],
    at: AtMoment,
) -> Response:
    """Judge one competency; without evidence its state is `no_evidence`."""
    found = parts(request).answers.mastery_of(
        LearnerId(learner), competency, as_of=at.as_of, on=at.on, policy=at.policy
    )
    return encoded(found)


@router.get(
    "/learners/{learner}/transcript", response_class=JsonBytes, summary="Get the transcript",
    responses=replies(Transcript, "The whole record, by strand."),
)  # fmt: skip
def transcript(request: Request, _caller: RecordsReader, learner: Who, at: AtMoment) -> Response:
    """Give competencies by strand, credentials, hours, credits and enrolments, with reasons."""
    found = parts(request).answers.transcript(
        LearnerId(learner), as_of=at.as_of, on=at.on, policy=at.policy
    )
    return encoded(found)


@router.get(
    "/learners/{learner}/history", response_class=JsonBytes, summary="Get the history",
    responses=replies(History, "Every step, in the order the ledger learnt of it."),
)  # fmt: skip
def history(request: Request, _caller: RecordsReader, learner: Who, at: AtMoment) -> Response:
    """Tell the record step by step: each fact in words, and what it changed."""
    found = parts(request).answers.history(
        LearnerId(learner), as_of=at.as_of, on=at.on, policy=at.policy
    )
    return encoded(found)


@router.post(
    "/learners/{learner}/erasure", response_class=JsonBytes, summary="Erase a learner",
    responses=replies(Noted, "Erased; said again, it is a duplicate.", example={
        "position": 10412, "duplicate": False,
    }),
)  # fmt: skip
def erase(request: Request, _caller: Steward, learner: Who, given: ErasureIn) -> Response:
    """Destroy the learner's key, for ever: nothing that is on record of them can be read any more.

    What arrives about the learner from then on is refused, and subscribers are told to forget.
    The facts stay where they are, sealed, so all that proves the log still holds.
    """
    asked = parts(request)
    found = merging.erase(asked.ledger, asked.answers, LearnerId(learner), reason=given.reason)
    return noted(found)


@router.post(
    "/learners/{learner}/merge", response_class=JsonBytes, summary="Merge a learner into another",
    responses=replies(Noted, "Merged; said again, it is a duplicate.", example={
        "position": 10413, "duplicate": False,
    }),
)  # fmt: skip
def merge(request: Request, _caller: Steward, learner: Who, given: MergeIn) -> Response:
    """Say that two learners are one person: what is on record of this one is read as the other's.

    Nothing that was recorded moves, so it can be undone. Asking for either learner gives the
    person; the names of both mean the person; the feed takes this learner's states back and tells
    the other's. What is known `as_of` an earlier position stays apart.
    """
    asked = parts(request)
    return noted(
        merging.merge(
            asked.ledger, asked.answers, LearnerId(learner), LearnerId(given.into),
            reason=given.reason,
        )
    )  # fmt: skip


@router.post(
    "/learners/{learner}/unmerge", response_class=JsonBytes, summary="Undo a merge",
    responses=replies(Noted, "Parted; said again, it is a duplicate.", example={
        "position": 10414, "duplicate": False,
    }),
)  # fmt: skip
def unmerge(request: Request, _caller: Steward, learner: Who, given: UnmergeIn) -> Response:
    """Say that this learner is nobody else after all: what is on record of them is theirs again.

    So is what came in meanwhile under a name that was theirs.
    """
    asked = parts(request)
    found = merging.unmerge(asked.ledger, asked.answers, LearnerId(learner), reason=given.reason)
    return noted(found)


@router.post(
    "/learners/{learner}/unlink", response_class=JsonBytes, summary="Take a name from a learner",
    responses=replies(Noted, "Unlinked; said again, it is a duplicate.", example={
        "position": 10415, "duplicate": False,
    }),
)  # fmt: skip
def unlink(request: Request, _caller: Steward, learner: Who, given: UnlinkIn) -> Response:
    """Say that a name is not this learner's: whoever is named by it next is somebody new.

    What was recorded under it stays where it is: its provider withdraws that, and sends it anew
    under an id of its own.
    """
    asked, (name, whose) = parts(request), _name(given)
    return noted(
        merging.unlink(
            asked.ledger, asked.answers, LearnerId(learner), name,
            provider=whose, reason=given.reason,
        )
    )  # fmt: skip


@router.post(
    "/identifiers/unlink", response_class=JsonBytes, summary="Free a name of who was erased",
    responses=replies(Noted, "Freed; said again, it is a duplicate.", example={
        "position": 10416, "duplicate": False,
    }),
)  # fmt: skip
def free(request: Request, _caller: Steward, given: UnlinkIn) -> Response:
    """Say that a name is not that of the erased learner whom it means: it means nobody from then on.

    For a name that was linked by mistake to somebody who was erased since: what its rightful owner's
    providers sent was refused, and is taken when they send it again. Whose it was is not told, and
    nothing of theirs can be read. A name of somebody who was not erased is taken from that learner.
    """
    asked, (name, whose) = parts(request), _name(given)
    return noted(
        asked.ledger.learners.free(IdentityFreed(provider=whose, reason=given.reason), name)
    )


def _name(given: UnlinkIn) -> tuple[Identifier, ProviderId | None]:
    said = given.identifier
    name = Identifier(type=said["type"], value=said["value"], system=said.get("system"))
    if given.provider is None and not is_for_everybody(name):
        fault = Reject("/provider", f"is missing: a name of type {name.type} is a provider's own")
        raise InvalidDocumentError("body", [fault])
    return name, None if given.provider is None else ProviderId(given.provider)


@router.get(
    "/evidence/{evidence}", response_class=JsonBytes, tags=["evidence"], summary="Get evidence",
    responses=replies(EvidenceOut, "What it says now, and its facts."),
)  # fmt: skip
def get_evidence(
    request: Request,
    caller: EvidenceReader,
    evidence: Annotated[UUID, Path(description="The evidence's id, from its receipt.")],
    at: AtMoment,
) -> Response:
    """Get one piece of evidence as it stands, with its corrections. A provider sees its own."""
    asked, name = parts(request), EvidenceId(evidence)
    learner = asked.ledger.access.learner_of(name, sent_by=caller.provider)
    if learner is None:
        raise UnknownEvidenceError(evidence)
    position = asked.answers.asked(as_of=at.as_of).position
    record = asked.answers.record(learner, position)
    piece = record.pieces.get(name)
    if piece is None:
        raise UnknownEvidenceError(evidence)
    facts = asked.ledger.log.stream(learner, until=position)
    return encoded(
        EvidenceOut(
            id=name,
            learner=record.learner,
            provider=piece.provider,
            evidence=piece.evidence,
            facts=tuple(_fact(one) for one in facts if getattr(one.fact, "id", None) == name),
            withdrawn=piece.withdrawn_reason if piece.withdrawn_position is not None else None,
        )
    )


def _fact(one: Recorded) -> FactOut:
    body = msgspec.Raw(msgspec.json.encode(one.fact))
    return FactOut(one.position, one.recorded_at, one.topic, one.provider, body)
