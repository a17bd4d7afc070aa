"""Planning an append: look up, decide and seal a group of tasks; only places are missing.

Planning needs no append lock. What is remembered of the log (learners, data keys, stream
versions) spares the next group its look-ups. Whether a plan still stands when the lock is held,
and which versions its facts get, is asked then.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import uuid_utils
from psycopg import Cursor

from ledger.domain.catalogue import TOPICS, encode
from ledger.domain.facts import EvidenceRecorded, LearnerErased
from ledger.domain.ids import LearnerId
from ledger.store import announcements, lookups, seal
from ledger.store.deciding import (
    Refusal,
    decide,
    kinds_held,
    refuse_keyless,
    spoken_of_together,
)
from ledger.store.erasing import Erase
from ledger.store.evidence_tasks import Submit
from ledger.store.keys import DATA_KEYS_KEPT_S, MasterKey, new_data_key
from ledger.store.recorder import Head, Row
from ledger.store.tasks import (
    NOBODY,
    Decision,
    Document,
    Known,
    Task,
    announced_version,
    group_version,
    withdrawal_version,
)
from ledger.store.withdrawal_tasks import Withdraw


class Sealed(NamedTuple):
    """A fact ready to be stored, but for its place in the log and in its stream."""

    stream: bytes
    topic: str
    state: bytes
    fact_id: bytes
    provider: bytes | None


class Seen(NamedTuple):
    """What a plan rests on: receipts of its messages, names that meant nobody, kinds not held.

    Receipts are only ever added; names and keys go with a fact that says so. While there are as
    many of each, all look-ups would give the same again, but for who is one person.
    """

    messages: list[bytes]
    receipts: int
    unknown: list[bytes]
    unheld: list[bytes]
    together: set[LearnerId]
    persons: dict[LearnerId, LearnerId]


class Plan(NamedTuple):
    """A group decided and sealed; only places are missing."""

    decisions: list[Decision | Refusal]  # of each task; and then what goes along with some
    seen: Seen
    facts: list[Sealed]
    last_fact: dict[int, int]  # index of a decision to the index of its last fact
    digests: dict[int, list[bytes]]  # index of a decision to the hidden digests of its receipts
    data_keys: dict[UUID, bytes]  # of all that is sealed here
    new_keys: list[tuple[UUID, bytes]]  # those of them that are made here, wrapped
    documents: list[tuple[bytes, UUID, str, bytes]]
    erased: list[UUID]  # whose data key goes with this


class Planner:
    """Makes plans; used by one thread at a time."""

    def __init__(self, keys: MasterKey, *, cached_max: int) -> None:
        self._keys, self._cached_max = keys, cached_max
        self._withdrawals = frozenset({withdrawal_version(keys), announced_version(keys)})
        self._group = group_version(keys)
        self._learners: dict[bytes, LearnerId] = {}
        self._data_keys: dict[UUID, bytes] = {}
        self._keys_since_s = time.monotonic()
        self._versions: dict[bytes, int] = {}  # right only while the head is the one we know
        self._head = Head(-1, 0)

    def forget(self) -> None:
        """Drop what was remembered about the log, after a failure."""
        self._learners.clear()
        self._data_keys.clear()
        self._versions.clear()
        self._head = Head(-1, 0)

    def forget_names_of(self, tasks: Sequence[Task]) -> None:
        """Drop whom the names in these tasks are remembered to mean."""
        for task in tasks:
            for name in task.identifiers():
                self._learners.pop(name, None)

    def plan(self, cursor: Cursor[Any], tasks: Sequence[Task]) -> Plan:
        """Decide and seal a group, on the log as it stands."""
        self._trim()
        known, seen = self._look_up(cursor, tasks)
        self._fetch_keys_of(cursor, tasks, known)
        decisions = [decide(task, known) for task in tasks]
        following = [one.then for one in decisions if isinstance(one, Decision) and one.then]
        decisions.extend(following)
        data_keys, new_keys = self._fetch_keys(cursor, decisions)
        plan = Plan(decisions, seen, [], {}, {}, data_keys, new_keys, [], [])
        for index, decision in enumerate(decisions):
            if isinstance(decision, Decision) and decision.facts:
                self._seal(plan, index, decision)
        return plan

    def stands(self, cursor: Cursor[Any], head: Head, plan: Plan) -> bool:
        """Whether a plan still stands at `head`, under the append lock."""
        if head == self._head:
            return True
        # Somebody else appended since: what is remembered of streams, names and keys may be behind.
        # Sealed under a key that is gone, nothing could be read again.
        looked_up_at, self._head = self._head.position, head
        self._versions.clear()
        if looked_up_at < 0:  # without knowing where the log ended
            self._learners.clear()
            self._data_keys.clear()
            return False
        gone = lookups.taken_back(cursor, after=looked_up_at, until=head.position)
        for topic, owner in gone:
            if topic == LearnerErased.TOPIC:
                self._data_keys.pop(owner, None)
        if any(topic in lookups.UNNAMING for topic, _ in gone):
            self._learners.clear()
            return False
        seen, new = plan.seen, [owner for owner, _ in plan.new_keys]
        owners = list(plan.data_keys.keys() - set(new))
        found = lookups.counts(
            cursor,
            messages=seen.messages,
            names=seen.unknown,
            kinds=seen.unheld,
            new=new,
            owners=owners,
        )
        if found != (seen.receipts, 0, 0, 0, len(owners)):
            return False
        return not seen.together or lookups.persons(cursor, seen.together) == seen.persons

    def rows(self, cursor: Cursor[Any], plan: Plan) -> list[Row]:
        """Give each fact its version in its stream; under the append lock."""
        versions = self._versions
        made = {owner.bytes for owner, _ in plan.new_keys}
        streams = {fact.stream for fact in plan.facts}
        missing = [one for one in streams if one not in versions and one not in made]
        versions.update(lookups.versions(cursor, missing))
        rows: list[Row] = []
        for stream, topic, state, fact_id, provider in plan.facts:
            version = versions[stream] = versions.get(stream, 0) + 1
            rows.append(Row(stream, version, topic, state, fact_id, provider))
        return rows

    def landed(self, plan: Plan, head: Head) -> None:
        """Remember, after the commit, a plan whose last fact is at `head`."""
        self._head = head
        self._data_keys.update(plan.data_keys)
        for owner in plan.erased:
            self._data_keys.pop(owner, None)
        for index in plan.last_fact:
            decision = plan.decisions[index]
            assert isinstance(decision, Decision)
            for key in decision.unlinks:
                self._learners.pop(key, None)
            for key in decision.identifiers:
                self._learners[key] = decision.learner

    # -- the steps --------------------------------------------------------------------------

    def _look_up(self, cursor: Cursor[Any], tasks: Sequence[Task]) -> tuple[Known, Seen]:
        evidence = {one for task in tasks if (one := task.evidence()) is not None}
        names = lookups.message_names(cursor, evidence)
        asked = {name for task in tasks if (name := task.message()) is not None}
        asked.update(names.values())
        asked.update(
            one for task in tasks if isinstance(task, Submit | Withdraw) for one in task.related()
        )
        messages, groups, receipts = lookups.messages(
            cursor, asked, keys=self._keys, withdrawals=self._withdrawals, group=self._group
        )
        announced = announcements.taken_out(cursor, messages, keys=self._keys)
        cached = self._learners
        meant = {key for task in tasks for key in task.identifiers()}
        if unknown := [key for key in meant if key not in cached]:
            cached.update(lookups.learners(cursor, unknown))
            unknown = [key for key in unknown if key not in cached]
        learners = {key: cached[key] for key in meant if key in cached}
        known = Known(messages, groups, announced, names, learners)
        kinds = list({kind for task in tasks for kind in kinds_held(task, known)})
        held = lookups.holdings(cursor, kinds)
        known.held.update(held)
        together = spoken_of_together(tasks, known)
        known.persons.update(lookups.persons(cursor, together))
        unheld = [kind for kind in kinds if kind not in held]
        seen = Seen(list(asked), receipts, unknown, unheld, together, dict(known.persons))
        return known, seen

    def _fetch_keys_of(self, cursor: Cursor[Any], tasks: Sequence[Task], known: Known) -> None:
        """Look whose data key is gone, before anything is decided about them."""
        meant = {*known.learners.values(), *(one.learner for one in known.messages.values())}
        for task in tasks:
            if isinstance(task, Erase):  # asked anew: another may have been faster
                self._data_keys.pop(task.learner, None)
        meant.discard(LearnerId(NOBODY))
        self._remember_keys(cursor, [one for one in meant if one not in self._data_keys])
        known.erased.update(one for one in meant if one not in self._data_keys)

    def _remember_keys(self, cursor: Cursor[Any], owners: list[UUID]) -> None:
        for owner, wrapped in lookups.data_keys(cursor, owners).items():
            self._data_keys[owner] = self._keys.unwrap(owner, wrapped)

    def _fetch_keys(
        self, cursor: Cursor[Any], decisions: list[Decision | Refusal]
    ) -> tuple[dict[UUID, bytes], list[tuple[UUID, bytes]]]:
        """Give the data key of every owner, and those of new owners wrapped for storage.

        A new key is remembered only when it has landed: what is sealed under a key that a
        broken transaction took with it could never be read again.
        """
        writing = [one for one in decisions if isinstance(one, Decision) and one.facts]
        made = {one.stream for one in writing if one.new_learner}
        documented = {document.owner for one in writing for document in one.documents}
        sealing = {one.stream for one in writing if one.sealed}.union(
            *(one.keyed for one in writing)
        )
        erasing = any(one.erases for one in writing)
        old = (documented | sealing) - made
        self._remember_keys(cursor, [owner for owner in old if owner not in self._data_keys])
        # Only frameworks come without a key; a learner without one was erased, or never was.
        made |= {owner for owner in old - sealing if owner not in self._data_keys}
        keys = {owner: new_data_key() for owner in made}
        wrapped_keys = [(owner, self._keys.wrap(owner, key)) for owner, key in keys.items()]
        keys |= {owner: key for owner in old - made if (key := self._data_keys.get(owner))}
        keyless = sealing - keys.keys()
        if keyless or erasing:
            known = lookups.versions(cursor, [owner.bytes for owner in keyless])
            refuse_keyless(decisions, keyless, known=known)
        return keys, wrapped_keys

    def _seal(self, plan: Plan, index: int, decision: Decision) -> None:
        stream = decision.stream.bytes
        provider = decision.provider.bytes if decision.provider else None
        data_key = plan.data_keys[decision.stream] if decision.sealed else b""
        for fact in decision.facts:
            topic, state = encode(fact)
            # A piece of evidence is named by the fact that recorded it. Any other id is drawn:
            # one used twice would seal two bodies under one key, and open both to a reader.
            named = fact.id if isinstance(fact, EvidenceRecorded) else None
            fact_id = named.bytes if named else uuid_utils.uuid7().bytes
            if decision.sealed:
                name = TOPICS.get(topic) or topic.encode()
                bound = seal.associated(fact_id, stream, name, provider)
                state = seal.seal_body(state, data_key=data_key, fact_id=fact_id, bound=bound)
            plan.facts.append(Sealed(stream, topic, state, fact_id, provider))
        plan.last_fact[index] = len(plan.facts) - 1
        digest, veil = decision.accepted.digest, self._keys.veil
        plan.digests[index] = [veil(digest, message=m, version=v) for m, v, *_ in decision.receipts]
        if decision.erases:
            plan.erased.append(decision.stream)
        if decision.spends is not None:
            plan.erased.append(decision.spends)
        for document in decision.documents:
            data_key = plan.data_keys[document.owner]
            plan.documents.append(self._sealed_document(document, data_key))

    def _sealed_document(
        self, document: Document, data_key: bytes
    ) -> tuple[bytes, UUID, str, bytes]:
        content_sha256 = hashlib.sha256(document.data).digest()
        address = self._keys.address(document.owner, content_sha256)
        sealed = seal.seal_document(document.data, data_key=data_key, address=address)
        return address, document.owner, document.media_type, sealed

    def _trim(self) -> None:
        if time.monotonic() - self._keys_since_s > DATA_KEYS_KEPT_S:
            self._data_keys.clear()
            self._keys_since_s = time.monotonic()
        for cache in (self._learners, self._data_keys, self._versions):
            if len(cache) > self._cached_max:
                cache.clear()
