"""What one caller wants appended: each task names its look-ups, then decides purely.

A task is decided by the writer, again if another process was faster, so deciding must not
change the task. Its answer is an outcome of its own: one bad task never sinks its group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from uuid import UUID

import uuid_utils

from ledger.domain import messages
from ledger.domain.evidence import Evidence, Identifier, Submission
from ledger.domain.facts import Fact
from ledger.domain.identity import identity_parts
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId
from ledger.domain.messages import Accepted, Message
from ledger.errors import ConflictError, RefusedError, UnknownEvidenceError
from ledger.store.keys import MasterKey

NOBODY = UUID(int=0)


class Document(NamedTuple):
    """A foreign document to keep beside the facts, sealed under its owner's key."""

    owner: UUID
    media_type: str
    data: bytes


class ReceiptRow(NamedTuple):
    """A row of ledger.receipts, but for its place."""

    message: bytes
    version: bytes
    evidence: EvidenceId
    learner: LearnerId
    provider: ProviderId


@dataclass(slots=True)
class Decision:
    """What a task comes to: facts of one stream with their receipt, or an earlier acceptance.

    `accepted` is what the caller's receipt is made of; `facts` is empty for a duplicate.
    """

    accepted: Accepted
    evidence: EvidenceId
    learner: LearnerId
    facts: tuple[Fact, ...] = ()
    stream: UUID = NOBODY
    sealed: bool = True
    provider: ProviderId | None = None
    receipt: ReceiptRow | None = None
    identifiers: tuple[bytes, ...] = ()
    documents: tuple[Document, ...] = ()
    new_learner: bool = False


@dataclass(slots=True)
class Known:
    """The look-ups of a group; it grows as the group's own tasks are decided."""

    messages: dict[bytes, Message] = field(default_factory=dict[bytes, Message])
    names: dict[UUID, bytes] = field(default_factory=dict[UUID, bytes])
    learners: dict[bytes, LearnerId] = field(default_factory=dict[bytes, LearnerId])


class Task(Protocol):
    """Something to append."""

    def message(self) -> bytes | None:
        """Name the message, where it is known before look-up."""
        ...

    def evidence(self) -> EvidenceId | None:
        """Name the evidence whose message must be looked up."""
        ...

    def identifiers(self) -> tuple[bytes, ...]:
        """Name the identifiers to look up."""
        ...

    def decide(self, known: Known) -> Decision:
        """Decide on what is known; raises LedgerError to refuse this task alone."""
        ...


def message_name(keys: MasterKey, provider: ProviderId, external_id: str) -> bytes:
    """Name a provider's message by a keyed hash."""
    return keys.lookup("message", provider.hex, external_id)


def withdrawal_version(keys: MasterKey) -> bytes:
    """Give the version under which a withdrawal stands among the receipts of its message."""
    return keys.lookup("withdrawal")


