"""What the parts of a policy document have in common."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from projections.policies.periods import parse_period

POINTS_MAX = Decimal(10) ** 9
DECIMALS_MAX = 12
PROBABILITY_DECIMALS_MAX = 20  # a fitted one comes as a binary float: 17 digits after some zeros
COUNT_MAX = 10_000
NAME_LENGTH_MAX = 200
PARTS_MAX = 100


class Clause(BaseModel):
    """A part of a document: frozen, and a word it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _measured(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(value) > POINTS_MAX:
        raise ValueError(f"expected a number between -{POINTS_MAX} and {POINTS_MAX}")
    return _short(value, DECIMALS_MAX)


def _short(value: Decimal, decimals_max: int) -> Decimal:
    if value != round(value, decimals_max):
        raise ValueError(f"expected at most {decimals_max} decimals")
    return value


def _likely(value: Decimal) -> Decimal:
    return _short(value, PROBABILITY_DECIMALS_MAX)


def _is_period(text: str) -> str:
    parse_period(text)
    return text


_WRITTEN = PlainSerializer(_plain, return_type=str, when_used="json")
_SCHEMA = WithJsonSchema(
    {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}]}
)

Points = Annotated[
    Decimal, Field(allow_inf_nan=False), AfterValidator(_measured), _WRITTEN, _SCHEMA
]
"""A decimal; written as text, so that no reader makes it a binary float."""

Share = Annotated[Points, Field(gt=0, le=1)]
PartOfWhole = Annotated[Points, Field(ge=0, le=1)]
Probability = Annotated[
    Decimal, Field(allow_inf_nan=False, ge=0, le=1), AfterValidator(_likely), _WRITTEN, _SCHEMA
]
Amount = Annotated[Points, Field(gt=0)]
Count = Annotated[int, Field(strict=True, ge=1, le=COUNT_MAX)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX, pattern=r"\S")]
Duration = Annotated[
    str,
    AfterValidator(_is_period),
    WithJsonSchema({"type": "string", "format": "duration", "examples": ["P3Y", "P730D"]}),
]
"""An ISO 8601 duration (periods.py)."""
