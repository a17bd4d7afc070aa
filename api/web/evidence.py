"""One piece of evidence: what it says, what it bears on, where it came from, and its facts."""

from __future__ import annotations

import json
from typing import NamedTuple
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request, Response

from api.auth import Caller
from api.parts import Parts, parts
from api.web.rendering import SECURITY, PageRoute, page
from api.web.session import EvidenceVisitor
from ledger.domain.catalogue import Recorded, encode
from ledger.domain.facts import EvidenceCorrected, EvidenceRecorded
from ledger.domain.ids import CompetencyId, EvidenceId, LearnerId
from ledger.errors import NotFoundError, UnknownEvidenceError
from projections.learner import LearnerRecord, Piece
from projections.registry import Registry
from projections.transcript import competency_name, evidence_line, provider_line

router = APIRouter(route_class=PageRoute, include_in_schema=False)
DOCUMENT_SHOWN_BYTES = 64 * 1024
_TEXT_TYPES = ("application/json", "application/x-ndjson", "application/xml", "text/")


class Found(NamedTuple):
    """A piece of evidence with the record it belongs to and its facts, oldest first."""

    learner: LearnerId
    record: LearnerRecord
    piece: Piece
    facts: tuple[Recorded, ...]


class FactShown(NamedTuple):
    """A fact about the evidence, and all it says as stored.

    `sha256` is of what the provider sent, its receipt's digest.
    """

    recorded: Recorded
    title: str
    provider: str
    reason: str | None
    sha256: str | None
    stored: str


@router.get("/evidence/{evidence}")
def evidence(request: Request, visitor: EvidenceVisitor, evidence: UUID) -> Response:
    """Show one piece of evidence. A provider sees its own."""
    asked = parts(request)
    found = _find(asked, visitor, EvidenceId(evidence))
    registry = asked.answers.registry()
    said = found.piece.evidence
    line = evidence_line(found.piece, registry)
    context = {
        "id": evidence, "learner": found.learner, "piece": found.piece, "line": line, "said": said,
        "revises": found.record.revises(found.piece),
        "facts": [_shown(one, registry) for one in found.facts],
        "competencies": [
            (alignment, competency_name(resolved.competency if resolved else CompetencyId(alignment.competency), registry))
            for alignment in said.alignments
            for resolved in (registry.resolve(alignment),)
        ],
        "names": found.record.names if visitor.may("records:read") else (),
        "document": _document_text(asked, found),
    }  # fmt: skip
    return page(request, "evidence.html", context)


@router.get("/evidence/{evidence}/document")
def document(request: Request, visitor: EvidenceVisitor, evidence: UUID) -> Response:
    """Send the foreign document byte for byte as it was received, as a file to keep."""
    asked = parts(request)
    found = _find(asked, visitor, EvidenceId(evidence))
    kept = _document(asked, found)
    if kept is None:
        raise NotFoundError("document kept with evidence", evidence)
    headers = {
        **SECURITY, "cache-control": "no-store",
        "content-disposition": f'attachment; filename="evidence-{evidence}.bin"',
    }  # fmt: skip
    return Response(kept[1], headers=headers, media_type="application/octet-stream")


def _find(asked: Parts, visitor: Caller, evidence: EvidenceId) -> Found:
    learner = asked.ledger.access.learner_of(evidence, sent_by=visitor.provider)
    if learner is None:
        raise UnknownEvidenceError(evidence)
    position = asked.ledger.log.head()
    record = asked.answers.record(learner, position)  # of the person: it may improve another's work
    piece = record.pieces.get(evidence)
    if piece is None:
        raise UnknownEvidenceError(evidence)
    facts = asked.ledger.log.stream(learner, until=position)
    about = tuple(one for one in facts if getattr(one.fact, "id", None) == evidence)
    return Found(learner, record, piece, about)


def _shown(recorded: Recorded, registry: Registry) -> FactShown:
    provider = provider_line(recorded.provider, registry).name if recorded.provider else ""
    return FactShown(
        recorded,
        _title(recorded),
        provider,
        getattr(recorded.fact, "reason", None),
        _digest(recorded),
        msgspec.json.format(encode(recorded.fact)[1], indent=2).decode(),
    )


def _title(recorded: Recorded) -> str:
    return recorded.topic.removeprefix("mastery.").rpartition(".")[0].replace("-", " ").capitalize()


def _digest(recorded: Recorded) -> str | None:
    fact = recorded.fact
    if isinstance(fact, EvidenceRecorded | EvidenceCorrected):
        return fact.evidence.source.sha256
    return None


def _document(asked: Parts, found: Found) -> tuple[str, bytes] | None:
    sha256 = found.piece.evidence.source.sha256
    return asked.ledger.log.document(found.learner, sha256) if sha256 else None


def _document_text(asked: Parts, found: Found) -> str | None:
    """Give the document as text where it is one and short; "" where it can only be downloaded."""
    kept = _document(asked, found)
    if kept is None:
        return None
    media_type, content = kept
    if not media_type.startswith(_TEXT_TYPES) or len(content) > DOCUMENT_SHOWN_BYTES:
        return ""
    text = content.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