class Submit:
    """A provider's piece of evidence."""

    __slots__ = ("_identifiers", "_message", "_provider", "_submission", "_version")

    def __init__(self, keys: MasterKey, provider: ProviderId, submission: Submission) -> None:
        source = submission.evidence.source
        self._provider, self._submission = provider, submission
        self._message = message_name(keys, provider, source.external_id)
        self._version = keys.lookup("version", source.external_version or "")
        self._identifiers = identifier_keys(keys, provider, submission.learner)

    def message(self) -> bytes:
        """Name the message."""
        return self._message

    def evidence(self) -> None:
        """Name nothing: evidence is found by its message."""

    def identifiers(self) -> tuple[bytes, ...]:
        """Name the learner's identifiers."""
        return self._identifiers

    def decide(self, known: Known) -> Decision:
        """Decide whether it is new, the same again, newer, or a conflict."""
        submission, provider = self._submission, self._provider
        learner, linked = learner_of(self._identifiers, known.learners)
        fact_id = EvidenceId(UUID(bytes=uuid_utils.uuid7().bytes))
        message = known.messages.get(self._message)
        if message is None and learner is None:
            learner = LearnerId(UUID(bytes=uuid_utils.uuid4().bytes))
        elif learner is None and message is not None:
            raise RefusedError(
                f"{submission.evidence.source.external_id} was about a learner whom this delivery "
                "does not name"
            )
        assert learner is not None
        outcome = messages.recorded(
            message, submission.evidence, version=self._version, digest=submission.digest,
            learner=learner, provider=provider, new_id=fact_id,
        )  # fmt: skip
        if isinstance(outcome, Accepted):
            assert message is not None
            return Decision(outcome, message.evidence, message.learner)
        first = messages.registered(learner, submission, provider, known=linked)
        accepted = Accepted(submission.digest)
        if message is None:
            message = Message(fact_id, learner, provider)
            known.messages[self._message] = message
        message.versions[self._version] = accepted
        new = tuple(key for index, key in enumerate(self._identifiers) if not linked[index])
        for key in new:
            known.learners[key] = learner
        return Decision(
            accepted, message.evidence, learner,
            facts=(*first, outcome), stream=learner, provider=provider,
            receipt=ReceiptRow(self._message, self._version, message.evidence, learner, provider),
            identifiers=new, documents=documents_of(learner, submission),
            new_learner=not any(linked.values()),
        )  # fmt: skip


class Correct:
    """A provider's correction of what it said."""

    __slots__ = ("_digest", "_evidence", "_keys", "_provider", "_reason", "_replacement")

    def __init__(
        self, keys: MasterKey, provider: ProviderId, evidence: EvidenceId, *,
        replacement: Evidence, reason: str, digest: bytes,
    ) -> None:  # fmt: skip
        self._keys, self._provider, self._evidence = keys, provider, evidence
        self._replacement, self._reason, self._digest = replacement, reason, digest

    def message(self) -> None:
        """Name nothing: the message is found by the evidence."""

    def evidence(self) -> EvidenceId:
        """Name the corrected evidence."""
        return self._evidence

    def identifiers(self) -> tuple[bytes, ...]:
        """Name nobody: the learner stays."""
        return ()

    def decide(self, known: Known) -> Decision:
        """Decide whether this provider may correct it now."""
        name, message = message_of(known, self._evidence)
        version = self._keys.lookup("correction", self._digest.hex())
        before = message.versions.get(version)
        if before is not None and message.provider == self._provider:
            return Decision(before, message.evidence, message.learner)
        fact = messages.corrected(
            message, self._replacement, reason=self._reason, provider=self._provider
        )
        message.versions[version] = Accepted(self._digest)
        return _about(name, version, message=message, fact=fact)


class Withdraw:
    """A provider takes evidence back, by the ledger's id or by its own."""

    __slots__ = ("_evidence", "_keys", "_message", "_provider", "_reason")

    def __init__(
        self, keys: MasterKey, provider: ProviderId, *, evidence: EvidenceId | None = None,
        external_id: str | None = None, reason: str,
    ) -> None:  # fmt: skip
        self._keys, self._provider, self._evidence, self._reason = keys, provider, evidence, reason
        self._message = None if external_id is None else message_name(keys, provider, external_id)

    def message(self) -> bytes | None:
        """Name the message, if it was given by the provider's own id."""
        return self._message

    def evidence(self) -> EvidenceId | None:
        """Name the evidence, if it was given by the ledger's id."""
        return self._evidence

    def identifiers(self) -> tuple[bytes, ...]:
        """Name nobody: the learner stays."""
        return ()

    def decide(self, known: Known) -> Decision:
        """Decide whether this provider may withdraw it; a repetition adds nothing."""
        if self._message is not None and self._message in known.messages:
            name, message = self._message, known.messages[self._message]
        else:
            name, message = message_of(known, self._evidence)
        outcome = messages.withdrawn(message, reason=self._reason, provider=self._provider)
        if isinstance(outcome, Accepted):
            return Decision(outcome, message.evidence, message.learner)
        version = withdrawal_version(self._keys)
        message.withdrawal = Accepted(b"")
        return _about(name, version, message=message, fact=outcome)


