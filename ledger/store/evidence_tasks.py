"""The task of a submission, and what tasks about evidence have in common."""

from __future__ import annotations

from collections.abc import Sequence

import uuid_utils

from ledger.domain import messages
from ledger.domain.evidence import Submission
from ledger.domain.facts import EvidenceRecorded, EvidenceWithdrawn, Fact, LearnerIdentified
from ledger.domain.identity import identity_parts
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId, uuid_of
from ledger.domain.messages import Accepted, Message
from ledger.errors import ConflictError, LearnerUnclearError, UnknownEvidenceError
from ledger.store.holding import Marks, kinds_held, taken_up
from ledger.store.keys import MasterKey
from ledger.store.tasks import (
    NOBODY,
    Decision,
    Document,
    Known,
    ReceiptRow,
    announced_version,
    group_version,
    identifier_keys,
    message_name,
)


class Submit:
    """A provider's piece of evidence."""

    __slots__ = (
        "_identifiers", "_keys", "_message", "_named", "_provider", "_submission", "_version",
        "_whole",
    )  # fmt: skip

    def __init__(self, keys: MasterKey, provider: ProviderId, submission: Submission) -> None:
        source = submission.evidence.source
        self._keys, self._provider, self._submission = keys, provider, submission
        self._message = message_name(keys, provider, source.external_id)
        whole = submission.member_of
        self._whole = None if whole is None else message_name(keys, provider, whole)
        self._version = keys.lookup("version", source.external_version or "")
        self._identifiers = identifier_keys(keys, provider, submission.learner)
        self._named = name_keys(keys, provider, submission)

    def message(self) -> bytes:
        """Name the message."""
        return self._message

    def related(self) -> tuple[bytes, ...]:
        """Name the statement that this is a member's part of: it may be another, or taken back."""
        return () if self._whole is None else (self._whole,)

    def evidence(self) -> None:
        """Name nothing: evidence is found by its message."""

    def identifiers(self) -> tuple[bytes, ...]:
        """Name the learner's identifiers, and what the learner is called."""
        return self._identifiers + self._named

    def found_by(self) -> tuple[bytes, ...]:
        """Name the identifiers alone: by what they are called, nobody is found."""
        return self._identifiers

    def kinds_held(self, learner: LearnerId) -> Marks:
        """Name the kinds of name of which a learner may hold another."""
        return kinds_held(self._keys, self._provider, self._submission.learner, learner=learner)

    def decide(self, known: Known) -> Decision:
        """Decide whether it is new, the same again, newer, or a conflict."""
        submission, provider = self._submission, self._provider
        message = known.messages.get(self._message)
        if message is not None and (before := self._before(message)) is not None:
            return Decision(before, message.evidence, message.learner)
        if message is None:
            self._check_one_statement(known)
        learner, linked, names = self._learner(known, message)
        fact_id = EvidenceId(uuid_of(uuid_utils.uuid7().bytes))
        outcome = messages.recorded(
            message, submission.evidence, version=self._version, learner=learner, new_id=fact_id,
            provider=provider, digests=self._digests(),
        )  # fmt: skip
        if isinstance(outcome, Accepted):
            assert message is not None
            return Decision(outcome, message.evidence, message.learner)
        holds = None if all(linked) else self._taken_up(learner, linked, known=known)
        accepted = Accepted(submission.digest)
        if message is None:
            message = known.messages[self._message] = Message(fact_id, learner, provider)
        message.versions[self._version] = accepted
        decision = Decision(
            accepted, message.evidence, learner,
            facts=(outcome,), stream=learner, provider=provider,
            receipt=ReceiptRow(self._message, self._version, message.evidence, learner, provider),
            holds=holds,
        )  # fmt: skip
        new_names = tuple(key for key in names if key not in known.learners)
        if new_names or not all(linked):
            self._introduce(decision, linked, new_names, known=known)
        if submission.document is not None:
            decision.documents = documents_of(learner, submission)
        if isinstance(outcome, EvidenceRecorded):
            decision.then = self._taken_back(known, message)
            decision.group = self._marked(known, accepted)
        return decision

    def _check_one_statement(self, known: Known) -> None:
        """Hold that under the id of a statement no other comes, be it about a learner or a group."""
        name = self._whole or self._message
        alone = known.messages.get(name)
        came = known.groups.get(name) if alone is None else alone.last()
        if came is not None and came.digest not in self._digests():
            external_id = self._submission.member_of or self._submission.evidence.source.external_id
            raise ConflictError(external_id, expected=came.digest, found=self._submission.digest)

    def _marked(self, known: Known, accepted: Accepted) -> ReceiptRow | None:
        """Mark the id of a statement about a group, with the first member who is recorded."""
        if self._whole is None or self._whole in known.groups:
            return None
        known.groups[self._whole] = accepted
        version, provider = group_version(self._keys), self._provider
        return ReceiptRow(self._whole, version, EvidenceId(NOBODY), LearnerId(NOBODY), provider)

    def _digests(self) -> tuple[bytes, ...]:
        return (self._submission.digest, *self._submission.known_by)

    def _taken_back(self, known: Known, message: Message) -> Decision | None:
        """Withdraw at once what was taken back before it came, by itself or as part of a whole."""
        names = (one for one in (self._message, self._whole) if one is not None)
        name = next((one for one in names if one in known.announced), None)
        if name is None:
            return None
        said, message.withdrawal = known.announced[name], Accepted(b"")
        fact = EvidenceWithdrawn(
            id=message.evidence, learner=message.learner, provider=message.provider,
            reason=said.reason,
        )  # fmt: skip
        version = announced_version(self._keys)
        decision = about(self._message, version, message=message, fact=fact)
        if name == self._message:  # of a whole, other members may be to come
            decision.spends = said.stream
        return decision

    def _before(self, message: Message) -> Accepted | None:
        """Find the same delivery; its names may mean two by now, who were merged when it came."""
        before = message.versions.get(self._version)
        return before if before is not None and before.digest in self._digests() else None

    def _learner(
        self, known: Known, message: Message | None
    ) -> tuple[LearnerId, list[bool], tuple[bytes, ...]]:
        """Find whom it goes to, or make somebody new; which names are linked, and what to call them."""
        learner, linked = learner_of(self._identifiers, known)
        if learner is not None:
            before = known.as_before(learner, message.learner) if message else learner
            if before == learner:
                return learner, linked, self._named
            # Weighed, and linked to neither: they are told beside another's.
            self._taken_up(before, linked, known=known)
            return before, [True] * len(linked), ()
        if message is not None and self._version not in message.versions:
            raise LearnerUnclearError(
                f"{self._submission.evidence.source.external_id} was about a learner whom this "
                "delivery does not name"
            )
        return LearnerId(uuid_of(uuid_utils.uuid4().bytes)), linked, self._named

    def _introduce(
        self, decision: Decision, linked: Sequence[bool], new_names: tuple[bytes, ...], *,
        known: Known,
    ) -> None:  # fmt: skip
        """Link what was not linked, register whom nobody knew, and say what the learner is called."""
        submission, learner = self._submission, decision.learner
        names, called = submission.learner, submission.learner_name
        first = messages.registered(learner, names, self._provider, known=linked, name=called)
        if not first:  # known by all of these, and called something new
            first = (LearnerIdentified(learner=learner, provider=self._provider,
                                       identifier=names[0], name=called),)  # fmt: skip
        decision.facts = (*first, *decision.facts)
        decision.identifiers = unlinked(self._identifiers, linked) + new_names
        decision.new_learner = not any(linked)
        known.learners.update(dict.fromkeys(decision.identifiers, learner))
        known.held.update(decision.holds or {})

    def _taken_up(self, learner: LearnerId, linked: Sequence[bool], *, known: Known) -> Marks:
        return taken_up(
            self._keys, self._provider, self._submission.learner,
            linked=linked, learner=learner, known=known.held,
        )  # fmt: skip


