"""Settings of presets: from text or values to what stands in the document."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from decimal import Decimal, InvalidOperation
from typing import Any, NotRequired, TypedDict, cast

from ledger.errors import Reject


class Setting(TypedDict):
    """What a preset's file says about one setting."""

    type: str
    at: list[str]
    about: str
    min: NotRequired[int]
    max: NotRequired[int]
    none: NotRequired[int]  # what "none" means here
    put: NotRequired[dict[str, Any]]
    choices: NotRequired[dict[str, Any]]


def put(document: dict[str, Any], setting: Setting, name: str, value: object) -> list[Reject]:
    """Write a setting's value into the document, or say why it cannot stand there."""
    try:
        read = _READERS[setting["type"]](value, setting)
    except (ValueError, InvalidOperation, KeyError, TypeError, AttributeError) as error:
        return [Reject(f"/{name}", f"{value!r} will not do: {error}", _expected(setting))]
    if "put" in setting:
        read = {key: read if one is None else one for key, one in setting["put"].items()}
    for pointer in setting["at"]:
        try:
            _write(document, pointer.split("/")[1:], deepcopy(read))
        except (KeyError, IndexError, ValueError):
            return [Reject(f"/{name}", "does not go together with the other settings")]
    return []


def _write(here: object, steps: list[str], value: object) -> None:
    for step in steps[:-1]:
        here = _inside(here, step)
    if isinstance(here, list):
        cast("list[object]", here)[int(steps[-1])] = value
    elif steps[-1].isdecimal():
        raise KeyError(steps[-1])  # a place in a list that another setting has replaced
    else:
        cast("dict[str, object]", here)[steps[-1]] = value


def _inside(here: object, step: str) -> object:
    if isinstance(here, list):
        return cast("list[object]", here)[int(step)]
    return cast("dict[str, object]", here).setdefault(step, {})


def _expected(setting: Setting) -> str:
    if "choices" in setting:
        return ", ".join(setting["choices"])
    if "min" in setting and "max" in setting:
        return f"{setting['type']} from {setting['min']} to {setting['max']}"
    return setting["type"]


def _is_none(value: object) -> bool:
    return value is None or (
        isinstance(value, str) and value.strip().lower() in {"", "none", "null"}
    )


def _number(value: object, setting: Setting) -> Decimal:
    if _is_none(value):
        if "none" not in setting:
            raise ValueError("a number is needed")
        return Decimal(setting["none"])
    try:
        number = Decimal(str(value).strip())  # "True" is no number either
    except InvalidOperation as error:
        raise ValueError("not a number") from error
    if not number.is_finite():
        raise ValueError("not a number")
    if number < setting.get("min", number) or number > setting.get("max", number):
        raise ValueError("out of range")
    return number


def _int(value: object, setting: Setting) -> int:
    number = _number(value, setting)
    if number != number.to_integral_value():
        raise ValueError("not a whole number")
    return int(number)


def _count(value: object, _: Setting) -> int:
    return _int(value, {"type": "int", "at": [], "about": "", "min": 1, "max": 10_000})


def _text(value: object, _: Setting) -> str:
    return str(value).strip()


def _period(value: object, _: Setting) -> str | None:
    return None if _is_none(value) else str(value).strip()


def _days(value: object, setting: Setting) -> str | None:
    return None if _is_none(value) else f"P{_count(value, setting)}D"


def _choice(value: object, setting: Setting) -> object:
    choices = setting.get("choices", {})
    return choices[str(value).strip()]


def _listed(value: object) -> Any:
    """Give a list or an object from a value, from JSON text, or from a list with commas."""
    if not isinstance(value, str):
        return value
    if value.strip()[:1] in {"[", "{"}:
        return json.loads(value, parse_float=Decimal)
    return [part.strip() for part in value.split(",") if part.strip()]


def _names(value: object, _: Setting) -> list[str]:
    names: list[str] = [*map(str, _listed(value))]
    return names


def _ratings(value: object, _: Setting) -> list[dict[str, object]]:
    listed = _listed(value)
    pairs: list[tuple[Decimal, str]] = []
    named: Any = listed.items() if hasattr(listed, "items") else listed
    for one in named:
        name, points = one.rsplit("=", 1) if isinstance(one, str) else _pair(one)
        pairs.append((Decimal(str(points)), str(name).strip()))
    return [{"name": name, "points": points} for points, name in sorted(pairs)]


def _pair(one: Any) -> tuple[object, object]:
    if hasattr(one, "get"):
        return one.get("name", one.get("description")), one["points"]
    first, second = one
    return (second, first) if isinstance(second, str) else (first, second)


def _child_points(value: object, _: Setting) -> list[dict[str, object]]:
    return [_child(one) if isinstance(one, str) else _named_child(one) for one in _listed(value)]


def _named_child(one: Any) -> dict[str, object]:
    """Read a child; Moodle names each by a number, and a document by text."""
    child: dict[str, object] = dict(one)
    if isinstance(child.get("id"), int):
        child["id"] = str(child["id"])
    return child


def _child(text: str) -> dict[str, object]:
    name, points = text.rsplit("=", 1)
    required = points.endswith("!")
    return {"id": name.strip(), "points": int(points.rstrip("!")), "required": required}


_OPERATORS = {"gte": "at_least", "lte": "at_most", "eq": "equal"}
_GROUPS = {"AND": "all_of", "OR": "any_of"}


def _criteria(value: object, setting: Setting) -> dict[str, object]:
    tree: Any = json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
    if "leaf" in tree:
        operator = _OPERATORS[tree.get("op", "gte")]
        return {"rule": "result_of", "which": tree["leaf"], "is": operator, "share": tree["value"]}
    if tree["op"] is None and len(tree["children"]) > 1:
        raise ValueError("a group of several needs AND or OR")
    return {
        "rule": _GROUPS[tree["op"] or "OR"],
        "rules": [_criteria(child, setting) for child in tree["children"]],
    }


_READERS: Mapping[str, Callable[[object, Setting], object]] = {
    "number": _number,
    "int": _int,
    "count": _count,
    "text": _text,
    "period": _period,
    "days": _days,
    "choice": _choice,
    "names": _names,
    "ratings": _ratings,
    "child_points": _child_points,
    "criteria": _criteria,
}
