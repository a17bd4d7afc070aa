"""How facts that are not about learners repeat: what each speaks of, and when it is said again.

The last word holds: who goes back to what was said before, after something else, says it anew, and
only the latest said again is a duplicate. What adds to what was said (an aligned credential, a
validation) is said once.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

from ledger.domain.facts import (
    AuthorityGranted,
    AuthorityRevoked,
    Fact,
    FrameworkPublished,
    LearnerMerged,
    LearnerUnmerged,
    PolicyAdopted,
    PolicyPublished,
    ProviderRegistered,
    ProviderReinstated,
    ProviderSuspended,
)

IdentityFact = LearnerMerged | LearnerUnmerged
ProviderFact = AuthorityGranted | AuthorityRevoked | ProviderSuspended | ProviderReinstated


class Saying(NamedTuple):
    """What a fact speaks of, and the digest of what it says.

    `once` names what is said only once of that, whatever came after; None: the last word holds.
    """

    about: tuple[str, ...]
    digest: bytes
    once: str | None = None


def of_registration(fact: ProviderRegistered) -> Saying:
    """Of a provider, registered once by its name."""
    return Saying(("provider", fact.name), digest_of(fact), once="")


def of_provider(fact: ProviderFact) -> Saying:
    """Of a grant, or of a provider's standing."""
    name = fact.provider.hex
    match fact:
        case AuthorityGranted(grant=grant) | AuthorityRevoked(grant=grant):
            return Saying(("grant", name, grant), digest_of(fact))
        case _:
            return Saying(("standing", name), digest_of(fact))


def of_identity(fact: IdentityFact) -> Saying:
    """Of whether a learner is another, for whatever reason."""
    into = fact.into.bytes if isinstance(fact, LearnerMerged) else b""
    return Saying(("identity", fact.learner.hex), hashlib.sha256(into).digest())


def of_framework(fact: FrameworkPublished) -> Saying:
    """Of a framework."""
    return Saying(("framework", fact.framework), digest_of(fact))


def of_policy(fact: PolicyPublished) -> Saying:
    """Of a policy: its document, whoever publishes it."""
    return Saying(("policy", fact.policy), hashlib.sha256(fact.document.encode()).digest())


def of_adoption(fact: PolicyAdopted, turn: int) -> Saying:
    """Of who decides, said once in its turn: another adoption in this one's place begins a new one."""
    digest = digest_of(fact)
    return Saying(("adoption", digest.hex()), digest, once=str(turn))


def of_reference(fact: Fact, about: tuple[str, ...], *, adds: bool) -> Saying:
    """Of a crosswalk, a credential, an assessment or a pathway; `adds`: to what was said of it."""
    digest = digest_of(fact)
    return Saying((fact.TOPIC, *about), digest, once=digest.hex() if adds else None)


def digest_of(fact: Fact) -> bytes:
    """SHA-256 of a fact's content."""
    return hashlib.sha256(msgspec.json.encode(fact)).digest()