def name_keys(keys: MasterKey, provider: ProviderId, submission: Submission) -> tuple[bytes, ...]:
    """Name by a keyed hash what a provider calls a learner; nothing where it gives no name."""
    name = submission.learner_name
    if name is None:
        return ()
    return (keys.lookup("name", *identity_parts(provider, submission.learner[0]), name),)


def learner_of(identifiers: tuple[bytes, ...], known: Known) -> tuple[LearnerId | None, list[bool]]:
    """Find whom the identifiers mean, and which of them are linked.

    Of learners who were merged, the first that is named.

    Raises:
        LearnerUnclearError: they mean two learners; to merge them is a steward's decision.
    """
    found = [known.learners.get(key) for key in identifiers]
    if len(found) == 1:
        return found[0], [found[0] is not None]
    meant = dict.fromkeys(learner for learner in found if learner is not None)
    if len(meant) > 1 and len({known.persons.get(one, one) for one in meant}) > 1:
        raise LearnerUnclearError(
            "the identifiers belong to different learners of the ledger: "
            + ", ".join(sorted(map(str, meant)))
        )
    return next(iter(meant), None), [one is not None for one in found]


def unlinked(identifiers: tuple[bytes, ...], linked: Sequence[bool]) -> tuple[bytes, ...]:
    """Give the identifiers that are not linked, each once.

    Two names may mean the same (a mailbox and its hash).
    """
    return tuple(
        dict.fromkeys(key for key, known in zip(identifiers, linked, strict=True) if not known)
    )


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
    # What is said of a learner besides evidence, such as an enrolment, has the learner's own id.
    if name is None or message is None or message.learner in (NOBODY, message.evidence):
        raise UnknownEvidenceError(evidence if evidence is not None else "of that external id")
    return name, message


def about(name: bytes, version: bytes, *, message: Message, fact: Fact) -> Decision:
    """Append a fact about evidence that is known, under a version that was accepted just now."""
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
