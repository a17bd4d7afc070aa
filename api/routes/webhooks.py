"""Webhooks: subscribe a URL to the changes, see how far it is, set it back, unsubscribe."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request, Response

from api import bodies
from api.auth import Steward
from api.openapi import PROBLEMS, SCHEMAS, JsonBytes, encoded, replies, takes
from api.parts import Parts, parts
from api.problems import CONFLICT, INVALID, ProblemError
from consumers.errors import DestinationRefusedError
from consumers.sending import destination
from ledger.domain import wording
from ledger.store.webhooks import WEBHOOKS_MAX, DeadLetter, Webhook

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], responses=PROBLEMS)

URL_BYTES_MAX = 2_000
BODY_BYTES_MAX = 8_192
LETTERS_MAX = 100
Wanted = TypeVar("Wanted")


class Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to send changes; `after` is the sequence number to begin behind."""

    url: str
    label: str = ""
    after: int = 0


class Subscribed(msgspec.Struct, frozen=True):
    """The subscription and the secret its deliveries are signed with, shown this once."""

    id: UUID
    secret: str


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Deliver again after this sequence number; absent: go on where it stopped."""

    after: int | None = None


class State(msgspec.Struct, frozen=True):
    """How a subscription stands."""

    id: UUID
    url: str
    label: str
    created_at: datetime
    position: int
    attempts: int
    next_at: datetime
    last_error: str | None
    stopped_at: datetime | None


class States(msgspec.Struct, frozen=True):
    """All subscriptions."""

    items: list[State]


class Letters(msgspec.Struct, frozen=True):
    """What was given up, newest first."""

    items: list[DeadLetter]


@router.post(
    "", response_class=JsonBytes, summary="Subscribe a URL",
    openapi_extra=takes(("application/json", SCHEMAS.answer(Subscribe),
                         {"url": "https://sis.example.org/hooks/mastery", "label": "SIS"})),
    responses=replies(Subscribed, "Subscribed; keep the secret.", status=201),
)  # fmt: skip
async def subscribe(request: Request, _caller: Steward) -> Response:
    """Send every change after `after` to a URL, in order, signed as Standard Webhooks says.

    The URL is https, and none of its addresses may be private unless the service allows it.
    """
    asked = parts(request)
    wanted = await _read(request, Subscribe)
    if len(wanted.url) > URL_BYTES_MAX:
        raise ProblemError(INVALID, "the URL is too long")
    await _check_place(asked, wanted.after)
    if wanted.label:
        wording.check_line("webhook", "label", wanted.label)
    store = asked.ledger.webhooks
    if len(await asyncio.to_thread(store.all)) >= WEBHOOKS_MAX:
        raise ProblemError(CONFLICT, f"there are {WEBHOOKS_MAX} webhooks already; use Kafka or SSE")
    allowed = asked.settings.webhook_private_addresses
    try:
        await asyncio.to_thread(destination, wanted.url, private_allowed=allowed)
    except (DestinationRefusedError, OSError) as error:
        raise ProblemError(INVALID, str(error)) from error
    name, secret = await asyncio.to_thread(
        store.add, wanted.url, label=wanted.label, after=wanted.after
    )
    return encoded(Subscribed(name, secret), status=201)


@router.get(
    "", response_class=JsonBytes, summary="List webhooks",
    responses=replies(States, "Every subscription, and how far it is."),
)  # fmt: skip
def states(request: Request, _caller: Steward) -> Response:
    """List subscriptions; `position` is the last change delivered."""
    return encoded(States([_state(one) for one in parts(request).ledger.webhooks.all()]))


@router.post(
    "/{webhook}/replay", summary="Replay or resume", status_code=204,
    openapi_extra=takes(("application/json", SCHEMAS.answer(Replay), {"after": 0})),
)  # fmt: skip
async def replay(request: Request, _caller: Steward, webhook: UUID) -> Response:
    """Deliver again from a sequence number, or start a stopped one where it was."""
    wanted = await _read(request, Replay)
    if wanted.after is not None:
        await _check_place(parts(request), wanted.after)
    await asyncio.to_thread(parts(request).ledger.webhooks.replay, webhook, after=wanted.after)
    return Response(status_code=204)


@router.delete("/{webhook}", summary="Unsubscribe", status_code=204)
def unsubscribe(request: Request, _caller: Steward, webhook: UUID) -> Response:
    """Send nothing more there; what it had not received is not kept for it."""
    parts(request).ledger.webhooks.remove(webhook)
    return Response(status_code=204)


@router.get(
    "/{webhook}/dead-letters", response_class=JsonBytes, summary="List what was given up",
    responses=replies(Letters, "Newest first."),
)  # fmt: skip
def dead_letters(
    request: Request,
    _caller: Steward,
    webhook: UUID,
    limit: Annotated[int, Query(ge=1, le=LETTERS_MAX)] = LETTERS_MAX,
) -> Response:
    """List changes that could not be delivered; read them at /v1/changes, or replay."""
    return encoded(Letters(parts(request).ledger.webhooks.dead_letters(webhook, limit=limit)))


def _state(one: Webhook) -> State:
    return State(
        one.id, one.url, one.label, one.created_at, one.position, one.attempts, one.next_at,
        one.last_error, one.stopped_at,
    )  # fmt: skip


async def _check_place(asked: Parts, after: int) -> None:
    """Refuse a place that the feed does not have: what comes there first would be missed."""
    if after < 0:
        raise ProblemError(INVALID, "`after` is negative")
    if after and after > (head := await asyncio.to_thread(asked.feed.head)):
        raise ProblemError(INVALID, f"`after` is {after}, and the feed ends at {head}")


async def _read(request: Request, kind: type[Wanted]) -> Wanted:
    body = await bodies.whole(request, bytes_max=BODY_BYTES_MAX)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError(INVALID, str(error)) from error
