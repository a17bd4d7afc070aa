"""pydantic's findings become rejects: a JSON pointer, what is wrong, what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import get_type_hints, is_typeddict

from ledger.domain.wording import LINE_EXPECTED
from ledger.errors import Reject
from ledger.standards.json_text import pointer
from ledger.standards.native_fields import ID_PATTERN
from ledger.standards.translation import Rejects

REJECTS_MAX = 20  # of one item; more would only repeat the same mistake

_WHY = {
    "missing": ("is missing", "required"),
    "extra_forbidden": ("is not a member known here", ""),
    "string_type": ("is not a string", "a string"),
    "string_too_short": ("is empty", ""),
    "string_too_long": ("is too long", ""),
    "string_pattern_mismatch": ("has characters that are not allowed", ""),
    "bool_type": ("is not a boolean", "true or false"),
    "int_type": ("is not a whole number", "a whole number"),
    "tuple_type": ("is not an array", "a JSON array"),
    "dict_type": ("is not an object", "a JSON object"),
    "literal_error": ("is not one of the known values", ""),
    "too_long": ("has too many elements", ""),
    "uuid_parsing": ("is not a UUID", "a UUID"),
    "uuid_type": ("is not a UUID", "a UUID"),
}


def rejects_of(error: ValidationError, shape: object) -> Rejects:
    """Name every fault found while validating `shape`, at most `REJECTS_MAX`."""
    details = error.errors(include_url=False, include_input=False)
    return tuple(_reject(each, shape) for each in details[:REJECTS_MAX])


def _reject(detail: ErrorDetails, shape: object) -> Reject:
    path = detail["loc"]
    why, expected = _WHY.get(detail["type"], (detail["msg"], ""))
    if detail["type"] == "extra_forbidden":
        expected = _nearest(str(path[-1]), _shape_at(path[:-1], shape))
    elif not expected:
        expected = _limit(detail)
    return Reject(pointer(path), why, expected)


def _limit(detail: ErrorDetails) -> str:
    bounds = detail.get("ctx", {})
    if "expected" in bounds:
        return str(bounds["expected"])
    if bounds.get("pattern") == ID_PATTERN:
        return LINE_EXPECTED
    if "pattern" in bounds:
        return f"text that matches {bounds['pattern']}"
    return ", ".join(f"{name.replace('_', ' ')} {bound}" for name, bound in bounds.items())


def _nearest(name: str, shape: object) -> str:
    known = sorted(_members(shape))
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else "one of " + ", ".join(known)


def _members(shape: object) -> Mapping[str, object]:
    return get_type_hints(shape) if is_typeddict(shape) else {}


def _shape_at(path: tuple[int | str, ...], shape: object) -> object:
    """Follow member names down to the shape that refused one; array places change nothing."""
    for step in path:
        if isinstance(step, str):
            shape = _shape_in(_members(shape).get(step))
    return shape


def _shape_in(annotation: object) -> object:
    if is_typeddict(annotation):
        return annotation
    inner = (_shape_in(part) for part in get_args(annotation))
    return next((part for part in inner if part is not None), None)
