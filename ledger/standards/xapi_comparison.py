"""By what a statement is known when it comes again: a record store's own copy is the same one.

Left out or evened out is what may differ without the statement being another: what a record
store assigns, activities' definitions, the display of a verb, how an instant, a mailbox, a UUID
or a number is written, the order of a group's members and of attachments, an `objectType` that
is the default, and one context activity outside an array.

Source: xAPI 1.0.3 part two, 2.3.1 (Statement Immutability, Statement Comparison Requirements),
2.4.2, 2.4.6.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal

import msgspec

from ledger.standards.checks import JsonObject, as_array, as_object
from ledger.standards.json_text import canonical, digest_of
from ledger.standards.xapi_values import moment

ASSIGNED = frozenset({"stored", "authority", "version"})
"""Members that a record store may set anew."""

Form = Callable[[object], object]

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)  # takes zeros off, never rounds
_INT_DIGITS = 18


def _number(text: str) -> Decimal | int:
    number = Decimal(text).normalize(_EXACT)
    is_int = number.adjusted() < _INT_DIGITS and number == number.to_integral_value()
    return int(number) if is_int else number


_DECODER = msgspec.json.Decoder(float_hook=_number)


def digests_of(raw: bytes) -> tuple[bytes, ...]:
    """Give the digest by which a valid statement is known, then one by which it may be already.

    A record store gives a time to a statement that has none. So one whose time is that of its
    storing is known without it; any other may have come before without its time.
    """
    statement = as_object(_DECODER.decode(raw)) or {}
    form = _members(statement, _STATEMENT, without=ASSIGNED)
    timeless = digest_of(canonical({name: form[name] for name in form if name != "timestamp"}))
    if "timestamp" not in form:
        return (timeless,)
    timed = digest_of(canonical(form))
    is_assigned = "stored" in statement and _instant(statement["stored"]) == form["timestamp"]
    return (timeless, timed) if is_assigned else (timed, timeless)


def _members(
    value: object, forms: Mapping[str, Form], *, without: frozenset[str] = frozenset()
) -> dict[str, object]:
    return {
        name: forms[name](each) if name in forms else each
        for name, each in (as_object(value) or {}).items()
        if name not in without
    }


def _lower(value: object) -> object:
    return str(value).lower()


def _instant(value: object) -> object:
    """Milliseconds are what a record store must keep (4.5); a finer time may be cut there."""
    return moment(str(value)).astimezone(UTC).isoformat(timespec="milliseconds")


def _each(form: Form) -> Form:
    return lambda value: [form(each) for each in as_array(value) or []]


def _unordered(form: Form) -> Form:
    return lambda value: sorted((form(each) for each in as_array(value) or []), key=canonical)


def _actor(value: object) -> object:
    is_default = (as_object(value) or {}).get("objectType") == "Agent"
    return _members(value, _ACTOR, without=_OBJECT_TYPE if is_default else frozenset())


def _verb(value: object) -> object:
    return _members(value, {}, without=frozenset({"display"}))


def _activity(value: object) -> object:
    return _members(value, {}, without=_NOT_OF_ACTIVITY)


def _activities(value: object) -> object:
    return [_activity(each) for each in as_array(value) or [value]]


def _reference(value: object) -> object:
    return _members(value, {"id": _lower})


def _object(value: object) -> object:
    held: JsonObject = as_object(value) or {}
    match held.get("objectType", "Activity"):
        case "Agent" | "Group":
            return _actor(held)
        case "StatementRef":
            return _reference(held)
        case "SubStatement":
            return _members(held, _STATEMENT)
        case _:
            return _activity(held)


def _context(value: object) -> object:
    return _members(value, _CONTEXT)


def _context_activities(value: object) -> object:
    places = as_object(value) or {}
    return {place: _activities(each) for place, each in places.items()}


def _context_agent(value: object) -> object:
    return _members(value, {"agent": _actor, "group": _actor})


def _attachment(value: object) -> object:
    return _members(value, {"sha2": _lower})


_OBJECT_TYPE = frozenset({"objectType"})
_NOT_OF_ACTIVITY = frozenset({"objectType", "definition"})

# An address is written as it is compared where learners are found (ledger.domain.identity).
_ACTOR: Mapping[str, Form] = {
    "mbox": _lower,
    "mbox_sha1sum": _lower,
    "member": _unordered(_actor),
}
_CONTEXT: Mapping[str, Form] = {
    "registration": _lower,
    "instructor": _actor,
    "team": _actor,
    "contextActivities": _context_activities,
    "contextAgents": _each(_context_agent),
    "contextGroups": _each(_context_agent),
    "statement": _reference,
}
_STATEMENT: Mapping[str, Form] = {
    "id": _lower,
    "actor": _actor,
    "verb": _verb,
    "object": _object,
    "context": _context,
    "timestamp": _instant,
    "attachments": _unordered(_attachment),
}
