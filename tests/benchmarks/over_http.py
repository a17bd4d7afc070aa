"""Over HTTP: evidence in, sealed and durably committed before the answer; mastery out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import evidence, load
from tests.benchmarks.served import Prepared, Served, serving, thin
from tests.benchmarks.table import Line

PART = "evidence over HTTP"
CONNECTIONS = 4
SECONDS = 12.0
WARM_S = 2.0
BATCH = 500
SINGLES_FIRST = 10_000_000  # message numbers of their own
SECOND_FIRST = 60_000_000


def measure(prepared: Prepared, bodies: Path) -> list[Line]:
    """Measure from an empty database; client, service and PostgreSQL share the machine."""
    batch_file, single_file = bodies / "batches", bodies / "singles"
    load.write_bodies(batch_file, evidence.batches(BATCH), most=700)
    load.write_bodies(single_file, evidence.singles(first=SINGLES_FIRST), most=60_000)
    with serving(prepared, "--no-engine", "--no-pages") as served:
        batches = _batches(prepared, served, batch_file, "")
        singles = _singles(prepared, served, single_file)
        out = _out(prepared, served)
    lines = [*batches, *singles, *_thin(prepared, batch_file, single_file, batches, singles), *out]
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


def _thin(
    prepared: Prepared, batch_file: Path, single_file: Path,
    batches: Sequence[Line], singles: Sequence[Line],
) -> list[Line]:  # fmt: skip
    """The same bodies to the thinnest door there could be: what the machine gives today."""
    with thin(prepared) as door:
        many = load.run(
            door.address, token="", connections=CONNECTIONS, seconds=SECONDS, bodies=batch_file
        )
        one = load.run(door.address, token="", connections=32, seconds=SECONDS, bodies=single_file)
    thinnest, unit, of = "the thinnest door", "evidence/s", "ours / the thinnest door"
    return [
        Line(PART, f"batches of {BATCH}: {thinnest}", many.rate * BATCH, unit),
        Line(PART, f"batches of {BATCH}: {of}", batches[0].found / (many.rate * BATCH), "times"),
        Line(PART, f"single posts: {thinnest}", one.rate, unit),
        Line(PART, f"single posts: {of}", singles[0].found / one.rate, "times"),
        Line(PART, f"{thinnest}: requests that failed", many.failed + one.failed, "", 0, lower_is_better=True),
    ]  # fmt: skip


def _costs(
    what: str, start: tuple[float, float], end: tuple[float, float], done: int
) -> list[Line]:
    """What a thousand pieces cost, whoever else uses the machine."""
    return [
        Line(PART, f"{what}: {who}", (after - before) * 1e6 / max(done, 1), "CPU ms per 1,000")
        for who, before, after in zip(("service", "PostgreSQL"), start, end, strict=True)
    ]


def _out(prepared: Prepared, served: Served) -> list[Line]:
    """Ask for one long record again and again, as is usual; and as of a position, folded anew."""
    url = f"{served.address}/v1/learners/{prepared.learner}/mastery"
    part = f"mastery, {prepared.facts:,} facts"
    load.run(url, token=prepared.reader, connections=1, seconds=WARM_S)
    before = served.cpu_s()[0]
    again = load.run(url, token=prepared.reader, connections=4, seconds=SECONDS / 2)
    middle = served.cpu_s()[0]
    anew = load.run(
        f"{url}?as_of={prepared.facts}", token=prepared.reader, connections=1, seconds=SECONDS / 2
    )
    costs = (
        (middle - before) / max(again.requests, 1),
        (served.cpu_s()[0] - middle) / max(anew.requests, 1),
    )
    return [
        Line(part, "asked again, 4 connections: p50", again.p50_ms, "ms"),
        Line(part, "asked again: p99", again.p99_ms, "ms", 60, lower_is_better=True),
        Line(part, "asked again: service", costs[0] * 1e3, "CPU ms each"),
        Line(part, "folded anew (as of a position): p50", anew.p50_ms, "ms"),
        Line(part, "folded anew: service", costs[1] * 1e3, "CPU ms each"),
        Line(part, "requests that failed", again.failed + anew.failed, "", 0, lower_is_better=True),
    ]
