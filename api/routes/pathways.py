"""Pathways: programmes of study as documents, and how far a learner is on one."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import bodies
from api.auth import RecordsReader, ReferenceReader, Steward
from api.moments import AtMoment
from api.openapi import PROBLEMS, SCHEMAS, JsonBytes, encoded, replies, takes
from api.parts import parts
from ledger.domain.ids import LearnerId
from ledger.domain.streams import stream_of
from ledger.errors import UnknownPathwayError
from projections.pathways.documents import parse, schema
from projections.pathways.standing import Standing, standing
from projections.publication import pathway_fact

router = APIRouter(prefix="/v1", tags=["pathways"], responses=PROBLEMS)

Which = Annotated[str, Path(description="The pathway's id.")]
_ID = "welding-technology"
_DIGEST = "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"


class PathwayOut(msgspec.Struct, frozen=True):
    """A pathway in its latest version, named by the SHA-256 of its document."""

    pathway: str
    title: str
    digest: str
    published_by: str | None = None


class PathwayNoted(msgspec.Struct, frozen=True):
    """The document is in the log at this position, under this digest."""

    pathway: str
    digest: str
    position: int
    duplicate: bool


@router.get(
    "/pathways", response_class=JsonBytes, summary="List pathways",
    responses=replies(list[PathwayOut], "Each in its latest version.", example=[
        {"pathway": _ID, "title": "Welding", "digest": _DIGEST, "published_by": None},
    ]),
)  # fmt: skip
def list_pathways(request: Request, _caller: ReferenceReader) -> Response:
    """List every pathway in its latest version."""
    found = parts(request).answers.registry().pathways.values()
    return encoded(
        [
            PathwayOut(one.pathway, parse(one.document).title, one.digest, one.published_by)
            for one in found
        ]
    )


@router.post(
    "/pathways", response_class=JsonBytes, summary="Publish a pathway",
    openapi_extra=takes(("application/json", SCHEMAS.document("pathway", schema()), None)),
    responses=replies(PathwayNoted, "Published; the same document again is a duplicate.", example={
        "pathway": _ID, "digest": _DIGEST, "position": 7, "duplicate": False,
    }),
)  # fmt: skip
async def publish(request: Request, caller: Steward) -> Response:
    """Publish a version of a pathway; the version published last is the one that is audited.

    Refused: requirements that nobody can ever meet, gates that wait for each other, and
    competencies that no framework has.
    """
    asked = parts(request)
    bodies.wanted(request, bodies.JSON_TYPES)
    document = parse(await bodies.whole(request, bytes_max=asked.settings.item_bytes_max))
    registry = await run_in_threadpool(asked.answers.registry)
    fact = pathway_fact(document, registry, by=caller.label)
    receipt = await run_in_threadpool(
        asked.ledger.record_reference, stream_of(fact), fact, key=(fact.pathway,)
    )
    return encoded(PathwayNoted(fact.pathway, fact.digest, receipt.position, receipt.duplicate))


@router.get(
    "/pathways/schema", response_class=JsonBytes, summary="Get the JSON Schema of pathways",
    responses=replies(dict[str, Any], "JSON Schema 2020-12."),
)  # fmt: skip
def get_schema(_caller: ReferenceReader) -> Response:
    """Give the schema by which a pathway can be written and checked in an editor."""
    return encoded(schema())


@router.get(
    "/pathways/{pathway:path}", response_class=JsonBytes, summary="Get a pathway",
    responses=replies(dict[str, Any], "The document of its latest version."),
)  # fmt: skip
def get_pathway(request: Request, _caller: ReferenceReader, pathway: Which) -> Response:
    """Get a pathway's document."""
    found = parts(request).answers.registry().pathways.get(pathway)
    if found is None:
        raise UnknownPathwayError(pathway)
    return JsonBytes(found.document.encode())


@router.get(
    "/learners/{learner}/pathways/{pathway:path}", response_class=JsonBytes, tags=["learners"],
    summary="Audit a learner on a pathway",
    responses=replies(Standing, "Each requirement and gate, and what is missing."),
)  # fmt: skip
def audit(
    request: Request,
    _caller: RecordsReader,
    learner: Annotated[UUID, Path(description="The ledger's id of the learner.")],
    pathway: Which,
    at: AtMoment,
) -> Response:
    """Lay a learner's record against a pathway, as it stood then; time alone opens no gate."""
    found = standing(
        parts(request).answers, LearnerId(learner), pathway,
        as_of=at.as_of, on=at.on, policy=at.policy,
    )  # fmt: skip
    return encoded(found)
