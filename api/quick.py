"""The way of most requests: `POST /v1/evidence` without parameters, past FastAPI's machinery.

Half the time of a single post went into solving two dependencies that are known (measured;
docs/performance.md). The route stays declared in `api.routes.evidence`, which documents it and
takes whatever has a query; both ways call the same function.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from api.auth import Needs
from api.routes.evidence import submit

PATH = "/v1/evidence"
_needs = Needs("evidence:write")


class QuickRoute(Route):
    """Matches its path exactly, with its method, and without a query."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Leave everything else to the declared route."""
        found, child = super().matches(scope)
        if found is not Match.FULL or scope["query_string"]:
            return Match.NONE, {}
        return found, child


async def _submit(request: Request) -> Response:
    return await submit(request, await _needs(request))


def install(app: FastAPI) -> None:
    """Put it before the declared route."""
    app.router.routes.insert(0, QuickRoute(PATH, _submit, methods=["POST"]))
