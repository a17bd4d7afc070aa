"""Webhook subscriptions: where to, how far, and what could not be delivered.

Secrets are sealed under the master key and shown once, when a subscription is made.
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

import psycopg
import uuid_utils
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from ledger.clock import Clock
from ledger.errors import UnknownWebhookError
from ledger.store.database import borrowed
from ledger.store.keys import KEY_BYTES, MasterKey

SECRET_PREFIX = "whsec_"  # noqa: S105  as Standard Webhooks writes a secret
WEBHOOKS_MAX = 256


class Webhook(NamedTuple):
    """One subscription. `position` is the sequence of the last change delivered or given up.

    `attempts` counts those at the next change; `dead_in_row` the changes given up since the last
    delivery. A stopped one is not tried until it is resumed.
    """

    id: UUID
    url: str
    label: str
    created_at: datetime
    position: int
    attempts: int
    dead_in_row: int
    next_at: datetime
    last_error: str | None
    stopped_at: datetime | None


class DeadLetter(NamedTuple):
    """A change that was given up after so many attempts."""

    sequence: int
    change: UUID
    failed_at: datetime
    attempts: int
    error: str


class WebhookStore:
    """Keeps subscriptions and their progress; thread-safe."""

    def __init__(
        self, pool: ConnectionPool[psycopg.Connection[TupleRow]], keys: MasterKey, *,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._pool, self._keys, self._clock = pool, keys, clock

    def add(self, url: str, *, label: str, after: int) -> tuple[UUID, str]:
        """Subscribe a URL to the changes after a sequence number; give its id and its secret."""
        webhook = UUID(bytes=uuid_utils.uuid7().bytes)
        secret = secrets.token_bytes(KEY_BYTES)
        now = self._clock()
        self._run(
            "INSERT INTO ledger.webhooks"
            " (webhook, url, label, secret, created_at, position, next_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            webhook, url, label, self._keys.wrap(webhook, secret), now, after, now,
        )  # fmt: skip
        return webhook, SECRET_PREFIX + base64.b64encode(secret).decode()

    def all(self) -> list[Webhook]:
        """List all subscriptions, oldest first."""
        rows = self._rows(
            "SELECT webhook, url, label, created_at, position, attempts, dead_in_row, next_at,"
            " last_error, stopped_at FROM ledger.webhooks ORDER BY webhook"
        )
        return [Webhook._make(row) for row in rows]

    def secret(self, webhook: UUID) -> bytes:
        """Give the key that deliveries are signed with.

        Raises:
            UnknownWebhookError: there is no such webhook.
        """
        rows = self._rows("SELECT secret FROM ledger.webhooks WHERE webhook = %s", webhook)
        if not rows:
            raise UnknownWebhookError(webhook)
        return self._keys.unwrap(webhook, rows[0][0])

    def remove(self, webhook: UUID) -> None:
        """Unsubscribe.

        Raises:
            UnknownWebhookError: there is no such webhook.
        """
        self._one("DELETE FROM ledger.webhooks WHERE webhook = %s", webhook)

    def replay(self, webhook: UUID, *, after: int | None) -> None:
        """Deliver again from after a sequence number (None: from where it is); start it if stopped.

        Raises:
            UnknownWebhookError: there is no such webhook.
        """
        self._one(
            "UPDATE ledger.webhooks SET position = coalesce(%s, position), attempts = 0,"
            " dead_in_row = 0, next_at = %s, stopped_at = NULL, last_error = NULL"
            " WHERE webhook = %s",
            after, self._clock(), webhook,
        )  # fmt: skip

    def delivered(self, webhook: UUID, *, before: int, position: int) -> bool:
        """Note progress; False if the subscription was moved meanwhile, which stands."""
        return self._run(
            "UPDATE ledger.webhooks SET position = %s, attempts = 0, dead_in_row = 0,"
            " last_error = NULL, next_at = %s WHERE webhook = %s AND position = %s",
            position, self._clock(), webhook, before,
        )  # fmt: skip

    def failed(
        self, webhook: UUID, *, before: int, attempts: int, next_at: datetime, error: str
    ) -> bool:
        """Note a failed attempt and when to try again."""
        return self._run(
            "UPDATE ledger.webhooks SET attempts = %s, next_at = %s, last_error = %s"
            " WHERE webhook = %s AND position = %s",
            attempts, next_at, error, webhook, before,
        )  # fmt: skip

    def give_up(self, webhook: UUID, letter: DeadLetter, *, before: int, stop: bool) -> bool:
        """Keep a change as a dead letter and go on behind it, or stop."""
        now = self._clock()
        with borrowed(self._pool) as connection, connection.transaction():
            moved = connection.execute(
                "UPDATE ledger.webhooks SET position = %s, attempts = 0, next_at = %s,"
                " dead_in_row = dead_in_row + 1, last_error = %s, stopped_at = %s"
                " WHERE webhook = %s AND position = %s",
                (letter.sequence, now, letter.error, now if stop else None, webhook, before),
            )
            if moved.rowcount:
                connection.execute(
                    "INSERT INTO ledger.webhook_dead_letters VALUES (%s, %s, %s, %s, %s, %s)"
                    " ON CONFLICT (webhook, sequence) DO UPDATE SET failed_at = excluded.failed_at,"
                    " attempts = excluded.attempts, error = excluded.error",
                    (webhook, *letter),
                )
            return bool(moved.rowcount)

    def stop(self, webhook: UUID, *, error: str) -> None:
        """Try no more until it is resumed."""
        self._run(
            "UPDATE ledger.webhooks SET stopped_at = %s, last_error = %s WHERE webhook = %s",
            self._clock(), error, webhook,
        )  # fmt: skip

    def dead_letters(self, webhook: UUID, *, limit: int) -> list[DeadLetter]:
        """List what was given up, newest first."""
        rows = self._rows(
            "SELECT sequence, change, failed_at, attempts, error FROM ledger.webhook_dead_letters"
            " WHERE webhook = %s ORDER BY sequence DESC LIMIT %s",
            webhook, limit,
        )  # fmt: skip
        return [DeadLetter._make(row) for row in rows]

    def dead_letter_count(self) -> int:
        """Count all dead letters."""
        return int(self._rows("SELECT count(*) FROM ledger.webhook_dead_letters")[0][0])

    # -- inside -----------------------------------------------------------------------------

    def _rows(self, query: LiteralString, *parameters: object) -> list[TupleRow]:
        with borrowed(self._pool) as connection:
            return connection.execute(query, parameters).fetchall()

    def _run(self, query: LiteralString, *parameters: object) -> bool:
        with borrowed(self._pool) as connection:
            return bool(connection.execute(query, parameters).rowcount)

    def _one(self, query: LiteralString, *parameters: object) -> None:
        if not self._run(query, *parameters):
            webhook = parameters[-1]
            assert isinstance(webhook, UUID)
            raise UnknownWebhookError(webhook)
