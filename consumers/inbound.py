"""Evidence submitted over Kafka: into the ledger once, and an answer to each item.

The ledger knows what it has (receipts), so a message read twice is recorded once. Answers and
offsets are committed in one Kafka transaction, so each is seen once too. While the ledger
commits one batch, the next is translated.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Event
from typing import NamedTuple
from uuid import uuid4

import msgspec

from consumers import broker, metrics, topics
from consumers.administration import Admin
from consumers.broker import Consumer, Message, Producer, Record
from consumers.errors import BrokerUnavailableError, FencedError
from consumers.submitted import (
    Keys,
    RejectData,
    Understood,
    answer_headers,
    answers,
    understand,
)
from consumers.topics import Topics
from ledger.clock import Clock, utc_now
from ledger.config import Settings
from ledger.domain.evidence import Submission
from ledger.domain.ids import ProviderId
from ledger.errors import LedgerError, StoreUnavailableError
from ledger.service import Ledger, Outcome, Refusal
from ledger.standards.translation import Translated
from ledger.store.rejects import Rejected

_log = logging.getLogger(__name__)

POLL_S = 0.2
RETRY_S = 1.0
LAG_LOOK_S = 1.0
BATCHES_PENDING_MAX = 2
_ENCODE = msgspec.json.Encoder().encode


class Order:
    """What one provider submits in messages that follow each other, handed over together."""

    __slots__ = ("future", "submissions")

    def __init__(self) -> None:
        self.submissions: list[Submission] = []
        self.future: Future[list[Outcome]] | None = None


class Sent(NamedTuple):
    """A message handed to the ledger: its part of an order, which comes true with the commit."""

    understood: Understood
    order: Order | None
    part: slice
    withdrawn: list[Future[list[Outcome]]]


class Pending(NamedTuple):
    """One batch handed to the ledger, and where its partitions go on."""

    sent: list[Sent]
    offsets: dict[broker.Place, int]


class Inbound:
    """One member of the group that takes submitted evidence in; used by one thread."""

    def __init__(self, ledger: Ledger, settings: Settings, *, clock: Clock = utc_now) -> None:
        self._ledger, self._settings, self._clock = ledger, settings, clock
        self._topics = Topics.of(settings)
        self._keys = Keys(ledger.access.holder)
        self._group = f"{settings.kafka_prefix}mastery-inbound"
        self._pending: deque[Pending] = deque()

    def run(self, stop: Event) -> None:
        """Take evidence in until `stop` is set, over any failure of Kafka and PostgreSQL.

        Raises:
            TopicUnfitError: a topic does not keep what is promised of it.
        """
        while not stop.is_set():
            try:
                self._session(stop)
            except (BrokerUnavailableError, FencedError, StoreUnavailableError) as error:
                metrics.RETRIES.add(1, part="inbound")
                _log.warning("inbound begins again at its last commit: %s", error)
                stop.wait(RETRY_S)

    # -- inside -----------------------------------------------------------------------------

    def _session(self, stop: Event) -> None:
        self._pending.clear()
        mine = (self._topics.submitted, self._topics.receipts, self._topics.rejected)
        with Admin(self._settings) as admin:
            topics.ensure(admin, mine, replication=self._settings.kafka_replication)
        name = f"{self._group}-{uuid4().hex}"
        with (
            Consumer(
                self._settings, group=self._group, records_max=self._settings.inbound_batch_max
            ) as consumer,
            Producer(self._settings, transactional_id=name) as producer,
        ):
            producer.take_over()
            outlet = _Outlet(producer, consumer, self._topics)
            # Before partitions go to another member, what was read from them is answered.
            consumer.subscribe(
                [self._topics.submitted.name], revoked=lambda _: self._settle(outlet, 0)
            )
            lag_at = 0.0
            while not stop.is_set():
                messages = consumer.poll(timeout_s=0.0 if self._pending else POLL_S)
                if time.monotonic() > lag_at:
                    metrics.INBOUND_LAG.set(consumer.behind())
                    lag_at = time.monotonic() + LAG_LOOK_S
                if messages:
                    self._pending.append(self._hand_over(messages))
                self._settle(outlet, BATCHES_PENDING_MAX - 1 if messages else 0)
            self._settle(outlet, 0)

    def _hand_over(self, messages: Sequence[Message]) -> Pending:
        now, offsets = self._clock(), dict[broker.Place, int]()
        found: list[Understood] = []
        for message in messages:
            found.append(understand(message, self._keys, self._settings, now=now))
            offsets[message.topic, message.partition] = message.offset + 1
        orders: dict[ProviderId, Order] = {}
        sent = [self._submit(one, orders) for one in found]
        self._give(orders)
        return Pending(sent, offsets)

    def _submit(self, one: Understood, orders: dict[ProviderId, Order]) -> Sent:
        """Put what a message submits into its provider's order; what it withdraws comes after."""
        understood = [each for each in one.translations if isinstance(each, Translated)]
        if one.provider is None or not understood:
            return Sent(one, None, slice(0), [])
        order = orders.setdefault(one.provider, Order())
        start = len(order.submissions)
        order.submissions += (each for item in understood for each in item.submissions)
        withdrawals = [each for item in understood for each in item.withdrawals]
        if withdrawals:
            self._give(orders)
        withdrawn = [
            self._ledger.withdraw(one.provider, reason=each.reason, external_id=each.external_id)
            for each in withdrawals
        ]
        return Sent(one, order, slice(start, len(order.submissions)), withdrawn)

    def _give(self, orders: dict[ProviderId, Order]) -> None:
        """Hand all orders to the ledger; what comes after them begins new ones."""
        for provider, order in orders.items():
            if order.submissions:
                order.future = self._ledger.submit(provider, order.submissions)
        orders.clear()

    def _settle(self, outlet: _Outlet, left_max: int) -> None:
        """Answer the oldest batches until at most `left_max` are pending."""
        while len(self._pending) > left_max:
            batch = self._pending[0]
            records: list[Record] = []
            kept: dict[ProviderId, list[Rejected]] = {}
            for sent in batch.sent:
                records += self._answered(sent, outlet, kept)
            for provider, items in kept.items():
                self._ledger.rejects.keep(provider, items)
            outlet.commit(records, batch.offsets)
            self._pending.popleft()

    def _answered(
        self, sent: Sent, outlet: _Outlet, kept: dict[ProviderId, list[Rejected]]
    ) -> list[Record]:
        one = sent.understood
        if one.fault is not None:
            return [outlet.record(one.message, 0, one.fault)]
        recorded = self._outcomes(sent)
        withdrawn = [future.result() for future in sent.withdrawn]
        records: list[Record] = []
        raw = {each.index: each.raw for each in one.translations}
        for number, answer in enumerate(
            answers(one.message, one.translations, recorded, withdrawn)
        ):
            records.append(outlet.record(one.message, number, answer))
            if isinstance(answer, RejectData) and one.provider is not None:
                index = answer.place.index
                # The answer has its first bytes; none, where nothing of it may be kept.
                original = raw[index] if answer.original else b""
                kept.setdefault(one.provider, []).append(Rejected(index, answer.errors, original))
        return records

    def _outcomes(self, sent: Sent) -> list[Outcome]:
        """Wait for the ledger; what it fails over is refused by itself, one by one.

        Raises:
            StoreUnavailableError: PostgreSQL stays away; nothing is lost, it is read again.
        """
        one, order = sent.understood, sent.order
        if order is None or order.future is None:
            return []
        try:
            return order.future.result()[sent.part]
        except StoreUnavailableError:
            raise
        except Exception:  # noqa: BLE001  said in the line below
            _log.exception("a batch failed in the ledger; its items are tried one by one")
        assert one.provider is not None
        outcomes: list[Outcome] = []
        for each in one.translations:
            for submission in each.submissions if isinstance(each, Translated) else ():
                try:
                    outcomes += self._ledger.submit(one.provider, [submission]).result()
                except StoreUnavailableError:
                    raise
                except Exception:  # noqa: BLE001  said in the line below
                    _log.exception("one item fails in the ledger and is refused")
                    error = LedgerError("an error of the ledger, which is in its log")
                    outcomes.append(Refusal(error))
        return outcomes


class _Outlet:
    """Where answers go, with the offsets of what they answer."""

    def __init__(self, producer: Producer, consumer: Consumer, names: Topics) -> None:
        self._producer, self._consumer, self._names = producer, consumer, names
        self._partitions = {
            topic.name: producer.partitions(topic.name)
            for topic in (names.receipts, names.rejected)
        }

    def record(self, message: Message, number: int, answer: object) -> Record:
        """Place an answer: the key of what it answers, and a partition in its order."""
        rejected = isinstance(answer, RejectData)
        topic = (self._names.rejected if rejected else self._names.receipts).name
        return Record(
            topic, message.partition % self._partitions[topic], message.key, _ENCODE(answer),
            answer_headers(message, number, answer),
        )  # fmt: skip

    def commit(self, records: list[Record], offsets: dict[broker.Place, int]) -> None:
        """Commit answers and offsets together; a member that was replaced commits neither."""
        with self._producer.transaction():
            self._producer.send(records)
            self._producer.send_offsets(offsets, self._consumer)
        rejected = sum(one.topic == self._names.rejected.name for one in records)
        for outcome, many in (("rejected", rejected), ("recorded", len(records) - rejected)):
            if many:
                metrics.INBOUND.add(many, outcome=outcome)
