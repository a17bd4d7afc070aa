"""The ledger as the rest of the program sees it: what may be appended, and the log to read.

Every write goes through one queue with group commit and comes back as a receipt or a refusal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from typing import Literal, Self
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from ledger.clock import Clock, utc_now
from ledger.config import Settings
from ledger.domain import sayings, wording
from ledger.domain.evidence import Evidence, Identifier, Party, Result, Submission
from ledger.domain.facts import (
    ContestResolved,
    EnrolmentWithdrawn,
    EvidenceConfirmed,
    EvidenceContested,
    Fact,
    FrameworkPublished,
    PolicyAdopted,
    PolicyPublished,
    ProviderKind,
    ProviderRegistered,
)
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId
from ledger.domain.sayings import ProviderFact, Saying
from ledger.domain.streams import framework_stream, policy_stream
from ledger.learners import Learners
from ledger.store import database, migrations
from ledger.store.access import Access, is_sealed
from ledger.store.appending import Appender, Outcome, Receipt, receipt_of
from ledger.store.correction_tasks import Correct
from ledger.store.deciding import Refusal
from ledger.store.enrolment_tasks import Disenrol, Enrol, Stated
from ledger.store.evidence_tasks import Submit
from ledger.store.group_commit import GroupCommit
from ledger.store.keys import MasterKey, master_secret
from ledger.store.reader import LogReader
from ledger.store.recorder import LedgerDatastore, LedgerRecorder
from ledger.store.rejects import RejectStore
from ledger.store.remark_tasks import Remark
from ledger.store.tasks import Document, Record, Task
from ledger.store.voiding import void
from ledger.store.webhooks import WebhookStore
from ledger.store.withdrawal_tasks import Withdraw

__all__ = ["Ledger", "Outcome", "Receipt", "Refusal"]


class Ledger:
    """One per process; thread-safe."""

    def __init__(  # noqa: PLR0913  one for each part, and `open` alone calls it
        self, *, keys: MasterKey, log: LogReader, access: Access, rejects: RejectStore,
        webhooks: WebhookStore, writer: GroupCommit, owner_conninfo: str, app_conninfo: str,
    ) -> None:  # fmt: skip
        self._keys, self._writer = keys, writer
        self.session_key = keys.session
        self.log = log
        """Reads the log."""
        self.access = access
        """Tokens and whom they belong to."""
        self.rejects = rejects
        """What was refused, with its reason."""
        self.webhooks = webhooks
        """Where changes are sent, and how far."""
        self.learners = Learners(keys, writer.submit, log=log, access=access)
        """Whom names mean, and who is whom."""
        self.owner_conninfo = owner_conninfo
        self.conninfo = app_conninfo
        """Connection string in the application's role, for views."""

    @classmethod
    @contextmanager
    def open(cls, settings: Settings, *, clock: Clock = utc_now) -> Generator[Self]:
        """Start PostgreSQL if none is named, migrate, and open the ledger.

        Raises:
            SettingError: the master key cannot be read, is lost, or is another database's.
            StoreUnavailableError: PostgreSQL does not answer.
        """
        with ExitStack() as stack:
            url, folder = settings.database_url.get_secret_value(), settings.data_dir
            owner = stack.enter_context(
                database.reached(url, folder=folder, timeout_s=settings.append_retry_s)
            )
            migrations.migrate(owner, role=settings.database_role)
            given = settings.master_key.get_secret_value()
            keys = MasterKey(master_secret(given, folder, sealed=partial(is_sealed, owner)))
            app = database.as_role(owner, settings.database_role)
            pool = stack.enter_context(database.pool(app))
            datastore = stack.enter_context(
                LedgerDatastore.open(owner, role=settings.database_role, pool_size=1)
            )
            recorder = LedgerRecorder(datastore, authenticate=keys.header_mac, clock=clock)
            appender = Appender(recorder, keys, cached_max=settings.identifiers_cached_max)
            writer = GroupCommit(
                app, recorder, appender,
                items_max=settings.append_items_max, retry_s=settings.append_retry_s,
            )  # fmt: skip
            access = Access(pool, keys, clock=clock)
            access.prove_master_key()
            yield cls(
                keys=keys,
                log=LogReader(pool, keys, cached_max=settings.identifiers_cached_max),
                access=access,
                rejects=RejectStore(pool, keys, clock=clock),
                webhooks=WebhookStore(pool, keys, clock=clock),
                writer=stack.enter_context(writer),
                owner_conninfo=owner,
                app_conninfo=app,
            )

    # -- evidence ---------------------------------------------------------------------------

    def submit(
        self, provider: ProviderId, submissions: Sequence[Submission]
    ) -> Future[list[Outcome]]:
        """Append evidence; one outcome per submission, in order, after the commit."""
        return self._writer.submit([Submit(self._keys, provider, one) for one in submissions])

    def correct(
        self, provider: ProviderId, evidence: EvidenceId, replacement: Evidence, *,
        reason: str, digest: bytes, learner: tuple[Identifier, ...] = (),
    ) -> Future[list[Outcome]]:  # fmt: skip
        """Replace what this provider said of `evidence`; the same digest again is a duplicate."""
        task = Correct(
            self._keys, provider, evidence,
            replacement=replacement, reason=reason, digest=digest, learner=learner,
        )  # fmt: skip
        return self._writer.submit([task])

    def withdraw(
        self, provider: ProviderId, *, reason: str, evidence: EvidenceId | None = None,
        external_id: str | None = None,
    ) -> Future[list[Outcome]]:  # fmt: skip
        """Take evidence back: one piece by the ledger's id, or all that was sent as `external_id`.

        What is sent under that id only later is taken back as it comes.
        """
        withdrawal = partial(Withdraw, self._keys, provider, reason=reason)
        if external_id is None:
            return self._writer.submit([withdrawal(evidence=evidence)])
        return void(self._writer.submit, external_id, withdrawal=withdrawal)

    def confirm(
        self, provider: ProviderId, evidence: EvidenceId, *, evaluator: Party,
        occurred_at: datetime, result: Result | None = None, competency: str | None = None,
    ) -> Future[list[Outcome]]:  # fmt: skip
        """Record that a second rater looked at the same work; repeated, it adds nothing."""

        def make(learner: LearnerId) -> Fact:
            return EvidenceConfirmed(
                id=evidence, learner=learner, provider=provider, evaluator=evaluator,
                occurred_at=occurred_at, result=result, competency=competency,
            )  # fmt: skip

        return self._remark(provider, evidence, make)

    def contest(
        self, provider: ProviderId, evidence: EvidenceId, *, by: Party, reason: str
    ) -> Future[list[Outcome]]:
        """Record that somebody entitled to says the evidence is wrong."""

        def make(learner: LearnerId) -> Fact:
            return EvidenceContested(
                id=evidence, learner=learner, provider=provider, by=by, reason=reason
            )

        return self._remark(provider, evidence, make)

    def resolve_contest(
        self, provider: ProviderId, evidence: EvidenceId, *, by: Party,
        outcome: Literal["stands", "set_aside"], reason: str,
    ) -> Future[list[Outcome]]:  # fmt: skip
        """Record how a contest was decided."""

        def make(learner: LearnerId) -> Fact:
            return ContestResolved(
                id=evidence, learner=learner, provider=provider, by=by,
                outcome=outcome, reason=reason,
            )  # fmt: skip

        return self._remark(provider, evidence, make)

    def enrol(self, enrolment: Stated, *, names: tuple[Identifier, ...] = ()) -> Receipt:
        """Record where a learner was enrolled, or attributes; sent again, it is a duplicate.

        `names` find the learner, or register one whom nobody knows yet; without them, it is
        `enrolment.learner`.
        """
        return self._one(Enrol(self._keys, enrolment, names))

    def disenrol(self, withdrawal: EnrolmentWithdrawn) -> Receipt:
        """Take an enrolment back that was said by mistake; said again, it is a duplicate.

        Whose it was the ledger knows: the withdrawal may be nobody's.

        Raises:
            UnknownEnrolmentError: the provider recorded none under that id.
            ErasedError: the learner was erased.
        """
        wording.check(withdrawal)
        return self._one(Disenrol(self._keys, withdrawal))

    # -- providers, frameworks, policies ----------------------------------------------------

    def register_provider(self, name: str, kind: ProviderKind) -> ProviderId:
        """Register a provider; the same name again gives the same provider.

        Raises:
            ConflictError: the name is taken by a provider of another kind.
        """
        provider = ProviderId(uuid5(NAMESPACE_URL, f"mastery:provider:{name}"))
        fact = ProviderRegistered(provider=provider, name=name, kind=kind)
        self._record(provider, fact, sayings.of_registration(fact), provider=provider)
        return provider

    def record_about_provider(self, fact: ProviderFact) -> Receipt:
        """Grant or revoke authority, suspend or reinstate; the last word again is a duplicate."""
        return self._record(fact.provider, fact, sayings.of_provider(fact), provider=fact.provider)

    def publish_framework(
        self, fact: FrameworkPublished, *, document: bytes, media_type: str = "application/json"
    ) -> Receipt:
        """Publish a version of a framework; the latest version again is a duplicate."""
        stream = framework_stream(fact.framework)
        documents = (Document(stream, media_type, document),)
        return self._record(stream, fact, sayings.of_framework(fact), documents=documents)

    def publish_policy(self, fact: PolicyPublished) -> Receipt:
        """Publish a policy document; the latest document again is a duplicate."""
        return self._record(policy_stream(fact.policy), fact, sayings.of_policy(fact))

    def adopt_policy(self, fact: PolicyAdopted, *, turn: int = -1) -> Receipt:
        """Let a published policy decide for a scope from a day on.

        Said again in one turn it is a duplicate; `turn` tells which came last in its place.
        """
        return self._record(policy_stream(fact.policy), fact, sayings.of_adoption(fact, turn))

    def record_reference(
        self, stream: UUID, fact: Fact, *, key: tuple[str, ...], adds: bool = False
    ) -> Receipt:
        """Append a fact about crosswalks, credentials, assessments or pathways.

        `key` names what it is about. The latest content again is a duplicate; of a fact that
        `adds` to what was said of it, any content that was there before is.
        """
        return self._record(stream, fact, sayings.of_reference(fact, key, adds=adds))

    # -- inside -----------------------------------------------------------------------------

    def _remark(
        self, provider: ProviderId, evidence: EvidenceId, make: Callable[[LearnerId], Fact]
    ) -> Future[list[Outcome]]:
        digest = hashlib.sha256(msgspec.json.encode(make(LearnerId(evidence)))).digest()
        task = Remark(self._keys, provider, evidence, make=make, digest=digest)
        return self._writer.submit([task])

    def _record(
        self, stream: UUID, fact: Fact, saying: Saying, *, provider: ProviderId | None = None,
        documents: tuple[Document, ...] = (),
    ) -> Receipt:  # fmt: skip
        wording.check(fact)
        task = Record(
            self._keys, stream, fact, saying=saying, provider=provider, documents=documents
        )
        return self._one(task)

    def _one(self, task: Task) -> Receipt:
        return receipt_of(self._writer.submit([task]).result()[0])
