"""Webhooks: signed, in order, again until they arrive, and never to where they must not go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import NamedTuple
from uuid import UUID

import pytest

from consumers.webhooks import Deliverer
from ledger.service import Ledger
from projections.engine import Engine
from tests import downstream, ledgers
from tests.served import serving


class Delivery(NamedTuple):
    headers: dict[str, str]
    body: bytes

    @property
    def sequence(self) -> int:
        return int(json.loads(self.body)["sequence"])


class Subscriber:
    """A subscriber over HTTP; `answer` decides the status of each delivery."""

    def __init__(self, answer: Callable[[Delivery], int] = lambda _: 204) -> None:
        self.got: list[Delivery] = []
        self.answer = answer
        self.url = ""

    def sequences(self) -> list[int]:
        return [one.sequence for one in self.got]


@contextmanager
def subscriber(answer: Callable[[Delivery], int] = lambda _: 204) -> Generator[Subscriber]:
    found = Subscriber(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            delivery = Delivery({k.lower(): v for k, v in self.headers.items()}, body)
            found.got.append(delivery)
            self.send_response(found.answer(delivery))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002  the parent's name

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def delivering(ledger: Ledger, url: str, **others: object) -> Generator[None]:
    given = downstream.settings(url, None, webhook_private_addresses=True, **others)
    stop = Event()
    deliverer = Deliverer(ledger, given, backoff_first_s=0.05)
    thread = Thread(target=deliverer.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def changed(ledger: Ledger, url: str, *, learners: int = 5) -> None:
    downstream.load(ledger, learners=learners)
    Engine(ledger, downstream.settings(url)).catch_up()


def test_every_change_is_delivered_in_order_and_signed(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger, subscriber() as there:
        changed(ledger, migrated)
        _, secret = ledger.webhooks.add(there.url, label="SIS", after=0)
        with delivering(ledger, migrated):
            downstream.until(lambda: len(there.got) >= 5, what="five deliveries")
        assert there.sequences() == [1, 2, 3, 4, 5]
        assert [one.headers["webhook-id"] for one in there.got] == downstream.feed(ledger)
    first = there.got[0]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{first.headers['webhook-id']}.{first.headers['webhook-timestamp']}.".encode()
    code = hmac.new(key, content + first.body, hashlib.sha256).digest()
    assert first.headers["webhook-signature"] == f"v1,{base64.b64encode(code).decode()}"
    assert abs(int(first.headers["webhook-timestamp"]) - time.time()) < 60


def test_a_failed_delivery_comes_again_before_any_later_one(migrated: str) -> None:
    failing = iter([503, 500, 204, 204, 429])
    with (
        ledgers.opened(migrated) as ledger,
        subscriber(lambda _: next(failing, 204)) as there,
    ):
        changed(ledger, migrated)
        ledger.webhooks.add(there.url, label="", after=0)
        with delivering(ledger, migrated):
            downstream.until(lambda: len(there.got) >= 8, what="five deliveries, three repeated")
    assert there.sequences() == [1, 1, 1, 2, 3, 3, 4, 5]
    assert there.got[0].headers["webhook-id"] == there.got[2].headers["webhook-id"]


def test_what_cannot_be_delivered_becomes_a_dead_letter_and_the_rest_goes_on(migrated: str) -> None:
    with (
        ledgers.opened(migrated) as ledger,
        subscriber(lambda one: 500 if one.sequence == 2 else 204) as there,
    ):
        changed(ledger, migrated)
        name, _ = ledger.webhooks.add(there.url, label="", after=0)
        with delivering(ledger, migrated, webhook_attempts_max=3):
            downstream.until(lambda: 5 in there.sequences(), what="the last change")
        assert there.sequences() == [1, 2, 2, 2, 3, 4, 5]
        (letter,) = ledger.webhooks.dead_letters(name, limit=10)
        assert (letter.sequence, letter.attempts, letter.error) == (2, 3, "answered 500")


@pytest.mark.parametrize(("status", "deliveries"), [(500, 6), (410, 1)])
def test_a_subscriber_that_is_gone_is_stopped_and_can_be_resumed(
    migrated: str, status: int, deliveries: int
) -> None:
    with ledgers.opened(migrated) as ledger, subscriber(lambda _: status) as there:
        changed(ledger, migrated)
        name, _ = ledger.webhooks.add(there.url, label="", after=0)
        with delivering(ledger, migrated, webhook_attempts_max=2):
            downstream.until(
                lambda: ledger.webhooks.all()[0].stopped_at is not None, what="stopped"
            )
            assert len(there.got) == deliveries
            there.answer = lambda _: 204
            ledger.webhooks.replay(name, after=0)
            downstream.until(lambda: there.sequences()[-5:] == [1, 2, 3, 4, 5], what="replayed")


def test_a_replay_begins_where_it_is_told(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger, subscriber() as there:
        changed(ledger, migrated)
        name, _ = ledger.webhooks.add(there.url, label="", after=0)
        with delivering(ledger, migrated):
            downstream.until(lambda: len(there.got) >= 5, what="five deliveries")
            ledger.webhooks.replay(name, after=3)
            downstream.until(lambda: len(there.got) >= 7, what="two more")
    assert there.sequences() == [1, 2, 3, 4, 5, 4, 5]


def test_a_slow_subscriber_delays_nobody(migrated: str) -> None:
    held = Event()
    with (
        ledgers.opened(migrated) as ledger,
        subscriber(lambda _: 200 + held.wait(20)) as slow,
        subscriber() as quick,
    ):
        changed(ledger, migrated)
        ledger.webhooks.add(slow.url, label="slow", after=0)
        ledger.webhooks.add(quick.url, label="quick", after=0)
        with delivering(ledger, migrated):
            downstream.until(lambda: len(quick.got) == 5, what="the quick one", timeout_s=10)
            assert len(slow.got) == 1
            held.set()
            downstream.until(lambda: len(slow.got) == 5, what="the slow one", timeout_s=10)


ANSWERS = {
    "not HTTP": b"\x00 what\r\n\r\n",
    "a wait without end": b"HTTP/1.1 503 Busy\r\nretry-after: 1e999\r\ncontent-length: 0\r\n\r\n",
    "a wait that is no number": b"HTTP/1.1 503 Busy\r\nretry-after: nan\r\ncontent-length: 0\r\n\r\n",
    "elsewhere": b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    "a byte now and then": b"HTTP/1.1 204 " + 600 * b"x",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_whatever_a_subscriber_answers_an_attempt_is_counted(migrated: str, answer: bytes) -> None:
    pause_s = 0.05 if len(answer) > 500 else 0.0
    with ledgers.opened(migrated) as ledger, answering(answer, pause_s=pause_s) as url:
        changed(ledger, migrated, learners=1)
        name, _ = ledger.webhooks.add(url, label="", after=0)
        with delivering(ledger, migrated, webhook_attempts_max=2, webhook_timeout_s=0.5):
            downstream.until(
                lambda: ledger.webhooks.dead_letters(name, limit=1), what="given up", timeout_s=10
            )
        (letter,) = ledger.webhooks.dead_letters(name, limit=1)
        assert (letter.sequence, letter.attempts) == (1, 2)


@contextmanager
def answering(answer: bytes, *, pause_s: float) -> Generator[str]:
    """Answer every request with these bytes; with a pause, one by one."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            size = 1 if pause_s else len(answer)
            with suppress(OSError):
                for start in range(0, len(answer), size):
                    self.request.sendall(answer[start : start + size])
                    time.sleep(pause_s)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_a_destination_that_turns_private_is_stopped_before_anything_is_sent(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger, subscriber() as there:
        changed(ledger, migrated)
        ledger.webhooks.add(there.url.replace("http", "https"), label="", after=0)
        given = downstream.settings(migrated)
        stop = Event()
        thread = Thread(target=Deliverer(ledger, given).run, args=(stop,), daemon=True)
        thread.start()
        downstream.until(lambda: ledger.webhooks.all()[0].stopped_at is not None, what="stopped")
        stop.set()
        thread.join(20)
    assert there.got == []


def test_stewards_subscribe_replay_and_unsubscribe_over_http(migrated: str) -> None:
    with serving(migrated, webhook_private_addresses=True) as site:
        downstream.load(site.ledger, learners=4)
        downstream.engine_catches_up(site.ledger, ledgers.settings(migrated))
        last = len(downstream.feed(site.ledger))
        assert last > 3
        steward, path = site.as_role("steward"), "/v1/webhooks"
        made = steward.post(path, json={"url": "http://127.0.0.1:9/hook", "label": "SIS"})
        assert made.status_code == 201
        assert made.json()["secret"].startswith("whsec_")
        name = UUID(made.json()["id"])
        (listed,) = steward.get(path).json()["items"]
        assert (listed["url"], listed["position"]) == ("http://127.0.0.1:9/hook", 0)
        assert "secret" not in listed
        assert steward.post(f"{path}/{name}/replay", json={"after": 3}).status_code == 204
        assert steward.get(path).json()["items"][0]["position"] == 3
        beyond = {"after": last + 1}
        assert steward.post(f"{path}/{name}/replay", json=beyond).status_code == 400
        answer = steward.post(path, json={"url": "http://127.0.0.1:9/hook", **beyond})
        assert (answer.status_code, f"ends at {last}" in answer.json()["detail"]) == (400, True)
        assert steward.get(f"{path}/{name}/dead-letters").json() == {"items": []}
        assert site.as_role("reader").get(path).status_code == 403
        assert steward.delete(f"{path}/{name}").status_code == 204
        assert steward.delete(f"{path}/{name}").status_code == 404


def test_a_private_url_is_refused_over_http(migrated: str) -> None:
    with serving(migrated) as site:
        answer = site.as_role("steward").post(
            "/v1/webhooks", json={"url": "https://127.0.0.1/hook"}
        )
        assert answer.status_code == 400
        assert "private" in answer.json()["detail"]
