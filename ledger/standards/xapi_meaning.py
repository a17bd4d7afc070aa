"""What a valid statement says: which kind of evidence, about whom, on which competencies.

Verbs and types are compared without http or https, since data writes one and rules the other;
what is stored keeps the statement's own spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from msgspec.structs import replace

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

_CASE_ITEM = re.compile(r"/ims/case/v1p\d/CFItems/")
_CASE_DOCUMENT = re.compile(r"/ims/case/v1p\d/CFDocuments/")
_PLACES = ("parent", "grouping", "category")


def bare(iri: object) -> str:
    """Give an IRI without http or https and without a slash at its end."""
    text = str(iri)
    start = text[:8].lower()
    if start == "https://":
        text = text[8:]
    elif start[:7] == "http://":
        text = text[7:]
    return text.rstrip("/")


def voids(statement: JsonObject) -> bool:
    """Whether this takes another statement back: were it an activity, that one would stand."""
    return bare(part(statement, "verb").get("id")) == VOIDED


class Activity(NamedTuple):
    """An activity, with its type as it is compared (see `bare`)."""

    whole: JsonObject
    id: str
    type: str

    @classmethod
    def of(cls, whole: JsonObject) -> Activity:
        """Look an activity up; what another kind of object says of itself will not harm."""
        found = part(whole, "definition").get("type", "")
        return cls(whole, str(whole.get("id", "")), bare(found) if found else "")

    @property
    def title(self) -> str | None:
        """Its name: in English where there is one, else in its first language."""
        names = part(self.whole, "definition", "name")
        english = (text for tag, text in names.items() if tag.lower().startswith("en"))
        found = next(english, next(iter(names.values()), None))
        return str(found) if found else None

    @property
    def is_competency(self) -> bool:
        """Whether it says so: by its type, or as a CASE item's address."""
        return self.type in COMPETENCY_TYPES or _CASE_ITEM.search(self.id) is not None


class Said:
    """A valid statement, its parts looked up once.

    `target` is its object, `verb` is bare, `about` is the object where that is an activity,
    said or by default.
    """

    __slots__ = ("_around", "about", "context", "meaning", "result", "target", "verb", "whole")

    def __init__(self, whole: JsonObject) -> None:
        self.whole = whole
        self.verb = bare(part(whole, "verb").get("id"))
        self.meaning = JUDGEMENTS.get(self.verb)
        self.target = part(whole, "object")
        is_activity = self.target.get("objectType", "Activity") == "Activity"
        self.about = Activity.of(self.target) if is_activity else None
        self.context = part(whole, "context")
        self.result = part(whole, "result")
        held = part(self.context, "contextActivities")
        self._around = {place: _activities(held[place]) for place in _PLACES if place in held}

    def around(self, *places: str) -> Iterator[Activity]:
        """Give the context activities at these places, in their order."""
        for place in places:
            yield from self._around.get(place, ())

    def alignments(self) -> tuple[Alignment, ...]:
        """Give the competencies that the statement names as such, each once, its object first."""
        named = [*([self.about] if self.about else ()), *self.around(*_PLACES)]
        found = {
            each.id: Alignment(competency=each.id, framework=None, name=each.title)
            for each in reversed(named)
            if each.is_competency
        }
        if not found:
            return ()
        documents = (each.id for each in self.around("grouping", "parent", "category"))
        framework = next((each for each in documents if _CASE_DOCUMENT.search(each)), None)
        return tuple(replace(each, framework=framework) for each in reversed(found.values()))


def _activities(value: object) -> list[Activity]:
    """Give an array of activities, or the one that stands outside an array."""
    several = as_array(value) or [value]
    return [Activity.of(each) for each in map(as_object, several) if each is not None]


def kind_of(said: Said, alignments: tuple[Alignment, ...]) -> tuple[EvidenceKind, bool | None]:
    """Give the kind, and the success that the verb implies."""
    about, meaning = said.about, said.meaning
    if said.verb in AWARDS and about:
        return "credential", True
    if meaning is None:
        return "activity", None
    if about and about.type in CREDENTIAL_TYPES:
        return "credential", meaning.success
    if meaning.needs == "competency":
        enough = bool(alignments)
    else:
        has_score = bool(part(said.result, "score"))
        enough = about is not None and (has_score or meaning.needs == "nothing")
    return ("assessment", meaning.success) if enough else ("activity", None)


def learners_of(said: Said) -> tuple[JsonObject, ...]:
    """Give whom the statement is about; empty where it does not say.

    The actor, but for verbs whose actor is the assessor: there the learner is in the context
    extension `learner`, or is the object where that is an agent or a group.
    """
    stated = _extension(said, "learner")
    if stated is not None:
        return tuple(people_in(stated))
    if said.meaning is not None and said.meaning.speaker == "assessor":
        is_somebody = said.target.get("objectType") in {"Agent", "Group"}
        return tuple(people_in(said.target)) if is_somebody else ()
    if said.verb in DIRECTED:
        stated = _extension(said, "to")
        return tuple(people_in(stated)) if stated is not None else ()
    return tuple(people_in(said.whole["actor"]))


def _extension(said: Said, name: str) -> JsonObject | None:
    """Give the agent in the context extension whose IRI ends in `name`."""
    for iri, value in part(said.context, "extensions").items():
        if re.split(r"[/#]", iri)[-1] == name and is_agent(value):
            return as_object(value)
    return None


def evaluator_of(said: Said) -> Party | None:
    """Give the person who judged: the assessor who speaks, a context agent, the instructor."""
    actor = part(said.whole, "actor")
    if said.meaning is not None and said.meaning.speaker == "assessor" and not is_group(actor):
        return party_of(actor, role="assessor")
    for each in as_array(said.context.get("contextAgents")) or []:
        held = as_object(each) or {}
        roles = {re.split(r"[/#]", str(iri))[-1].lower() for iri in _relevant(held)}
        if judges := sorted(roles & _JUDGES):
            return party_of(part(held, "agent"), role=judges[0])
    instructor = part(said.context, "instructor")
    if instructor and not is_group(instructor):
        return party_of(instructor, role="instructor")
    return None


def _relevant(context_agent: JsonObject) -> list[object]:
    return as_array(context_agent.get("relevantTypes")) or []
