"""Counters and gauges of this process, in the text form that Prometheus reads.

Numbers about machines only: no label ever holds a learner, a provider or a URL.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Literal

from ledger.errors import SettingError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[tuple[str, str], ...]


class Metric:
    """One name, with a value for each set of labels."""

    def __init__(self, name: str, kind: Literal["counter", "gauge"], text: str) -> None:
        self.name, self.kind, self.text = name, kind, text
        self._values: dict[Labels, float] = {}
        self._lock = Lock()

    def add(self, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            self._values[key] = self._values.get(key, 0) + amount

    def set(self, value: float, **labels: str) -> None:
        """Set a gauge."""
        with self._lock:
            self._values[tuple(sorted(labels.items()))] = value

    def value(self, **labels: str) -> float:
        """Give the value; 0 where there is none yet."""
        return self._values.get(tuple(sorted(labels.items())), 0)

    def values(self) -> list[tuple[Labels, float]]:
        """Give all values, by their labels."""
        with self._lock:
            return sorted(self._values.items())

    def lines(self) -> Iterator[str]:
        """Write it as Prometheus reads it."""
        yield f"# HELP {self.name} {self.text}"
        yield f"# TYPE {self.name} {self.kind}"
        for labels, value in self.values() or [((), 0.0)]:
            inside = ",".join(f'{name}="{text}"' for name, text in labels)
            yield f"{self.name}{{{inside}}} {value:g}" if inside else f"{self.name} {value:g}"


RELAYED = Metric("mastery_relay_records_total", "counter", "Records committed to Kafka.")
RELAY_POSITION = Metric("mastery_relay_position", "gauge", "Last position committed to Kafka.")
RELAY_LAG = Metric("mastery_relay_lag", "gauge", "Records not in Kafka yet.")
RELAY_LEADS = Metric("mastery_relay_leads", "gauge", "1 where this relay works, 0 on standby.")
INBOUND = Metric("mastery_inbound_messages_total", "counter", "Submitted messages, by outcome.")
INBOUND_LAG = Metric("mastery_inbound_lag", "gauge", "Submitted messages not read yet.")
WEBHOOKS_LEAD = Metric(
    "mastery_webhook_leads", "gauge", "1 where this process delivers, 0 on standby."
)
WORKED = Metric("mastery_work_facts_total", "counter", "Facts taken over by this worker.")
RETRIES = Metric("mastery_retries_total", "counter", "Attempts repeated after a failure, by part.")
DELIVERED = Metric("mastery_webhook_deliveries_total", "counter", "Webhook attempts, by outcome.")
DEAD_LETTERS = Metric("mastery_webhook_dead_letters", "gauge", "Deliveries that were given up.")
WEBHOOK_LAG = Metric("mastery_webhook_lag", "gauge", "Changes not delivered yet, worst subscriber.")
FOLLOWERS = Metric("mastery_feed_followers", "gauge", "Open streams and long polls.")
LOG_POSITION = Metric("mastery_log_position", "gauge", "Last position of the log.")
VIEWS_POSITION = Metric("mastery_views_position", "gauge", "Position that the views have reached.")
FEED_SEQUENCE = Metric("mastery_feed_sequence", "gauge", "Last sequence of the feed of changes.")
ALL = (
    RELAYED, RELAY_POSITION, RELAY_LAG, RELAY_LEADS, INBOUND, INBOUND_LAG, WORKED, RETRIES,
    WEBHOOKS_LEAD, DELIVERED, DEAD_LETTERS, WEBHOOK_LAG, FOLLOWERS, LOG_POSITION, VIEWS_POSITION, FEED_SEQUENCE,
)  # fmt: skip


def exposition() -> bytes:
    """Give all metrics of this process."""
    return "".join(f"{line}\n" for metric in ALL for line in metric.lines()).encode()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = exposition()
        self.send_response(200)
        self.send_header("content-type", CONTENT_TYPE)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the parent's name
        """Say nothing: a scrape every few seconds is no news."""


@contextmanager
def served(port: int) -> Generator[None]:
    """Serve the metrics on loopback while the context lasts; port 0 serves nothing.

    Raises:
        SettingError: the port cannot be had.
    """
    if port == 0:
        yield
        return
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    except OSError as error:
        raise SettingError(
            f"MASTERY_METRICS_PORT: port {port} on loopback cannot be had ({error.strerror}): each "
            "command on one machine needs a port of its own"
        ) from error
    thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
