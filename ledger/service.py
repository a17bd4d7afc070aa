"""The ledger as the rest of the program sees it: what may be appended, and the log to read.

Every write goes through one queue with group commit and comes back as a receipt or a refusal.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Self
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from ledger.config import Settings
from ledger.domain.evidence import Evidence, Identifier, Submission
from ledger.domain.facts import (
    AuthorityGranted,
    AuthorityRevoked,
    EnrolmentRecorded,
    Fact,
    FrameworkPublished,
    PolicyAdopted,
    PolicyPublished,
    ProviderKind,
    ProviderRegistered,
    ProviderReinstated,
    ProviderSuspended,
)
from ledger.domain.ids import EvidenceId, FrameworkId, LearnerId, PolicyId, ProviderId
from ledger.store import database, migrations
from ledger.store.access import Access
from ledger.store.appending import Appender, Outcome, Receipt, Refusal
from ledger.store.group_commit import GroupCommit
from ledger.store.keys import MasterKey, master_key_file, read_master_key
from ledger.store.reader import LogReader
from ledger.store.recorder import LedgerDatastore, LedgerRecorder
from ledger.store.rejects import RejectStore
from ledger.store.tasks import Correct, Document, Record, Submit, Task, Withdraw, identifier_keys

__all__ = ["Ledger", "Outcome", "Receipt", "Refusal", "framework_stream", "policy_stream"]

_log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
ProviderFact = AuthorityGranted | AuthorityRevoked | ProviderSuspended | ProviderReinstated


def _utc_now() -> datetime:
    return datetime.now(UTC)


def framework_stream(framework: FrameworkId) -> UUID:
    """Name a framework's stream."""
    return uuid5(NAMESPACE_URL, f"mastery:framework:{framework}")


def policy_stream(policy: PolicyId) -> UUID:
    """Name a policy's stream."""
    return uuid5(NAMESPACE_URL, f"mastery:policy:{policy}")


