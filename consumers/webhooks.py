"""Webhooks: each subscriber gets every change, in order, until it says that it has it.

At least once: a subscriber that answers too late gets the change again, under the same
webhook-id. Each has a thread of its own, so a slow one delays nobody. One process delivers at a
time, chosen by a lock in PostgreSQL; others stand by.
"""

from __future__ import annotations

import http.client
import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

from psycopg import Connection

from consumers import metrics, outbox, sending, statements
from consumers.errors import DestinationRefusedError
from consumers.sending import Resolver, Sender, resolve
from consumers.wire import change_event, structured_json
from ledger.clock import Clock, utc_now
from ledger.config import Settings
from ledger.errors import LedgerError, StoreUnavailableError
from ledger.service import Ledger
from ledger.store.webhooks import WEBHOOKS_MAX, DeadLetter, Webhook
from projections.feed import Feed, FeedEntry

_log = logging.getLogger(__name__)

LOCK = 0x6D61_7374_686F_6B
STANDBY_S = 0.5
LOOK_S = 1.0
RETRY_S = 1.0
BATCH = 100
BACKOFF_FIRST_S = 5.0
BACKOFF_FACTOR = 3.0
BACKOFF_MAX_S = 4 * 3600.0
DEAD_IN_ROW_MAX = 3
"""A subscriber to whom so many changes in a row could not be delivered is stopped."""
GONE = 410
ERROR_CHARS_MAX = 300


