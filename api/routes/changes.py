"""The feed of changes, for downstream systems: every change of mastery once, in order.

Three ways to the same sequence, with the ids and the JSON that Kafka carries: pages, pages that
wait (long poll), and a stream of server-sent events.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.auth import RecordsReader
from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import Parts, parts
from api.problems import INVALID, ProblemError
from consumers.wire import change_type
from projections.feed import FeedEntry

router = APIRouter(prefix="/v1", tags=["changes"], responses=PROBLEMS)

PAGE_ITEMS = 500
WAIT_S_MAX = 60
SILENCE_S_MAX = 15.0
"""A stream says something at least this often, so that proxies and both ends know it lives."""
HANGUP_S_MAX = 3.0
"""A long poll notices within this time that nobody waits for it any more."""
STREAM_S_MAX = 3600.0
"""A stream ends after this long; its reader comes back, and its token is looked at again."""
EVENT_STREAM = "text/event-stream"
_ENCODE = msgspec.json.Encoder().encode

After = Annotated[int, Query(ge=0, description="Sequence number of the last change seen.")]


class ChangesPage(msgspec.Struct, frozen=True):
    """Changes in order; go on with `after` set to `next`, which stays the same at the end."""

    items: list[FeedEntry]
    next: int


@router.get(
    "/changes", response_class=JsonBytes, summary="Read the feed of changes",
    responses=replies(ChangesPage, "Oldest first; an empty page is the end so far."),
)  # fmt: skip
async def changes(
    request: Request,
    _caller: RecordsReader,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, description="Most items in the page.")] = PAGE_ITEMS,
    wait: Annotated[
        int, Query(ge=0, le=WAIT_S_MAX, description="Seconds to wait at the end for more.")
    ] = 0,
) -> Response:
    """Read on after the last change seen; from 0, everything there ever was.

    Keep `next` with what you made of the page, in one transaction, and you see each change once.
    With `wait`, an answer at the end comes as soon as there is more, or empty when time is up.
    """
    asked = parts(request)
    limit = min(limit, asked.settings.page_items_max)
    items = await _read(asked, after, limit, fresh=not wait)
    if not items:
        await _refuse_ahead(asked, after)
    if not items and wait and await _beyond(request, after, wait_s=wait):
        items = await _read(asked, after, limit)
    return encoded(ChangesPage(items, items[-1].sequence if items else after))


@router.get(
    "/changes/stream", response_class=StreamingResponse, summary="Follow the feed of changes",
    responses={200: {"description": "One event a change; its id is the sequence number.",
                     "content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
)  # fmt: skip
async def stream(
    request: Request,
    _caller: RecordsReader,
    after: After = 0,
    last_event_id: Annotated[
        str | None, Header(description="Set by a client that comes back; goes before `after`.")
    ] = None,
) -> Response:
    """Send what there is after the last change seen, then each change as it happens.

    Server-sent events: `data` is the change as JSON, `id` its sequence number. A client that
    loses the connection comes back with `Last-Event-ID` and misses nothing.
    """
    if last_event_id is not None:
        after = _sequence(last_event_id)
    await _refuse_ahead(parts(request), after)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        _events(parts(request), after), headers=headers, media_type=EVENT_STREAM
    )


async def _beyond(request: Request, after: int, *, wait_s: float) -> bool:
    """Wait for more, as long as there is somebody to tell."""
    ends = time.monotonic() + wait_s
    while (left := ends - time.monotonic()) > 0:
        if await parts(request).tail.beyond(after, timeout_s=min(left, HANGUP_S_MAX)):
            return True
        if await request.is_disconnected():
            break
    return False


async def _events(asked: Parts, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    ends = time.monotonic() + STREAM_S_MAX
    while time.monotonic() < ends:
        written = asked.tail.written(after, limit=PAGE_ITEMS, write=_event)
        if written is None and (items := await _read(asked, after, PAGE_ITEMS)):
            written = items[-1].sequence, b"".join(map(_event, items))
        if written is not None:
            after, text = written
            yield text
        elif not await asked.tail.beyond(after, timeout_s=SILENCE_S_MAX):
            if await _is_ahead(asked, after):
                return  # coming back, its reader is told
            yield b": nothing new\n\n"


def _event(entry: FeedEntry) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (
        entry.sequence, change_type(entry).encode(), _ENCODE(entry),
    )  # fmt: skip


async def _read(asked: Parts, after: int, limit: int, *, fresh: bool = False) -> list[FeedEntry]:
    """Read on; unless asked for `fresh`, from what is held for all followers, if it reaches back."""
    held = None if fresh else asked.tail.held(after, limit=limit)
    return (
        held if held is not None else await asyncio.to_thread(asked.feed.after, after, limit=limit)
    )


async def _refuse_ahead(asked: Parts, after: int) -> None:
    """Refuse who has seen what the feed does not have: they would miss what comes in its place."""
    if await _is_ahead(asked, after):
        raise ProblemError(
            INVALID,
            f"the feed ends before {after}: the ledger was restored to an earlier moment, or this is"
            " another ledger; start over from 0",
        )


async def _is_ahead(asked: Parts, after: int) -> bool:
    return after > asked.tail.last and after > await asyncio.to_thread(asked.feed.head)


def _sequence(text: str) -> int:
    try:
        found = int(text)
    except ValueError:
        found = -1
    if found < 0:
        raise ProblemError(INVALID, "Last-Event-ID is the sequence number of a change")
    return found
