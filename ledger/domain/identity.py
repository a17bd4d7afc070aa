"""Which names mean the same learner, and how far a name reaches.

An identifier that some system issued (a state's student number, an account on a home page, a
mailbox) means the same person whoever sends it. A bare id means somebody to its provider only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from ledger.domain.evidence import Identifier
from ledger.domain.ids import ProviderId
from ledger.errors import Reject

_ADDRESS = re.compile(r"\s*(?:mailto:)?[^@:\s]+@[^@\s]+\s*", re.IGNORECASE)
_SHA1 = re.compile(r"\s*[0-9a-f]{40}\s*", re.IGNORECASE)
_SHAPES = {
    "mbox": (_ADDRESS, "an e-mail address"),
    "email": (_ADDRESS, "an e-mail address"),
    "mbox_sha1sum": (_SHA1, "the 40 hex digits of a SHA-1"),
}

ANY_PROVIDER = ProviderId(UUID(int=0))
"""Whoever sends it: for names that mean the same learner from everybody."""


def faults_of(identifiers: Sequence[Identifier], where: str) -> Iterator[Reject]:
    """Name each that cannot be what it says; they stand in the array at `where`, a JSON pointer.

    A mailbox "none" would be one and the same for all, whoever sends them, who have no mailbox.
    """
    for at, one in enumerate(identifiers):
        shape, what = _SHAPES.get(one.type.lower(), (None, ""))
        if shape is not None and not shape.fullmatch(one.value):
            yield Reject(f"{where}/{at}/value", f"is not {what}", what)


def is_for_everybody(identifier: Identifier) -> bool:
    """Whether a name means the same learner whoever sends it."""
    return str(ANY_PROVIDER) not in identity_parts(ANY_PROVIDER, identifier)


def identity_parts(provider: ProviderId, identifier: Identifier) -> tuple[str, ...]:
    """Give the parts that name the learner, for a keyed hash: equal parts, same learner.

    A mailbox and its mbox_sha1sum (xAPI 1.0.3 part two, 2.4.2.3) give the same parts.
    """
    kind, value = identifier.type.lower(), identifier.value.strip()
    if kind in {"mbox", "email"}:
        address = value.lower().removeprefix("mailto:")
        digest = hashlib.sha1(f"mailto:{address}".encode(), usedforsecurity=False).hexdigest()
        return ("mbox_sha1sum", digest)
    if kind == "mbox_sha1sum":
        return ("mbox_sha1sum", value.lower())
    if kind == "openid":
        return ("openid", value)
    if identifier.system:
        return (kind, identifier.system.strip().rstrip("/"), value)
    if kind == "ssid":
        return ("ssid", "", value)
    return (kind, str(provider), value)
