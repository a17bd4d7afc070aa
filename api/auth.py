"""Who is asking, and what they may do: tokens issued by the ledger, as Bearer or as Basic password.

The ledger keeps only hashes of tokens. An answer of the ledger is believed for some seconds, so
that a busy client costs one look-up and a revoked token is dead soon.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, NamedTuple, get_args

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from api.bodies import fault_of_encoding
from api.problems import FORBIDDEN, UNAUTHENTICATED, ProblemError
from api.queries import check_query
from ledger.domain.ids import ProviderId
from ledger.store.access import Holder, Role

Scope = Literal[
    "evidence:write",  # submit, correct and withdraw; a provider, as itself
    "evidence:remark",  # confirm and contest; a provider, its own evidence
    "enrolments:withdraw",  # those said by mistake; a provider, its own
    "evidence:read",  # one piece of evidence; a provider, its own
    "rejects:read",  # what was refused; a provider, its own
    "learners:find",  # from an identifier to the ledger's id; a provider, those it named
    "records:read",  # mastery, transcript, history, changes
    "reference:read",  # providers, frameworks, policies
    "reference:write",
    "reports:read",  # lists and figures over many learners, and trials of policies
    "service:read",  # metrics: how far and how fast, nobody's record
]
ROLES: tuple[Role, ...] = get_args(Role)


def _scopes(*names: Scope) -> frozenset[Scope]:
    return frozenset(names)


_RECORDS = _scopes("evidence:read", "learners:find", "records:read", "reference:read")
_PROVIDER = _scopes(
    "evidence:write",
    "evidence:remark",
    "enrolments:withdraw",
    "evidence:read",
    "rejects:read",
    "learners:find",
    "reference:read",
)
_OVERSIGHT = _scopes("rejects:read", "reports:read")
_STEWARD = _OVERSIGHT | _scopes("reference:write", "evidence:remark", "enrolments:withdraw")
_OPERATOR = _scopes("reference:read", "service:read")
SCOPES: Mapping[str, frozenset[Scope]] = {
    "provider": _PROVIDER,
    "reader": _RECORDS,
    "auditor": _RECORDS | _OVERSIGHT,
    "steward": _RECORDS | _STEWARD,
    "operator": _OPERATOR,  # runs the service, reads no record
}

CACHE_TTL_S = 5.0
CACHE_ENTRIES_MAX = 10_000
SEND_ONE = "send a token of this ledger as Authorization: Bearer, or as the Basic password"
CHALLENGE = {"www-authenticate": 'Bearer realm="mastery-ledger", Basic realm="mastery-ledger"'}


class Caller(NamedTuple):
    """Who is asking; `provider` is set for tokens that speak for one."""

    role: str
    provider: ProviderId | None
    label: str

    def may(self, scope: Scope) -> bool:
        """Whether the role allows it."""
        return scope in SCOPES.get(self.role, frozenset())


class Guard:
    """Finds the holder of a token, remembering answers for `ttl_s` seconds."""

    def __init__(
        self,
        look_up: Callable[[str], Holder | None],
        *,
        ttl_s: float = CACHE_TTL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up, self._ttl_s, self._clock = look_up, ttl_s, clock
        self._known: dict[bytes, tuple[float, Caller]] = {}

    async def caller(self, token: str) -> Caller | None:
        """Name the holder; the ledger is asked in a thread, as it may have to wait."""
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        found = self._known.get(key)
        now = self._clock()
        if found and now < found[0]:
            return found[1]
        holder = await asyncio.to_thread(self._look_up, token)
        # Unknown tokens are not remembered: guesses must not push out what is known.
        if holder is None:
            self._known.pop(key, None)
            return None
        if len(self._known) >= CACHE_ENTRIES_MAX:
            self._known.clear()
        caller = Caller(holder.role, holder.provider, holder.label)
        self._known[key] = (now + self._ttl_s, caller)
        return caller


def token_in(header: str | None) -> str | None:
    """Take the token out of an Authorization header: Bearer, or Basic with it as the password."""
    scheme, _, credentials = (header or "").strip().partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials or None
    if scheme.lower() != "basic":
        return None
    try:
        _, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return None
    return password or None


class Needs(SecurityBase):
    """The dependency of a route that only callers with `scope` may use."""

    def __init__(self, scope: Scope) -> None:
        self.model = HTTPBearer(description="A token issued by this ledger.")
        self.scheme_name = "bearer"
        self.scope: Scope = scope

    async def __call__(self, request: Request) -> Caller:
        """Name the caller.

        Raises:
            ProblemError: 401 without a token that is known, 403 where its role lacks the scope,
                400 where the query holds what the route does not ask for, 415 where the body is
                compressed.
        """
        token = token_in(request.headers.get("authorization"))
        if token is None:
            raise ProblemError(UNAUTHENTICATED, SEND_ONE, headers=CHALLENGE)
        guard: Guard = request.app.state.guard
        caller = await guard.caller(token)
        if caller is None:
            raise ProblemError(
                UNAUTHENTICATED, "the token is unknown or revoked", headers=CHALLENGE
            )
        if not caller.may(self.scope):
            raise ProblemError(FORBIDDEN, f"a token of role {caller.role} lacks {self.scope}")
        check_query(request)
        if (compressed := fault_of_encoding(request)) is not None:
            raise compressed
        return caller


EvidenceWriter = Annotated[Caller, Security(Needs("evidence:write"), scopes=["evidence:write"])]
EvidenceReader = Annotated[Caller, Security(Needs("evidence:read"), scopes=["evidence:read"])]
Disenroller = Annotated[
    Caller, Security(Needs("enrolments:withdraw"), scopes=["enrolments:withdraw"])
]
Remarker = Annotated[Caller, Security(Needs("evidence:remark"), scopes=["evidence:remark"])]
ReportsReader = Annotated[Caller, Security(Needs("reports:read"), scopes=["reports:read"])]
RejectsReader = Annotated[Caller, Security(Needs("rejects:read"), scopes=["rejects:read"])]
LearnerFinder = Annotated[Caller, Security(Needs("learners:find"), scopes=["learners:find"])]
RecordsReader = Annotated[Caller, Security(Needs("records:read"), scopes=["records:read"])]
ReferenceReader = Annotated[Caller, Security(Needs("reference:read"), scopes=["reference:read"])]
Operations = Annotated[Caller, Security(Needs("service:read"), scopes=["service:read"])]
Steward = Annotated[Caller, Security(Needs("reference:write"), scopes=["reference:write"])]


def sign_session(token: str, *, key: bytes, until: int) -> str:
    """Make the value of a session cookie: the token and its end (Unix seconds), authenticated.

    Set it HttpOnly, Secure and SameSite=Strict. `key` is the caller's, 32 bytes, and stays in
    the process.
    """
    text = base64.urlsafe_b64encode(f"{until}:{token}".encode()).decode()
    return f"{text}.{_session_mac(text, key)}"


def read_session(cookie: str | None, *, key: bytes, now: int) -> str | None:
    """Take the token out of a session cookie; None when altered, ended or not ours.

    The token must still be asked about: it may have been revoked since.
    """
    text, _, mac = (cookie or "").partition(".")
    if not hmac.compare_digest(mac.encode(), _session_mac(text, key).encode()):
        return None
    until, _, token = base64.urlsafe_b64decode(text).decode().partition(":")
    return token if int(until) > now else None


def _session_mac(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
