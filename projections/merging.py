"""A steward's word on who a learner is: one with another, parted again, not of a name, or erased."""

from __future__ import annotations

from ledger.domain.evidence import Identifier
from ledger.domain.facts import (
    ErasureReason,
    IdentityUnlinked,
    LearnerMerged,
    LearnerUnmerged,
    MergeReason,
    PartReason,
    UnlinkReason,
)
from ledger.domain.identity import ANY_PROVIDER
from ledger.domain.ids import LearnerId, ProviderId
from ledger.errors import RefusedError
from ledger.service import Ledger, Receipt
from projections.answers import Answers


def merge(
    ledger: Ledger, answers: Answers, learner: LearnerId, into: LearnerId, *, reason: MergeReason
) -> Receipt:
    """Read what is on record of `learner` as `into`'s from now on; said again, it is a duplicate.

    Raises:
        RefusedError: `learner` was merged into somebody else, or is whom `into` was merged into.
        UnknownLearnerError: the ledger has no such learner.
        ErasedError: one of them was erased.
    """
    identities = answers.registry().identities
    person, before = identities.person(into), identities.into(learner)
    if learner in {into, person}:
        why = "it is the same learner" if into == learner else f"{into} was merged into them"
        raise RefusedError(f"{learner} cannot be merged into {into}: {why}")
    if before is not None and identities.person(learner) != person:
        raise RefusedError(
            f"{learner} was merged into {before}: merge {before}, or part them first"
        )
    fact = LearnerMerged(learner=learner, into=before or into, reason=reason)
    receipt = ledger.learners.identify(fact)
    if receipt.duplicate and not answers.registry().identities.is_merged(learner):
        # Said before, it closed a circle and never held. Taken back, it can be said anew.
        ledger.learners.identify(LearnerUnmerged(learner=learner, reason="mistaken"))
        receipt = ledger.learners.identify(fact)
    after = answers.registry().identities
    if after.person(learner) != after.person(into):
        raise RefusedError(
            f"{learner} was not merged into {into}: another steward merged one of them just before"
        )
    return receipt


def unmerge(ledger: Ledger, answers: Answers, learner: LearnerId, *, reason: PartReason) -> Receipt:
    """Read what is on record of `learner` as theirs again; said again, it is a duplicate.

    Raises:
        RefusedError: `learner` was merged into nobody.
        UnknownLearnerError: the ledger has no such learner.
        ErasedError: the learner was erased.
    """
    identities = answers.registry().identities
    if not identities.was_merged(learner):
        others = ", ".join(sorted(map(str, identities.others(learner))))
        also = f"; part who was merged into them: {others}" if others else ""
        raise RefusedError(f"{learner} was merged into nobody{also}")
    return ledger.learners.identify(LearnerUnmerged(learner=learner, reason=reason))


def unlink(
    ledger: Ledger, answers: Answers, learner: LearnerId, name: Identifier, *,
    provider: ProviderId | None, reason: UnlinkReason,
) -> Receipt:  # fmt: skip
    """Take a name from a person: it means nobody from now on; said again, it is a duplicate.

    `provider` is whose name it is; None for one that means the same from everybody.

    Raises:
        RefusedError: they were never known by it.
        UnknownLearnerError: the ledger has no such learner.
        ErasedError: whom the name means was erased.
    """
    everybody = answers.registry().identities.everybody(learner)
    found = ledger.learners.find(provider or ANY_PROVIDER, (name,))
    # Of a person who was merged, the learner whom the name leads to; else any it was taken from.
    known = (one for one in everybody if one == found)
    theirs = tuple(known) or (learner, *(set(everybody) - {learner}))
    refused: list[RefusedError] = []
    for one in theirs:
        said = IdentityUnlinked(learner=one, provider=provider, identifier=name, reason=reason)
        try:
            return ledger.learners.unlink(said)
        except RefusedError as error:
            refused.append(error)
    raise refused[0]


def erase(
    ledger: Ledger, answers: Answers, learner: LearnerId, *, reason: ErasureReason
) -> Receipt:
    """Erase a person: the learner, and all who are one person with them.

    Raises:
        UnknownLearnerError: the ledger has no such learner.
    """
    everybody: tuple[LearnerId, ...] = ()
    receipts: list[Receipt] = []
    # Who is merged into them meanwhile is erased too; into somebody erased, nobody is.
    while everybody != (now := answers.registry().identities.everybody(learner)):
        everybody = now
        receipts.append(ledger.learners.erase(*everybody, reason=reason))
    return next((one for one in receipts if not one.duplicate), receipts[-1])
