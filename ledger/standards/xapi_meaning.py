"""What a valid statement says: which kind of evidence, about whom, on which competencies.

Verbs and types are compared without http or https, since data writes one and rules the other;
what is stored keeps the statement's own spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from ledger.domain.evidence import Alignment, EvidenceKind, Party
from ledger.standards.checks import JsonObject, as_array, as_object, part
from ledger.standards.xapi_actor import is_agent, is_group, party_of, people_in

_TLA = "w3id.org/xapi/tla/verbs/"
_ADL = "adlnet.gov/expapi/verbs/"


class Meaning(NamedTuple):
    """What a verb says by itself.

    `success` is what it implies; `speaker` is who its actor is; `needs` is what the statement
    must have besides, to be a judgement and not an activity.
    """

    success: bool | None = None
    speaker: Literal["learner", "assessor"] = "learner"
    needs: Literal["nothing", "score", "competency"] = "competency"


JUDGEMENTS = {
    f"{_ADL}passed": Meaning(True, needs="nothing"),
    f"{_ADL}failed": Meaning(False, needs="nothing"),
    f"{_ADL}scored": Meaning(needs="score"),
    f"{_ADL}mastered": Meaning(True),
    f"{_ADL}achieved": Meaning(True),
    f"{_TLA}achieved": Meaning(True),
    f"{_TLA}assessed": Meaning(),
    f"{_TLA}inferred": Meaning(speaker="assessor"),
    f"{_TLA}validated": Meaning(speaker="assessor"),
    f"{_TLA}verified": Meaning(True, speaker="assessor"),
    f"{_TLA}conferred": Meaning(True, speaker="assessor"),
    # Losing a competency is a judgement too: were it an activity, mastery would stand.
    f"{_TLA}expired": Meaning(False),
    f"{_TLA}forfeited": Meaning(False),
    f"{_TLA}revoked": Meaning(False, speaker="assessor"),
}
AWARDS = frozenset(
    {
        "id.tincanapi.com/verb/earned",
        "specification.openbadges.org/xapi/verbs/earned",
        f"{_ADL}earned",
    }
)
VOIDED = f"{_ADL}voided"
DIRECTED = frozenset({f"{_TLA}assigned", f"{_TLA}directed", f"{_TLA}recommended"})
"""A teacher gives a learner something to do: the learner is in the extension `to`."""

COMPETENCY_TYPES = frozenset(
    {
        "w3id.org/xapi/tla/activity-types/competency",
        "w3id.org/xapi/comp/activities/competency",
        "adlnet.gov/expapi/activities/objective",
    }
)
CREDENTIAL_TYPES = frozenset(
    {
        "w3id.org/xapi/tla/activity-types/credential",
        "w3id.org/xapi/cred/activities/credential",
        "activitystrea.ms/schema/1.0/badge",
    }
)
COURSE_TYPES = frozenset(
    {"adlnet.gov/expapi/activities/course", "w3id.org/xapi/cmi5/activitytype/course"}
)
EXPIRES = frozenset({"w3id.org/xapi/comp/contextextensions/expires"})
_JUDGES = frozenset(
    {"assessor", "evaluator", "examiner", "instructor", "observer", "rater", "supervisor"}
)

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_CASE_ITEM = re.compile(r"/ims/case/v1p\d/CFItems/")
_CASE_DOCUMENT = re.compile(r"/ims/case/v1p\d/CFDocuments/")


def bare(iri: object) -> str:
    """Give an IRI without http or https and without a slash at its end."""
    return _SCHEME.sub("", str(iri), count=1).rstrip("/")


def voids(statement: JsonObject) -> bool:
    """Whether this takes another statement back: were it an activity, what it names would stand."""
    return bare(part(statement, "verb").get("id")) == VOIDED


def type_of(activity: JsonObject) -> str:
    """Give the activity's type, without http or https."""
    return bare(part(activity, "definition").get("type", ""))


def title_of(activity: JsonObject) -> str | None:
    """Give the activity's name: in English where there is one, else in its first language."""
    names = part(activity, "definition", "name")
    english = (text for tag, text in names.items() if tag.lower().startswith("en"))
    found = next(english, next(iter(names.values()), None))
    return str(found) if found else None


