"""From a template to an answer: escaped, under a strict content policy, kept by no cache."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from importlib import resources
from typing import Any
from uuid import uuid4

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException

from api.problems import FAILED, INVALID, NOT_FOUND, ProblemError, detail_of, kind_of
from api.web import words
from api.web.session import SignInNeededError, sign_in_path
from ledger.errors import LedgerError

_log = logging.getLogger(__name__)

SECURITY: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # an address holds a learner's id: other sites never see it
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
RECORDS_CACHE = "no-store"  # a shared computer must not show a transcript from its cache
STATIC_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("api.web"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(words.FILTERS)
    return environment


def page(
    request: Request, template: str, context: Mapping[str, object], *, status: int = 200
) -> Response:
    """Render a page for whoever is looking."""
    visitor = getattr(request.state, "visitor", None)
    text = (
        _environment()
        .get_template(template)
        .render(context, visitor=visitor, path=request.url.path, static=static_path)
    )
    return HTMLResponse(text, status, {**SECURITY, "cache-control": RECORDS_CACHE})


def redirect(path: str) -> Response:
    """Go on to a path of this site, by GET."""
    return RedirectResponse(path, 303, {**SECURITY, "cache-control": RECORDS_CACHE})


class PageRoute(APIRoute):
    """A route whose errors are pages too: said in words, with a way on."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler that FastAPI makes."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except SignInNeededError as error:
                return redirect(sign_in_path(error.after))
            except ProblemError as error:
                return _problem(request, error.kind.status, error.kind.title, error.detail)
            except LedgerError as error:
                kind = kind_of(error)
                return _problem(request, kind.status, kind.title, detail_of(error))
            except RequestValidationError:
                # A path that is no id names nothing; a question that cannot be read is the asker's.
                kind = NOT_FOUND if request.path_params else INVALID
                return _problem(request, kind.status, kind.title, "The address is not complete.")
            except HTTPException as error:
                return _problem(request, error.status_code, NOT_FOUND.title, "")
            except Exception:  # noqa: BLE001  whatever it was, a person gets a page and a reference
                reference = uuid4().hex[:12]
                _log.exception("page failed, reference %s", reference)
                return _problem(request, FAILED.status, FAILED.title, f"Reference {reference}.")

        return handler


def _problem(request: Request, status: int, title: str, detail: str) -> Response:
    context = {"status": status, "title": title, "detail": detail}
    return page(request, "problem.html", context, status=status)


# -- static files -------------------------------------------------------------------------------


@cache
def static_file(name: str) -> tuple[bytes, str] | None:
    """Give a static file and its digest, read once."""
    found = resources.files("api.web") / "static" / name
    if "/" in name or name.startswith(".") or not found.is_file():
        return None
    content = found.read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


def static_path(name: str) -> str:
    """Give the address of a static file: another content, another address."""
    found = static_file(name)
    assert found is not None, name
    return f"/static/{name}?v={found[1]}"


def static_answer(name: str) -> Response:
    """Send a static file; its address changes with it, so a browser may keep it for ever."""
    found = static_file(name)
    if found is None:
        return Response("no such file", 404, media_type="text/plain")
    media_type = STATIC_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    headers = {**SECURITY, "cache-control": "public, max-age=31536000, immutable"}
    return Response(found[0], 200, headers, media_type=media_type)
