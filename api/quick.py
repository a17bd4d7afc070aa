"""The way of most requests: `POST /v1/evidence` without parameters, past routing and dependencies.

Most of the time of a single post went into finding a route that is known and solving two
dependencies that are known (measured; docs/performance.md). The route stays declared in
`api.routes.evidence`, which documents it and takes whatever has a query; both ways call the same
function and answer errors by the same handlers.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api.answering import answer
from api.auth import Needs
from api.routes.evidence import submit

PATH = "/v1/evidence"
_needs = Needs("evidence:write")


class QuickApp(FastAPI):
    """An application that knows its busiest path by heart."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._quick: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the busiest path at once, and leave everything else to the routes."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif scope["path"] == PATH and scope["method"] == "POST" and not scope["query_string"]:
            self._quick = self._quick or self._guarded()
            scope["app"] = self
            await answer(self._quick, scope, receive, send)
        else:
            await answer(super().__call__, scope, receive, send)

    def _guarded(self) -> ASGIApp:
        """Put the handlers of errors around the path, as Starlette does around routes."""
        handlers = dict(self.exception_handlers)
        unforeseen = handlers.pop(Exception, None)
        return ServerErrorMiddleware(ExceptionMiddleware(_submit, handlers), handler=unforeseen)


async def _submit(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive, send)
    response = await submit(request, await _needs(request))
    await response(scope, receive, send)
