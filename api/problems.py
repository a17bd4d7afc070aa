"""Every error as application/problem+json (RFC 9457), from one table.

A problem says what was wrong and what would be right; it never holds a stack trace, nor the value
that was refused, which may be personal. The types are listed in docs/api.md.

Not here: how a problem is sent (`api.handlers`), so that the command line, which says faults in
the same words, starts without the web framework.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from ledger import errors
from ledger.errors import LedgerError, Reject

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:problem-type:mastery-ledger:"


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong: `pointer` is a JSON pointer into the item, or `parameter` names a parameter."""

    reason: str
    pointer: str | None = None
    parameter: str | None = None
    expected: str | None = None


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The document of RFC 9457; `errors` lists each thing wrong, where there is more to say."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: tuple[Fault, ...] = ()


class Kind(NamedTuple):
    """A type of problem: the last part of its `type`, its status, its title."""

    name: str
    status: int
    title: str


INVALID = Kind("invalid", 400, "The request cannot be read")
UNAUTHENTICATED = Kind("unauthenticated", 401, "A token is needed")
FORBIDDEN = Kind("forbidden", 403, "This token does not allow that")
NOT_FOUND = Kind("not-found", 404, "There is no such thing here")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "This path does not take that method")
CONFLICT = Kind("conflict", 409, "Recorded before with other content")
REFUSED = Kind("refused", 409, "The record does not allow that")
MOVED_ON = Kind("moved-on", 409, "The record moved on; read it again")
ERASED = Kind("erased", 410, "The record was erased")
TOO_LARGE = Kind("too-large", 413, "The body is larger than allowed")
MEDIA_TYPE_UNKNOWN = Kind("media-type", 415, "The body has a format that is not taken here")
TOO_MANY = Kind("too-many-requests", 429, "Too many requests")
FAILED = Kind("failed", 500, "The ledger failed")
DAMAGED = Kind("damaged", 500, "A stored fact does not open")
UNAVAILABLE = Kind(
    "unavailable", 503, "The store does not answer; send again, nothing is recorded twice"
)

KINDS: Mapping[type[LedgerError], Kind] = {
    errors.NotFoundError: NOT_FOUND,
    errors.NotYoursError: NOT_FOUND,  # that it exists is not disclosed
    errors.InvalidDocumentError: INVALID,
    errors.UnknownGroupsError: INVALID,
    errors.RefusedError: REFUSED,
    errors.ConflictError: CONFLICT,
    errors.VersionConflictError: MOVED_ON,
    errors.ErasedError: ERASED,
    errors.BeyondLogError: INVALID,
    errors.SealError: DAMAGED,
    errors.SettingError: FAILED,
    errors.StoreUnavailableError: UNAVAILABLE,
    errors.LedgerError: FAILED,
}
"""The nearest ancestor of an error decides."""

OF_STATUS: Mapping[int, Kind] = {
    kind.status: kind
    for kind in (
        INVALID, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, CONFLICT,
        TOO_LARGE, MEDIA_TYPE_UNKNOWN, TOO_MANY, FAILED, UNAVAILABLE,
    )
}  # fmt: skip


class ProblemError(Exception):
    """A request that a route refuses by itself."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail
        self.faults, self.headers = tuple(faults), dict(headers or {})

    @classmethod
    def forbidden(cls, detail: str) -> ProblemError:
        """Refuse what this token does not allow."""
        return cls(FORBIDDEN, detail)


def kind_of(error: LedgerError) -> Kind:
    """Find the kind of problem that an error is."""
    return next(KINDS[each] for each in type(error).__mro__ if each in KINDS)


def fault_of(reject: Reject) -> Fault:
    """Give a reject its public form."""
    return Fault(reject.why, pointer=reject.where, expected=reject.expected or None)


def faults_of(error: LedgerError) -> tuple[Fault, ...]:
    """Say each thing wrong with one item."""
    if isinstance(error, errors.InvalidDocumentError):
        return tuple(map(fault_of, error.rejects))
    return (Fault(detail_of(error)),)


def detail_of(error: LedgerError) -> str:
    """Say what was wrong, and nothing about anybody who is not the caller."""
    kind = kind_of(error)
    if isinstance(error, errors.NotYoursError):
        return str(errors.UnknownEvidenceError(error.evidence))
    if kind.status >= 500:
        return kind.title
    return str(error)


def problem_of(error: LedgerError) -> Problem:
    """Turn an error of the ledger into its problem document."""
    faults = faults_of(error) if isinstance(error, errors.InvalidDocumentError) else ()
    return described(kind_of(error), detail_of(error), faults)


def described(kind: Kind, detail: str | None, faults: Sequence[Fault] = ()) -> Problem:
    """Write the problem document of a kind."""
    return Problem(TYPE_PREFIX + kind.name, kind.title, kind.status, detail, tuple(faults))
