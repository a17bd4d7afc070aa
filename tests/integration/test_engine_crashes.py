"""An engine that is killed, and one that works while the views are rebuilt."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from threading import Event, Thread
from time import sleep

import pytest

from ledger.service import Ledger
from projections import writing
from projections.engine import Engine
from projections.rebuild import rebuild
from tests import ledgers
from tests.builders import Given, evidence, learner, policy
from tests.log_keeping import Kept, kept

TABLES = ("observations", "mastery", "learners", "providers", "mastery_changes")
LEARNERS = 12


@pytest.fixture
def keeping(migrated: str) -> Iterator[Kept]:
    with kept(migrated, due_margin_ms=0, engine_batch_facts_max=7) as keeping:
        yield keeping


def history(given: Given, count: int) -> None:
    for number in range(len(given.facts), len(given.facts) + count):
        who = learner(number % LEARNERS)
        said = evidence(
            f"W{number % 4 + 1}", score=f"0.{number * 7 % 10}", external_id=f"x{number}"
        )
        given.recorded(number, said, who=who)


def prepared() -> Given:
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy(estimate={"method": "latest"}))
    return given


def contents(keeping: Kept) -> dict[str, list[tuple[object, ...]]]:
    return {name: keeping.view(name) for name in TABLES}


def follow(url: str) -> None:
    settings = ledgers.settings(url, engine_batch_facts_max=7)
    with Ledger.open(settings) as ledger:
        Engine(ledger, settings).run(Event())


def test_a_killed_engine_loses_nothing_and_repeats_nothing(keeping: Kept, migrated: str) -> None:
    given = prepared()
    history(given, 600)
    keeping.keep(given.facts)
    for pause in (0.7, 0.8, 0.9):
        process = multiprocessing.get_context("spawn").Process(target=follow, args=(migrated,))
        process.start()
        sleep(pause)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(10)
    Engine(keeping.ledger, keeping.settings).catch_up()
    found = contents(keeping)
    sequences = [row[0] for row in keeping.view("mastery_changes", "sequence", order="1")]
    assert sequences == list(range(1, len(sequences) + 1))
    assert rebuild(keeping.ledger, keeping.settings).changes == 0
    assert contents(keeping) == found


def test_a_batch_that_fails_leaves_no_trace(keeping: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    given = prepared()
    history(given, 30)
    keeping.keep(given.facts)
    live = Engine(keeping.ledger, keeping.settings)
    failures = iter(range(3))

    def failing(*_: object, **__: object) -> int:
        if next(failures, None) is not None:
            raise RuntimeError("the disk is full")
        return 0

    monkeypatch.setattr(writing, "put_changes", failing)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="disk"):
            live.catch_up()
    monkeypatch.undo()
    assert live.catch_up() > 0
    found = contents(keeping)
    assert rebuild(keeping.ledger, keeping.settings).changes == 0
    assert contents(keeping) == found


def test_rebuilds_and_a_running_engine_do_not_disturb_each_other(keeping: Kept) -> None:
    given = prepared()
    keeping.keep(given.facts)
    stop = Event()
    live = Engine(keeping.ledger, keeping.settings)
    thread = Thread(target=live.run, args=(stop,))
    thread.start()
    try:
        while live.position() < len(given.facts):
            sleep(0.01)
        for _ in range(4):
            before = len(given.facts)
            history(given, 120)
            keeping.keep(given.facts[before:])
            assert rebuild(keeping.ledger, keeping.settings).changes == 0
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    live.catch_up()
    found = contents(keeping)
    assert keeping.view("generations", "position", order="1") == [(len(given.facts),)]
    rebuild(keeping.ledger, keeping.settings)
    assert contents(keeping) == found
