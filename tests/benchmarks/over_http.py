"""Over HTTP: evidence in, sealed and durably committed before the answer; mastery out."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import evidence, load
from tests.benchmarks.served import Prepared, Served, serving
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
    with serving(prepared, "--no-engine", "--no-pages") as served:
        lines = _in(prepared, served, batch_file, single_file)
        return lines + _out(prepared, served)


def _in(prepared: Prepared, served: Served, batches: Path, singles: Path) -> list[Line]:
    url, token = f"{served.address}/v1/evidence", prepared.token
    start = served.cpu_s()
    many = load.run(url, token=token, connections=4, seconds=SECONDS, bodies=batches)
    middle = served.cpu_s()
    one = load.run(url, token=token, connections=32, seconds=SECONDS, bodies=singles)
    end = served.cpu_s()
    part = "evidence over HTTP"
    return [
        Line(part, f"batches of {BATCH}, 4 connections", many.rate * BATCH, "evidence/s", 8_000),
        Line(part, f"batches of {BATCH}: p99", many.p99_ms, "ms"),
        *_costs(part, f"batches of {BATCH}", start, middle, many.requests * BATCH),
        Line(part, "single posts, 32 connections", one.rate, "evidence/s", 1_000),
        Line(part, "single posts: p50", one.p50_ms, "ms"),
        Line(part, "single posts: p99", one.p99_ms, "ms", 100, lower_is_better=True),
        *_costs(part, "single posts", middle, end, one.requests),
        Line(part, "requests that failed", many.failed + one.failed, "", 0, lower_is_better=True),
    ]


def _costs(
    part: str, what: str, start: tuple[float, float], end: tuple[float, float], done: int
) -> list[Line]:
    """What a thousand pieces cost, whoever else uses the machine."""
    return [
        Line(part, f"{what}: {who}", (after - before) * 1e6 / max(done, 1), "CPU ms per 1,000")
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
