"""Learners as the ledger knows them: whom names mean, who is one person, and who was erased."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from ledger.domain import sayings
from ledger.domain.evidence import Identifier
from ledger.domain.facts import (
    ErasureReason,
    IdentityFreed,
    IdentityUnlinked,
    LearnerErased,
    LearnerIdentified,
    LearnerMerged,
)
from ledger.domain.ids import LearnerId, ProviderId
from ledger.domain.sayings import IdentityFact
from ledger.errors import ErasedError, UnknownLearnerError
from ledger.store.access import Access
from ledger.store.appending import Outcome, Receipt, receipt_of
from ledger.store.erasing import Erase
from ledger.store.keys import MasterKey
from ledger.store.reader import LogReader
from ledger.store.tasks import Record, Task, identifier_keys
from ledger.store.unlinking import Free, Unlink, called_under

Append = Callable[[Sequence[Task]], Future[list[Outcome]]]


class Learners:
    """Thread-safe. Of a person who was merged, each learner is still one here."""

    def __init__(self, keys: MasterKey, append: Append, *, log: LogReader, access: Access) -> None:
        self._keys, self._append, self._log, self._access = keys, append, log, access

    def find(
        self, provider: ProviderId, identifiers: tuple[Identifier, ...], *, told_of: bool = False
    ) -> LearnerId | None:
        """Find the learner whom any of these names means, as this provider uses them.

        With `told_of`, among those alone of whom the provider has told the ledger something.

        Raises:
            ErasedError: the learner was erased.
        """
        keys = identifier_keys(self._keys, provider, identifiers)
        for learner in filter(None, map(self._access.learners(keys).get, keys)):
            if told_of and not self._log.holds_of(learner, by=provider):
                continue
            if not self._log.holds_key(learner):
                raise ErasedError(learner)
            return learner
        return None

    def erase(self, *learners: LearnerId, reason: ErasureReason) -> Receipt:
        """Destroy the data keys of one person's learners, for ever, and tell it.

        All at once; where the store fails over that, one by one, and said again it goes on.
        Gives the receipt of the first who was not erased before; the same again is a duplicate.

        Raises:
            UnknownLearnerError: the ledger has no such learner.
        """
        facts = [LearnerErased(learner=self._met(one), reason=reason) for one in learners]
        outcomes = self._append([Erase(self._keys, one) for one in facts]).result()
        for one in learners:
            self._log.holds_key(one)  # what is remembered of it here is forgotten at once
        receipts = [receipt_of(one) for one in outcomes]
        return next((one for one in receipts if not one.duplicate), receipts[0])

    def identify(self, fact: IdentityFact) -> Receipt:
        """Say that a learner is another, or is not after all; the last word again is a duplicate.

        Raises:
            UnknownLearnerError: the ledger has no such learner.
            ErasedError: one of them was erased.
        """
        both = {fact.learner, fact.into} if isinstance(fact, LearnerMerged) else {fact.learner}
        task = Record(
            self._keys, fact.learner, fact,
            saying=sayings.of_identity(fact), keyed=frozenset(map(self._met, both)),
        )  # fmt: skip
        return receipt_of(self._append([task]).result()[0])

    def unlink(self, fact: IdentityUnlinked) -> Receipt:
        """Take a name from a learner: it means nobody from now on; said again, it is a duplicate.

        Raises:
            RefusedError: the learner never was known by that name.
            UnknownLearnerError: the ledger has no such learner.
            ErasedError: the learner was erased.
        """
        learner = self._met(fact.learner)
        told = self._log.streams([learner], topics=[LearnerIdentified.TOPIC])[learner]
        known = [one.fact for one in told if isinstance(one.fact, LearnerIdentified)]
        task = Unlink(self._keys, fact, called=called_under(fact, known))
        return receipt_of(self._append([task]).result()[0])

    def free(self, fact: IdentityFreed, name: Identifier) -> Receipt:
        """Let a name mean nobody whose learner was erased; said again, it is a duplicate.

        Raises:
            RefusedError: it means a learner who was not erased.
            UnknownLearnerError: it means nobody.
        """
        return receipt_of(self._append([Free(self._keys, fact, name)]).result()[0])

    def _met(self, learner: LearnerId) -> LearnerId:
        if not self._log.is_learner(learner):
            raise UnknownLearnerError(learner)
        return learner
