"""Who is looking at a page: the holder of the token in a signed cookie.

The cookie is HttpOnly and SameSite=Lax: a link from elsewhere opens a page, and a form from
elsewhere changes nothing. The token is asked about again each time: it may have been revoked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Response

from api.auth import Caller, Guard, Scope, read_session, sign_session
from api.problems import FORBIDDEN, ProblemError
from api.queries import check_query

COOKIE = "ml_session"
SESSION_S = 8 * 3600  # a working day; then the token is pasted again


class SignInNeededError(Exception):
    """Nobody is signed in; `after` is where to go once somebody is."""

    def __init__(self, after: str) -> None:
        super().__init__(after)
        self.after = after


@dataclass(frozen=True, slots=True)
class Sessions:
    """Signs cookies and reads them again; `key` is 32 bytes."""

    key: bytes

    def begin(self, request: Request, response: Response, token: str) -> None:
        """Remember a token in the visitor's browser."""
        response.set_cookie(
            COOKIE,
            sign_session(token, key=self.key, until=int(time.time()) + SESSION_S),
            max_age=SESSION_S, path="/", httponly=True, samesite="lax",
            # On plain http, as on one's own machine, a Secure cookie would not come back.
            secure=request.url.scheme == "https",
        )  # fmt: skip

    def end(self, response: Response) -> None:
        """Forget it."""
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")

    async def visitor(self, request: Request) -> Caller | None:
        """Name who is looking; None where nobody is signed in."""
        token = read_session(request.cookies.get(COOKIE), key=self.key, now=int(time.time()))
        guard: Guard = request.app.state.guard
        return await guard.caller(token) if token else None


def sessions(request: Request) -> Sessions:
    """Give the sessions of the application that a request came to."""
    found: Sessions = request.app.state.web_sessions
    return found


class Looks:
    """The dependency of a page that only visitors with `scope` may open."""

    def __init__(self, scope: Scope) -> None:
        self.scope: Scope = scope

    async def __call__(self, request: Request) -> Caller:
        """Name the visitor.

        Raises:
            SignInNeededError: nobody is signed in.
            ProblemError: 403, the role lacks the scope; 400, the page has no such parameter.
        """
        visitor = await sessions(request).visitor(request)
        request.state.visitor = visitor
        if visitor is None:
            path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            raise SignInNeededError(path if request.method == "GET" else "/")
        if not visitor.may(self.scope):
            raise ProblemError(FORBIDDEN, WHY_NOT.get(visitor.role, "Your role does not open it."))
        check_query(request)
        return visitor


WHY_NOT = {
    "provider": "A provider sees the evidence it submitted itself, and nobody's transcript.",
    "operator": "An operator runs the service and sees no learner's record.",
}

RecordsVisitor = Annotated[Caller, Depends(Looks("records:read"))]
EvidenceVisitor = Annotated[Caller, Depends(Looks("evidence:read"))]
OperationsVisitor = Annotated[Caller, Depends(Looks("service:read"))]
ReferenceVisitor = Annotated[Caller, Depends(Looks("reference:read"))]


def local_path(text: str | None) -> str:
    """Give a path of this site to go on to; "/" for anything else, such as another site."""
    path = text or "/"
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    foreign = parts.scheme or parts.netloc or not path.startswith("/") or path.startswith("//")
    if foreign or "\\" in path or any(ord(character) < 0x20 for character in path):
        return "/"
    return path


def sign_in_path(after: str) -> str:
    """Give the address of the sign-in page that leads on to `after`."""
    after = local_path(after)
    return "/sign-in" if after == "/" else f"/sign-in?next={quote(after, safe='/')}"


def is_from_here(request: Request) -> bool:
    """Say whether a form was sent from this site's own pages, as far as the browser tells.

    Without it another site could sign a visitor in under a token of its own.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
