"""Machines to look at on the page of operations: their reports, without the machines."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Json

from consumers import outbox, reporting, statements
from projections import keeping
from tests.browser.site import Site

PIDS = range(4_711, 4_717)


@contextmanager
def running(site: Site) -> Generator[None]:
    """An engine, two relays, a consumer, one that delivers webhooks, and one that was killed."""
    head = site.seeded.ledger.log.head()
    leads = [_gauge("mastery_relay_leads", 1), _gauge("mastery_relay_position", head - 2, feed="facts"),
             _gauge("mastery_relay_position", 3, feed="changes"),
             _counter("mastery_relay_records_total", 1_204_113, 412.5)]  # fmt: skip
    reports: dict[int, tuple[str, str, list[dict[str, Any]], int]] = {
        PIDS[0]: ("engine", "ledger-1", [], 0),
        PIDS[1]: ("relay", "ledger-1", leads, 0),
        PIDS[2]: ("relay", "ledger-2", [_gauge("mastery_relay_leads", 0)], 0),
        PIDS[3]: ("consume", "ledger-1", [
            _counter("mastery_inbound_messages_total", 88_120, 36.0, outcome="recorded"),
            _gauge("mastery_inbound_lag", 17), _counter("mastery_retries_total", 2, 0, part="inbound"),
        ], 0),
        PIDS[4]: ("webhooks", "ledger-2", [_gauge("mastery_webhook_leads", 1)], 0),
        PIDS[5]: ("consume", "ledger-2", [], 90),
    }  # fmt: skip
    with outbox.connected(site.seeded.ledger.conninfo) as connection:
        keeping.claim(connection, "engine")
        connection.execute(statements.query("make_processes"))
        with reporting.reporting(site.seeded.ledger.conninfo, "serve"):
            for pid, (part, host, numbers, silent_s) in reports.items():
                _report(connection, pid, part, host, numbers, silent_s)
            try:
                yield
            finally:
                gone = list(PIDS)
                connection.execute("DELETE FROM views.processes WHERE pid = ANY(%s)", (gone,))


def _report(
    connection: Connection[Any], pid: int, part: str, host: str, numbers: list[dict[str, Any]],
    silent_s: int,
) -> None:  # fmt: skip
    process = UUID(int=pid)
    row = {"process": process, "part": part, "host": host, "pid": pid, "numbers": Json(numbers)}
    connection.execute(statements.query("report"), row)
    connection.execute(
        "UPDATE views.processes SET seen_at = seen_at - make_interval(secs => %s) WHERE process = %s",
        (silent_s, process),
    )


def _gauge(name: str, value: float, **labels: str) -> dict[str, Any]:
    return {"name": name, "labels": labels, "value": value}


def _counter(name: str, value: float, per_s: float, **labels: str) -> dict[str, Any]:
    return {**_gauge(name, value, **labels), "per_s": per_s}
