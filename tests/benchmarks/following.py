"""The views: how fast a live engine follows the log, and how fast they are rebuilt."""

from __future__ import annotations

import time
from threading import Event, Thread

from ledger.service import Ledger
from projections.engine import Engine
from projections.rebuild import rebuild
from tests.benchmarks.served import Prepared
from tests.benchmarks.table import Line

LIVE_S = 15.0


def measure(prepared: Prepared) -> list[Line]:
    """Follow the log from its beginning for some seconds; then rebuild from all of it."""
    with Ledger.open(prepared.settings) as ledger:
        head = ledger.log.head()
        live = _live(ledger, prepared)
        started, cpu = time.perf_counter(), time.process_time()
        facts = rebuild(ledger, prepared.settings).facts
        seconds, busy = time.perf_counter() - started, time.process_time() - cpu
    part = "views"
    return [
        Line(part, "live engine", live, "facts/s"),
        Line(part, f"rebuild of {facts:,} of {head:,} facts", facts / seconds, "facts/s", 40_000),
        Line(part, "rebuild: of one core", busy / seconds, "cores"),
    ]


def _live(ledger: Ledger, prepared: Prepared) -> float:
    engine, stop = Engine(ledger, prepared.settings), Event()
    thread = Thread(target=engine.run, args=(stop,))
    head, started = ledger.log.head(), time.perf_counter()
    thread.start()
    reached = 0
    while reached < head and time.perf_counter() - started < LIVE_S:
        time.sleep(0.1)
        reached = Engine(ledger, prepared.settings).position()
    seconds = time.perf_counter() - started
    stop.set()
    thread.join()
    return reached / seconds
