"""Every fact there is: past tense, frozen, under a topic that never changes.

A topic is ours and versioned, never a Python path, so a rename orphans nothing. What a fact
no longer says is mended by an upcaster (`catalogue.py`), never by editing what is stored.
Facts of a learner's stream are stored sealed (docs/adr/0002), but for those that hold nothing but
ids of the ledger: who was erased, and who was merged.
"""

from __future__ import annotations

from ledger.domain.fact import Fact, StreamKind
from ledger.domain.learner_facts import (
    AttributesRecorded,
    ContestResolved,
    EnrolmentRecorded,
    EnrolmentWithdrawn,
    ErasureReason,
    EvidenceConfirmed,
    EvidenceContested,
    EvidenceCorrected,
    EvidenceRecorded,
    EvidenceWithdrawn,
    IdentityFreed,
    IdentityUnlinked,
    LearnerErased,
    LearnerIdentified,
    LearnerMerged,
    LearnerRegistered,
    LearnerUnmerged,
    MergeReason,
    PartReason,
    UnlinkReason,
    WithdrawalAnnounced,
)
from ledger.domain.reference_facts import (
    AssessmentRegistered,
    AssessmentValidated,
    AuthorityGranted,
    AuthorityRevoked,
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    FrameworkPublished,
    PathwayPublished,
    PolicyAdopted,
    PolicyPublished,
    ProviderKind,
    ProviderRegistered,
    ProviderReinstated,
    ProviderSuspended,
)

__all__ = [
    "AssessmentRegistered",
    "AssessmentValidated",
    "AttributesRecorded",
    "AuthorityGranted",
    "AuthorityRevoked",
    "ContestResolved",
    "CredentialAligned",
    "CrosswalkPublished",
    "CrosswalkSigned",
    "CrosswalkWithdrawn",
    "EnrolmentRecorded",
    "EnrolmentWithdrawn",
    "ErasureReason",
    "EvidenceConfirmed",
    "EvidenceContested",
    "EvidenceCorrected",
    "EvidenceRecorded",
    "EvidenceWithdrawn",
    "Fact",
    "FrameworkPublished",
    "IdentityFreed",
    "IdentityUnlinked",
    "LearnerErased",
    "LearnerIdentified",
    "LearnerMerged",
    "LearnerRegistered",
    "LearnerUnmerged",
    "MergeReason",
    "PartReason",
    "PathwayPublished",
    "PolicyAdopted",
    "PolicyPublished",
    "ProviderKind",
    "ProviderRegistered",
    "ProviderReinstated",
    "ProviderSuspended",
    "StreamKind",
    "UnlinkReason",
    "WithdrawalAnnounced",
]
