"""Tasks that take a name from a learner: a slip of a provider's had linked it to the wrong one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import uuid_utils

from ledger.domain.evidence import Identifier
from ledger.domain.facts import IdentityFreed, IdentityUnlinked, LearnerIdentified
from ledger.domain.identity import ANY_PROVIDER, identity_parts
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId, uuid_of
from ledger.domain.messages import Accepted, Message
from ledger.errors import RefusedError, UnknownLearnerError
from ledger.store.holding import kinds_held
from ledger.store.keys import MasterKey
from ledger.store.tasks import NOBODY, Decision, Known, ReceiptRow, version_name

_SAID, _FREED = b"unlinked", b"freed"

Called = tuple[str, ...]
"""The parts of a name, and what a learner is called by who uses it."""


def called_under(fact: IdentityUnlinked, told: Sequence[LearnerIdentified]) -> set[Called]:
    """Give what has to be told anew of a learner who was `told` this, once a name is taken away.

    All that they were called by who used that name; and by who used others, what was told as of
    that name alone: it goes with it, and they may be called so.
    """
    gone = identity_parts(fact.provider or ANY_PROVIDER, fact.identifier)
    names = {(identity_parts(one.provider, one.identifier), one.name) for one in told}
    under = {name for parts, name in names if parts == gone}
    return {
        (*parts, name)
        for parts, _ in names
        for _, name in names
        if name and (parts == gone or (name in under and (parts, name) not in names))
    }


class Unlink:
    """A steward's word that a name is not this learner's; said again, it is a duplicate.

    `called` is what the learner was called that goes with the name (`called_under`).
    """

    __slots__ = ("_called", "_fact", "_keys", "_message", "_name", "_parts", "_provider")

    def __init__(
        self, keys: MasterKey, fact: IdentityUnlinked, *, called: Collection[Called]
    ) -> None:
        self._keys, self._fact = keys, fact
        self._provider = fact.provider or ANY_PROVIDER
        self._parts = identity_parts(self._provider, fact.identifier)
        self._message = keys.lookup("record", "unlinked", fact.learner.hex, *self._parts)
        self._name = keys.lookup("learner", *self._parts)
        self._called = tuple(keys.lookup("name", *one) for one in called)

    def message(self) -> bytes:
        """Name the message."""
        return self._message

    def evidence(self) -> None:
        """Name nothing."""

    def identifiers(self) -> tuple[bytes, ...]:
        """Name the name."""
        return (self._name,)

    def decide(self, known: Known) -> Decision:
        """Append it, unless the name is not linked to the learner any more.

        Raises:
            RefusedError: it never was.
        """
        learner, nobody = self._fact.learner, ProviderId(NOBODY)
        about = EvidenceId(learner)
        message = known.messages.get(self._message)
        if known.learners.get(self._name) != learner:
            before = None if message is None else message.last()
            if before is None:
                raise RefusedError(f"the learner {learner} is not known by that name")
            return Decision(before, about, learner)
        if message is None:
            message = known.messages[self._message] = Message(about, LearnerId(NOBODY), nobody)
        version = version_name(self._keys, message, _SAID)
        accepted = message.versions[version] = Accepted(_SAID)
        marks = kinds_held(self._keys, self._provider, (self._fact.identifier,), learner=learner)
        for name in (self._name, *self._called):
            known.learners.pop(name, None)
        for kind, mark in marks.items():
            if known.held.get(kind) == mark:
                del known.held[kind]
        return Decision(
            accepted, about, learner, facts=(self._fact,), stream=learner,
            receipt=ReceiptRow(self._message, version, about, LearnerId(NOBODY), nobody),
            unlinks=(self._name, *self._called), lets_go=marks,
        )  # fmt: skip


class Free:
    """A steward's word that a name is not that of whom it means, who was erased.

    Said again, while it means nobody, it is a duplicate. What they were called under it cannot be
    read any more, and stays among the hashes.
    """

    __slots__ = ("_fact", "_identifier", "_keys", "_message", "_name", "_provider")

    def __init__(self, keys: MasterKey, fact: IdentityFreed, identifier: Identifier) -> None:
        self._keys, self._fact, self._identifier = keys, fact, identifier
        self._provider = fact.provider or ANY_PROVIDER
        parts = identity_parts(self._provider, identifier)
        self._message = keys.lookup("record", "freed", *parts)
        self._name = keys.lookup("learner", *parts)

    def message(self) -> bytes:
        """Name the message."""
        return self._message

    def evidence(self) -> None:
        """Name nothing."""

    def identifiers(self) -> tuple[bytes, ...]:
        """Name the name."""
        return (self._name,)

    def decide(self, known: Known) -> Decision:
        """Append it, unless the name means nobody since that was said.

        Raises:
            UnknownLearnerError: it never meant anybody.
            RefusedError: it means somebody who was not erased.
        """
        learner, message = known.learners.get(self._name), known.messages.get(self._message)
        before = None if message is None else message.last()
        nobody, nobodys = LearnerId(NOBODY), ProviderId(NOBODY)
        if learner is None:
            if message is None or before is None:
                raise UnknownLearnerError("of that name")
            return Decision(before, message.evidence, nobody)
        if learner not in known.erased:
            raise RefusedError("that name means a learner who was not erased: take it from them")
        stream = uuid_of(uuid_utils.uuid4().bytes)
        if message is None:
            message = known.messages[self._message] = Message(EvidenceId(stream), nobody, nobodys)
        version = version_name(self._keys, message, _FREED)
        accepted = message.versions[version] = Accepted(_FREED)
        del known.learners[self._name]
        return Decision(
            accepted, message.evidence, nobody, facts=(self._fact,), stream=stream, sealed=False,
            receipt=ReceiptRow(self._message, version, message.evidence, nobody, nobodys),
            unlinks=(self._name,),
            lets_go=kinds_held(self._keys, self._provider, (self._identifier,), learner=learner),
        )  # fmt: skip
