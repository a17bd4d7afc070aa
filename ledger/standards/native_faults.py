"""pydantic's findings become rejects: a JSON pointer, what is wrong, what would be right."""

from __future__ import annotations

from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ledger.errors import Reject
from ledger.standards.json_text import pointer
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
    "model_type": ("is not an object", "a JSON object"),
    "model_attributes_type": ("is not an object", "a JSON object"),
    "literal_error": ("is not one of the known values", ""),
    "too_long": ("has too many elements", ""),
    "uuid_parsing": ("is not a UUID", "a UUID"),
    "uuid_type": ("is not a UUID", "a UUID"),
}


def rejects_of(error: ValidationError, model: type[BaseModel]) -> Rejects:
    """Name every fault found while validating `model`, at most `REJECTS_MAX`."""
    details = error.errors(include_url=False, include_input=False)
    return tuple(_reject(each, model) for each in details[:REJECTS_MAX])


def _reject(detail: ErrorDetails, model: type[BaseModel]) -> Reject:
    path = detail["loc"]
    why, expected = _WHY.get(detail["type"], (detail["msg"], ""))
    if detail["type"] == "extra_forbidden":
        expected = _nearest(str(path[-1]), _model_at(path[:-1], model))
    elif not expected:
        expected = _limit(detail)
    return Reject(pointer(path), why, expected)


def _limit(detail: ErrorDetails) -> str:
    bounds = detail.get("ctx", {})
    if "expected" in bounds:
        return str(bounds["expected"])
    if "pattern" in bounds:
        return f"text that matches {bounds['pattern']}"
    return ", ".join(f"{name.replace('_', ' ')} {bound}" for name, bound in bounds.items())


def _nearest(name: str, model: type[BaseModel] | None) -> str:
    known = sorted(model.model_fields) if model else []
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else "one of " + ", ".join(known)


def _model_at(path: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel] | None:
    """Follow field names down to the model that refused a member; array places change nothing."""
    found: type[BaseModel] | None = model
    for step in path:
        if isinstance(step, str) and found is not None:
            field = found.model_fields.get(step)
            found = _model_in(field.annotation) if field else None
    return found


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(part) for part in get_args(annotation))
    return next((part for part in inner if part is not None), None)
