"""Policies: when a competency counts as mastered, as documents that are published and adopted."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import bodies
from api.auth import ReferenceReader, Steward
from api.openapi import PROBLEMS, SCHEMAS, JsonBytes, encoded, replies, takes
from api.parts import parts
from api.routes.providers import Noted, noted
from api.schemas import AdoptionIn
from ledger.domain.facts import PolicyAdopted, PolicyPublished
from ledger.domain.ids import PolicyId
from ledger.errors import UnknownPolicyError
from projections.adopted import Adoption, standing
from projections.policies.documents import canonical, digest, json_schema
from projections.policies.reading import parse
from projections.publication import adoption_faults, policy_faults, refuse
from projections.registry import Registry, day_of

router = APIRouter(prefix="/v1/policies", tags=["policies"], responses=PROBLEMS)

_ID = "demonstrated-mastery"
_DIGEST = "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"


class PolicyOut(msgspec.Struct, frozen=True):
    """A version of a policy, named by the SHA-256 of its document."""

    policy: PolicyId
    digest: str
    published_by: str | None = None


class PolicyNoted(msgspec.Struct, frozen=True):
    """The document is in the log at this position, under this digest."""

    policy: PolicyId
    digest: str
    position: int
    duplicate: bool


@router.get(
    "", response_class=JsonBytes, summary="List policies",
    responses=replies(list[PolicyOut], "Every version, the shipped default first.", example=[
        {"policy": _ID, "digest": _DIGEST, "published_by": None},
    ]),
)  # fmt: skip
def list_policies(request: Request, _caller: ReferenceReader) -> Response:
    """List every published version of every policy, and the default that ships with the ledger."""
    adoptions = parts(request).answers.registry().adoptions
    shipped = adoptions.shipped
    found = [PolicyOut(shipped.policy, shipped.digest)]
    found += [
        PolicyOut(fact.policy, fact.digest, fact.published_by)
        for fact in adoptions.published.values()
        if fact.digest != shipped.digest
    ]
    return encoded(found)


@router.get(
    "/adoptions", response_class=JsonBytes, summary="List what is adopted",
    responses=replies(list[Adoption], "The widest first.", example=[{
        "level": "programme", "scope": "48.0508", "starts_on": "2026-08-01", "policy": _ID,
        "digest": _DIGEST, "floor": False,
    }]),
)  # fmt: skip
def list_adoptions(request: Request, _caller: ReferenceReader) -> Response:
    """List which policy was adopted where and from when on, without what another took the place of.

    The narrowest that has begun decides; where there is none for everybody, the default that ships.
    """
    return encoded(standing(parts(request).answers.registry().adoptions))


@router.get(
    "/schema", response_class=JsonBytes, summary="Get the JSON Schema of policy documents",
    responses=replies(dict[str, Any], "JSON Schema 2020-12."),
)  # fmt: skip
def get_schema(_caller: ReferenceReader) -> Response:
    """Give the schema by which a policy can be written and checked in an editor."""
    return encoded(json_schema())


@router.get(
    "/{policy}", response_class=JsonBytes, summary="Get a policy",
    responses=replies(dict[str, Any], "The document, word for word."),
)  # fmt: skip
def get_policy(
    request: Request,
    _caller: ReferenceReader,
    policy: str,
    version: Annotated[
        str | None, Query(alias="digest", description="Which version; the latest, where absent.")
    ] = None,
) -> Response:
    """Get a policy's document, by its id and perhaps its digest."""
    document = document_of(parts(request).answers.registry(), policy, version)
    return JsonBytes(document.encode())


def document_of(registry: Registry, policy: str, version: str | None = None) -> str:
    """Find a policy's document.

    Raises:
        UnknownPolicyError: there is no such policy, or not in that version.
    """
    adoptions = registry.adoptions
    judge = adoptions.judge(version or policy)
    if judge is not None and judge.policy == policy:
        fact = adoptions.published.get(judge.digest)
        return fact.document if fact is not None else canonical(judge.document)
    raise UnknownPolicyError(policy if version is None else f"{policy} with digest {version}")


@router.post(
    "", response_class=JsonBytes, summary="Publish a policy",
    openapi_extra=takes(("application/json", SCHEMAS.document("policy", json_schema()), None)),
    responses=replies(PolicyNoted, "Published; the same document again is a duplicate.", example={
        "policy": _ID, "digest": _DIGEST, "position": 7, "duplicate": False,
    }),
)  # fmt: skip
async def publish(request: Request, caller: Steward) -> Response:
    """Publish a version of a policy. It decides nothing until it is adopted.

    Refused: one that nobody or everybody can meet, that contradicts itself, or that names a
    competency which no framework has.
    """
    asked = parts(request)
    bodies.wanted(request, bodies.JSON_TYPES)
    document = parse(await bodies.whole(request, bytes_max=asked.settings.item_bytes_max))
    registry = await run_in_threadpool(asked.answers.registry)
    refuse("policy", policy_faults(document, registry))
    fact = published(canonical(document), document.id, digest(document), by=caller.label)
    receipt = await run_in_threadpool(asked.ledger.publish_policy, fact)
    return encoded(PolicyNoted(fact.policy, fact.digest, receipt.position, receipt.duplicate))


def published(document: str, policy: str, version: str, *, by: str | None) -> PolicyPublished:
    """Make the fact that a policy exists."""
    return PolicyPublished(
        policy=PolicyId(policy), digest=version, document=document, published_by=by
    )


@router.post(
    "/{policy}/adoptions", response_class=JsonBytes, summary="Adopt a policy",
    responses=replies(Noted, "Adopted.", example={"position": 8, "duplicate": False}),
)  # fmt: skip
def adopt(request: Request, _caller: Steward, policy: str, given: AdoptionIn) -> Response:
    """Let a policy decide for a scope. The narrowest adoption in force on the day decides.

    With `floor`, narrower levels cannot undercut it: an adoption that asks for less in so many
    words is refused, and nothing is mastered there that this policy does not pass.
    """
    asked = parts(request)
    registry = asked.answers.registry()
    judge = registry.adoptions.judge(given.digest or policy)
    if judge is None or judge.policy != policy:
        raise UnknownPolicyError(policy)
    faults = adoption_faults(
        judge, registry, asked.ledger.log, level=given.level, scope=given.scope,
        on=given.starts_on or day_of(asked.clock()),
    )  # fmt: skip
    refuse("policy", faults)
    fact = PolicyAdopted(
        policy=PolicyId(policy),
        digest=judge.digest,
        level=given.level,
        scope=given.scope,
        starts_on=given.starts_on,
        reason=given.reason,
        floor=given.floor,
    )
    return noted(asked.ledger.adopt_policy(fact, turn=registry.adoptions.turn(fact)))
