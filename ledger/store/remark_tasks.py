"""The task of a remark: what somebody else says of a piece of evidence."""

from __future__ import annotations

from collections.abc import Callable

from ledger.domain.facts import Fact
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId
from ledger.domain.messages import Accepted
from ledger.store.evidence_tasks import about, message_of
from ledger.store.keys import MasterKey
from ledger.store.tasks import Decision, Known


class Remark:
    """Somebody else's word about a piece of evidence: confirmed, contested, decided."""

    __slots__ = ("_digest", "_evidence", "_keys", "_make", "_provider")

    def __init__(
        self,
        keys: MasterKey,
        provider: ProviderId,
        evidence: EvidenceId,
        *,
        make: Callable[[LearnerId], Fact],
        digest: bytes,
    ) -> None:
        self._keys, self._provider, self._evidence = keys, provider, evidence
        self._make, self._digest = make, digest

    def message(self) -> None:
        """Name nothing: the message is found by the evidence."""

    def evidence(self) -> EvidenceId:
        """Name the evidence that the remark is about."""
        return self._evidence

    def identifiers(self) -> tuple[bytes, ...]:
        """Name nobody: the learner stays."""
        return ()

    def decide(self, known: Known) -> Decision:
        """Append it, unless the same remark came before."""
        name, message = message_of(known, self._evidence)
        version = self._keys.lookup("remark", self._provider.hex, self._digest.hex())
        before = message.versions.get(version)
        if before is not None:
            return Decision(before, message.evidence, message.learner)
        message.versions[version] = Accepted(self._digest)
        decision = about(name, version, message=message, fact=self._make(message.learner))
        decision.provider = self._provider
        return decision
