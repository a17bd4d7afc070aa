"""What carries over from one version of a framework to its successor, and what is not mapped.

A competency that the new version has as well carries by itself; another, where a crosswalk that
counts leads into the new version. The successor may be a framework of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ledger.domain.evidence import Alignment
from ledger.domain.framework import Relation
from ledger.domain.ids import CompetencyId, FrameworkId
from projections.equivalence import SATISFIES
from projections.frameworks import Frameworks, Resolved
from projections.registry import Registry

How = Literal["kept", "mapped", "not_equivalent", "none", "waits", "unmapped"]
"""`kept`: the new version has it too. `not_equivalent`: only linked to what it does not satisfy.
`none`: a crosswalk says that nothing corresponds. `waits`: for a signature."""


@dataclass(frozen=True, slots=True)
class MappedBy:
    """A link from an old competency; `counts` is whether its crosswalk is signed by all."""

    crosswalk: str
    relation: Relation
    destination: CompetencyId | None
    counts: bool


@dataclass(frozen=True, slots=True)
class Carried:
    """What becomes of one competency of the old version."""

    competency: CompetencyId
    code: str | None
    statement: str
    how: How
    by: tuple[MappedBy, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """From which version to which, and what becomes of each competency of the old one."""

    framework: FrameworkId
    from_version: str
    to_framework: FrameworkId
    to_version: str
    counts: Mapping[str, int]
    competencies: tuple[Carried, ...]


def migration(
    registry: Registry, framework: FrameworkId, since: str, to: FrameworkId
) -> Migration | None:
    """Lay a version of a framework against the latest version of its successor.

    None where there is no such version, or nothing was published after it.
    """
    frameworks = registry.frameworks
    old, latest = frameworks.competencies(framework, since), frameworks.latest(to)
    if not old or latest is None or (framework, since) == (to, latest.version):
        return None
    new = {one.competency for one in frameworks.competencies(to, latest.version)}
    links = _links(registry)
    found = tuple(_carried(one, new, links.get(one.competency, [])) for one in old)
    counts: dict[str, int] = {}
    for one in found:
        counts[one.how] = counts.get(one.how, 0) + 1
    return Migration(framework, since, to, latest.version, counts, found)


def _carried(old: Resolved, new: set[CompetencyId], links: list[MappedBy]) -> Carried:
    by = tuple(one for one in links if one.destination is None or one.destination in new)
    item = old.item
    return Carried(old.competency, item.code, item.statement, _how(old, new, by), by)


def _how(old: Resolved, new: set[CompetencyId], by: tuple[MappedBy, ...]) -> How:
    if old.competency in new:
        return "kept"
    counting = [one.relation for one in by if one.counts]
    if any(relation in SATISFIES for relation in counting):
        return "mapped"
    if "none" in counting:
        return "none"
    if counting:
        return "not_equivalent"
    return "waits" if by else "unmapped"


def _links(registry: Registry) -> dict[CompetencyId, list[MappedBy]]:
    found: dict[CompetencyId, list[MappedBy]] = {}
    for published, standing in registry.equivalences.crosswalks():
        if standing.withdrawn is None:
            for link in published.links:
                origin = _named(registry.frameworks, link.origin)
                if origin is not None:
                    end = _named(registry.frameworks, link.destination)
                    by = MappedBy(published.crosswalk, link.relation, end, standing.counts())
                    found.setdefault(origin, []).append(by)
    return found


def _named(frameworks: Frameworks, name: str) -> CompetencyId | None:
    found = frameworks.resolve(Alignment(competency=name)) if name else None
    return found.competency if found is not None else None


def unmapped(found: Migration) -> Iterator[Carried]:
    """List what does not carry over, and of which nobody said that it should not."""
    return (one for one in found.competencies if one.how not in {"kept", "mapped", "none"})
