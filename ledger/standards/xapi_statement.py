"""Which JSON objects are statements of xAPI 1.0.3 or 2.0, and what is wrong with the others.

Source: xAPI 1.0.3 part two, 2.4; IEEE 9274.1.1. Where the two differ both are taken: a single
activity in `contextActivities` (1.0.3), `contextAgents` and `contextGroups` (2.0).
"""

from __future__ import annotations

import re

from ledger.standards.checks import (
    FINE,
    Check,
    all_of,
    array_of,
    as_array,
    as_object,
    boolean,
    fault,
    matching,
    members,
    one_of,
    text,
    under,
)
from ledger.standards.translation import Rejects
from ledger.standards.xapi_actor import INVERSE_FUNCTIONAL, actor, agent, group, is_group
from ledger.standards.xapi_meaning import voids
from ledger.standards.xapi_values import (
    count,
    duration,
    extensions,
    iri,
    language,
    language_map,
    media_type,
    score,
    sha2,
    timestamp,
    uuid,
)

_COMPONENTS = ("choices", "scale", "source", "target", "steps")
_INTERACTIONS = (
    "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing",
    "likert", "numeric", "other",
)  # fmt: skip

_component_list = array_of(members({"id": text}, {"description": language_map}))


def _components(value: object) -> Rejects:
    if rejects := _component_list(value):
        return rejects
    ids = [(as_object(each) or {}).get("id") for each in as_array(value) or []]
    return FINE if len(set(ids)) == len(ids) else fault("has an id twice", "each id once")


_definition_members = members(
    optional={
        "name": language_map,
        "description": language_map,
        "type": iri,
        "moreInfo": iri,
        "extensions": extensions,
        "interactionType": one_of(*_INTERACTIONS),
        "correctResponsesPattern": array_of(text),
        **dict.fromkeys(_COMPONENTS, _components),
    }
)


def _interaction_is_named(value: object) -> Rejects:
    definition = as_object(value) or {}
    parts = [name for name in ("correctResponsesPattern", *_COMPONENTS) if name in definition]
    if parts and "interactionType" not in definition:
        return under("interactionType", fault("is missing", f"required with {parts[0]}"))
    return FINE


_activity = members(
    {"id": iri},
    {
        "objectType": one_of("Activity"),
        "definition": all_of(_definition_members, _interaction_is_named),
    },
)
_statement_ref = members({"objectType": one_of("StatementRef"), "id": uuid})
_activity_list = array_of(_activity)


def _activities(value: object) -> Rejects:
    return _activity(value) if as_array(value) is None else _activity_list(value)


_relevant = array_of(iri, at_least=1)
_context_members = members(
    optional={
        "registration": uuid,
        "instructor": actor,
        "team": group,
        "contextActivities": members(
            optional=dict.fromkeys(("parent", "grouping", "category", "other"), _activities)
        ),
        "contextAgents": array_of(
            members(
                {"objectType": one_of("contextAgent"), "agent": agent},
                {"relevantTypes": _relevant},
            )
        ),
        "contextGroups": array_of(
            members(
                {"objectType": one_of("contextGroup"), "group": group},
                {"relevantTypes": _relevant},
            )
        ),
        "revision": text,
        "platform": text,
        "language": language,
        "statement": _statement_ref,
        "extensions": extensions,
    }
)
_result = members(
    optional={
        "score": score,
        "success": boolean,
        "completion": boolean,
        "response": text,
        "duration": duration,
        "extensions": extensions,
    }
)
_attachment = members(
    {
        "usageType": iri,
        "display": language_map,
        "contentType": media_type,
        "length": count,
        "sha2": sha2,
    },
    {"description": language_map, "fileUrl": iri},
)
_verb = members({"id": iri}, {"display": language_map})


def _object(value: object) -> Rejects:
    held = as_object(value) or {}
    kind = held.get("objectType", "Activity")
    known: dict[object, Check] = {
        "Activity": _activity,
        "Agent": agent,
        "Group": group,
        "StatementRef": _statement_ref,
        "SubStatement": sub_statement,
    }
    if kind not in known if isinstance(kind, str) else True:
        return under("objectType", fault("is not a kind of object", ", ".join(map(str, known))))
    return known[kind](value)


def _inner_object(value: object) -> Rejects:
    if (as_object(value) or {}).get("objectType") == "SubStatement":
        return under("objectType", fault("is nested", "no SubStatement in a SubStatement"))
    return _object(value)


def _revision_only_for_activities(value: object) -> Rejects:
    statement = as_object(value) or {}
    target = as_object(statement.get("object")) or {}
    context = as_object(statement.get("context")) or {}
    if target.get("objectType", "Activity") == "Activity":
        return FINE
    for name in ("revision", "platform"):
        if name in context:
            why = f"does not go with an object that is {target['objectType']}"
            return under("context", under(name, fault(why, "only where object is an Activity")))
    return FINE


_said = {"actor": actor, "verb": _verb}
_more = {
    "result": _result,
    "context": _context_members,
    "timestamp": timestamp,
    "attachments": array_of(_attachment),
}
_sub_members = members(
    {**_said, "object": _inner_object, "objectType": one_of("SubStatement")}, _more
)
sub_statement: Check = all_of(_sub_members, _revision_only_for_activities)

_version = matching(re.compile(r"1\.0(?:\.\d+)?|2\.0\.\d+").fullmatch, "1.0.x or 2.0.x")


def _authority(value: object) -> Rejects:
    """Take an agent, or the pair of OAuth: an application, which has an account, and its user."""
    if (rejects := actor(value)) or not is_group(value):
        return rejects
    held = as_object(value) or {}
    if name := next((name for name in INVERSE_FUNCTIONAL if name in held), None):
        why = "identifies a group that is an authority"
        return under(name, fault(why, "an agent, or the two agents of OAuth as a group without it"))
    pair = as_array(held.get("member")) or []
    if len(pair) != 2:
        return under("member", fault(f"has {len(pair)} agents", "two agents, as in OAuth"))
    if not any("account" in (as_object(each) or {}) for each in pair):
        return under("member", fault("has no account", "one agent with an account, as in OAuth"))
    return FINE


def _voids_a_statement(value: object) -> Rejects:
    statement = as_object(value) or {}
    target = as_object(statement.get("object")) or {}
    if voids(statement) and target.get("objectType") != "StatementRef":
        return under("object", fault("is not a statement", "a StatementRef, where the verb voids"))
    return FINE


_statement_members = members(
    {**_said, "object": _object},
    {**_more, "id": uuid, "stored": timestamp, "authority": _authority, "version": _version},
)
statement: Check = all_of(_statement_members, _revision_only_for_activities, _voids_a_statement)
