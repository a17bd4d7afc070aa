"""Names of things, each its own type, so that a learner is never passed for a provider."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

LearnerId = NewType("LearnerId", UUID)  # random, made by the ledger; says nothing about the person
ProviderId = NewType("ProviderId", UUID)
EvidenceId = NewType("EvidenceId", UUID)  # UUIDv7
FactId = NewType("FactId", UUID)  # UUIDv7
StreamId = NewType("StreamId", UUID)  # a learner, provider, framework, policy or pathway
FrameworkId = NewType("FrameworkId", str)  # CASE CFDocument identifier
CompetencyId = NewType("CompetencyId", str)  # CASE CFItem URI, as its framework writes it
PolicyId = NewType("PolicyId", str)  # a slug such as "demonstrated-mastery"
Position = NewType("Position", int)  # place in the whole log: 1, 2, 3, ... without gaps
