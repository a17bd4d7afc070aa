"""The values inside our own JSON: what a moment, a number, an id may look like at the door.

Each reads the JSON value and says in OpenAPI what it takes.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ledger.domain import wording
from ledger.standards import decimals, moments
from ledger.standards.json_text import canonical


def _moment(value: object) -> dt.datetime:
    try:
        return moments.moment(value)
    except ValueError as error:
        raise _fault(error, moments.EXPECTED) from error


def _end(value: object) -> dt.datetime:
    try:
        return moments.end(value)
    except ValueError as error:
        raise _fault(error, moments.EXPECTED) from error


def _day(value: object) -> dt.date:
    try:
        return moments.day(value)
    except ValueError as error:
        raise _fault(error, moments.DAY_EXPECTED) from error


def _number(value: object) -> Decimal:
    try:
        return decimals.decimal_of(value)
    except ValueError as error:
        raise _fault(error, decimals.EXPECTED) from error


def _count(value: object) -> int:
    try:
        return decimals.count_of(value)
    except ValueError as error:
        raise _fault(error, decimals.COUNT_EXPECTED) from error


def _fault(error: ValueError, expected: str) -> PydanticCustomError:
    return PydanticCustomError("fault", "{why}", {"why": str(error), "expected": expected})


def _json_text(value: object) -> str:
    if not isinstance(value, dict):
        raise PydanticCustomError("object", "is not an object", {"expected": "a JSON object"})
    return canonical(cast("dict[str, object]", value)).decode()


def _version(value: object) -> str:
    if isinstance(value, str) and 0 < len(value) <= 200:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    expected = {"expected": "a string of 1 to 200 characters, or a whole number"}
    raise PydanticCustomError("version", "is not a version", expected)


def _line(value: str) -> str:
    if why := wording.fault_of_line(value):
        raise _fault(ValueError(why), wording.LINE_EXPECTED)
    return value


def _prose(value: str) -> str:
    if why := wording.fault_of_prose(value):
        raise _fault(ValueError(why), wording.PROSE_EXPECTED)
    return value


_MOMENT_SCHEMA: dict[str, Any] = {
    "type": "string",
    "anyOf": [{"format": "date-time"}, {"format": "date"}],
    "examples": ["2026-03-02T10:15:00-06:00", "2026-03-02"],
}
_NUMBER_SCHEMA: dict[str, Any] = {"type": ["number", "string"], "examples": [87.5, "87.5"]}

# What nobody sees: spaces of any width, and characters of none. An id of these alone would be the
# same one for all whose id is missing.
_UNSEEN = r" \u0085\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
ID_PATTERN = rf"^[{_UNSEEN}]*[^\x00-\x1f\x7f{_UNSEEN}][^\x00-\x1f\x7f]*$"
Id = Annotated[str, Field(min_length=1, max_length=2_000, pattern=ID_PATTERN)]
"""On one line, and not blank."""
Text = Annotated[str, Field(max_length=2_000)]
LongText = Annotated[str, Field(max_length=100_000)]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_line)]
LongLine = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_line)]
Reason = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_prose)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[
    int, PlainValidator(_count), WithJsonSchema({"type": ["integer", "string"], "minimum": 0})
]
Number = Annotated[Decimal, PlainValidator(_number), WithJsonSchema(_NUMBER_SCHEMA)]
Moment = Annotated[dt.datetime, PlainValidator(_moment), WithJsonSchema(_MOMENT_SCHEMA)]
End = Annotated[dt.datetime, PlainValidator(_end), WithJsonSchema(_MOMENT_SCHEMA)]
"""The last moment of something: a date alone includes that day."""
Day = Annotated[dt.date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
JsonObject = Annotated[
    str,
    PlainValidator(_json_text),
    WithJsonSchema({"type": "object", "additionalProperties": True}),
]
Version = Annotated[
    str, PlainValidator(_version), WithJsonSchema({"type": ["string", "integer"], "maxLength": 200})
]
