"""What evidence on one competency is worth for others: crosswalks and aligned credentials.

A crosswalk counts one way, under its own conditions, and only once everybody whose consent it
needs has signed. Chains of crosswalks are followed to a bounded length; each competency is
reached once, by its best chain, so nothing counts double and a circle ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import msgspec

from ledger.domain.evidence import Alignment, EvidenceKind, Result
from ledger.domain.facts import (
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    Fact,
)
from ledger.domain.framework import Equivalence, Relation, SignOffRole
from ledger.domain.ids import CompetencyId
from projections.frameworks import Frameworks, Resolved
from projections.policies.documents import CHAIN_MAX

SATISFIES: frozenset[Relation] = frozenset({"exact", "narrower", "replaced_by"})
_WHOLE = Decimal(1)

Links = dict[str, list[tuple[str, Equivalence, Resolved]]]
"""By origin: the crosswalk's name, the link, and what it leads to."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A competency for which evidence on another one may count, and by which crosswalks.

    `weight` is the product along the chain. `refused` says why it does not count after all;
    with `broader`, only because the chain leads to something that covers more: a policy may
    count it.
    """

    resolved: Resolved
    weight: Decimal
    via: tuple[str, ...]
    refused: str = ""
    broader: bool = False

    @property
    def place(self) -> tuple[bool, bool, Decimal]:
        """Order by how good it is: what counts, what a policy may count, by weight."""
        return bool(self.refused) and not self.broader, self.broader, -self.weight


@dataclass(frozen=True, slots=True)
class Shown:
    """The evidence that looks for equivalents."""

    kind: EvidenceKind
    occurred_at: datetime
    result: Result | None


@dataclass(slots=True)
class Crosswalk:
    """A crosswalk as it stands: who signed these very words, and who took them back."""

    published: CrosswalkPublished | None = None
    digest: str = ""
    """SHA-256 (hex) of the words."""
    signed: dict[SignOffRole, CrosswalkSigned] = field(
        default_factory=dict[SignOffRole, CrosswalkSigned]
    )
    withdrawn: CrosswalkWithdrawn | None = None
    publications: int = 0
    """How often words of it were published."""
    withdrawals: int = 0
    """How often it was withdrawn, over all its versions."""

    def counts(self) -> bool:
        """Say whether everybody whose consent it needs gave it, and nobody took it back."""
        return (
            self.published is not None
            and self.withdrawn is None
            and set(self.published.needs) <= self.signed.keys()
        )


class Equivalences:
    """A fold over crosswalks and credential alignments."""

    __slots__ = ("_credentials", "_crosswalks", "_links", "_tied")

    def __init__(self) -> None:
        self._crosswalks: dict[str, Crosswalk] = {}
        self._credentials: dict[str, list[CredentialAligned]] = {}
        self._links: Links | None = None
        self._tied: dict[str, set[CompetencyId]] = {}

    def apply(self, fact: Fact) -> bool:
        """Take over a fact; say whether it is about equivalence."""
        match fact:
            case CrosswalkPublished(crosswalk=name):
                # Published anew, it needs to be signed anew: nobody signed these words.
                before = self._crosswalks.get(name, Crosswalk())
                digest = hashlib.sha256(msgspec.json.encode(fact)).hexdigest()
                self._crosswalks[name] = Crosswalk(
                    fact, digest, publications=before.publications + 1,
                    withdrawals=before.withdrawals,
                )  # fmt: skip
            case CrosswalkSigned(crosswalk=name):
                crosswalk = self._crosswalks.setdefault(name, Crosswalk())
                if fact.words in {None, crosswalk.digest}:
                    crosswalk.signed[fact.role] = fact
            case CrosswalkWithdrawn(crosswalk=name):
                crosswalk = self._crosswalks.setdefault(name, Crosswalk())
                crosswalk.withdrawn = fact
                crosswalk.withdrawals += 1
            case CredentialAligned():
                self._credentials.setdefault(fact.credential, []).append(fact)
            case _:
                return False
        self._links = None
        return True

    @property
    def attests(self) -> bool:
        """Say whether a credential is aligned to anything."""
        return bool(self._credentials)

    @property
    def counts(self) -> bool:
        """Say whether any crosswalk counts at all."""
        return any(one.counts() for one in self._crosswalks.values())

    def forget_resolutions(self) -> None:
        """Look the ends of crosswalks up anew: a framework was published."""
        self._links = None

    def crosswalk(self, name: str) -> Crosswalk | None:
        """Give a crosswalk as it stands; None if none of that name was published."""
        found = self._crosswalks.get(name)
        return found if found is not None and found.published is not None else None

    def digest(self, name: str) -> str:
        """SHA-256 (hex) of the words of a crosswalk. Requires one that was published."""
        return self._crosswalks[name].digest

    def crosswalks(self) -> Iterator[tuple[CrosswalkPublished, Crosswalk]]:
        """List the crosswalks, in the order of their first publication."""
        for crosswalk in self._crosswalks.values():
            if crosswalk.published is not None:
                yield crosswalk.published, crosswalk

    def attested(self, credentials: Iterable[str], occurred_at: datetime) -> list[Alignment]:
        """Give what holding a credential says, under any of the names it goes by."""
        found: list[Alignment] = []
        for name in credentials:
            for fact in self._credentials.get(name, ()):
                if in_force(fact.starts_on, fact.ends_on, occurred_at):
                    result = Result(level=fact.level, success=True)
                    found += [Alignment(competency=c, result=result) for c in fact.competencies]
        return found

    def reach(self, start: Resolved, shown: Shown, frameworks: Frameworks) -> dict[str, Reached]:
        """Follow crosswalks from a competency; best chains first, then the shorter, then by name."""
        links = self._linked(frameworks)
        best: dict[str, Reached] = {}
        edge: list[Reached] = [Reached(start, _WHOLE, ())]
        for _ in range(CHAIN_MAX):
            found = [
                one
                for reached in edge
                if reached.broader or not reached.refused
                for one in _follow(reached, links.get(reached.resolved.competency, ()), shown)
                if one.resolved.competency != start.competency
            ]
            edge = []
            for one in sorted(found, key=lambda each: (each.place, each.via)):
                name = one.resolved.competency
                before = best.get(name)
                if before is None or before.place > one.place:
                    best[name] = one
                    edge.append(one)
            if not edge:
                break
        return best

    def tied(self, names: set[CompetencyId], frameworks: Frameworks) -> set[CompetencyId]:
        """Add all competencies that crosswalks lead to, or come from, over any number of steps."""
        self._linked(frameworks)
        return names.union(*(self._tied.get(name, ()) for name in names)) if self._tied else names

    def _linked(self, frameworks: Frameworks) -> Links:
        if self._links is None:
            found: Links = {}
            for name, crosswalk in sorted(self._crosswalks.items()):
                if crosswalk.published is None or not crosswalk.counts():
                    continue
                for link in crosswalk.published.links:
                    origin = frameworks.resolve(Alignment(competency=link.origin))
                    end = frameworks.resolve(Alignment(competency=link.destination))
                    if origin is not None and end is not None:
                        found.setdefault(origin.competency, []).append((name, link, end))
            self._links, self._tied = found, _groups(found)
        return self._links


def _groups(links: Links) -> dict[str, set[CompetencyId]]:
    """Give for each competency that links name the group that they tie together."""
    groups: dict[str, set[CompetencyId]] = {}
    for origin, leading in links.items():
        for _, _, end in leading:
            ends = {CompetencyId(origin), end.competency}
            group = ends.union(*(groups.get(one, ()) for one in ends))
            groups.update(dict.fromkeys(group, group))
    return groups


def _follow(
    reached: Reached, links: Iterable[tuple[str, Equivalence, Resolved]], shown: Shown
) -> Iterator[Reached]:
    for name, link, end in links:
        refused = _refused(link, shown)
        broader = not refused and (reached.broader or link.relation == "broader")
        yield Reached(
            end, reached.weight * link.weight, (*reached.via, name),
            _BROADER if broader else refused, broader,
        )  # fmt: skip


_BROADER = "the crosswalk calls it broader, which does not satisfy the other"


def _refused(link: Equivalence, shown: Shown) -> str:
    if link.relation != "broader" and link.relation not in SATISFIES:
        return f"the crosswalk calls it {link.relation}, which does not satisfy the other"
    if link.kinds and shown.kind not in link.kinds:
        return f"the crosswalk is not about {shown.kind.replace('_', ' ')}"
    starts_on = None if link.retroactive else link.starts_on
    if not in_force(starts_on, link.ends_on, shown.occurred_at):
        return "the crosswalk was not in force when it occurred"
    return below(link.level_at_least, shown.result)


def below(level: str | None, result: Result | None) -> str:
    """Say why a result does not reach a level; empty, where it does."""
    if level is None:
        return ""
    scale = result.scale if result is not None else ()
    if result is None or result.level is None or level not in scale or result.level not in scale:
        return f"the crosswalk needs the level {level}, and the result's scale does not have it"
    if scale.index(result.level) < scale.index(level):
        return f"the crosswalk needs the level {level}"
    return ""


def in_force(starts_on: date | None, ends_on: date | None, occurred_at: datetime) -> bool:
    """Say whether something occurred between two days, both of them included."""
    day = occurred_at.date()
    return (starts_on or date.min) <= day <= (ends_on or date.max)
