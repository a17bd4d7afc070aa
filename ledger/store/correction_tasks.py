"""The task of a correction: a provider says otherwise what it said before."""

from __future__ import annotations

from ledger.domain import messages
from ledger.domain.evidence import Evidence, Identifier
from ledger.domain.ids import EvidenceId, ProviderId
from ledger.domain.messages import Accepted
from ledger.errors import RefusedError
from ledger.store.evidence_tasks import about, learner_of, message_of
from ledger.store.keys import MasterKey
from ledger.store.tasks import Decision, Known, identifier_keys


class Correct:
    """A provider's correction of what it said."""

    __slots__ = (
        "_digest", "_evidence", "_identifiers", "_keys", "_provider", "_reason", "_replacement",
    )  # fmt: skip

    def __init__(
        self, keys: MasterKey, provider: ProviderId, evidence: EvidenceId, *,
        replacement: Evidence, reason: str, digest: bytes, learner: tuple[Identifier, ...] = (),
    ) -> None:  # fmt: skip
        self._keys, self._provider, self._evidence = keys, provider, evidence
        self._replacement, self._reason, self._digest = replacement, reason, digest
        self._identifiers = identifier_keys(keys, provider, learner)

    def message(self) -> None:
        """Name nothing: the message is found by the evidence."""

    def evidence(self) -> EvidenceId:
        """Name the corrected evidence."""
        return self._evidence

    def identifiers(self) -> tuple[bytes, ...]:
        """Name the learner whom the correction names, where it does."""
        return self._identifiers

    def decide(self, known: Known) -> Decision:
        """Decide whether this provider may correct it now; the learner stays."""
        name, message = message_of(known, self._evidence)
        version = self._keys.lookup("correction", self._digest.hex())
        before = message.versions.get(version)
        if before is not None and message.provider == self._provider:
            return Decision(before, message.evidence, message.learner)
        fact = messages.corrected(
            message, self._replacement, reason=self._reason, provider=self._provider
        )
        named = learner_of(self._identifiers, known)[0] if self._identifiers else None
        if self._identifiers and (
            named is None or known.as_before(named, message.learner) != message.learner
        ):
            raise RefusedError(
                f"evidence {self._evidence} is not about the learner whom this correction names: "
                "withdraw it and submit it anew"
            )
        message.versions[version] = Accepted(self._digest)
        return about(name, version, message=message, fact=fact)
