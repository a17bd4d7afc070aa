"""What it means, measured: judging, rebuilding the views, and a live engine that follows."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Event, Thread

import msgspec

from ledger.collecting import long_lived
from ledger.domain.catalogue import Recorded
from ledger.domain.ids import LearnerId
from ledger.service import Ledger
from projections import views
from projections.engine import Engine
from projections.learner import LearnerRecord
from projections.observing import Observed
from projections.policies import compile_policy
from projections.policies.presets import default_policy
from projections.rebuild import rebuild
from projections.registry import Registry
from tests.benchmarks import busy, evidence
from tests.benchmarks.served import Prepared, submit
from tests.benchmarks.table import Line

LIVE_S = 20.0
LIVE_FACTS = 20_000
LIVE_FIRST = 20_000_000  # message numbers of their own
JUDGED = 50
JUDGED_ROUNDS = 20
JUDGED_TIMES = 50


def measure(prepared: Prepared) -> list[Line]:
    """Judge; build the views from the whole log; then append more and let an engine follow."""
    with Ledger.open(prepared.settings) as ledger:
        return [
            _judging(ledger, prepared.learner),
            *_rebuilding(ledger, prepared),
            *_living(ledger, prepared),
        ]


def _judging(ledger: Ledger, learner: LearnerId) -> Line:
    """Judge one competency by the shipped policy; the best of several rounds."""
    registry = Registry.fold(ledger.log.reference())
    facts = [_onto_one(one) for one in ledger.log.stream(learner)[: 2 + JUDGED]]
    (line,) = Observed(LearnerRecord.fold(learner, facts), registry).lines.values()
    judge, on, best = compile_policy(default_policy()), datetime.now(UTC), float("inf")
    for _ in range(JUDGED_ROUNDS):
        # Lists of their own: nothing is known of the observations but what they say.
        given = [list(line.seen) for _ in range(JUDGED_TIMES)]
        started = time.process_time()
        for seen in given:
            judge(seen, competency=seen[0].competency, on=on)
        best = min(best, (time.process_time() - started) / JUDGED_TIMES)
    what = f"{len(line.seen)} observations, shipped policy"
    return Line("judging", what, best * 1e6, "µs", 100, lower_is_better=True)


def _onto_one(recorded: Recorded) -> Recorded:
    """Let a piece of evidence be about the first competency."""
    said = getattr(recorded.fact, "evidence", None)
    if said is None:
        return recorded
    alignment = msgspec.structs.replace(said.alignments[0], competency=evidence.uri(0))
    said = msgspec.structs.replace(said, alignments=(alignment,))
    return msgspec.structs.replace(
        recorded, fact=msgspec.structs.replace(recorded.fact, evidence=said)
    )


def _rebuilding(ledger: Ledger, prepared: Prepared) -> list[Line]:
    part = "views"
    started, cpu = time.perf_counter(), time.process_time()
    facts = rebuild(ledger, prepared.settings, processes=1).facts
    alone, spent = time.perf_counter() - started, time.process_time() - cpu
    started = time.perf_counter()
    rebuild(ledger, prepared.settings, processes=2)
    by_two = time.perf_counter() - started
    return [
        Line(part, f"rebuild of {facts:,} facts, one process", facts / alone, "facts/s", 40_000),
        Line(part, "rebuild: for a CPU second of ours", facts / spent, "facts"),
        Line(part, "rebuild: two processes", facts / by_two, "facts/s"),
        Line(part, "rebuild: two processes / one", alone / by_two, "times", 1.7),
    ]


def _living(ledger: Ledger, prepared: Prepared) -> list[Line]:
    """Follow with nobody in memory, then with all of everybody; learners take turns."""
    long_lived()  # as `mastery serve` and `mastery engine` are
    engine, stop = Engine(ledger, prepared.settings), Event()
    thread = Thread(target=engine.run, args=(stop,))
    engine.catch_up()
    thread.start()
    try:
        whole = evidence.LEARNERS * evidence.COMPETENCIES_EACH
        cold, *_ = _followed(ledger, prepared, engine, count=whole, start=LIVE_FIRST)
        start = LIVE_FIRST + whole
        rate, ours, theirs = _followed(ledger, prepared, engine, count=LIVE_FACTS, start=start)
    finally:
        stop.set()
        thread.join()
    part = "live engine"
    return [
        Line(part, f"{evidence.LEARNERS:,} learners read as they are touched", cold, "facts/s"),
        Line(part, "learners in memory", rate, "facts/s", 5_000),
        Line(part, "learners in memory: ours", ours, "CPU ms per 1,000"),
        Line(part, "learners in memory: PostgreSQL", theirs, "CPU ms per 1,000"),
    ]


def _followed(
    ledger: Ledger, prepared: Prepared, engine: Engine, *, count: int, start: int
) -> tuple[float, float, float]:
    """Append facts while the engine is held up; give its rate, and the CPU of both sides."""
    items = [evidence.item(start + number) for number in range(count)]
    with views.connected(ledger.conninfo) as connection, connection.transaction():
        views.live(connection.cursor(), locked=True)
        before = engine.position()
        submit(ledger, prepared.provider, items)
        head = ledger.log.head()
        assert head - before >= count, "these messages were sent before: nothing to follow"
        postgres = prepared.settings.data_dir / "postgresql"
        spent, theirs = time.process_time(), busy.postgres_cpu_s(postgres)
    reached, started = before, time.perf_counter()
    while reached < head and time.perf_counter() - started < LIVE_S:
        time.sleep(0.1)
        reached = engine.position()
    seconds, facts = time.perf_counter() - started, max(reached - before, 1)
    spent, theirs = time.process_time() - spent, busy.postgres_cpu_s(postgres) - theirs
    return facts / seconds, spent * 1e6 / facts, theirs * 1e6 / facts
