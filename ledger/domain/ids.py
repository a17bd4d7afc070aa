"""Names of things, each its own type, so that a learner is never passed for a provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import NewType
from uuid import UUID, SafeUUID

LearnerId = NewType("LearnerId", UUID)  # random, made by the ledger; says nothing about the person
ProviderId = NewType("ProviderId", UUID)
EvidenceId = NewType("EvidenceId", UUID)  # UUIDv7
FactId = NewType("FactId", UUID)  # UUIDv7
StreamId = NewType("StreamId", UUID)  # a learner, provider, framework, policy or pathway
FrameworkId = NewType("FrameworkId", str)  # CASE CFDocument identifier
CompetencyId = NewType("CompetencyId", str)  # CASE CFItem URI, as its framework writes it
PolicyId = NewType("PolicyId", str)  # a slug such as "demonstrated-mastery"
Position = NewType("Position", int)  # place in the whole log: 1, 2, 3, ... without gaps

_NEW = object.__new__
# The slots of a UUID, which takes no assignments: set by what holds them, at a third of the cost.
_SET_INT: Callable[[UUID, int], None] = vars(UUID)["int"].__set__
_SET_IS_SAFE: Callable[[UUID, SafeUUID], None] = vars(UUID)["is_safe"].__set__
_UNKNOWN = SafeUUID.unknown


def uuid_of(data: bytes) -> UUID:
    """Make a UUID of 16 bytes, skipping the constructor's checks."""
    made = _NEW(UUID)
    _SET_INT(made, int.from_bytes(data, "big"))
    _SET_IS_SAFE(made, _UNKNOWN)
    return made
