"""Agents and groups: which are well formed, and which names of a person they carry.

Source: xAPI 1.0.3 part two, 2.4.2 (Actor).
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.domain.evidence import Identifier, Party
from ledger.standards.checks import (
    FINE,
    JsonObject,
    all_of,
    array_of,
    as_array,
    as_object,
    fault,
    members,
    one_of,
    text,
    under,
)
from ledger.standards.translation import Rejects
from ledger.standards.xapi_values import iri, mailto, seen, sha1

INVERSE_FUNCTIONAL = ("mbox", "mbox_sha1sum", "openid", "account")

_NAMES = {
    "name": text,
    "mbox": mailto,
    "mbox_sha1sum": sha1,
    "openid": iri,
    "account": members({"homePage": iri, "name": seen}),
}


def _exactly_one(value: object) -> Rejects:
    held = [name for name in INVERSE_FUNCTIONAL if name in (as_object(value) or {})]
    if len(held) == 1:
        return FINE
    expected = "exactly one of " + ", ".join(INVERSE_FUNCTIONAL)
    return fault("has " + (" and ".join(held) or "no identifier"), expected)


def _named_once_or_with_members(value: object) -> Rejects:
    group = as_object(value) or {}
    if any(name in group for name in INVERSE_FUNCTIONAL):
        return _exactly_one(value)
    if "member" not in group:
        return under("member", fault("is missing", "required in a group without an identifier"))
    return FINE


agent = all_of(members(optional={"objectType": one_of("Agent"), **_NAMES}), _exactly_one)
group = all_of(
    members({"objectType": one_of("Group")}, {**_NAMES, "member": array_of(agent)}),
    _named_once_or_with_members,
)


def actor(value: object) -> Rejects:
    """Take an agent or a group."""
    return group(value) if is_group(value) else agent(value)


def is_group(value: object) -> bool:
    """Whether this says that it is a group."""
    return (as_object(value) or {}).get("objectType") == "Group"


def is_agent(value: object) -> bool:
    """Whether this is a well formed agent, wherever it was found."""
    return as_object(value) is not None and not is_group(value) and not agent(value)


def people_in(value: object) -> Iterator[JsonObject]:
    """Give an agent, or each member of a group."""
    held = as_object(value)
    if held is None:
        return
    if not is_group(held):
        yield held
        return
    for each in as_array(held.get("member")) or []:
        yield from people_in(each)


def identifier_of(person: JsonObject) -> Identifier:
    """Give the one inverse functional identifier of a well formed agent, as written."""
    account = as_object(person.get("account"))
    if account is not None:
        return Identifier(
            type="account", system=str(account["homePage"]), value=str(account["name"])
        )
    kind = next(name for name in INVERSE_FUNCTIONAL if name in person)
    return Identifier(type=kind, value=str(person[kind]))


def name_of(person: JsonObject) -> str | None:
    """Give the name the statement calls the person by."""
    name = person.get("name")
    return name if isinstance(name, str) and name else None


def known_as(actor: JsonObject) -> str:
    """Give the identifier as one text: an account is homePage, a space, name.

    A group without one is told by how many are in it.
    """
    if not any(name in actor for name in INVERSE_FUNCTIONAL):
        return f"a group of {sum(1 for _ in people_in(actor))}"
    known = identifier_of(actor)
    return f"{known.system} {known.value}" if known.system else known.value


def party_of(person: JsonObject, *, role: str | None = None) -> Party:
    """Give an agent as a party."""
    return Party(id=known_as(person), name=name_of(person), role=role)
