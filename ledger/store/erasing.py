"""The task that erases a learner: the fact that says so, and the data key that goes with it."""

from __future__ import annotations

from ledger.domain.facts import LearnerErased
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId
from ledger.domain.messages import Accepted, Message
from ledger.store.keys import MasterKey
from ledger.store.tasks import NOBODY, Decision, Known, ReceiptRow, version_name

_SAID = b"erased"


class Erase:
    """A steward's word that a learner is to be forgotten; said again, it is a duplicate.

    Unless the key is there again, from a restored backup: then it is said, and done, anew.
    """

    __slots__ = ("_fact", "_keys", "_message")

    def __init__(self, keys: MasterKey, fact: LearnerErased) -> None:
        self._keys, self._fact = keys, fact
        self._message = keys.lookup("record", "erasure", fact.learner.hex)

    @property
    def learner(self) -> LearnerId:
        """Who is to be forgotten."""
        return self._fact.learner

    def message(self) -> bytes:
        """Name the message."""
        return self._message

    def evidence(self) -> None:
        """Name nothing."""

    def identifiers(self) -> tuple[bytes, ...]:
        """Name nobody: the learner is known by the ledger's own id."""
        return ()

    def decide(self, known: Known) -> Decision:
        """Append it, unless it was said and the key is gone."""
        learner = self._fact.learner
        about, nobody = EvidenceId(learner), ProviderId(NOBODY)
        message = known.messages.setdefault(self._message, Message(about, learner, nobody))
        before = message.last()
        if before is not None and learner in known.erased:
            return Decision(before, about, learner)
        known.erased.add(learner)
        version = version_name(self._keys, message, _SAID)
        accepted = message.versions[version] = Accepted(_SAID)
        return Decision(
            accepted, about, learner, facts=(self._fact,), stream=learner, sealed=False,
            receipt=ReceiptRow(self._message, version, about, learner, nobody), erases=True,
        )  # fmt: skip
