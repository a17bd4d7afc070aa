"""Both ends of Kafka under fault: who submits evidence, and who reads changes all the while.

Both are librdkafka's, a client that is not ours and knows nothing of our faults.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from itertools import count
from threading import Event, Thread
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from consumers.topics import Topics
from ledger.config import Settings
from tests.fault.load import item

DELIVERY_MS_MAX = 120_000
BATCH = 10
PAUSE_S = 0.25
LEARNERS = 600


class Submitter:
    """Submits evidence until it is told to stop; `acknowledged` is what the broker said it has."""

    def __init__(self, given: Settings, token: str, *, seed: int) -> None:
        self._topic = Topics.of(given).submitted.name
        self._headers = [("provider-key", token.encode())]
        self._draw = random.Random(f"submit {seed}")
        self._stop = Event()
        self._client: Any = Producer(
            {"bootstrap.servers": given.kafka_servers, "enable.idempotence": True,
             "message.timeout.ms": DELIVERY_MS_MAX, "log_level": 0}
        )  # fmt: skip
        self._thread = Thread(target=self._run, name="submitter", daemon=True)
        self.acknowledged: set[str] = set()
        self.wrong: list[str] = []

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Wait until all that was sent is acknowledged."""
        self._stop.set()
        self._thread.join(DELIVERY_MS_MAX / 1000)
        if self._client.flush(DELIVERY_MS_MAX / 1000):
            self.wrong.append("messages that the broker never acknowledged")

    def _run(self) -> None:
        for first in count(step=BATCH):
            if self._stop.is_set():
                return
            for number in range(first, first + BATCH):
                self._send(f"m-{number}")
            if not first % 7:  # the same again now and then: recorded once
                self._send(f"m-{first}")
            self._client.poll(0)
            self._stop.wait(PAUSE_S)

    def _send(self, name: str) -> None:
        draw = random.Random(name)
        learner = {"id": f"student-{draw.randrange(LEARNERS)}"}
        value = json.dumps({**item(name, draw), "learner": learner}).encode()

        def done(error: object, _message: object) -> None:
            if error is None:
                self.acknowledged.add(name)
            else:
                self.wrong.append(f"{name} was not taken: {error}")

        self._client.produce(
            self._topic, value, key=self._draw.randbytes(4), headers=self._headers,
            on_delivery=done,
        )  # fmt: skip


class Reader:
    """Reads committed changes from the beginning, through everything that is done to the brokers."""

    def __init__(self, given: Settings) -> None:
        self._topic = Topics.of(given).changes.name
        self._partitions = given.kafka_partitions
        self._client: Any = Consumer(
            {"bootstrap.servers": given.kafka_servers, "group.id": "fault",
             "isolation.level": "read_committed", "enable.auto.commit": False,
             "auto.offset.reset": "earliest", "log_level": 0}
        )  # fmt: skip
        self._stop = Event()
        self._thread = Thread(target=self._run, name="reader", daemon=True)
        self.seen: list[tuple[bytes, int, str]] = []
        """Key, sequence and id of each change, as it was read."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, *, changes: int, timeout_s: float) -> None:
        """Wait until so many changes were seen, or the time is over."""
        deadline = time.monotonic() + timeout_s
        while len(self.seen) < changes and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1.0)  # for what must not come any more
        self._stop.set()
        self._thread.join(30)

    def faults(self, ids: list[str]) -> list[str]:
        """Compare what was seen with the feed's ids: each once, and in order for each learner."""
        times = Counter(one for _, _, one in self.seen)
        lost = [f"change {one} was never seen" for one in ids if not times[one]]
        doubled = [f"change {one} was seen {n} times" for one, n in times.items() if n > 1]
        foreign = [f"change {one} is not in the feed" for one in times.keys() - set(ids)]
        last: dict[bytes, int] = {}
        unordered: list[str] = []
        for key, sequence, one in self.seen:
            if sequence < last.get(key, 0):
                unordered.append(f"change {one} was seen after a later one of its learner")
            last[key] = sequence
        return lost + doubled + foreign + unordered

    def _run(self) -> None:
        places = range(self._partitions)
        self._client.assign([TopicPartition(self._topic, number, 0) for number in places])
        while not self._stop.is_set():
            for message in self._client.consume(200, timeout=0.2):
                if message.error() is None:
                    headers = dict(message.headers())
                    sequence, name = int(headers["ce_sequence"]), headers["ce_id"].decode()
                    self.seen.append((message.key(), sequence, name))
        self._client.close()
