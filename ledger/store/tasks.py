"""What one caller wants appended: each task names its look-ups, then decides purely.

A task is decided by the writer, again if another process was faster, so deciding must not
change the task. Its answer is an outcome of its own: one bad task never sinks its group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from uuid import UUID

from ledger.domain.catalogue import SEALED_TOPICS
from ledger.domain.evidence import Identifier
from ledger.domain.facts import Fact
from ledger.domain.identity import identity_parts
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId
from ledger.domain.messages import Accepted, Message
from ledger.domain.sayings import Saying
from ledger.errors import ConflictError
from ledger.store.holding import Marks
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
    `identifiers` are linked and `holds` are held from then on, `unlinks` and `lets_go` no more.
    """

    accepted: Accepted
    evidence: EvidenceId
    learner: LearnerId
    facts: tuple[Fact, ...] = ()
    stream: UUID = NOBODY
    sealed: bool = True
    provider: ProviderId | None = None
    receipt: ReceiptRow | None = None
    group: ReceiptRow | None = None  # marks the statement that this is the first member's part of
    identifiers: tuple[bytes, ...] = ()
    documents: tuple[Document, ...] = ()
    holds: Marks | None = None
    unlinks: tuple[bytes, ...] = ()
    lets_go: Marks | None = None
    new_learner: bool = False
    erases: bool = False  # the stream's data key goes with it
    spends: UUID | None = None  # whose data key goes too: what it sealed is said here
    then: Decision | None = None  # what goes into the log with this one
    awaited: bool = False  # a withdrawal, of what has not come yet
    members: tuple[EvidenceId, ...] = ()  # of a group, those that have come
    keyed: frozenset[UUID] = (
        frozenset()
    )  # who must not be erased, though nothing is sealed for them

    @property
    def receipts(self) -> tuple[ReceiptRow, ...]:
        """Give the rows that are kept of what is appended."""
        assert self.receipt is not None
        return (self.receipt,) if self.group is None else (self.receipt, self.group)


class Announcement(NamedTuple):
    """A withdrawal of what has not come yet: the stream in which it stands, and its reason."""

    stream: UUID
    reason: str
    accepted: Accepted


@dataclass(slots=True)
class Known:
    """The look-ups of a group; it grows as the group's own tasks are decided.

    `groups` are statements that were recorded for members of a group, by the statement's id;
    `erased` are those of the learners who have no data key any more; `held` are marks of names
    that learners hold (`ledger.store.holding`); `persons` are whom learners were merged into, of
    those that one task speaks of together.
    """

    messages: dict[bytes, Message] = field(default_factory=dict[bytes, Message])
    groups: dict[bytes, Accepted] = field(default_factory=dict[bytes, Accepted])
    announced: dict[bytes, Announcement] = field(default_factory=dict[bytes, Announcement])
    names: dict[UUID, bytes] = field(default_factory=dict[UUID, bytes])
    learners: dict[bytes, LearnerId] = field(default_factory=dict[bytes, LearnerId])
    erased: set[LearnerId] = field(default_factory=set[LearnerId])
    held: Marks = field(default_factory=dict[bytes, bytes])
    persons: dict[LearnerId, LearnerId] = field(default_factory=dict[LearnerId, LearnerId])

    def as_before(self, learner: LearnerId, before: LearnerId) -> LearnerId:
        """Give whom an earlier message was about, where that is the same person, else `learner`."""
        same = self.persons.get(learner, learner) == self.persons.get(before, before)
        return before if same else learner


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


def announced_version(keys: MasterKey) -> bytes:
    """Give the version of a withdrawal that was announced, among the receipts of what then came."""
    return keys.lookup("withdrawal", "announced")


def group_version(keys: MasterKey) -> bytes:
    """Give the version that marks a statement as one about a group, among the receipts of its id."""
    return keys.lookup("group")


def version_name(keys: MasterKey, message: Message, digest: bytes) -> bytes:
    """Name what is said now: by its content, and where that was said before, by its turn too."""
    version = keys.lookup("version", digest.hex())
    if version not in message.versions:
        return version
    return keys.lookup("version", digest.hex(), str(len(message.versions)))


class Record:
    """A fact decided elsewhere, whose repetition is harmless."""

    __slots__ = (
        "_documents", "_fact", "_keyed", "_keys", "_message", "_provider", "_saying", "_stream",
    )  # fmt: skip

    def __init__(
        self, keys: MasterKey, stream: UUID, fact: Fact, *, saying: Saying,
        provider: ProviderId | None = None, documents: tuple[Document, ...] = (),
        keyed: frozenset[UUID] = frozenset(),
    ) -> None:  # fmt: skip
        self._keys, self._stream, self._fact, self._saying = keys, stream, fact, saying
        self._keyed = keyed
        self._message = keys.lookup("record", *saying.about)
        self._provider, self._documents = provider, documents

    def message(self) -> bytes:
        """Name the message."""
        return self._message

    def evidence(self) -> None:
        """Name nothing."""

    def identifiers(self) -> tuple[bytes, ...]:
        """Name nobody."""
        return ()

    def decide(self, known: Known) -> Decision:
        """Append, unless the same came before, or last.

        Raises:
            ConflictError: other content under the same name and version.
        """
        owner = EvidenceId(self._stream)
        provider = self._provider or ProviderId(NOBODY)
        message = known.messages.setdefault(
            self._message, Message(owner, LearnerId(NOBODY), provider)
        )
        before = self._before(message)
        if before is not None:
            return Decision(before, owner, message.learner)
        digest, once = self._saying.digest, self._once()
        version = version_name(self._keys, message, digest) if once is None else once
        accepted = message.versions[version] = Accepted(digest)
        return Decision(
            accepted, owner, message.learner,
            facts=(self._fact,), stream=self._stream, sealed=self._fact.TOPIC in SEALED_TOPICS,
            provider=self._provider, documents=self._documents, keyed=self._keyed,
            receipt=ReceiptRow(self._message, version, owner, message.learner, provider),
        )  # fmt: skip

    def _before(self, message: Message) -> Accepted | None:
        digest, once = self._saying.digest, self._once()
        if once is None:
            last = message.last()
            return last if last is not None and last.digest == digest else None
        before = message.versions.get(once)
        if before is not None and before.digest != digest:
            raise ConflictError(str(self._stream), expected=before.digest, found=digest)
        return before

    def _once(self) -> bytes | None:
        once = self._saying.once
        return None if once is None else self._keys.lookup("version", once)


def identifier_keys(
    keys: MasterKey, provider: ProviderId, identifiers: tuple[Identifier, ...]
) -> tuple[bytes, ...]:
    """Name a learner's identifiers by keyed hashes, in the order given."""
    return tuple(keys.lookup("learner", *identity_parts(provider, one)) for one in identifiers)
