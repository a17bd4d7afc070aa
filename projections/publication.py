"""What makes a document unfit for this ledger: names that nothing here has, and contradictions.

What a document says by itself is checked where it is read (policies, pathways); here it is
held against the registry. Each reject has a JSON pointer into the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from ledger.domain.catalogue import Recorded
from ledger.domain.evidence import Alignment
from ledger.domain.facts import (
    CrosswalkPublished,
    EnrolmentRecorded,
    EnrolmentWithdrawn,
    PathwayPublished,
)
from ledger.domain.framework import Articulation, Equivalence
from ledger.domain.ids import CompetencyId, Position
from ledger.errors import InvalidDocumentError, Reject
from ledger.store.reader import LogReader
from projections.adoption import LEVELS
from projections.floors import undercuts
from projections.pathways.documents import Competencies, PathwayDocument, canonical, digest
from projections.policies.compiling import parts_of
from projections.policies.documents import PolicyDocument
from projections.policies.judge import Judge
from projections.policies.requirements import Covers, Improved, PointsFromChildren
from projections.policies.soundness import child_names, circles
from projections.registry import Registry

UNKNOWN = "no framework that was published has this competency"
EXPECTED = "URI or identifier of a competency of a published framework"


def refuse(what: str, rejects: Iterable[Reject]) -> None:
    """Refuse a document for which there are rejects.

    Raises:
        InvalidDocumentError: there is one at least.
    """
    if found := tuple(rejects):
        raise InvalidDocumentError(what, found)


def unknown(names: Sequence[str], registry: Registry, where: str) -> Iterator[Reject]:
    """Say which of these names mean no competency, and which mean one that was named before."""
    seen: dict[CompetencyId, int] = {}
    for place, name in enumerate(names):
        found = _meant(name, registry)
        if found is None:
            yield Reject(f"{where}/{place}", UNKNOWN, EXPECTED)
        elif seen.setdefault(found, place) != place:
            yield Reject(f"{where}/{place}", f"the same competency as {where}/{seen[found]}")


def crosswalk_faults(fact: CrosswalkPublished, registry: Registry) -> Iterator[Reject]:
    """Say what is wrong with a crosswalk.

    A circle of links is no fault as such: each competency is reached once, by its best chain,
    and never the one that the chain set out from. It is one where the relations contradict
    each other: nothing is narrower than itself, or replaced by itself.
    """
    if not fact.links and not fact.credits:
        yield Reject("/links", "says nothing of competencies, and nothing of credits")
    yield from _clause_faults(fact.credits, registry)
    found = [*_link_faults(fact.links, registry)]
    yield from found or _contradictions(fact.links, registry)


def policy_faults(document: PolicyDocument, registry: Registry) -> Iterator[Reject]:
    """Say which competencies a policy names that no framework has, or that rest on themselves.

    And what nobody can meet that documents were once stored with: those are read as ever.
    """
    for where, rule in parts_of(document.requirement):
        if isinstance(rule, Improved) and rule.of == "competency" and rule.by == "raised":
            if rule.at_least > 1:
                why = "nobody can meet it: all work on a competency is one work there"
                yield Reject(f"{where}/at_least", why, "1")
        elif isinstance(rule, Covers | PointsFromChildren):
            for place, name in enumerate(child_names(rule)):
                pointer, found = f"{where}/children/{place}", _meant(name, registry)
                if found is None:
                    yield Reject(pointer, UNKNOWN, EXPECTED)
                elif found != name:
                    # Judged by states under the name in the ledger: another would never be met.
                    yield Reject(pointer, "the ledger knows this competency by another name", found)
                else:
                    yield from _circle(found, registry, pointer)


def _circle(competency: CompetencyId, registry: Registry, pointer: str) -> Iterator[Reject]:
    rests_on: dict[CompetencyId, tuple[CompetencyId, ...]] = {}
    pending = [competency]
    while pending:
        name = pending.pop()
        if name not in rests_on:
            rests_on[name] = registry.frameworks.children(name)
            pending += rests_on[name]
    for one in circles(rests_on):
        yield Reject(pointer, one.why, "a competency that does not rest on itself")


def adoption_faults(
    judge: Judge, registry: Registry, log: LogReader, *, level: str, scope: str, on: date
) -> Iterator[Reject]:
    """Say what forbids that a policy decides there: a scope amiss, or a floor that it undercuts.

    The floors held against it are those of wider levels that this scope is known to lie in: by
    some learner's enrolment, which names both. Others are held when learners are judged.
    """
    if (level == "everywhere") != (not scope):
        yield Reject("/scope", "names what level says; everywhere has none")
        return
    place = LEVELS.index(level)
    for floor in registry.adoptions.floors(on, judge.document):
        if LEVELS.index(floor.level) < place and (
            floor.level == "everywhere" or _lies_in(log, (level, scope), (floor.level, floor.scope))
        ):
            yield from undercuts(judge.document, floor.judge.document)


def pathway_faults(document: PathwayDocument, registry: Registry) -> Iterator[Reject]:
    """Say which competencies a pathway names that no framework has, or that it names twice."""
    for place, one in enumerate(document.requirements):
        if isinstance(one, Competencies):
            yield from unknown(one.of, registry, f"/requirements/{place}/of")
    for place, gate in enumerate(document.gates):
        yield from unknown(gate.opens, registry, f"/gates/{place}/opens")
        yield from unknown(gate.needs, registry, f"/gates/{place}/needs")


def pathway_fact(
    document: PathwayDocument, registry: Registry, *, by: str | None
) -> PathwayPublished:
    """Make the fact that a pathway exists.

    Raises:
        InvalidDocumentError: it names a competency that no framework has.
    """
    refuse("pathway", pathway_faults(document, registry))
    return PathwayPublished(
        pathway=document.id, digest=digest(document), document=canonical(document), published_by=by
    )


def order_fault(starts: object, ends: object, where: str) -> Iterator[Reject]:
    """Say that a time ends before it starts."""
    if isinstance(starts, date) and isinstance(ends, date) and ends < starts:
        yield Reject(where, "ends before it starts", f"{starts.isoformat()} or later")


# -- inside -------------------------------------------------------------------------------------


_ENROLMENTS_READ_MAX = 10_000


def _lies_in(log: LogReader, narrow: tuple[str, str], wide: tuple[str, str]) -> bool:
    if "framework" in {narrow[0], wide[0]}:
        return False
    withdrawn = {
        (one.fact.provider, one.fact.external_id): one.position
        for one in _all_of(log, EnrolmentWithdrawn.TOPIC)
        if isinstance(one.fact, EnrolmentWithdrawn)
    }
    for one in _all_of(log, EnrolmentRecorded.TOPIC):
        named = {level: getattr(one.fact, level, None) for level, _ in (narrow, wide)}
        if named == dict((narrow, wide)) and isinstance(one.fact, EnrolmentRecorded):
            name = one.fact.provider, one.fact.external_id
            if one.position > withdrawn.get(name, 0):
                return True
    return False


def _all_of(log: LogReader, topic: str) -> Iterator[Recorded]:
    after = Position(0)
    while found := log.after(
        after, limit=_ENROLMENTS_READ_MAX, topics=[topic], verify_headers=False
    ):
        yield from found
        after = found[-1].position


def _meant(name: str, registry: Registry) -> CompetencyId | None:
    found = registry.resolve(Alignment(competency=name))
    return found.competency if found is not None else None


def _link_faults(links: Sequence[Equivalence], registry: Registry) -> Iterator[Reject]:
    for place, link in enumerate(links):
        where = f"/links/{place}"
        origin, end = _meant(link.origin, registry), _meant(link.destination, registry)
        if origin is None:
            yield Reject(f"{where}/origin", UNKNOWN, EXPECTED)
        if link.relation == "none":
            if link.destination:
                yield Reject(f"{where}/destination", "none leads nowhere", "no destination")
        elif end is None:
            yield Reject(f"{where}/destination", UNKNOWN, EXPECTED)
        if origin is not None and origin == end:
            yield Reject(f"{where}/destination", "leads to itself", "another competency")
        yield from order_fault(link.starts_on, link.ends_on, f"{where}/ends_on")
        if link in links[:place]:
            yield Reject(where, f"repeats /links/{links.index(link)}")


def _clause_faults(clauses: Sequence[Articulation], registry: Registry) -> Iterator[Reject]:
    names = [one.clause for one in clauses]
    for place, clause in enumerate(clauses):
        where = f"/credits/{place}"
        if names.index(clause.clause) != place:
            yield Reject(f"{where}/clause", f"repeats /credits/{names.index(clause.clause)}")
        if clause.provider is not None and clause.provider not in registry.providers:
            yield Reject(f"{where}/provider", "no such provider was registered", "a provider's id")
        yield from order_fault(clause.starts_on, clause.ends_on, f"{where}/ends_on")


def _contradictions(links: Sequence[Equivalence], registry: Registry) -> Iterator[Reject]:
    """Find links that say of a competency, by way of others, that it is narrower than itself."""
    for relations in (("narrower", "broader", "exact"), ("replaced_by",)):
        downward = [
            (place, *_downward(link, registry))
            for place, link in enumerate(links)
            if link.relation in relations
        ]
        steps: dict[CompetencyId | None, set[CompetencyId | None]] = {}
        for place, wide, narrow in downward:
            steps.setdefault(wide, set()).add(narrow)
            if links[place].relation == "exact":
                steps.setdefault(narrow, set()).add(wide)
        for place, wide, narrow in downward:
            if links[place].relation != "exact" and _leads(steps, narrow, wide):
                why = f"a circle: by the other links, what it calls {links[place].relation} is not"
                yield Reject(f"/links/{place}/relation", why)


def _downward(
    link: Equivalence, registry: Registry
) -> tuple[CompetencyId | None, CompetencyId | None]:
    origin, end = _meant(link.origin, registry), _meant(link.destination, registry)
    return (end, origin) if link.relation == "broader" else (origin, end)


def _leads(
    steps: dict[CompetencyId | None, set[CompetencyId | None]],
    start: CompetencyId | None,
    end: CompetencyId | None,
) -> bool:
    seen, pending = {start}, [start]
    while pending:
        here = pending.pop()
        if here == end:
            return True
        fresh = steps.get(here, set()) - seen
        seen |= fresh
        pending += fresh
    return False
