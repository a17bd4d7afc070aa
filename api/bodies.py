"""Reading request bodies within their limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

from fastapi import Request

from api.problems import MEDIA_TYPE_UNKNOWN, TOO_LARGE, ProblemError
from ledger.standards.items import LINES_TYPES

JSON_TYPES = frozenset({"", "application/json", "text/json"})
CSV_TYPES = frozenset({"text/csv", "application/csv"})


def media_type(request: Request) -> str:
    """Give the Content-Type without its parameters; "" where there is none."""
    given = request.headers.get("content-type", "")
    return given.partition(";")[0].strip().lower()


def wanted(request: Request, *types: frozenset[str]) -> str:
    """Give the media type when it is one of `types`.

    Raises:
        ProblemError: 415, naming what is taken here.
    """
    found = media_type(request)
    if any(found in each for each in types):
        return found
    known = ", ".join(sorted(name for each in types for name in each if name))
    raise ProblemError(MEDIA_TYPE_UNKNOWN, f"send one of: {known}", headers={"accept-post": known})


def fault_of_encoding(request: Request) -> ProblemError | None:
    """Say why a compressed body is not read, naming what is taken (RFC 9110, 15.5.16)."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return None
    return ProblemError(
        MEDIA_TYPE_UNKNOWN, f"send the body as it is, without Content-Encoding {encoding}",
        headers={"accept-encoding": "identity"},
    )  # fmt: skip


async def whole(request: Request, *, bytes_max: int) -> bytes:
    """Read a body that fits in memory.

    Raises:
        ProblemError: 413 as soon as it is known to be longer than `bytes_max`.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > bytes_max:
        raise _too_large(bytes_max)
    parts: list[bytes] = []
    length = 0
    async for chunk in chunks(request):
        length += len(chunk)
        if length > bytes_max:
            raise _too_large(bytes_max)
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def chunks(request: Request) -> AsyncIterator[bytes]:
    """Give the body as it comes."""
    return cast("AsyncIterator[bytes]", request.stream())


def _too_large(bytes_max: int) -> ProblemError:
    return ProblemError(
        TOO_LARGE,
        f"a body read whole has at most {bytes_max} bytes; NDJSON may be of any length "
        f"({', '.join(sorted(LINES_TYPES)[:1])})",
        headers={"connection": "close"},  # the rest of the body is not read
    )
