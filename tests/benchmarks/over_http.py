"""Over HTTP: evidence in, sealed and durably committed before the answer; mastery out."""

from __future__ import annotations

import os
from pathlib import Path

from tests.benchmarks import evidence, load
from tests.benchmarks.served import Prepared, Served, serving
from tests.benchmarks.table import Line

PART = "evidence over HTTP"
CONNECTIONS = 4
SECONDS = 12.0
WARM_S = 2.0
BATCH = 500
SINGLES_FIRST = 10_000_000  # message numbers of their own
SECOND_FIRST = 20_000_000


def measure(prepared: Prepared, bodies: Path) -> list[Line]:
    """Measure from an empty database; client, service and PostgreSQL share the machine."""
    batch_file, single_file = bodies / "batches", bodies / "singles"
    load.write_bodies(batch_file, evidence.batches(BATCH), most=700)
    load.write_bodies(single_file, evidence.singles(first=SINGLES_FIRST), most=60_000)
    with serving(prepared, "--no-engine", "--no-pages") as served:
        lines = [
            *_batches(prepared, served, batch_file, ""),
            *_singles(prepared, served, single_file),
        ]
        lines += _out(prepared, served)
    # Other messages: what one process recorded is a duplicate for the next.
    load.write_bodies(batch_file, evidence.batches(BATCH, first=SECOND_FIRST), most=700)
    processes = os.cpu_count() or 1
    with serving(prepared, "--no-engine", "--no-pages", "--processes", str(processes)) as served:
        lines += _batches(prepared, served, batch_file, f" to {processes} processes")
    return lines


def _batches(prepared: Prepared, served: Served, bodies: Path, to: str) -> list[Line]:
    what, start = f"batches of {BATCH}{to}", served.cpu_s()
    found = load.run(
        f"{served.address}/v1/evidence", token=prepared.token, connections=CONNECTIONS,
        seconds=SECONDS, bodies=bodies,
    )  # fmt: skip
    return [
        Line(PART, f"{what}, {CONNECTIONS} connections", found.rate * BATCH, "evidence/s", 8_000),
        Line(PART, f"{what}: p99", found.p99_ms, "ms"),
        *_costs(what, start, served.cpu_s(), found.requests * BATCH),
        Line(PART, f"{what}: requests that failed", found.failed, "", 0, lower_is_better=True),
    ]


def _singles(prepared: Prepared, served: Served, bodies: Path) -> list[Line]:
    what, start = "single posts", served.cpu_s()
    found = load.run(
        f"{served.address}/v1/evidence", token=prepared.token, connections=32,
        seconds=SECONDS, bodies=bodies,
    )  # fmt: skip
    return [
        Line(PART, f"{what}, 32 connections", found.rate, "evidence/s", 1_000),
        Line(PART, f"{what}: p50", found.p50_ms, "ms"),
        Line(PART, f"{what}: p99", found.p99_ms, "ms", 100, lower_is_better=True),
        *_costs(what, start, served.cpu_s(), found.requests),
        Line(PART, f"{what}: requests that failed", found.failed, "", 0, lower_is_better=True),
    ]


def _costs(
    what: str, start: tuple[float, float], end: tuple[float, float], done: int
) -> list[Line]:
    """What a thousand pieces cost, whoever else uses the machine."""
    return [
        Line(PART, f"{what}: {who}", (after - before) * 1e6 / max(done, 1), "CPU ms per 1,000")
        for who, before, after in zip(("service", "PostgreSQL"), start, end, strict=True)
    ]


def _out(prepared: Prepared, served: Served) -> list[Line]:
    url = f"{served.address}/v1/learners/{prepared.learner}/mastery"
    load.run(url, token=prepared.reader, connections=1, seconds=WARM_S)
    before = served.cpu_s()[0]
    found = load.run(url, token=prepared.reader, connections=1, seconds=SECONDS / 2)
    cost = (served.cpu_s()[0] - before) * 1e3 / max(found.requests, 1)
    part, what = "mastery on demand", f"one learner with {prepared.facts:,} facts"
    return [
        Line(part, f"{what}: p50", found.p50_ms, "ms"),
        Line(part, f"{what}: p99", found.p99_ms, "ms", 60, lower_is_better=True),
        Line(part, f"{what}: service", cost, "CPU ms each"),
        Line(part, "requests that failed", found.failed, "", 0, lower_is_better=True),
    ]
