"""A CASE rubric becomes scales: one for each criterion, its levels from lowest to highest."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ledger.domain.framework import Level, Scale
from ledger.standards.case_shapes import absent_or, link, link_address, name, whole_number
from ledger.standards.checks import (
    FINE,
    JsonObject,
    all_of,
    array_of,
    as_array,
    as_object,
    fault,
    members,
    text,
)
from ledger.standards.decimals import decimal_of
from ledger.standards.translation import Rejects


def _number(value: object) -> Rejects:
    try:
        decimal_of(value)
    except ValueError as error:
        return fault(str(error), "a number")
    return FINE


def _named(value: object) -> Rejects:
    return FINE if _name_of(as_object(value) or {}) else fault("has no name", "quality")


def _ordered(value: object) -> Rejects:
    ranks = [_rank_of(as_object(each) or {}) for each in as_array(value) or []]
    if None in ranks:
        return fault("has a level without an order", "score or position in every level")
    if len(set(ranks)) < len(ranks):
        return fault("has two levels of one rank", "another score or position for each level")
    names = [_name_of(as_object(each) or {}) for each in as_array(value) or []]
    if len(set(names)) < len(names):
        return fault("has two levels of one name", "another quality for each level")
    return FINE


_level = all_of(
    members(
        optional={
            "quality": absent_or(text),
            "description": absent_or(text),
            "score": absent_or(_number),
            "position": absent_or(whole_number),
        },
        others=True,
    ),
    _named,
)
_criterion = members(
    {
        "identifier": name,
        "CFRubricCriterionLevels": all_of(array_of(_level, at_least=1), _ordered),
    },
    {"CFItemURI": absent_or(link)},
    others=True,
)
rubric = members({"identifier": name, "CFRubricCriteria": array_of(_criterion)}, others=True)


def scales_of(held: JsonObject) -> Iterator[Scale]:
    """Give the scales of a well formed rubric."""
    for each in as_array(held["CFRubricCriteria"]) or []:
        criterion = as_object(each) or {}
        steps = [
            Level(name=_name_of(level), points=points)
            for level in map(_object, as_array(criterion["CFRubricCriterionLevels"]) or [])
            if (points := _rank_of(level)) is not None
        ]
        item = criterion.get("CFItemURI")
        yield Scale(
            identifier=str(criterion["identifier"]),
            levels=tuple(sorted(steps, key=lambda level: level.points)),
            applies_to=() if item is None else (link_address(item),),
        )


def _object(value: object) -> JsonObject:
    return as_object(value) or {}


def _name_of(level: JsonObject) -> str:
    return str(level.get("quality") or level.get("description") or "").strip()


def _rank_of(level: JsonObject) -> Decimal | None:
    """Give what orders the level: its score, else its position."""
    rank = level.get("score")
    rank = level.get("position") if rank is None else rank
    return None if rank is None else decimal_of(rank)
