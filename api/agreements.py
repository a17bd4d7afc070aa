"""What HTTP and the command line do alike with crosswalks: publish, sign, withdraw.

Not here: how they are sent and shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from api.schemas_of_reference import CrosswalkIn, CrosswalkWithdrawalIn, SignatureIn, party
from ledger.domain.facts import CrosswalkSigned, CrosswalkWithdrawn
from ledger.domain.framework import SignOffRole
from ledger.domain.ids import Position
from ledger.domain.streams import Equating, stream_of
from ledger.errors import RefusedError, Reject, UnknownCrosswalkError
from ledger.service import Ledger, Receipt
from ledger.standards.plausibility import CLOCK_SKEW
from projections.answers import Answers
from projections.consequences import Consequences, consequences
from projections.equivalence import Crosswalk
from projections.publication import crosswalk_faults, refuse


class Desk(NamedTuple):
    """Where crosswalks are kept."""

    ledger: Ledger
    answers: Answers

    def publish(self, given: CrosswalkIn) -> Receipt:
        """Publish a crosswalk, or new words for one.

        Raises:
            InvalidDocumentError: it is not sound; each reject has a pointer and a reason.
        """
        fact, registry = given.fact(), self.answers.registry()
        refuse("crosswalk", crosswalk_faults(fact, registry))
        before = registry.equivalences.crosswalk(given.id)
        # The same words again are a duplicate, unless they were withdrawn in between.
        withdrawals = before.withdrawals if before is not None else 0
        return self._record(fact, given.id, str(withdrawals))

    def sign(self, crosswalk: str, given: SignatureIn) -> Receipt:
        """Record the consent of one role to the words as they stand.

        Raises:
            UnknownCrosswalkError: there is none of this name.
            InvalidDocumentError: it does not need that role, or the signature lies in the future.
            RefusedError: it was withdrawn.
        """
        standing = self._known(crosswalk, given.role)
        if given.signed_at > (now := self.answers.asked().on) + CLOCK_SKEW:
            fault = Reject("/signed_at", "is in the future", f"at most {now.isoformat()}")
            refuse("signature", [fault])
        if standing.withdrawn is not None:
            raise RefusedError(f"the crosswalk {crosswalk} was withdrawn; publish it anew")
        fact = CrosswalkSigned(
            crosswalk=crosswalk, role=given.role, by=party(given.by), signed_at=given.signed_at,
            words=standing.digest,
        )  # fmt: skip
        # To these words, in their turn: words that come back are signed anew.
        return self._record(fact, crosswalk, given.role, str(standing.publications))

    def withdraw(
        self, crosswalk: str, given: CrosswalkWithdrawalIn
    ) -> tuple[Receipt, Consequences]:
        """Take one role's consent back; say what rested on it.

        Raises:
            UnknownCrosswalkError: there is none of this name.
            InvalidDocumentError: it does not need that role.
            RefusedError: it is withdrawn already, by another or for another reason.
        """
        standing = self._known(crosswalk, given.role)
        fact = CrosswalkWithdrawn(
            crosswalk=crosswalk, role=given.role, by=party(given.by), reason=given.reason
        )
        if standing.withdrawn is not None and standing.withdrawn != fact:
            raise RefusedError(f"the crosswalk {crosswalk} is withdrawn already")
        receipt = self._record(fact, crosswalk, str(standing.publications))
        at = Position(receipt.position)
        return receipt, consequences(self.ledger.log, crosswalk, withdrawn_at=at)

    def _known(self, crosswalk: str, role: SignOffRole) -> Crosswalk:
        standing = self.answers.registry().equivalences.crosswalk(crosswalk)
        if standing is None or standing.published is None:
            raise UnknownCrosswalkError(crosswalk)
        needs = standing.published.needs
        if role not in needs:
            refuse("crosswalk", _not_asked(role, needs))
        return standing

    def _record(self, fact: Equating, *key: str) -> Receipt:
        return self.ledger.record_reference(stream_of(fact), fact, key=key)


def _not_asked(role: SignOffRole, needs: Iterable[str]) -> Iterable[Reject]:
    yield Reject("/role", f"the crosswalk does not need {role}", f"one of {', '.join(needs)}")
