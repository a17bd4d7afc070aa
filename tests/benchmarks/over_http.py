"""Over HTTP: evidence in, sealed and durably committed before the answer; mastery out."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import evidence, load
from tests.benchmarks.served import Prepared, serving
from tests.benchmarks.table import Line

SECONDS = 12.0
WARM_S = 2.0
BATCH = 500
SINGLES_FIRST = 10_000_000  # message numbers of their own


def measure(prepared: Prepared, bodies: Path) -> list[Line]:
    """Measure from an empty database; client, service and PostgreSQL share the machine."""
    batch_file, single_file = bodies / "batches", bodies / "singles"
    load.write_bodies(batch_file, evidence.batches(BATCH), most=700)
    load.write_bodies(single_file, evidence.singles(first=SINGLES_FIRST), most=60_000)
    with serving(prepared, "--no-engine", "--no-pages") as address:
        lines = _in(prepared, address, batch_file, single_file)
        return lines + _out(prepared, address)


def _in(prepared: Prepared, address: str, batches: Path, singles: Path) -> list[Line]:
    url, token = f"{address}/v1/evidence", prepared.token
    many = load.run(url, token=token, connections=4, seconds=SECONDS, bodies=batches)
    one = load.run(url, token=token, connections=32, seconds=SECONDS, bodies=singles)
    part = "evidence over HTTP"
    return [
        Line(part, f"batches of {BATCH}, 4 connections", many.rate * BATCH, "evidence/s", 8_000),
        Line(part, f"batches of {BATCH}: p99", many.p99_ms, "ms"),
        Line(part, "single posts, 32 connections", one.rate, "evidence/s", 1_000),
        Line(part, "single posts: p50", one.p50_ms, "ms"),
        Line(part, "single posts: p99", one.p99_ms, "ms", 100, lower_is_better=True),
        Line(part, "requests that failed", many.failed + one.failed, "", 0, lower_is_better=True),
    ]


def _out(prepared: Prepared, address: str) -> list[Line]:
    url = f"{address}/v1/learners/{prepared.learner}/mastery"
    load.run(url, token=prepared.reader, connections=1, seconds=WARM_S)
    found = load.run(url, token=prepared.reader, connections=1, seconds=SECONDS / 2)
    part, what = "mastery on demand", f"one learner with {prepared.facts:,} facts"
    return [
        Line(part, f"{what}: p50", found.p50_ms, "ms"),
        Line(part, f"{what}: p99", found.p99_ms, "ms", 60, lower_is_better=True),
        Line(part, "requests that failed", found.failed, "", 0, lower_is_better=True),
    ]
