"""Frameworks as published, and which competency an alignment means.

All versions are kept. An alignment that names a version is read by that version; otherwise the
version published last decides, and what it dropped is still found in the versions before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger.domain.evidence import Alignment
from ledger.domain.facts import FrameworkPublished
from ledger.domain.framework import Competency
from ledger.domain.ids import CompetencyId, FrameworkId

_SERVED = re.compile(r"/CFItems/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")
_PARENT_OF = "isParentOf"
_CHILD_OF = frozenset({"isChildOf", "isPartOf"})


class Resolved(NamedTuple):
    """A competency as one version of a framework describes it.

    `competency` is the URI under which the ledger first met it, so a framework that moves to
    another server, or from http to https, does not break a learner's record in two.
    """

    competency: CompetencyId
    framework: FrameworkId
    version: str
    item: Competency


Index = dict[str, Resolved]
Family = dict[CompetencyId, list[CompetencyId]]


class Frameworks:
    """A fold over framework-published facts."""

    __slots__ = (
        "_anywhere", "_by_version", "_cache", "_children", "_first", "_latest", "_names", "_parents",
        "dispositions",
    )  # fmt: skip

    def __init__(self) -> None:
        self._names: dict[str, FrameworkId] = {}
        self._first: dict[str, CompetencyId] = {}
        self._anywhere: Index = {}
        self._latest: dict[FrameworkId, tuple[FrameworkPublished, Index]] = {}
        self._by_version: dict[tuple[FrameworkId, str], Index] = {}
        self._children: dict[FrameworkId, Family] = {}
        self._parents: dict[FrameworkId, Family] = {}
        self._cache: dict[tuple[str, str | None, str | None], Resolved | None] = {}
        self.dispositions: frozenset[CompetencyId] = frozenset()
        """What the latest descriptions put into that strand."""

    def apply(self, fact: FrameworkPublished) -> None:
        """Take over one version; published again, a version becomes the latest again."""
        self._cache.clear()
        framework = fact.framework
        for name in (framework, fact.uri):
            if name:
                self._names.setdefault(normal(name), framework)
        before = self._latest.get(framework)
        index: Index = before[1] if before is not None else {}
        self._by_version.pop((framework, fact.version), None)  # the latest comes last
        own = self._by_version[framework, fact.version] = {}
        for item in fact.competencies:
            self._shelve(Resolved(self._identity(item), framework, fact.version, item), index, own)
        self._latest[framework] = (fact, index)
        self._children[framework], self._parents[framework] = _family(fact, own)
        if self.dispositions or any(one.strand == "dispositions" for one in fact.competencies):
            self.dispositions = frozenset(
                one.competency
                for one in self._anywhere.values()
                if one.item.strand == "dispositions"
            )

    def resolve(self, alignment: Alignment) -> Resolved | None:
        """Find the competency by URI or identifier, or by code within its framework."""
        key = (alignment.competency, alignment.framework, alignment.framework_version)
        try:
            return self._cache[key]
        except KeyError:
            found = self._cache[key] = self._find(alignment)
            return found

    def describe(self, competency: CompetencyId) -> Resolved | None:
        """Give the latest description of a competency, or None where no framework has it."""
        try:
            return self._cache[competency, None, None]
        except KeyError:
            return self.resolve(Alignment(competency=competency))

    def coded(self, code: str) -> set[CompetencyId]:
        """Give the competencies that go by a code in the latest version of some framework."""
        key = f"c:{code.strip()}"
        return {index[key].competency for _, index in self._latest.values() if key in index}

    def children(self, competency: CompetencyId) -> tuple[CompetencyId, ...]:
        """List what the latest version of its framework puts under a competency."""
        found = self.describe(competency)
        family = self._children.get(found.framework, {}) if found else {}
        return tuple(family.get(competency, ()))

    def parents(self, competency: CompetencyId) -> tuple[CompetencyId, ...]:
        """List what the latest version of its framework puts over a competency."""
        found = self.describe(competency)
        family = self._parents.get(found.framework, {}) if found else {}
        return tuple(family.get(competency, ()))

    def named(self, name: str) -> FrameworkId | None:
        """Find a framework by identifier or URI."""
        return self._names.get(normal(name))

    def latest(self, framework: FrameworkId) -> FrameworkPublished | None:
        """Give the version published last."""
        found = self._latest.get(framework)
        return found[0] if found else None

    def versions(self, framework: FrameworkId) -> tuple[str, ...]:
        """List a framework's versions, the one published last at the end."""
        return tuple(version for name, version in self._by_version if name == framework)

    def competencies(self, framework: FrameworkId, version: str) -> tuple[Resolved, ...]:
        """List the competencies of one version, in its own order; none, if there is no such."""
        index = self._by_version.get((framework, version), {})
        return tuple({one.competency: one for one in index.values()}.values())

    def all_latest(self) -> tuple[FrameworkPublished, ...]:
        """List every framework in its latest version, in the order of first publication."""
        return tuple(fact for fact, _ in self._latest.values())

    def _identity(self, item: Competency) -> CompetencyId:
        key = f"i:{normal(item.identifier)}" if item.identifier else f"u:{normal(item.uri)}"
        return self._first.setdefault(key, CompetencyId(item.uri))

    def _shelve(self, found: Resolved, index: Index, own: Index) -> None:
        for key in keys(found.item):
            index[key] = own[key] = found
            if not key.startswith("c:"):
                before = self._anywhere.get(key)
                # Two frameworks may list the same item: the one that had it first keeps it,
                # so publishing a copy moves nobody's evidence.
                if before is None or before.framework == found.framework:
                    self._anywhere[key] = found

    def _find(self, alignment: Alignment) -> Resolved | None:
        wanted = tuple(_keys_wanted(alignment.competency))
        framework = self.named(alignment.framework) if alignment.framework else None
        if framework is not None:
            shelves: list[Index] = [self._latest[framework][1]]
            if alignment.framework_version:
                own = self._by_version.get((framework, alignment.framework_version))
                shelves = [own, *shelves] if own is not None else shelves
            for index in shelves:
                for key in wanted:
                    if key in index:
                        return index[key]
        found = (self._anywhere.get(key) for key in wanted)  # no code is known everywhere
        return next((one for one in found if one is not None), None)


