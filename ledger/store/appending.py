"""One append: look up, decide, seal, then lock, place, COPY, commit.

Deciding and sealing happen before the lock, on look-ups of the log as it stood. If the log ends
under the lock where it is known to end, nothing changed meanwhile and the work stands. If another
process appended, the look-ups are counted again: only where they would say something else now
is the group decided again, under the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, NamedTuple

from psycopg import Connection, Cursor

from ledger.domain.ids import EvidenceId, LearnerId, Position
from ledger.errors import ErasedError, RefusedError
from ledger.store.copying import HEADER, TRAILER, Target, copy_into, copy_packed
from ledger.store.deciding import Refusal
from ledger.store.keys import MasterKey
from ledger.store.planning import Plan, Planner
from ledger.store.recorder import SCHEMA, Head, LedgerRecorder
from ledger.store.tasks import Decision, Task
from ledger.store.unlinking import Free, Unlink

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
# A row of receipts up to its digest, and after it (PostgreSQL, COPY, "Binary Format").
_RECEIPT = Struct(">hi16si16si")
_RECEIPT_END = Struct(">i16si16si16siqiq")
_IDENTIFIERS = Target(SCHEMA, "identifiers", ("identifier", "learner"))
_HOLDINGS = Target(SCHEMA, "holdings", ("kind", "mark"))
_DATA_KEYS = Target(SCHEMA, "data_keys", ("owner", "wrapped"))
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_KEEP_DOCUMENTS = """
INSERT INTO ledger.documents (address, owner, media_type, sealed)
SELECT * FROM unnest(%s::bytea[], %s::uuid[], %s::text[], %s::bytea[])
    ON CONFLICT (address) DO NOTHING
"""
_UNLINK = "DELETE FROM ledger.identifiers WHERE identifier = ANY(%s)"
_LET_GO = """
DELETE FROM ledger.holdings AS h USING unnest(%s::bytea[], %s::bytea[]) AS gone (kind, mark)
 WHERE h.kind = gone.kind AND h.mark = gone.mark
