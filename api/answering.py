"""What every answer has in common: HEAD is GET without the body, and JSON is taken for JSON.

Records are not kept by caches on the way, nor by a shared computer; a few documents that are the
same for everybody may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PUBLIC = frozenset({"/openapi.json", "/asyncapi.json"})
NO_SNIFFING = (b"x-content-type-options", b"nosniff")
NO_STORE = (b"cache-control", b"no-store")

Header = tuple[bytes, bytes]


async def answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let `app` answer one request."""
    public = scope["path"] in PUBLIC

    async def labelled(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = _labelled(message["headers"], public=public)
        await send(message)

    if scope["method"] == "HEAD":
        await _head(app, scope, receive, labelled)
    else:
        await app(scope, receive, labelled)


def _labelled(headers: Iterable[Header], *, public: bool) -> list[Header]:
    found = dict(headers)
    if b"json" not in found.get(b"content-type", b""):
        return [*headers]
    ours = [NO_SNIFFING] if public else [NO_SNIFFING, NO_STORE]
    return [*headers, *(each for each in ours if each[0] not in found)]


class _AnsweredError(Exception):
    """The head is sent; what would have been the body is not asked for."""


async def _head(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    done = False

    async def head_only(message: Message) -> None:
        nonlocal done
        await send(message)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        done = True
        # Some bodies have no end (the feed of changes): they are not to be begun.
        raise _AnsweredError

    as_get: dict[str, Any] = {**scope, "method": "GET"}
    try:
        await app(as_get, receive, head_only)
    except Exception:
        if not done:
            raise