def _family(fact: FrameworkPublished, own: Index) -> tuple[Family, Family]:
    children: Family = {}
    parents: Family = {}
    for link in sorted(fact.associations, key=lambda link: link.sequence or 0):
        if link.type in _CHILD_OF:
            child, parent = link.origin, link.destination
        elif link.type == _PARENT_OF:
            child, parent = link.destination, link.origin
        else:
            continue
        below, above = own.get(f"u:{normal(child)}"), own.get(f"u:{normal(parent)}")
        if below and above and below.competency not in children.get(above.competency, ()):
            children.setdefault(above.competency, []).append(below.competency)
            parents.setdefault(below.competency, []).append(above.competency)
    return children, parents


def normal(name: str) -> str:
    """Fold what does not tell two names apart: http or https, and the case of a UUID."""
    name = name.strip()
    if name[:8].lower() == "https://":
        return "http://" + name[8:]
    return name if "://" in name else name.lower()


def keys(item: Competency) -> tuple[str, ...]:
    """List the names an item goes by: its URI, identifier and code."""
    names = [f"u:{normal(item.uri)}"]
    if item.identifier:
        names.append(f"i:{normal(item.identifier)}")
    if item.code:
        names.append(f"c:{item.code.strip()}")
    return tuple(names)


def wanted_keys(names: Iterable[str]) -> frozenset[str]:
    """Give every key that one of these URIs, identifiers or codes may go by."""
    return frozenset(key for name in names for key in _keys_wanted(name))


def _keys_wanted(name: str) -> Iterator[str]:
    """Give the keys that a name may stand for, the closest first.

    The address at which CASE serves an item ends in its identifier, whatever `uri` the item has
    (CASE 1.1, getCFItem).
    """
    uri = normal(name)
    yield f"u:{uri}"
    yield f"i:{uri}"
    if served := _SERVED.search(uri):
        yield f"i:{served[1].lower()}"
    yield f"c:{name.strip()}"