def activities_in(statement: JsonObject, *places: str) -> Iterator[JsonObject]:
    """Give the context activities at these places, in their order."""
    held = part(statement, "context", "contextActivities")
    for place in places:
        found = held.get(place)
        for each in as_array(found) or [found]:
            activity = as_object(each)
            if activity is not None:
                yield activity


def is_competency(activity: JsonObject) -> bool:
    """Whether this says that it is a competency: by its type, or as a CASE item's address."""
    by_type = type_of(activity) in COMPETENCY_TYPES
    return by_type or _CASE_ITEM.search(str(activity.get("id", ""))) is not None


def is_activity(target: JsonObject) -> bool:
    """Whether a statement's object is an activity, said or by default."""
    return target.get("objectType", "Activity") == "Activity"


def alignments_of(statement: JsonObject) -> tuple[Alignment, ...]:
    """Give the competencies that the statement names as such, each once, its object first."""
    target = part(statement, "object")
    named = [target] if is_activity(target) else []
    named.extend(activities_in(statement, "parent", "grouping", "category"))
    framework = next(
        (
            str(each["id"])
            for each in activities_in(statement, "grouping", "parent", "category")
            if _CASE_DOCUMENT.search(str(each["id"]))
        ),
        None,
    )
    found = {
        str(each["id"]): Alignment(
            competency=str(each["id"]), framework=framework, name=title_of(each)
        )
        for each in reversed(named)
        if is_competency(each)
    }
    return tuple(reversed(found.values()))


def kind_of(statement: JsonObject) -> tuple[EvidenceKind, bool | None]:
    """Give the kind, and the success that the verb implies."""
    verb = bare(part(statement, "verb")["id"])
    target = part(statement, "object")
    meaning = JUDGEMENTS.get(verb)
    is_credential = is_activity(target) and type_of(target) in CREDENTIAL_TYPES
    if verb in AWARDS and is_activity(target):
        return "credential", True
    if meaning is None:
        return "activity", None
    if is_credential:
        return "credential", meaning.success
    has_score = bool(part(statement, "result", "score"))
    enough = {
        "nothing": is_activity(target),
        "score": is_activity(target) and has_score,
        "competency": bool(alignments_of(statement)),
    }
    return ("assessment", meaning.success) if enough[meaning.needs] else ("activity", None)


def learners_of(statement: JsonObject) -> tuple[JsonObject, ...]:
    """Give whom the statement is about; empty where it does not say.

    The actor, but for verbs whose actor is the assessor: there the learner is in the context
    extension `learner`, or is the object where that is an agent or a group.
    """
    verb = bare(part(statement, "verb")["id"])
    stated = _extension(statement, "learner")
    if stated is not None:
        return tuple(people_in(stated))
    meaning = JUDGEMENTS.get(verb)
    if meaning is not None and meaning.speaker == "assessor":
        target = part(statement, "object")
        return tuple(people_in(target)) if target.get("objectType") in {"Agent", "Group"} else ()
    if verb in DIRECTED:
        stated = _extension(statement, "to")
        return tuple(people_in(stated)) if stated is not None else ()
    return tuple(people_in(statement["actor"]))


def _extension(statement: JsonObject, name: str) -> JsonObject | None:
    """Give the agent in the context extension whose IRI ends in `name`."""
    for iri, value in part(statement, "context", "extensions").items():
        if re.split(r"[/#]", iri)[-1] == name and is_agent(value):
            return as_object(value)
    return None


def evaluator_of(statement: JsonObject) -> Party | None:
    """Give the person who judged: the assessor who speaks, a context agent, the instructor."""
    meaning = JUDGEMENTS.get(bare(part(statement, "verb")["id"]))
    actor = part(statement, "actor")
    if meaning is not None and meaning.speaker == "assessor" and not is_group(actor):
        return party_of(actor, role="assessor")
    for each in as_array(part(statement, "context").get("contextAgents")) or []:
        held = as_object(each) or {}
        roles = {re.split(r"[/#]", str(iri))[-1].lower() for iri in _relevant(held)}
        if judges := sorted(roles & _JUDGES):
            return party_of(part(held, "agent"), role=judges[0])
    instructor = part(statement, "context", "instructor")
    if instructor and not is_group(instructor):
        return party_of(instructor, role="instructor")
    return None


def _relevant(context_agent: JsonObject) -> list[object]:
    return as_array(context_agent.get("relevantTypes")) or []
