"""Metrics for operators, and the contract for integrators."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx
from psycopg import Connection

from consumers import metrics, outbox, reporting
from tests import downstream
from tests.served import serving

ROOT = Path(__file__).parents[2]


def test_an_operator_sees_how_far_everything_is_and_nobodys_name(migrated: str) -> None:
    with serving(migrated) as site:
        downstream.load(site.ledger, learners=4)
        downstream.engine_catches_up(site.ledger, downstream.settings(migrated))
        answer = site.as_role("operator").get("/metrics")
        head = site.ledger.log.head()
        assert site.as_role("reader").get("/metrics").status_code == 403
        assert site.client().get("/metrics").status_code == 401
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert f"mastery_log_position {head}" in lines
    assert f"mastery_views_position {head}" in lines
    assert "mastery_feed_sequence 4" in lines
    assert "student" not in answer.text


def test_anyone_may_read_the_contract(migrated: str) -> None:
    with serving(migrated) as site:
        answer = site.client().get("/asyncapi.json")
    assert answer.json() == json.loads((ROOT / "docs" / "asyncapi.json").read_text())


def test_a_process_without_pages_serves_its_metrics_on_loopback() -> None:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with metrics.served(port):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert "# TYPE mastery_relay_records_total counter" in text


def test_each_process_reports_itself_and_takes_its_report_away(migrated: str) -> None:
    with outbox.connected(migrated) as connection:
        assert reporting.read(connection) == []
        with (
            reporting.reporting(migrated, "relay", every_s=0.1),
            reporting.reporting(migrated, "work", every_s=0.1),
        ):
            downstream.until(lambda: len(reporting.read(connection)) == 2, what="two reports")
            metrics.RELAYED.add(1_000)
            downstream.until(lambda: rate_seen(connection) > 0, what="a rate")
            found = reporting.read(connection)
        assert [one.part for one in found] == ["relay", "work"]
        assert {one.pid for one in found} == {os.getpid()}
        assert not any(one.is_silent for one in found)
        assert reporting.read(connection) == []


def rate_seen(connection: Connection[Any]) -> float:
    return max(one.rate(metrics.RELAYED.name) or 0 for one in reporting.read(connection))


def test_a_report_outlives_the_database_s_restart_of_sessions(migrated: str) -> None:
    with (
        outbox.connected(migrated) as connection,
        reporting.reporting(migrated, "relay", every_s=0.1),
    ):
        downstream.until(lambda: reporting.read(connection), what="a report")
        downstream.end_sessions(migrated, role_of="UPDATE views.processes")
        downstream.until(
            lambda: any(one.silent_s < 0.2 for one in reporting.read(connection)),
            what="reports that go on",
        )
        assert len(reporting.read(connection)) == 1