class Deliverer:
    """Delivers to every subscriber what it has not had yet."""

    def __init__(
        self, ledger: Ledger, settings: Settings, *, clock: Clock = utc_now,
        jitter: Callable[[], float] = random.random, resolver: Resolver = resolve,
        backoff_first_s: float = BACKOFF_FIRST_S,
    ) -> None:  # fmt: skip
        self._ledger, self._settings, self._clock = ledger, settings, clock
        self._jitter, self._resolver, self._backoff_first_s = jitter, resolver, backoff_first_s
        self._feed = Feed(ledger)
        self._busy: dict[UUID, Future[None]] = {}

    def run(self, stop: Event) -> None:
        """Deliver until `stop` is set, over any failure of PostgreSQL."""
        with ThreadPoolExecutor(WEBHOOKS_MAX, thread_name_prefix="webhook") as threads:
            while not stop.is_set():
                try:
                    with outbox.connected(self._ledger.conninfo) as connection:
                        self._lead(connection, threads, stop)
                except (StoreUnavailableError, LedgerError) as error:
                    metrics.RETRIES.add(1, part="webhooks")
                    _log.warning("webhooks wait for PostgreSQL: %s", error)
                    stop.wait(RETRY_S)

    def _lead(self, connection: Connection[Any], threads: ThreadPoolExecutor, stop: Event) -> None:
        metrics.WEBHOOKS_LEAD.set(0)
        while not stop.is_set():
            row = connection.execute(statements.query("lead"), {"lock": LOCK}).fetchone()
            if row and row[0]:
                break
            stop.wait(STANDBY_S)
        metrics.WEBHOOKS_LEAD.set(1)
        outbox.listen(connection, outbox.CHANGES_CHANNEL)
        while not stop.is_set():
            self._start_due(connection, threads, stop)
            outbox.wait(connection, timeout_s=LOOK_S)

    def _start_due(
        self, connection: Connection[Any], threads: ThreadPoolExecutor, stop: Event
    ) -> None:
        head, now = outbox.changes_head(connection), self._clock()
        found = self._ledger.webhooks.all()
        active = [one for one in found if one.stopped_at is None]
        metrics.WEBHOOK_LAG.set(max((head - one.position for one in active), default=0))
        metrics.DEAD_LETTERS.set(self._ledger.webhooks.dead_letter_count())
        self._busy = {name: job for name, job in self._busy.items() if not job.done()}
        for webhook in active:
            due = webhook.next_at <= now and webhook.position < head
            if due and webhook.id not in self._busy:
                self._busy[webhook.id] = threads.submit(self._serve, webhook, stop)

    # -- one subscriber, in a thread of its own ----------------------------------------------

    def _serve(self, webhook: Webhook, stop: Event) -> None:
        try:
            self._deliver(webhook, stop)
        except DestinationRefusedError as error:
            self._ledger.webhooks.stop(webhook.id, error=str(error))
        except Exception:  # noqa: BLE001  said here, or it would never be known; tried again
            _log.exception("webhook %s", webhook.id)

    def _deliver(self, webhook: Webhook, stop: Event) -> None:
        secret = self._ledger.webhooks.secret(webhook.id)
        sender: Sender | None = None
        try:
            while not stop.is_set():
                entries = self._feed.after(webhook.position, limit=BATCH)
                if not entries:
                    return
                for entry in entries:
                    if stop.is_set():
                        return
                    try:
                        sender = sender or self._sender(webhook.url)
                        error, wait_s = self._post(sender, entry, secret)
                    except (OSError, http.client.HTTPException) as failure:
                        error, wait_s = _said(failure), None
                    if error is not None:
                        self._failed(webhook, entry, error, wait_s)
                        return
                    metrics.DELIVERED.add(1, outcome="delivered")
                    if not self._ledger.webhooks.delivered(
                        webhook.id, before=webhook.position, position=entry.sequence
                    ):
                        return  # set back or removed meanwhile
                    webhook = webhook._replace(position=entry.sequence, attempts=0, dead_in_row=0)
        finally:
            if sender is not None:
                sender.close()

    def _sender(self, url: str) -> Sender:
        to = sending.destination(
            url, private_allowed=self._settings.webhook_private_addresses,
            resolver=self._resolver,
        )  # fmt: skip
        return Sender(to, timeout_s=self._settings.webhook_timeout_s)

    def _post(
        self, sender: Sender, entry: FeedEntry, secret: bytes
    ) -> tuple[str | None, float | None]:
        """Send one change; give what was wrong, and how long to wait if the subscriber says."""
        body = structured_json(change_event(entry))
        headers = sending.signed(body, name=str(entry.id), at=int(time.time()), secret=secret)
        answer = sender.post(body, headers)
        if 200 <= answer.status < 300:
            return None, None
        return f"answered {answer.status}", answer.retry_after_s

    def _failed(self, webhook: Webhook, entry: FeedEntry, error: str, wait_s: float | None) -> None:
        metrics.DELIVERED.add(1, outcome="failed")
        attempts = webhook.attempts + 1
        store = self._ledger.webhooks
        if error == f"answered {GONE}":
            store.stop(webhook.id, error=error)
        elif attempts >= self._settings.webhook_attempts_max:
            letter = DeadLetter(entry.sequence, entry.id, self._clock(), attempts, error)
            in_row = webhook.dead_in_row + 1
            store.give_up(
                webhook.id, letter, before=webhook.position, stop=in_row >= DEAD_IN_ROW_MAX
            )
        else:
            metrics.RETRIES.add(1, part="webhooks")
            pause_s = wait_s if wait_s is not None else self._backoff_s(attempts)
            store.failed(
                webhook.id, before=webhook.position, attempts=attempts, error=error,
                next_at=self._clock() + timedelta(seconds=min(pause_s, BACKOFF_MAX_S)),
            )  # fmt: skip

    def _backoff_s(self, attempts: int) -> float:
        whole: float = min(self._backoff_first_s * BACKOFF_FACTOR ** (attempts - 1), BACKOFF_MAX_S)
        # Between half and all of it, so that subscribers that failed together do not return together.
        return whole * (0.5 + self._jitter() / 2)


def _said(failure: Exception) -> str:
    """Put a failure into words that may be kept: the other side may have chosen some of them."""
    text = f"{type(failure).__name__}: {failure}"[:ERROR_CHARS_MAX]
    return "".join(one if one.isprintable() else "?" for one in text)
