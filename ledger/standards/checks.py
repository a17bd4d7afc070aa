"""Checks for documents whose shape another body wrote: a check names everything wrong.

A `Check` takes a JSON value and gives rejects with pointers from that value, or `FINE`.
Composed into tables (`members`, `array_of`), they read like the specification they implement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from ledger.errors import Reject
from ledger.standards.json_text import pointer
from ledger.standards.translation import Rejects

Check = Callable[[object], Rejects]
JsonObject = Mapping[str, object]

FINE: Rejects = ()
NO_MEMBERS: JsonObject = {}
_NOTHING: Mapping[str, Check] = {}


def fault(why: str, expected: str = "") -> Rejects:
    """Say what is wrong with the value itself."""
    return (Reject("", why, expected),)


def under(step: str | int, rejects: Rejects) -> Rejects:
    """Move rejects of a member to where the member is."""
    if not rejects:
        return FINE
    start = pointer((step,))
    return tuple(each._replace(where=start + each.where) for each in rejects)


def as_object(value: object) -> JsonObject | None:
    """Give a JSON object, or None for anything else."""
    # Not cast(): asked some hundred times for each statement, that call alone would show.
    return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType]


def part(value: object, *path: str) -> JsonObject:
    """Follow members to an object; empty where there is none."""
    for step in path:
        if not isinstance(value, dict):
            return NO_MEMBERS
        value = value.get(step)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return value if isinstance(value, dict) else NO_MEMBERS  # pyright: ignore[reportUnknownVariableType]


def as_array(value: object) -> list[object] | None:
    """Give a JSON array, or None for anything else."""
    return cast("list[object]", value) if isinstance(value, list) else None


def anything(_value: object) -> Rejects:
    """Every value will do."""
    return FINE


def text(value: object) -> Rejects:
    """Take a string."""
    return FINE if isinstance(value, str) else fault("is not a string", "a string")


def boolean(value: object) -> Rejects:
    """Take true or false."""
    return FINE if isinstance(value, bool) else fault("is not a boolean", "true or false")


def matching(test: Callable[[str], object], what: str) -> Check:
    """Take a string that passes a test; `what` names it for people."""

    def check(value: object) -> Rejects:
        if isinstance(value, str) and test(value):
            return FINE
        return fault(f"is not {what}", what)

    return check


def one_of(*known: str) -> Check:
    """Take one of the strings."""
    names = ", ".join(known)
    return matching(frozenset(known).__contains__, f"one of {names}" if known[1:] else known[0])


def array_of(check: Check, *, at_least: int = 0) -> Check:
    """Take an array whose elements all pass."""

    def check_all(value: object) -> Rejects:
        elements = as_array(value)
        if elements is None:
            return fault("is not an array", "a JSON array")
        if len(elements) < at_least:
            return fault("has too few elements", f"at least {at_least}")
        found: Rejects = FINE
        for at, each in enumerate(elements):
            if rejects := check(each):
                found += under(at, rejects)
        return found

    return check_all


def map_of(key: Check, check: Check) -> Check:
    """Take an object whose keys and values all pass."""

    def check_all(value: object) -> Rejects:
        entries = as_object(value)
        if entries is None:
            return fault("is not an object", "a JSON object")
        found: Rejects = FINE
        for name, each in entries.items():
            if rejects := key(name) or check(each):
                found += under(name, rejects)
        return found

    return check_all


def members(
    required: Mapping[str, Check] = _NOTHING,
    optional: Mapping[str, Check] = _NOTHING,
    *,
    others: bool = False,
) -> Check:
    """Take an object with these members; `others` allows members not named here."""
    known = {**optional, **required}

    def check_all(value: object) -> Rejects:
        entries = as_object(value)
        if entries is None:
            return fault("is not an object", "a JSON object")
        found: Rejects = FINE
        for name, each in entries.items():
            check = known.get(name)
            if check is None:
                if not others:
                    found += under(name, fault("is not a member known here", ", ".join(known)))
            elif rejects := check(each):
                found += under(name, rejects)
        for name in required:
            if name not in entries:
                found += under(name, fault("is missing", "required"))
        return found

    return check_all


def all_of(*checks: Check) -> Check:
    """Pass the value through several checks; the first that finds faults ends it."""

    def check_all(value: object) -> Rejects:
        for check in checks:
            if rejects := check(value):
                return rejects
        return FINE

    return check_all
