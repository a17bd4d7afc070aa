"""Signing in and out, the static files, and where to start."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response

from api.auth import Guard
from api.parts import parts
from api.problems import FORBIDDEN, INVALID, ProblemError
from api.web import directory, words
from api.web.rendering import PageRoute, page, redirect, static_answer
from api.web.session import ReferenceVisitor, is_from_here, local_path, sessions

router = APIRouter(route_class=PageRoute, include_in_schema=False)
FORM_BYTES_MAX = 8_192
REFUSED = "This token is not known here, or was revoked. Check that all of it was pasted."


@router.get("/static/{name}")
def static(name: str) -> Response:
    """Send a style sheet, script or sign."""
    return static_answer(name)


@router.get("/sign-in")
async def sign_in_form(request: Request, next: str = "/") -> Response:  # noqa: A002  the form's own name
    """Ask for a token."""
    return page(request, "sign_in.html", {"after": local_path(next), "refused": ""})


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Remember a token that the ledger knows; ask again for any other."""
    form = await _form(request)
    token, after = form.get("token", "").strip(), local_path(form.get("next"))
    guard: Guard = request.app.state.guard
    if not token or await guard.caller(token) is None:
        return page(request, "sign_in.html", {"after": after, "refused": REFUSED}, status=401)
    answer = redirect(after)
    sessions(request).begin(request, answer, token)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Forget the token."""
    await _form(request)
    answer = redirect("/sign-in")
    sessions(request).end(answer)
    return answer


async def _form(request: Request) -> dict[str, str]:
    """Read a small form that one of our own pages sent."""
    if not is_from_here(request):
        raise ProblemError(FORBIDDEN, "This form was sent from another site.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise ProblemError(INVALID, "The form is longer than any of ours.")
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError as error:
        raise ProblemError(INVALID, "The form has more fields than any of ours.") from error
    return {name: values[-1] for name, values in fields.items()}


@router.get("/")
def overview(request: Request, visitor: ReferenceVisitor) -> Response:
    """Show how much is in the ledger, and whether what is shown is up to date."""
    asked = parts(request)
    head = asked.ledger.log.head()
    counted = directory.counts(asked.ledger)
    registry = asked.answers.registry()
    sent = {row.provider: row for row in counted.providers}
    shown = [
        (provider, sent.get(provider.provider))
        for provider in registry.providers.values()
        # What others sent is no business of a provider's.
        if visitor.provider is None or provider.provider == visitor.provider
    ]
    states = [(state, counted.states.get(state, 0)) for state in words.STATES]
    return page(
        request,
        "overview.html",
        {
            "head": head, "counted": counted, "behind": head - counted.position,
            "states": states, "providers": shown, "frameworks": registry.frameworks.all_latest(),
        },
    )  # fmt: skip
