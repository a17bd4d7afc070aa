"""Providers: who may submit evidence, about what, from when to when."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Request, Response

from api.auth import ReferenceReader, Steward
from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import Parts, parts
from api.schemas import GrantIn, ProviderIn, ReinstatementIn, RevocationIn, SuspensionIn
from ledger.domain.facts import (
    AuthorityGranted,
    AuthorityRevoked,
    ProviderKind,
    ProviderReinstated,
    ProviderSuspended,
)
from ledger.domain.ids import FrameworkId, ProviderId
from ledger.domain.sayings import ProviderFact
from ledger.errors import UnknownProviderError
from ledger.service import Receipt
from ledger.store.access import Issued
from projections.authority import ProviderAuthority
from projections.publication import order_fault, refuse

router = APIRouter(prefix="/v1/providers", tags=["providers"], responses=PROBLEMS)

Which = Annotated[UUID, Path(description="The provider's id.")]
_PROVIDER = "0b6f3c1e-5a0b-5c52-9f0e-1f1a5b0f7c11"
_TOKEN = "2c26b46b68ffc68f"  # noqa: S105  an id, which opens nothing
ALL_AUTHORITY = "all"


class ProviderOut(msgspec.Struct, frozen=True):
    """A provider as it is registered."""

    provider: ProviderId
    name: str
    kind: ProviderKind


class Noted(msgspec.Struct, frozen=True):
    """The fact is in the log at this position; `duplicate` when it was there before."""

    position: int
    duplicate: bool


class TokenOut(msgspec.Struct, frozen=True):
    """A token; it is shown this once, and only its hash is kept."""

    provider: ProviderId
    token: str


@router.get(
    "", response_class=JsonBytes, summary="List providers",
    responses=replies(list[ProviderOut], "Every provider, in the order of registration.", example=[
        {"provider": _PROVIDER, "name": "Riverside Welding", "kind": "employer"},
    ]),
)  # fmt: skip
def list_providers(request: Request, _caller: ReferenceReader) -> Response:
    """List every provider of this ledger."""
    found = parts(request).answers.registry().providers.values()
    return encoded([ProviderOut(one.provider, one.name, one.kind) for one in found])


@router.post(
    "", response_class=JsonBytes, status_code=201, summary="Register a provider",
    responses=replies(ProviderOut, "Registered; the same name again is the same provider.", status=201, example={
        "provider": _PROVIDER, "name": "Riverside Welding", "kind": "employer",
    }),
)  # fmt: skip
def register(request: Request, _caller: Steward, given: ProviderIn) -> Response:
    """Register a provider. Until authority is granted, its evidence is kept and does not count."""
    ledger = parts(request).ledger
    provider = ledger.register_provider(given.name, given.kind)
    if given.all_authority:
        ledger.record_about_provider(AuthorityGranted(provider=provider, grant=ALL_AUTHORITY))
    where = {"location": f"/v1/providers/{provider}"}
    return encoded(ProviderOut(provider, given.name, given.kind), status=201, headers=where)


@router.post(
    "/{provider}/tokens", response_class=JsonBytes, status_code=201, summary="Issue a provider's token",
    responses=replies(TokenOut, "Shown this once.", status=201, example={
        "provider": _PROVIDER, "token": "mlt_...",
    }),
)  # fmt: skip
def issue_token(request: Request, _caller: Steward, provider: Which) -> Response:
    """Make another token with which this provider submits evidence."""
    asked = parts(request)
    found = _known(asked, provider)
    name = asked.answers.registry().providers[found].name
    token = asked.ledger.access.issue("provider", label=name, provider=found)
    return encoded(TokenOut(found, token), status=201, headers={"cache-control": "no-store"})


@router.get(
    "/{provider}/tokens", response_class=JsonBytes, summary="List a provider's tokens",
    responses=replies(list[Issued], "In the order they were made. The `id` opens nothing.", example=[{
        "id": _TOKEN, "role": "provider", "provider": _PROVIDER, "label": "Riverside Welding",
        "created_at": "2026-01-05T08:00:00Z", "revoked_at": "2026-06-30T17:00:00Z",
    }]),
)  # fmt: skip
def list_tokens(request: Request, _caller: Steward, provider: Which) -> Response:
    """List the tokens that were made for this provider, and since when they open nothing."""
    asked = parts(request)
    return encoded(asked.ledger.access.issued(_known(asked, provider)))


@router.delete("/{provider}/tokens/{token}", summary="Revoke a provider's token", status_code=204)
def revoke_token(
    request: Request, _caller: Steward, provider: Which,
    token: Annotated[str, Path(description="Its id in the list of tokens.", examples=[_TOKEN])],
) -> Response:  # fmt: skip
    """Let a token open nothing any more; running services notice within seconds."""
    asked = parts(request)
    asked.ledger.access.revoke_named(token, provider=_known(asked, provider))
    return Response(status_code=204)


_NOTED = replies(Noted, "Recorded.", example={"position": 12, "duplicate": False})


@router.get(
    "/{provider}/authority", response_class=JsonBytes, summary="Get a provider's authority",
    responses=replies(ProviderAuthority, "What it was granted, and when it was suspended.", example={
        "provider": _PROVIDER,
        "grants": [{
            "grant": "wbl-2026", "kinds": ["work_based_learning"], "frameworks": [],
            "competencies": [], "starts_at": "2026-08-01T00:00:00Z",
            "ends_at": "2027-06-30T23:59:59Z", "revoked_at": "2026-12-24T00:00:00Z",
            "reason": "contract 7",
        }],
        "suspensions": [{"starts_at": "2026-10-01T00:00:00Z", "ends_at": "2026-10-15T00:00:00Z"}],
    }),
)  # fmt: skip
def authority(request: Request, _caller: ReferenceReader, provider: Which) -> Response:
    """Tell what a provider may assert, from when to when; what was revoked stays listed."""
    asked = parts(request)
    return encoded(asked.answers.registry().authority.held(_known(asked, provider)))


@router.post(
    "/{provider}/grants", response_class=JsonBytes, summary="Grant authority", responses=_NOTED
)
def grant(request: Request, _caller: Steward, provider: Which, given: GrantIn) -> Response:
    """Let a provider assert these kinds, on these frameworks and competencies, in this time."""
    asked = parts(request)
    refuse("grant", order_fault(given.starts_at, given.ends_at, "/ends_at"))
    fact = AuthorityGranted(
        provider=_known(asked, provider),
        grant=given.grant,
        kinds=given.kinds,
        frameworks=tuple(map(FrameworkId, given.frameworks)),
        competencies=given.competencies,
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        reason=given.reason,
    )
    return _record(asked, fact)


@router.post(
    "/{provider}/grants/{name}/revocation", response_class=JsonBytes, summary="Revoke a grant",
    responses=_NOTED,
)  # fmt: skip
def revoke(
    request: Request, _caller: Steward, provider: Which, name: str, given: RevocationIn
) -> Response:
    """End a grant; what occurred before its end still counts."""
    asked = parts(request)
    found = _known(asked, provider)
    fact = AuthorityRevoked(
        provider=found,
        grant=asked.answers.registry().authority.granted(found, name),
        ends_at=given.ends_at or asked.clock(),
        reason=given.reason,
    )
    return _record(asked, fact)


@router.post(
    "/{provider}/suspension",
    response_class=JsonBytes,
    summary="Suspend a provider",
    responses=_NOTED,
)
def suspend(request: Request, _caller: Steward, provider: Which, given: SuspensionIn) -> Response:
    """Let nothing count that occurs from now on (or from `starts_at`)."""
    asked = parts(request)
    starts_at = given.starts_at or asked.clock()
    return _record(
        asked,
        ProviderSuspended(
            provider=_known(asked, provider), starts_at=starts_at, reason=given.reason
        ),
    )


@router.post(
    "/{provider}/reinstatement", response_class=JsonBytes, summary="Reinstate a provider",
    responses=_NOTED,
)  # fmt: skip
def reinstate(
    request: Request, _caller: Steward, provider: Which, given: ReinstatementIn
) -> Response:
    """End a suspension; what occurred during it still does not count."""
    asked = parts(request)
    at = given.at or asked.clock()
    return _record(
        asked, ProviderReinstated(provider=_known(asked, provider), at=at, reason=given.reason)
    )


def _known(asked: Parts, provider: UUID) -> ProviderId:
    found = ProviderId(provider)
    if found not in asked.answers.registry().providers:
        raise UnknownProviderError(provider)
    return found


def _record(asked: Parts, fact: ProviderFact) -> Response:
    return noted(asked.ledger.record_about_provider(fact))


def noted(receipt: Receipt, *, status: int = 200) -> Response:
    """Say where a fact stands."""
    return encoded(Noted(receipt.position, receipt.duplicate), status=status)
