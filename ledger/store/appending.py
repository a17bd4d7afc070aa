"""One append: look up, decide, seal, then lock, place, COPY, commit.

Deciding and sealing happen before the lock, on look-ups of the log as it stood at some head. If
the head is still the same under the lock, nothing changed meanwhile and the work stands; if
another process was faster, the group is decided again under the lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import uuid_utils
from psycopg import Connection, Cursor

from ledger.domain.catalogue import encode
from ledger.domain.ids import EvidenceId, LearnerId, Position
from ledger.errors import ErasedError, LedgerError
from ledger.store import lookups, seal
from ledger.store.copying import Field, Target, copy_into
from ledger.store.keys import MasterKey, new_data_key
from ledger.store.recorder import SCHEMA, Head, LedgerRecorder, Row
from ledger.store.tasks import Decision, Document, Known, Task, withdrawal_version

_RECEIPTS = Target(
    SCHEMA,
    "receipts",
    (
        "message",
        "version",
        "digest",
        "evidence",
        "learner",
        "provider",
        "position",
        "recorded_at",
    ),
)
_IDENTIFIERS = Target(SCHEMA, "identifiers", ("identifier", "learner"))
_DATA_KEYS = Target(SCHEMA, "data_keys", ("owner", "wrapped"))
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_KEEP_DOCUMENTS = """
INSERT INTO ledger.documents (address, owner, media_type, sealed)
SELECT * FROM unnest(%s::bytea[], %s::uuid[], %s::text[], %s::bytea[])
    ON CONFLICT (address) DO NOTHING
