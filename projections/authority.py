"""Who may assert what, at the time it occurred.

Authority is held against `occurred_at`: a grant that arrives later may release evidence that
was waiting for it, and a suspension takes back nothing that occurred before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.domain.evidence import EvidenceKind
from ledger.domain.facts import (
    AuthorityGranted,
    AuthorityRevoked,
    Fact,
    ProviderReinstated,
    ProviderSuspended,
)
from ledger.domain.ids import FrameworkId, ProviderId
from ledger.domain.value import Value
from ledger.errors import UnknownGrantError
from projections.frameworks import Resolved, keys, wanted_keys
from projections.policies.observation import Exclusion

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)

Excluded = tuple[Exclusion, str]


class Grant(Value):
    """What a provider may assert; an empty list means all. From `revoked_at` on it no longer may.

    `reason` is why it was granted.
    """

    grant: str
    kinds: tuple[EvidenceKind, ...]
    frameworks: tuple[FrameworkId, ...]
    competencies: tuple[str, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    revoked_at: datetime | None
    reason: str | None


class Suspension(Value):
    """From when to when (None: it goes on) nothing counts that occurs."""

    starts_at: datetime
    ends_at: datetime | None


class ProviderAuthority(Value):
    """All authority that a provider was given, and its suspensions, in the order they were told.

    A suspension that was over before it began held at no time, and is left out.
    """

    provider: ProviderId
    grants: tuple[Grant, ...]
    suspensions: tuple[Suspension, ...]


@dataclass(slots=True)
class _Grant:
    fact: AuthorityGranted
    kinds: frozenset[EvidenceKind]
    frameworks: frozenset[FrameworkId]
    competencies: frozenset[str]
    starts: datetime
    ends: datetime  # inclusive
    before: datetime  # exclusive; moved by a revocation
    settled: bool = False  # revoked, and granted anew since

    def covers(self, kind: EvidenceKind, resolved: Resolved) -> bool:
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.frameworks or resolved.framework in self.frameworks)
            and (not self.competencies or not self.competencies.isdisjoint(keys(resolved.item)))
        )


class _Provider:
    """Grants and suspensions of one provider.

    `always` remembers what it may assert at any time, and is right as long as nothing is added.
    """

    __slots__ = ("always", "cache", "grants", "suspensions")

    def __init__(self) -> None:
        self.grants: list[_Grant] = []
        self.suspensions: list[tuple[datetime, datetime]] = []
        self.cache: dict[tuple[str, str, str], tuple[_Grant, ...]] = {}
        self.always: dict[tuple[str, str], str] = {}

    def grant(self, fact: AuthorityGranted) -> None:
        for earlier in self.grants:
            if earlier.fact.grant == fact.grant and earlier.before != _NEVER:
                earlier.settled = True
        self.grants.append(
            _Grant(
                fact=fact,
                kinds=frozenset(fact.kinds),
                frameworks=frozenset(fact.frameworks),
                competencies=wanted_keys(fact.competencies),
                starts=aware(fact.starts_at) if fact.starts_at else _EVER,
                ends=aware(fact.ends_at) if fact.ends_at else _NEVER,
                before=_NEVER,
            )
        )

    def revoke(self, fact: AuthorityRevoked) -> None:
        for grant in self.grants:
            if grant.fact.grant == fact.grant and not grant.settled:
                grant.before = aware(fact.ends_at)

    def reinstate(self, at: datetime) -> None:
        self.suspensions = [
            (start, min(end, at) if end == _NEVER else end)
            for start, end in self.suspensions
            if start < at or end != _NEVER
        ]

    def covering(self, kind: EvidenceKind, resolved: Resolved) -> tuple[_Grant, ...]:
        key = (kind, resolved.competency, resolved.version)
        found = self.cache.get(key)
        if found is None:
            found = tuple(grant for grant in self.grants if grant.covers(kind, resolved))
            self.cache[key] = found
            unbounded = any(
                grant.starts is _EVER and grant.ends is _NEVER and grant.before is _NEVER
                for grant in found
            )
            if unbounded and not self.suspensions:
                self.always[kind, resolved.competency] = resolved.version
        return found


class Authority:
    """A fold over grants, revocations, suspensions and reinstatements."""

    __slots__ = ("_providers",)

    def __init__(self) -> None:
        # By number: a UUID is hashed in Python, and this is asked for every observation.
        self._providers: dict[int, _Provider] = {}

    def apply(self, fact: Fact) -> ProviderId | None:
        """Take over a fact; give the provider whose standing it may change."""
        match fact:
            case AuthorityGranted():
                self._of(fact.provider).grant(fact)
            case AuthorityRevoked():
                self._of(fact.provider).revoke(fact)
            case ProviderSuspended():
                self._of(fact.provider).suspensions.append((aware(fact.starts_at), _NEVER))
            case ProviderReinstated():
                self._of(fact.provider).reinstate(aware(fact.at))
            case _:
                return None
        return fact.provider

    def standing(
        self, provider: ProviderId, kind: EvidenceKind, resolved: Resolved, occurred_at: datetime
    ) -> Excluded | None:
        """Say why the provider may not assert this, or None where it may."""
        known = self._providers.get(provider.int)
        if known is None:
            return "outside_authority", "the provider was granted no authority"
        if known.always.get((kind, resolved.competency)) == resolved.version:
            return None
        for start, end in known.suspensions:
            if start <= occurred_at < end:
                return "provider_suspended", f"suspended from {start.isoformat()}"
        covering = known.covering(kind, resolved)
        for grant in covering:
            if grant.starts <= occurred_at <= grant.ends and occurred_at < grant.before:
                return None
        when = "at that time" if covering else "on this competency"
        return "outside_authority", f"no authority for {kind.replace('_', ' ')} {when}"

    def holds_some(self, provider: ProviderId, at: datetime) -> bool:
        """Say whether the provider may assert anything at all at that time."""
        known = self._providers.get(provider.int)
        return (
            known is not None
            and not any(start <= at < end for start, end in known.suspensions)
            and any(one.starts <= at <= one.ends and at < one.before for one in known.grants)
        )

    def lacks(self, provider: ProviderId, kind: EvidenceKind, at: datetime) -> Excluded | None:
        """Say why the provider may assert nothing of a kind at that time; None where it may."""
        known = self._providers.get(provider.int)
        if known is None:
            return "outside_authority", "the provider was granted no authority"
        for start, end in known.suspensions:
            if start <= at < end:
                return "provider_suspended", f"suspended from {start.isoformat()}"
        for one in known.grants:
            if (
                (not one.kinds or kind in one.kinds)
                and one.starts <= at <= one.ends
                and at < one.before
            ):
                return None
        return "outside_authority", f"no authority for {kind.replace('_', ' ')} at that time"

    def granted(self, provider: ProviderId, name: str) -> str:
        """Give the name of a grant of this provider's, revoked or not.

        Raises:
            UnknownGrantError: it has none of this name.
        """
        known = self._providers.get(provider.int)
        if known is None or all(one.fact.grant != name for one in known.grants):
            raise UnknownGrantError(name)
        return name

    def held(self, provider: ProviderId) -> ProviderAuthority:
        """Tell what a provider was granted, and when it was suspended."""
        known = self._providers.get(provider.int) or _Provider()
        suspensions = (
            Suspension(starts_at=start, ends_at=None if end == _NEVER else end)
            for start, end in known.suspensions
        )
        return ProviderAuthority(
            provider=provider,
            grants=tuple(map(_told, known.grants)),
            suspensions=tuple(suspensions),
        )

    def _of(self, provider: ProviderId) -> _Provider:
        known = self._providers.setdefault(provider.int, _Provider())
        known.cache.clear()
        known.always.clear()
        return known


def _told(grant: _Grant) -> Grant:
    fact = grant.fact
    return Grant(
        grant=fact.grant, kinds=fact.kinds, frameworks=fact.frameworks,
        competencies=fact.competencies, starts_at=fact.starts_at, ends_at=fact.ends_at,
        revoked_at=None if grant.before == _NEVER else grant.before, reason=fact.reason,
    )  # fmt: skip


def aware(moment: datetime) -> datetime:
    """Read a time without an offset as UTC: a fold is total, whatever was stored."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