"""
_DESTROY_KEYS = "DELETE FROM ledger.data_keys WHERE owner = ANY(%s)"


class Receipt(NamedTuple):
    """What a provider gets back: the evidence is in the log, at this position, durably.

    `awaited`: a withdrawal is, and what it takes back has not come yet, but for these `members` of a
    group; `evidence` is then the stream in which it stands, and `learner` nobody.
    """

    evidence: EvidenceId
    learner: LearnerId
    position: Position
    recorded_at: datetime
    digest: bytes
    duplicate: bool
    awaited: bool = False
    members: tuple[EvidenceId, ...] = ()


Outcome = Receipt | Refusal


class Appender:
    """Appends groups of tasks over one connection; used by one thread at a time."""

    def __init__(self, recorder: LedgerRecorder, keys: MasterKey, *, cached_max: int) -> None:
        self._recorder = recorder
        self._planner = Planner(keys, cached_max=cached_max)

    def append(self, connection: Connection[Any], tasks: Sequence[Task]) -> list[Outcome]:
        """Append a group in one transaction; outcomes are in the order of the tasks.

        Raises:
            psycopg.Error: the server failed, and the group may or may not be in the log.
        """
        with connection.cursor() as cursor:
            plan = self._planner.plan(cursor, tasks)
            if not plan.facts and any(map(_rests_on_names, tasks, plan.decisions)):
                # Nothing asks under the lock whether these names still mean whom they meant.
                self._planner.forget_names_of(tasks)
                plan = self._planner.plan(cursor, tasks)
            if plan.facts:
                plan = self._land(cursor, plan, tasks)
        return [_outcome(decision) for decision in plan.decisions[: len(tasks)]]

    def forget(self) -> None:
        """Drop what was remembered about the log, after a failure."""
        self._planner.forget()

    # -- the steps --------------------------------------------------------------------------

    def _land(self, cursor: Cursor[Any], plan: Plan, tasks: Sequence[Task]) -> Plan:
        with self._recorder.appending(cursor) as head:
            if not self._planner.stands(cursor, head, plan):
                plan = self._planner.plan(cursor, tasks)
            recorded_at_us = self._write(cursor, head, plan)
        self._remember(head, plan, recorded_at_us)
        return plan

    def _write(self, cursor: Cursor[Any], head: Head, plan: Plan) -> int:
        if not plan.facts:
            return head.recorded_at_us
        if plan.new_keys:
            keys = ((owner.bytes, wrapped) for owner, wrapped in plan.new_keys)
            copy_into(cursor, _DATA_KEYS, keys)
        if plan.erased:
            cursor.execute(_DESTROY_KEYS, (plan.erased,))
        rows = self._planner.rows(cursor, plan)
        recorded_at_us = self._recorder.append(cursor, head, rows)
        receipts = [HEADER]
        names = _Names()
        for index, last in plan.last_fact.items():
            decision = plan.decisions[index]
            assert isinstance(decision, Decision)
            place = 8, head.position + 1 + last, 8, recorded_at_us
            for row, digest in zip(decision.receipts, plan.digests[index], strict=True):
                message, version, evidence, learner, provider = row
                receipts += (
                    _RECEIPT.pack(8, 16, message, 16, version, len(digest)),
                    digest,
                    _RECEIPT_END.pack(
                        16, evidence.bytes, 16, learner.bytes, 16, provider.bytes, *place
                    ),
                )
            names.take(decision)
        receipts.append(TRAILER)
        copy_packed(cursor, _RECEIPTS, (b"".join(receipts),))
        names.write(cursor)
        if plan.documents:
            cursor.execute(
                _KEEP_DOCUMENTS, tuple(list(column) for column in zip(*plan.documents, strict=True))
            )
        return recorded_at_us

    def _remember(self, head: Head, plan: Plan, recorded_at_us: int) -> None:
        """After the commit, tell each accepted item its place, and the planner what landed."""
        recorded_at = _EPOCH + timedelta(microseconds=recorded_at_us)
        for index, last in plan.last_fact.items():
            decision = plan.decisions[index]
            assert isinstance(decision, Decision)
            decision.accepted.position = Position(head.position + 1 + last)
            decision.accepted.recorded_at = recorded_at
        self._planner.landed(plan, Head(head.position + len(plan.facts), recorded_at_us))


def _rests_on_names(task: Task, decision: Decision | Refusal) -> bool:
    if isinstance(decision, Refusal):
        return isinstance(decision.error, RefusedError | ErasedError)
    return isinstance(task, Unlink | Free)  # that it was said before may be of an earlier time


class _Names:
    """What a group links and unlinks, one decision after another: the last word on each holds."""

    def __init__(self) -> None:
        self._linked: dict[bytes, bytes] = {}
        self._held: dict[bytes, bytes] = {}
        self._unlinked: list[bytes] = []
        self._let_go: dict[bytes, bytes] = {}

    def take(self, decision: Decision) -> None:
        if decision.unlinks:
            self._unlink(decision)
        for key in decision.identifiers:
            self._linked[key] = decision.learner.bytes
        if decision.holds:
            self._held |= decision.holds

    def write(self, cursor: Cursor[Any]) -> None:
        if self._unlinked:
            cursor.execute(_UNLINK, (self._unlinked,))
            cursor.execute(_LET_GO, (list(self._let_go), list(self._let_go.values())))
        if self._linked:
            copy_into(cursor, _IDENTIFIERS, self._linked.items())
        if self._held:
            copy_into(cursor, _HOLDINGS, self._held.items())

    def _unlink(self, decision: Decision) -> None:
        self._unlinked += decision.unlinks
        for key in decision.unlinks:
            self._linked.pop(key, None)
        for kind, mark in (decision.lets_go or {}).items():
            self._let_go[kind] = mark
            if self._held.get(kind) == mark:
                del self._held[kind]


def receipt_of(outcome: Outcome) -> Receipt:
    """Expect a receipt.

    Raises:
        LedgerError: it was refused.
    """
    if isinstance(outcome, Refusal):
        raise outcome.error
    return outcome


def _outcome(decision: Decision | Refusal) -> Outcome:
    if isinstance(decision, Refusal):
        return decision
    accepted = decision.accepted
    assert accepted.recorded_at is not None
    return Receipt(
        decision.evidence, decision.learner, accepted.position, accepted.recorded_at,
        accepted.digest, duplicate=not decision.facts,
        awaited=decision.awaited, members=decision.members,
    )  # fmt: skip