"""


class Receipt(NamedTuple):
    """What a provider gets back: the evidence is in the log, at this position, durably."""

    evidence: EvidenceId
    learner: LearnerId
    position: Position
    recorded_at: datetime
    digest: bytes
    duplicate: bool


class Refusal(NamedTuple):
    """One item that was not appended, and why; the rest of its batch stands."""

    error: LedgerError


Outcome = Receipt | Refusal


class _MovedOnError(Exception):
    """Another process appended between our look-ups and the lock."""


class _Plan(NamedTuple):
    """A group decided and sealed; only places are missing."""

    decisions: list[Decision | Refusal]
    rows: list[Row]
    last_row: dict[int, int]  # index of a decision to the index of its last row
    new_keys: list[tuple[UUID, bytes]]
    documents: list[tuple[bytes, UUID, str, bytes]]
    versions: dict[bytes, int]


class Appender:
    """Appends groups of tasks over one connection; used by one thread at a time."""

    def __init__(self, recorder: LedgerRecorder, keys: MasterKey, *, cached_max: int) -> None:
        self._recorder, self._keys, self._cached_max = recorder, keys, cached_max
        self._withdrawal = withdrawal_version(keys)
        self._learners: dict[bytes, LearnerId] = {}
        self._data_keys: dict[UUID, bytes] = {}
        self._versions: dict[bytes, int] = {}  # right only while the head is the one we wrote
        self._head = Head(-1, 0)

    def append(self, connection: Connection[Any], tasks: Sequence[Task]) -> list[Outcome]:
        """Append a group in one transaction; outcomes are in the order of the tasks.

        Raises:
            psycopg.Error: the server failed, and the group may or may not be in the log.
        """
        self._trim()
        with connection.cursor() as cursor:
            try:
                return self._attempt(cursor, connection, tasks, locked=False)
            except _MovedOnError:
                return self._attempt(cursor, connection, tasks, locked=True)

    def forget(self) -> None:
        """Drop what was remembered about the log, after a failure."""
        self._learners.clear()
        self._versions.clear()
        self._head = Head(-1, 0)

    # -- the steps --------------------------------------------------------------------------

    def _attempt(
        self,
        cursor: Cursor[Any],
        connection: Connection[Any],
        tasks: Sequence[Task],
        *,
        locked: bool,
    ) -> list[Outcome]:
        if locked:
            with connection.transaction():
                head = self._recorder.lock(cursor)
                plan = self._plan(cursor, head, tasks)
                times = self._write(cursor, head, plan)
        else:
            head = self._recorder.head(cursor)
            plan = self._plan(cursor, head, tasks)
            times = 0
            if plan.rows:
                with connection.transaction():
                    if self._recorder.lock(cursor) != head:
                        raise _MovedOnError
                    times = self._write(cursor, head, plan)
        self._remember(head, plan, times)
        return [_outcome(decision) for decision in plan.decisions]

    def _plan(self, cursor: Cursor[Any], head: Head, tasks: Sequence[Task]) -> _Plan:
        if head != self._head:
            self._versions.clear()
        known = self._look_up(cursor, tasks)
        decisions = [_decide(task, known) for task in tasks]
        new_keys = self._fetch_keys(cursor, decisions)
        versions = self._stream_versions(cursor, decisions)
        plan = _Plan(decisions, [], {}, new_keys, [], versions)
        for index, decision in enumerate(decisions):
            if isinstance(decision, Decision) and decision.facts:
                self._seal(plan, index, decision)
        return plan

    def _look_up(self, cursor: Cursor[Any], tasks: Sequence[Task]) -> Known:
        evidence = {one for task in tasks if (one := task.evidence()) is not None}
        names = lookups.message_names(cursor, evidence)
        asked = {name for task in tasks if (name := task.message()) is not None}
        messages = lookups.messages(
            cursor, asked | set(names.values()), withdrawal=self._withdrawal
        )
        unknown = {key for task in tasks for key in task.identifiers() if key not in self._learners}
        self._learners.update(lookups.learners(cursor, unknown))
        learners = {
            key: self._learners[key]
            for task in tasks
            for key in task.identifiers()
            if key in self._learners
        }
        return Known(messages, dict(names), learners)

    def _fetch_keys(
        self, cursor: Cursor[Any], decisions: list[Decision | Refusal]
    ) -> list[tuple[UUID, bytes]]:
        """Have the data key of every owner at hand; make those of new learners."""
        writing = [one for one in decisions if isinstance(one, Decision) and one.facts]
        made = [
            (one.stream, self._new_key(one.stream))
            for one in writing
            if one.new_learner and one.stream not in self._data_keys
        ]
        documented = {document.owner for one in writing for document in one.documents}
        sealing = {one.stream for one in writing if one.sealed}
        missing = [owner for owner in documented | sealing if owner not in self._data_keys]
        for owner, wrapped in lookups.data_keys(cursor, missing).items():
            self._data_keys[owner] = self._keys.unwrap(owner, wrapped)
        # Only frameworks come without a key; a learner's missing key was destroyed on purpose.
        fresh = sorted(owner for owner in documented - sealing if owner not in self._data_keys)
        made.extend((owner, self._new_key(owner)) for owner in fresh)
        erased = sealing - self._data_keys.keys()
        for index, one in enumerate(decisions):
            if isinstance(one, Decision) and one.stream in erased:
                decisions[index] = Refusal(ErasedError(one.stream))
        return made

    def _new_key(self, owner: UUID) -> bytes:
        data_key = self._data_keys[owner] = new_data_key()
        return self._keys.wrap(owner, data_key)

    def _stream_versions(
        self, cursor: Cursor[Any], decisions: list[Decision | Refusal]
    ) -> dict[bytes, int]:
        streams: set[bytes] = set()
        fresh: dict[bytes, int] = {}
        for decision in decisions:
            if isinstance(decision, Decision) and decision.facts:
                stream = decision.stream.bytes
                if decision.new_learner:
                    fresh[stream] = 0
                else:
                    streams.add(stream)
        missing = [one for one in streams if one not in self._versions and one not in fresh]
        self._versions.update(lookups.versions(cursor, missing))
        return {**{one: self._versions.get(one, 0) for one in streams}, **fresh}

    def _seal(self, plan: _Plan, index: int, decision: Decision) -> None:
        stream = decision.stream.bytes
        provider = decision.provider.bytes if decision.provider else None
        version = plan.versions[stream]
        data_key = self._data_keys[decision.stream] if decision.sealed else b""
        last = len(decision.facts) - 1
        for place, fact in enumerate(decision.facts):
            topic, state = encode(fact)
            # A piece of evidence is named by the fact that recorded it.
            new = decision.evidence.bytes if place == last and "recorded.v" in topic else b""
            fact_id = new or uuid_utils.uuid7().bytes
            if decision.sealed:
                bound = seal.associated(fact_id, stream, topic.encode(), provider)
                state = seal.seal_body(state, data_key=data_key, fact_id=fact_id, bound=bound)
            version += 1
            plan.rows.append(Row(stream, version, topic, state, fact_id, provider))
        plan.versions[stream] = version
        plan.last_row[index] = len(plan.rows) - 1
        for document in decision.documents:
            plan.documents.append(self._sealed_document(document))

    def _sealed_document(self, document: Document) -> tuple[bytes, UUID, str, bytes]:
        content_sha256 = hashlib.sha256(document.data).digest()
        address = self._keys.address(document.owner, content_sha256)
        sealed = seal.seal_document(
            document.data, data_key=self._data_keys[document.owner], address=address
        )
        return address, document.owner, document.media_type, sealed

    def _write(self, cursor: Cursor[Any], head: Head, plan: _Plan) -> int:
        if not plan.rows:
            return head.recorded_at_us
        if plan.new_keys:
            rows = ((owner.bytes, wrapped) for owner, wrapped in plan.new_keys)
            copy_into(cursor, _DATA_KEYS, rows)
        recorded_at_us = self._recorder.append(cursor, head, plan.rows)
        receipts: list[tuple[Field, ...]] = []
        identifiers: list[tuple[Field, ...]] = []
        for index, last in plan.last_row.items():
            decision = plan.decisions[index]
            assert isinstance(decision, Decision)
            assert decision.receipt is not None
            message, version, evidence, learner, provider = decision.receipt
            receipts.append((
                message, version, decision.accepted.digest, evidence.bytes, learner.bytes,
                provider.bytes, head.position + 1 + last, recorded_at_us,
            ))  # fmt: skip
            identifiers.extend((key, learner.bytes) for key in decision.identifiers)
        copy_into(cursor, _RECEIPTS, receipts)
        if identifiers:
            copy_into(cursor, _IDENTIFIERS, identifiers)
        if plan.documents:
            cursor.execute(
                _KEEP_DOCUMENTS, tuple(list(column) for column in zip(*plan.documents, strict=True))
            )
        return recorded_at_us

    def _remember(self, head: Head, plan: _Plan, recorded_at_us: int) -> None:
        """Take over, after the commit, what the next group need not look up."""
        if plan.rows:
            self._head = Head(head.position + len(plan.rows), recorded_at_us)
            self._versions.update(plan.versions)
        else:
            self._head = head
        recorded_at = _EPOCH + timedelta(microseconds=recorded_at_us)
        for index, last in plan.last_row.items():
            decision = plan.decisions[index]
            assert isinstance(decision, Decision)
            decision.accepted.position = Position(head.position + 1 + last)
            decision.accepted.recorded_at = recorded_at
            for key in decision.identifiers:
                self._learners[key] = decision.learner

    def _trim(self) -> None:
        for cache in (self._learners, self._data_keys, self._versions):
            if len(cache) > self._cached_max:
                cache.clear()


def _decide(task: Task, known: Known) -> Decision | Refusal:
    try:
        return task.decide(known)
    except LedgerError as error:
        return Refusal(error)


def _outcome(decision: Decision | Refusal) -> Outcome:
    if isinstance(decision, Refusal):
        return decision
    accepted = decision.accepted
    assert accepted.recorded_at is not None
    return Receipt(
        decision.evidence, decision.learner, accepted.position, accepted.recorded_at,
        accepted.digest, duplicate=not decision.facts,
    )  # fmt: skip
