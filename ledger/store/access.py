"""Tokens: who is asking. A token is shown once; only its hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow, dict_row
from psycopg_pool import ConnectionPool

from ledger.clock import Clock
from ledger.domain import wording
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId
from ledger.errors import SealError, SettingError, UnknownTokenError
from ledger.store import lookups
from ledger.store.database import borrowed
from ledger.store.keys import MasterKey
from ledger.store.tasks import NOBODY

Role = Literal["provider", "reader", "auditor", "steward", "operator"]
TOKEN_PREFIX = "mlt_"  # noqa: S105  lets a leaked token be recognised by scanners
_PROOF = UUID(
    "6d617374-6572-4b65-a000-000000000001"
)  # owns a data key that only proves the master key

_ID = "left(encode(token_hash, 'hex'), 16)"
_ISSUED = (
    f"SELECT {_ID}, role, provider, label, created_at, revoked_at FROM ledger.tokens"  # noqa: S608  a constant
    " WHERE %(provider)s::uuid IS NULL OR provider = %(provider)s ORDER BY created_at, 1"
)
_REVOKE_NAMED = (
    "UPDATE ledger.tokens SET revoked_at = coalesce(revoked_at, %(now)s)"  # noqa: S608  a constant
    f" WHERE {_ID} = %(name)s AND (%(provider)s::uuid IS NULL OR provider = %(provider)s)"
)


class Holder(NamedTuple):
    """Whom a token belongs to."""

    role: Role
    provider: ProviderId | None
    label: str


class Issued(msgspec.Struct, frozen=True):
    """A token as it is on record; `id` is the beginning of its hash (hex), and opens nothing."""

    id: str
    role: Role
    provider: ProviderId | None
    label: str
    created_at: datetime
    revoked_at: datetime | None


class Access:
    """Issues, finds and revokes tokens; thread-safe."""

    def __init__(
        self, pool: ConnectionPool[psycopg.Connection[TupleRow]], keys: MasterKey, *,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._pool, self._keys, self._clock = pool, keys, clock

    def issue(self, role: Role, *, label: str, provider: ProviderId | None = None) -> str:
        """Make a token and show it, this once.

        Raises:
            InvalidDocumentError: the label is blank or holds a control character.
        """
        wording.check_line("token", "label", label)
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        with borrowed(self._pool) as connection:
            connection.execute(
                "INSERT INTO ledger.tokens (token_hash, role, provider, label, created_at)"
                " VALUES (%s, %s, %s, %s, %s)",
                (_hash(token), role, provider, label, self._clock()),
            )
        return token

    def holder(self, token: str) -> Holder | None:
        """Find whom a token belongs to; None if it is unknown or revoked."""
        with borrowed(self._pool) as connection:
            row = connection.execute(
                "SELECT role, provider, label FROM ledger.tokens"
                " WHERE token_hash = %s AND revoked_at IS NULL",
                (_hash(token),),
            ).fetchone()
        return None if row is None else Holder(row[0], row[1], row[2])

    def revoke(self, token: str) -> bool:
        """Let a token open nothing any more; False if there is no such token."""
        with borrowed(self._pool) as connection:
            done = connection.execute(
                "UPDATE ledger.tokens SET revoked_at = %s"
                " WHERE token_hash = %s AND revoked_at IS NULL",
                (self._clock(), _hash(token)),
            )
        return done.rowcount == 1

    def issued(self, provider: ProviderId | None = None) -> list[Issued]:
        """List the tokens of a provider, or all there are, in the order they were made."""
        with borrowed(self._pool) as connection:
            rows = connection.execute(_ISSUED, {"provider": provider}).fetchall()
        return [Issued(*row) for row in rows]

    def revoke_named(self, name: str, *, provider: ProviderId | None = None) -> None:
        """Revoke the token of this `Issued.id`, of this provider; repeated, it changes nothing.

        Raises:
            UnknownTokenError: there is no such token.
        """
        with borrowed(self._pool) as connection:
            named = {"now": self._clock(), "name": name, "provider": provider}
            done = connection.execute(_REVOKE_NAMED, named)
        if not done.rowcount:
            raise UnknownTokenError(name)

    def learners(self, identifiers: Sequence[bytes]) -> dict[bytes, LearnerId]:
        """Give the learner of each linked identifier."""
        with (
            borrowed(self._pool) as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            return lookups.learners(cursor, identifiers)

    def learner_of(
        self, evidence: EvidenceId, *, sent_by: ProviderId | None = None
    ) -> LearnerId | None:
        """Give the learner whom a piece of evidence is about; None if there is no such evidence.

        With `sent_by`, another provider's is none: even that it exists is not theirs to know.
        """
        with borrowed(self._pool) as connection:
            row = connection.execute(
                "SELECT learner FROM ledger.receipts WHERE evidence = %s"
                " AND (%s::uuid IS NULL OR provider = %s) AND learner <> %s LIMIT 1",
                (evidence, sent_by, sent_by, NOBODY),
            ).fetchone()
        return None if row is None else LearnerId(row[0])

    def prove_master_key(self) -> None:
        """Make sure that this master key is the one the database was sealed under.

        Raises:
            SettingError: it is another one.
        """
        with borrowed(self._pool) as connection:
            connection.execute(
                "INSERT INTO ledger.data_keys (owner, wrapped) VALUES (%s, %s)"
                " ON CONFLICT (owner) DO NOTHING",
                (_PROOF, self._keys.wrap(_PROOF, secrets.token_bytes(32))),
            )
            row = connection.execute(
                "SELECT wrapped FROM ledger.data_keys WHERE owner = %s", (_PROOF,)
            ).fetchone()
        assert row is not None
        try:
            self._keys.unwrap(_PROOF, row[0])
        except SealError as error:
            raise SettingError(
                "this database was sealed under another master key: set MASTERY_MASTER_KEY (or "
                "master.key in MASTERY_DATA_DIR) to the one it was made with"
            ) from error


def is_sealed(conninfo: str) -> bool:
    """Whether the database was sealed under a master key before; asked before there is one."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM ledger.data_keys WHERE owner = %s)", (_PROOF,)
        ).fetchone()
    return row is not None and bool(row[0])


def _hash(token: str) -> bytes:
    # 256 random bits cannot be guessed, so one round is enough.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