class Ledger:
    """One per process; thread-safe."""

    def __init__(
        self, *, keys: MasterKey, log: LogReader, access: Access, rejects: RejectStore,
        writer: GroupCommit, owner_conninfo: str, app_conninfo: str,
    ) -> None:  # fmt: skip
        self._keys, self._writer = keys, writer
        self.log = log
        """Reads the log."""
        self.access = access
        """Tokens and whom they belong to."""
        self.rejects = rejects
        """What was refused, with its reason."""
        self.owner_conninfo = owner_conninfo
        self.conninfo = app_conninfo
        """Connection string in the application's role, for views."""

    @classmethod
    @contextmanager
    def open(cls, settings: Settings, *, clock: Clock = _utc_now) -> Generator[Self]:
        """Start PostgreSQL if none is named, migrate, and open the ledger.

        Raises:
            SettingError: the master key cannot be read, or is another database's.
            StoreUnavailableError: PostgreSQL does not answer.
        """
        with ExitStack() as stack:
            owner = settings.database_url.get_secret_value() or stack.enter_context(
                database.embedded(settings.data_dir / "postgresql")
            )
            database.wait_until_up(owner, timeout_s=settings.append_retry_s)
            migrations.migrate(owner)
            keys = MasterKey(_master_secret(settings))
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
        reason: str, digest: bytes,
    ) -> Future[list[Outcome]]:  # fmt: skip
        """Replace what this provider said of `evidence`; the same digest again is a duplicate."""
        task = Correct(
            self._keys, provider, evidence, replacement=replacement, reason=reason, digest=digest
        )
        return self._writer.submit([task])

    def withdraw(
        self, provider: ProviderId, *, reason: str, evidence: EvidenceId | None = None,
        external_id: str | None = None,
    ) -> Future[list[Outcome]]:  # fmt: skip
        """Take evidence back, named by the ledger's id or by the provider's own."""
        task = Withdraw(
            self._keys, provider, evidence=evidence, external_id=external_id, reason=reason
        )
        return self._writer.submit([task])

    def enrol(self, enrolment: EnrolmentRecorded) -> Receipt:
        """Record where a learner was enrolled; sent again unchanged, it is a duplicate."""
        content = msgspec.json.encode(enrolment)
        key = f"enrolment:{enrolment.external_id}"
        return self._record(
            enrolment.learner, enrolment, key=(enrolment.provider.hex, key),
            version=hashlib.sha256(content).hexdigest(), content=content,
            provider=enrolment.provider,
        )  # fmt: skip

    def find_learner(
        self, provider: ProviderId, identifiers: tuple[Identifier, ...]
    ) -> LearnerId | None:
        """Find the learner whom any of these names means, as this provider uses them."""
        keys = identifier_keys(self._keys, provider, identifiers)
        found = self.access.learners(keys)
        return next((found[key] for key in keys if key in found), None)

    # -- providers, frameworks, policies ----------------------------------------------------

    def register_provider(self, name: str, kind: ProviderKind) -> ProviderId:
        """Register a provider; the same name again gives the same provider.

        Raises:
            ConflictError: the name is taken by a provider of another kind.
        """
        provider = ProviderId(uuid5(NAMESPACE_URL, f"mastery:provider:{name}"))
        fact = ProviderRegistered(provider=provider, name=name, kind=kind)
        content = msgspec.json.encode(fact)
        self._record(provider, fact, key=("provider", name), content=content, provider=provider)
        return provider

    def record_about_provider(self, fact: ProviderFact) -> Receipt:
        """Grant or revoke authority, suspend or reinstate."""
        content = msgspec.json.encode(fact)
        key = ("provider-fact", fact.TOPIC, hashlib.sha256(content).hexdigest())
        return self._record(fact.provider, fact, key=key, content=content, provider=fact.provider)

    def publish_framework(
        self, fact: FrameworkPublished, *, document: bytes, media_type: str = "application/json"
    ) -> Receipt:
        """Publish a version of a framework; the same version again is a duplicate."""
        stream = framework_stream(fact.framework)
        return self._record(
            stream, fact, key=("framework", fact.framework), version=fact.version,
            content=msgspec.json.encode(fact), documents=(Document(stream, media_type, document),),
        )  # fmt: skip

    def publish_policy(self, fact: PolicyPublished) -> Receipt:
        """Publish a policy document; the same document again is a duplicate."""
        content = fact.document.encode()
        key = ("policy", fact.policy)
        return self._record(
            policy_stream(fact.policy), fact, key=key, version=fact.digest, content=content
        )

    def adopt_policy(self, fact: PolicyAdopted) -> Receipt:
        """Let a published policy decide for a scope from a date on."""
        content = msgspec.json.encode(fact)
        key = ("adoption", hashlib.sha256(content).hexdigest())
        return self._record(policy_stream(fact.policy), fact, key=key, content=content)

    # -- inside -----------------------------------------------------------------------------

    def _record(
        self, stream: UUID, fact: Fact, *, key: tuple[str, ...], content: bytes, version: str = "",
        provider: ProviderId | None = None, documents: tuple[Document, ...] = (),
    ) -> Receipt:  # fmt: skip
        task = Record(
            stream=stream, facts=(fact,), message=self._keys.lookup("record", *key),
            version=self._keys.lookup("version", version),
            digest=hashlib.sha256(content).digest(), provider=provider, documents=documents,
        )  # fmt: skip
        return self._one(task)

    def _one(self, task: Task) -> Receipt:
        outcome = self._writer.submit([task]).result()[0]
        if isinstance(outcome, Refusal):
            raise outcome.error
        return outcome


def _master_secret(settings: Settings) -> bytes:
    text = settings.master_key.get_secret_value()
    if text:
        return read_master_key(text)
    path = settings.data_dir / "master.key"
    secret, made = master_key_file(path)
    if made:
        _log.warning(
            "made a new master key in %s: back it up now, apart from the database. "
            "Without it nothing in this ledger can ever be read again", path,
        )  # fmt: skip
    return secret
