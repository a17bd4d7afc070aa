"""The task of a withdrawal: evidence is taken back, before it comes or after."""

from __future__ import annotations

from collections.abc import Sequence

import uuid_utils

from ledger.domain import messages
from ledger.domain.facts import Fact, WithdrawalAnnounced
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId, uuid_of
from ledger.domain.messages import GROUP_MEMBERS_MAX, Accepted
from ledger.errors import UnknownEvidenceError
from ledger.store.evidence_tasks import about, message_of
from ledger.store.keys import MasterKey
from ledger.store.tasks import (
    NOBODY,
    Announcement,
    Decision,
    Known,
    ReceiptRow,
    message_name,
    withdrawal_version,
)

_FIRST_MEMBERS = 8
"""Of a group under the id of a statement about one learner, which only an older log has."""


class Withdraw:
    """A provider takes evidence back, by the ledger's id or by its own.

    By its own id, it tells which members of a group of that id have come: of the first few, or all
    where it `announces`. That is kept where there is nothing of that id yet, and takes effect as it
    comes: no order of delivery is promised to whoever sends both.
    """

    __slots__ = (
        "_announces", "_evidence", "_external_id", "_keys", "_message", "_provider", "_reason",
    )  # fmt: skip

    def __init__(
        self, keys: MasterKey, provider: ProviderId, *, reason: str,
        evidence: EvidenceId | None = None, external_id: str | None = None,
        announces: bool = False,
    ) -> None:  # fmt: skip
        self._keys, self._provider, self._evidence, self._reason = keys, provider, evidence, reason
        self._external_id, self._announces = external_id, announces
        self._message = None if external_id is None else message_name(keys, provider, external_id)

    def message(self) -> bytes | None:
        """Name the message, if it was given by the provider's own id."""
        return self._message

    def related(self) -> tuple[bytes, ...]:
        """Name the messages of a group's members, where all that came under an id is taken back."""
        if self._external_id is None:
            return ()
        # Not kept: of a thousand tasks that wait they would be half a million.
        looked_at = GROUP_MEMBERS_MAX if self._announces else _FIRST_MEMBERS
        names = (messages.member_id(self._external_id, at) for at in range(looked_at))
        return tuple(message_name(self._keys, self._provider, name) for name in names)

    def evidence(self) -> EvidenceId | None:
        """Name the evidence, if it was given by the ledger's id."""
        return self._evidence

    def identifiers(self) -> tuple[bytes, ...]:
        """Name nobody: the learner stays."""
        return ()

    def decide(self, known: Known) -> Decision:
        """Decide whether this provider may withdraw it; a repetition adds nothing."""
        come = [known.messages[one].evidence for one in self.related() if one in known.messages]
        if self._message is None:
            name, message = message_of(known, self._evidence)
        elif (found := known.messages.get(self._message)) is not None:
            name, message = self._message, found
        elif self._announces:
            return self._announced(known, self._message, come)
        else:
            raise UnknownEvidenceError("of that external id")
        outcome = messages.withdrawn(message, reason=self._reason, provider=self._provider)
        if isinstance(outcome, Accepted):
            return Decision(outcome, message.evidence, message.learner, members=tuple(come))
        version = withdrawal_version(self._keys)
        message.withdrawal = Accepted(b"")
        decision = about(name, version, message=message, fact=outcome)
        decision.members = tuple(come)
        return decision

    def _announced(self, known: Known, name: bytes, come: Sequence[EvidenceId]) -> Decision:
        nobody, before = LearnerId(NOBODY), known.announced.get(name)
        facts: tuple[Fact, ...] = ()
        if before is not None:
            stream, accepted = before.stream, before.accepted
        else:
            stream, accepted = uuid_of(uuid_utils.uuid4().bytes), Accepted(b"")
            known.announced[name] = Announcement(stream, self._reason, accepted)
            facts = (
                WithdrawalAnnounced(
                    provider=self._provider, external_id=self._external_id or "",
                    reason=self._reason,
                ),
            )  # fmt: skip
        named, version = EvidenceId(stream), withdrawal_version(self._keys)
        return Decision(
            accepted, named, nobody, facts=facts, stream=stream, provider=self._provider,
            receipt=ReceiptRow(name, version, named, nobody, self._provider),
            new_learner=True, awaited=True, members=tuple(come),
        )  # fmt: skip