class Record:
    """Facts decided elsewhere, under a message name that makes a repetition harmless."""

    __slots__ = ("_digest", "_documents", "_facts", "_message", "_provider", "_stream", "_version")

    def __init__(
        self, *, stream: UUID, facts: tuple[Fact, ...], message: bytes, version: bytes,
        digest: bytes, provider: ProviderId | None = None, documents: tuple[Document, ...] = (),
    ) -> None:  # fmt: skip
        self._stream, self._facts, self._message, self._version = stream, facts, message, version
        self._digest, self._provider, self._documents = digest, provider, documents

    def message(self) -> bytes:
        """Name the message."""
        return self._message

    def evidence(self) -> None:
        """Name nothing."""

    def identifiers(self) -> tuple[bytes, ...]:
        """Name nobody."""
        return ()

    def decide(self, known: Known) -> Decision:
        """Append, unless the same came before.

        Raises:
            ConflictError: other content under the same name and version.
        """
        owner = EvidenceId(self._stream)
        provider = self._provider or ProviderId(NOBODY)
        message = known.messages.setdefault(
            self._message, Message(owner, LearnerId(NOBODY), provider)
        )
        before = message.versions.get(self._version)
        if before is not None:
            if before.digest != self._digest:
                raise ConflictError(str(self._stream), expected=before.digest, found=self._digest)
            return Decision(before, owner, message.learner)
        accepted = message.versions[self._version] = Accepted(self._digest)
        return Decision(
            accepted, owner, message.learner,
            facts=self._facts, stream=self._stream, sealed=self._facts[0].STREAM == "learner",
            provider=self._provider, documents=self._documents,
            receipt=ReceiptRow(self._message, self._version, owner, message.learner, provider),
        )  # fmt: skip


def identifier_keys(
    keys: MasterKey, provider: ProviderId, identifiers: tuple[Identifier, ...]
) -> tuple[bytes, ...]:
    """Name a learner's identifiers by keyed hashes, in the order given."""
    return tuple(keys.lookup("learner", *identity_parts(provider, one)) for one in identifiers)


def learner_of(
    identifiers: tuple[bytes, ...], learners: Mapping[bytes, LearnerId]
) -> tuple[LearnerId | None, dict[int, bool]]:
    """Find whom the identifiers mean, and which of them are linked.

    Raises:
        RefusedError: they mean two learners; to merge them is a steward's decision.
    """
    found = [learners.get(key) for key in identifiers]
    meant = {learner for learner in found if learner is not None}
    if len(meant) > 1:
        raise RefusedError(
            "the identifiers belong to different learners of the ledger: "
            + ", ".join(sorted(map(str, meant)))
        )
    return next(iter(meant), None), {index: bool(one) for index, one in enumerate(found)}


def documents_of(learner: LearnerId, submission: Submission) -> tuple[Document, ...]:
    """Keep the foreign document, if there is one."""
    if submission.document is None:
        return ()
    return (Document(learner, submission.media_type or "application/json", submission.document),)


def message_of(known: Known, evidence: EvidenceId | None) -> tuple[bytes, Message]:
    """Find the message of a piece of evidence.

    Raises:
        UnknownEvidenceError: there is none.
    """
    name = known.names.get(evidence) if evidence is not None else None
    message = known.messages.get(name) if name is not None else None
    if name is None or message is None or message.learner == NOBODY:
        raise UnknownEvidenceError(evidence if evidence is not None else "of that external id")
    return name, message


def _about(name: bytes, version: bytes, *, message: Message, fact: Fact) -> Decision:
    accepted = message.versions.get(version) or message.withdrawal
    assert accepted is not None
    return Decision(
        accepted,
        message.evidence,
        message.learner,
        facts=(fact,),
        stream=message.learner,
        provider=message.provider,
        receipt=ReceiptRow(name, version, message.evidence, message.learner, message.provider),
    )
