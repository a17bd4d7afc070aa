"""Frameworks: what learning is judged against, published as CASE packages."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import bodies
from api.auth import ReferenceReader, Steward
from api.openapi import PROBLEMS, JsonBytes, encoded, replies, takes
from api.parts import Parts, parts
from api.problems import Fault, fault_of
from ledger.domain.facts import FrameworkPublished
from ledger.domain.ids import FrameworkId
from ledger.domain.streams import framework_stream
from ledger.errors import InvalidDocumentError, UnknownFrameworkError
from ledger.standards.case import read_case
from ledger.standards.translation import Refused
from projections.carrying import Migration, migration, unmapped
from projections.registry import Registry

router = APIRouter(prefix="/v1/frameworks", tags=["frameworks"], responses=PROBLEMS)

_ID = "c6085394-d7cb-11e8-824f-0242ac160002"
_SUMMARY = {
    "framework": _ID,
    "title": "Welding Technology",
    "version": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "uri": f"https://case.example.org/ims/case/v1p1/CFDocuments/{_ID}",
    "competencies": 212,
}
PACKAGE: dict[str, Any] = {
    "CFDocument": {"identifier": _ID, "uri": _SUMMARY["uri"], "title": "Welding Technology"},
    "CFItems": [],
    "CFAssociations": [],
}


class FrameworkSummary(msgspec.Struct, frozen=True):
    """A framework in its latest version; `version` is the SHA-256 of the package."""

    framework: FrameworkId
    title: str
    version: str
    uri: str | None
    competencies: int


class FrameworkPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of the package that was refused: its number among items, associations, rubrics."""

    index: int
    errors: tuple[Fault, ...]


class Published(msgspec.Struct, frozen=True):
    """The package is in the log at this position; the parts listed were left out of it."""

    framework: FrameworkId
    version: str
    position: int
    duplicate: bool
    refused: tuple[FrameworkPart, ...]


def summary_of(fact: FrameworkPublished) -> FrameworkSummary:
    """Give a framework without its competencies."""
    return FrameworkSummary(
        fact.framework, fact.title, fact.version, fact.uri, len(fact.competencies)
    )


@router.get(
    "", response_class=JsonBytes, summary="List frameworks",
    responses=replies(list[FrameworkSummary], "Each in its latest version.", example=[_SUMMARY]),
)  # fmt: skip
def list_frameworks(request: Request, _caller: ReferenceReader) -> Response:
    """List every framework of this ledger."""
    found = parts(request).answers.registry().frameworks.all_latest()
    return encoded(list(map(summary_of, found)))


@router.get(
    "/{framework}", response_class=JsonBytes, summary="Get a framework",
    responses=replies(
        FrameworkPublished,
        "Its latest version, with every competency; or the package, with its own members.",
        or_object=True,
    ),
)  # fmt: skip
def get_framework(
    request: Request,
    _caller: ReferenceReader,
    framework: str,
    package: Annotated[bool, Query(description="The package as it was received.")] = False,
) -> Response:
    """Get a framework by its identifier: as the ledger reads it, or the bytes as received."""
    asked = parts(request)
    fact = asked.answers.registry().frameworks.latest(FrameworkId(framework))
    if fact is None:
        raise UnknownFrameworkError(framework)
    if not package:
        return encoded(fact)
    kept = asked.ledger.log.document(framework_stream(fact.framework), fact.version)
    if kept is None:
        raise UnknownFrameworkError(framework)
    media_type, data = kept
    return Response(data, media_type=media_type)


@router.get(
    "/{framework}/migration", response_class=JsonBytes, summary="See what carries over",
    responses=replies(Migration, "Each competency of the old version, and what becomes of it."),
)  # fmt: skip
def get_migration(
    request: Request,
    _caller: ReferenceReader,
    framework: str,
    *,
    since: Annotated[
        str | None, Query(description="The old version; the one before the latest, if absent.")
    ] = None,
    to: Annotated[
        str | None, Query(description="The framework that succeeds it; itself, if absent.")
    ] = None,
    unmapped_only: Annotated[
        bool, Query(alias="unmapped", description="Only what does not carry over.")
    ] = False,
) -> Response:
    """Lay an old version of a framework against the latest of its successor."""
    found = migration_of(parts(request).answers.registry(), framework, since=since, to=to)
    return encoded(replace(found, competencies=tuple(unmapped(found))) if unmapped_only else found)


def migration_of(
    registry: Registry, framework: str, *, since: str | None, to: str | None
) -> Migration:
    """Find the versions that are meant, and lay the old one against the new.

    Raises:
        UnknownFrameworkError: there is no such framework or version, or only one of them.
    """
    frameworks = registry.frameworks
    old, new = frameworks.named(framework), frameworks.named(to or framework)
    if old is None or new is None:
        raise UnknownFrameworkError(framework if old is None else str(to))
    versions = frameworks.versions(old)
    before = versions[-1] if old != new else versions[-2] if len(versions) > 1 else ""
    found = migration(registry, old, since or before, new)
    if found is None:
        raise UnknownFrameworkError(f"{framework} in a version before the latest")
    return found


@router.post(
    "", response_class=JsonBytes, summary="Publish a framework",
    openapi_extra=takes(("application/json", {"type": "object"}, PACKAGE)),
    responses=replies(Published, "Published; the same package again is a duplicate.", example={
        "framework": _ID, "version": _SUMMARY["version"], "position": 3, "duplicate": False, "refused": [],
    }),
)  # fmt: skip
async def publish(request: Request, _caller: Steward) -> Response:
    """Publish a CASE 1.0 or 1.1 package as the framework's new version.

    Earlier versions stay: evidence is read by the version it names, and a competency that the
    new version drops is still found. Parts that are wrong are left out and listed.
    """
    asked = parts(request)
    bodies.wanted(request, bodies.JSON_TYPES)
    body = await bodies.whole(request, bytes_max=asked.settings.body_bytes_max)
    return encoded(await run_in_threadpool(_publish, asked, body))


def _publish(asked: Parts, body: bytes) -> Published:
    first, *refused = read_case(body)
    if isinstance(first, Refused):
        raise InvalidDocumentError("CASE package", first.rejects)
    (fact,) = first.frameworks
    receipt = asked.ledger.publish_framework(fact, document=body)
    left_out = tuple(
        FrameworkPart(one.index, tuple(map(fault_of, one.rejects)))
        for one in refused
        if isinstance(one, Refused)
    )
    return Published(fact.framework, fact.version, receipt.position, receipt.duplicate, left_out)
