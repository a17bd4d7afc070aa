"""Names of the streams in which reference facts stand, derived from what they are about."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from ledger.domain.facts import (
    AssessmentRegistered,
    AssessmentValidated,
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    PathwayPublished,
)
from ledger.domain.ids import FrameworkId, PolicyId

Equating = (
    CrosswalkPublished
    | CrosswalkSigned
    | CrosswalkWithdrawn
    | CredentialAligned
    | AssessmentRegistered
    | AssessmentValidated
    | PathwayPublished
)


def framework_stream(framework: FrameworkId) -> UUID:
    """Name a framework's stream."""
    return uuid5(NAMESPACE_URL, f"mastery:framework:{framework}")


def policy_stream(policy: PolicyId) -> UUID:
    """Name a policy's stream."""
    return uuid5(NAMESPACE_URL, f"mastery:policy:{policy}")


def stream_of(fact: Equating) -> UUID:
    """Name the stream of a fact about a crosswalk, credential, instrument or pathway."""
    match fact:
        case CredentialAligned(credential=name):
            kind = "credential"
        case AssessmentRegistered(assessment=name) | AssessmentValidated(assessment=name):
            kind = "assessment"
        case PathwayPublished(pathway=name):
            kind = "pathway"
        case _:
            kind, name = "crosswalk", fact.crosswalk
    return uuid5(NAMESPACE_URL, f"mastery:{kind}:{name}")
