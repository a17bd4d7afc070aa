"""The views: how fast a live engine follows the log, and how fast they are rebuilt."""

from __future__ import annotations

import time
from threading import Event, Thread

from ledger.service import Ledger
from projections.engine import Engine
from projections.rebuild import rebuild
from tests.benchmarks import evidence
from tests.benchmarks.served import Prepared, submit
from tests.benchmarks.table import Line

LIVE_S = 20.0
LIVE_FACTS = 20_000
LIVE_FIRST = 20_000_000  # message numbers of their own


def measure(prepared: Prepared) -> list[Line]:
    """Build the views from the whole log; then append more and let a live engine follow."""
    with Ledger.open(prepared.settings) as ledger:
        started, cpu = time.perf_counter(), time.process_time()
        facts = rebuild(ledger, prepared.settings).facts
        seconds, busy = time.perf_counter() - started, time.process_time() - cpu
        live = _live(ledger, prepared)
    part = "views"
    return [
        Line(part, f"rebuild of {facts:,} facts", facts / seconds, "facts/s", 40_000),
        Line(part, "rebuild: of one core", busy / seconds, "cores"),
        Line(part, "rebuild: for a CPU second of ours", facts / busy, "facts"),
        Line(part, "live engine", live, "facts/s"),
    ]


def _live(ledger: Ledger, prepared: Prepared) -> float:
    before = ledger.log.head()
    items = [evidence.item(LIVE_FIRST + number) for number in range(LIVE_FACTS)]
    submit(ledger, prepared.provider, items)
    head = ledger.log.head()
    engine, stop = Engine(ledger, prepared.settings), Event()
    thread = Thread(target=engine.run, args=(stop,))
    reached, started = before, time.perf_counter()
    thread.start()
    while reached < head and time.perf_counter() - started < LIVE_S:
        time.sleep(0.1)
        reached = engine.position()
    seconds = time.perf_counter() - started
    stop.set()
    thread.join()
    return (reached - before) / seconds
