"""Tasks about enrolments: where a learner is, perhaps before any evidence about them came, or is not."""

from __future__ import annotations

import hashlib

import msgspec
import uuid_utils

from ledger.domain import messages
from ledger.domain.evidence import Identifier
from ledger.domain.facts import AttributesRecorded, EnrolmentRecorded, EnrolmentWithdrawn
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId, uuid_of
from ledger.domain.messages import Accepted, Message
from ledger.errors import RefusedError, UnknownEnrolmentError
from ledger.store.evidence_tasks import learner_of, unlinked
from ledger.store.holding import Marks, kinds_held, taken_up
from ledger.store.keys import MasterKey
from ledger.store.tasks import NOBODY, Decision, Known, ReceiptRow, identifier_keys, version_name

_WITHDRAWN = b"withdrawn"

Stated = EnrolmentRecorded | AttributesRecorded
"""What a provider states of a learner beside evidence, under an id of its own."""


class Enrol:
    """A provider's word on where a learner is enrolled, or on attributes of theirs.

    `names` find or register the learner.

    Without names, the enrolment's own learner is meant, who must be known. Whoever goes back to
    what they said before says it anew: the last word holds.
    """

    __slots__ = ("_digest", "_enrolment", "_identifiers", "_keys", "_kind", "_message", "_names")

    def __init__(self, keys: MasterKey, enrolment: Stated, names: tuple[Identifier, ...]) -> None:
        provider = enrolment.provider
        nobodys = msgspec.structs.replace(enrolment, learner=LearnerId(NOBODY))
        self._keys, self._enrolment, self._names = keys, enrolment, names
        self._digest = hashlib.sha256(msgspec.json.encode(nobodys)).digest()
        self._kind = "enrolment" if isinstance(enrolment, EnrolmentRecorded) else "attributes"
        self._message = _message_name(keys, self._kind, provider, enrolment.external_id)
        self._identifiers = identifier_keys(keys, provider, names)

    def message(self) -> bytes:
        """Name the message."""
        return self._message

    def evidence(self) -> None:
        """Name nothing."""

    def identifiers(self) -> tuple[bytes, ...]:
        """Name the learner's identifiers."""
        return self._identifiers

    def kinds_held(self, learner: LearnerId) -> Marks:
        """Name the kinds of name of which a learner may hold another."""
        return kinds_held(self._keys, self._enrolment.provider, self._names, learner=learner)

    def decide(self, known: Known) -> Decision:
        """Append it, and the learner if nobody knows them, unless it is what was said last.

        Raises:
            RefusedError: the provider said this of another learner before, or the names are of two people.
        """
        learner, linked = self._learner(known)
        message = known.messages.get(self._message)
        if message is not None and learner != known.as_before(learner, message.learner):
            # A name told beside those of another, merged learner is weighed, and linked to neither.
            learner = message.learner
            self._taken_up(learner, linked, known)
            linked = [True] * len(linked)
        if message is not None and message.learner != learner:
            raise RefusedError(
                f"{self._kind} {self._enrolment.external_id} was about learner {message.learner}"
            )
        last = None if message is None else message.last()
        if message is not None and last is not None and last.digest == self._digest:
            return Decision(last, message.evidence, message.learner)
        provider = self._enrolment.provider
        holds = self._taken_up(learner, linked, known)
        if message is None:
            message = Message(EvidenceId(learner), learner, provider)
            known.messages[self._message] = message
        version = version_name(self._keys, message, self._digest)
        accepted = message.versions[version] = Accepted(self._digest)
        first = messages.registered(learner, self._names, provider, known=linked, name=None)
        new = unlinked(self._identifiers, linked) if self._names else ()
        known.learners.update(dict.fromkeys(new, learner))
        known.held.update(holds)
        return Decision(
            accepted, message.evidence, learner,
            facts=(*first, msgspec.structs.replace(self._enrolment, learner=learner)),
            stream=learner, provider=provider, identifiers=new,
            receipt=ReceiptRow(self._message, version, message.evidence, learner, provider),
            holds=holds, new_learner=bool(self._names) and not any(linked),
        )  # fmt: skip

    def _taken_up(self, learner: LearnerId, linked: list[bool], known: Known) -> Marks:
        return taken_up(
            self._keys, self._enrolment.provider, self._names,
            linked=linked, learner=learner, known=known.held,
        )  # fmt: skip

    def _learner(self, known: Known) -> tuple[LearnerId, list[bool]]:
        if not self._names:
            if self._enrolment.learner == NOBODY:
                raise RefusedError(f"{self._kind} {self._enrolment.external_id} names no learner")
            return self._enrolment.learner, []
        learner, linked = learner_of(self._identifiers, known)
        return learner or LearnerId(uuid_of(uuid_utils.uuid4().bytes)), linked


class Disenrol:
    """A provider's or a steward's word that an enrolment was said by mistake.

    Said again, it is a duplicate, until the enrolment is said anew. `said` names it by its provider
    and the provider's id for it; whose it is, the ledger knows.
    """

    __slots__ = ("_keys", "_message", "_said")

    def __init__(self, keys: MasterKey, said: EnrolmentWithdrawn) -> None:
        self._keys, self._said = keys, said
        self._message = _message_name(keys, "enrolment", said.provider, said.external_id)

    def message(self) -> bytes:
        """Name the message."""
        return self._message

    def evidence(self) -> None:
        """Name nothing."""

    def identifiers(self) -> tuple[bytes, ...]:
        """Name nobody: the learner is whom the enrolment was about."""
        return ()

    def decide(self, known: Known) -> Decision:
        """Append it, unless that is what was said last.

        Raises:
            UnknownEnrolmentError: the provider never said it.
        """
        message = known.messages.get(self._message)
        last = None if message is None else message.last()
        if message is None or last is None:
            raise UnknownEnrolmentError(self._said.external_id)
        if last.digest == _WITHDRAWN:
            return Decision(last, message.evidence, message.learner)
        learner, provider = message.learner, message.provider
        version = version_name(self._keys, message, _WITHDRAWN)
        accepted = message.versions[version] = Accepted(_WITHDRAWN)
        return Decision(
            accepted, message.evidence, learner,
            facts=(msgspec.structs.replace(self._said, learner=learner),), stream=learner,
            provider=provider if self._said.by == "provider" else None,
            receipt=ReceiptRow(self._message, version, message.evidence, learner, provider),
        )  # fmt: skip


def _message_name(keys: MasterKey, kind: str, provider: ProviderId, external_id: str) -> bytes:
    return keys.lookup(kind, provider.hex, external_id)
