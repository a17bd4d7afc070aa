from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from multiprocessing import get_context
from multiprocessing.synchronize import Semaphore
from threading import Barrier

import psycopg
import pytest

from ledger.domain.evidence import Submission
from ledger.domain.ids import ProviderId
from ledger.errors import ConflictError, LedgerError
from ledger.service import Ledger, Outcome, Receipt
from ledger.store.recorder import APPEND_LOCK
from tests.downstream import until
from tests.ledgers import (
    ANSWER_S,
    NOON,
    opened,
    provider,
    receipt,
    refusal,
    rows,
    submission,
    submit,
)
from tests.logs import unsound

DELIVERIES = 3
BATCH = [submission(f"item {n}", learner=f"student {n % 7}") for n in range(60)]


def once_each(url: str, deliveries: Sequence[Sequence[Outcome]]) -> None:
    """Expect one fact for each item of the batch, and receipts that agree on it."""
    for answers in zip(*deliveries, strict=True):
        receipts = [receipt(one) for one in answers]
        assert [one.duplicate for one in receipts].count(False) == 1
        assert len({one._replace(duplicate=True) for one in receipts}) == 1
    one_fact_each(url)


def one_fact_each(url: str) -> None:
    (recorded,) = rows(
        url, "SELECT count(*) FROM ledger.facts WHERE topic = 'mastery.evidence-recorded.v1'"
    )
    assert recorded == (len(BATCH),)
    assert rows(url, "SELECT count(DISTINCT learner) FROM ledger.identifiers") == [(7,)]
    assert unsound(url) == []


def deliver(ledger: Ledger, by: ProviderId, start: Callable[[], object]) -> list[Outcome]:
    start()
    outcomes: list[Outcome] = []
    for first in range(0, len(BATCH), 10):
        outcomes += submit(ledger, by, *BATCH[first : first + 10])
    return outcomes


def deliver_from_a_process(url: str, by: ProviderId, start: Semaphore, ready: Semaphore) -> None:
    """Deliver from a new process; it has nothing in common with the others but the database."""

    def wait() -> None:
        ready.release()
        start.acquire()

    with opened(url) as ledger:
        deliver(ledger, by, wait)


def test_deliveries_by_threads_leave_one_fact_each(migrated: str) -> None:
    start = Barrier(DELIVERIES)
    with opened(migrated) as ledger, ThreadPoolExecutor(DELIVERIES) as threads:
        school = provider(ledger)
        futures = [threads.submit(deliver, ledger, school, start.wait) for _ in range(DELIVERIES)]
        once_each(migrated, [future.result() for future in futures])


def test_deliveries_by_ledgers_of_their_own_leave_one_fact_each(migrated: str) -> None:
    start = Barrier(DELIVERIES)
    with (
        opened(migrated) as one,
        opened(migrated) as two,
        opened(migrated) as three,
        ThreadPoolExecutor(DELIVERIES) as threads,
    ):
        school = provider(one)
        futures = [threads.submit(deliver, each, school, start.wait) for each in (one, two, three)]
        once_each(migrated, [future.result() for future in futures])


def test_deliveries_by_processes_of_their_own_leave_one_fact_each(migrated: str) -> None:
    spawn = get_context("spawn")
    start, ready = spawn.Semaphore(0), spawn.Semaphore(0)
    with opened(migrated) as ledger:
        school = provider(ledger)
        others = [
            spawn.Process(target=deliver_from_a_process, args=(migrated, school, start, ready))
            for _ in range(DELIVERIES - 1)
        ]
        for other in others:
            other.start()
        for _ in others:
            assert ready.acquire(timeout=ANSWER_S)
        for _ in others:
            start.release()
        deliver(ledger, school, lambda: None)
        for other in others:
            other.join(timeout=ANSWER_S)
        again = deliver(ledger, school, lambda: None)
    assert [other.exitcode for other in others] == [0, 0]
    assert all(receipt(one).duplicate for one in again)
    one_fact_each(migrated)


def test_writers_that_wait_see_each_other_also_where_transactions_see_a_frozen_past(
    migrated: str,
) -> None:
    with psycopg.connect(migrated, autocommit=True) as owner:
        way = "SET default_transaction_isolation = 'repeatable read'"
        owner.execute(f"ALTER DATABASE {owner.info.dbname} {way}".encode())
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with opened(migrated) as one, opened(migrated) as two:
        school = provider(one)
        with psycopg.connect(migrated) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
            sent = [each.submit(school, [submission(f"{each is one}")]) for each in (one, two)]
            until(lambda: rows(migrated, waiting) == [(2,)], what="both wait")
        positions = sorted(receipt(each.result(ANSWER_S)[0]).position for each in sent)
    assert positions == [4, 5]
    assert unsound(migrated) == []


def test_recorded_at_never_goes_back_though_clocks_do(migrated: str) -> None:
    ticks = count()
    with (
        opened(migrated, clock=lambda: NOON - timedelta(minutes=next(ticks))) as slow,
        opened(migrated, clock=lambda: NOON + timedelta(seconds=next(ticks))) as fast,
    ):
        school = provider(slow)
        times = [
            receipt(submit(each, school, submission(f"{turn} {each is slow}"))[0]).recorded_at
            for turn in range(5)
            for each in (fast, slow, slow)
        ]
    assert times == sorted(times)
    assert times[0] < times[-1]
    assert unsound(migrated) == []


Busy = Callable[[Ledger, list[Submission]], list[Future[list[Outcome]]]]


@pytest.fixture
def busy(migrated: str) -> Busy:
    """Submit each item alone, while the writer is kept waiting for the append lock."""

    def submit_all(ledger: Ledger, items: list[Submission]) -> list[Future[list[Outcome]]]:
        school = provider(ledger)
        with psycopg.connect(migrated) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
            return [ledger.submit(school, [item]) for item in items]

    return submit_all


def test_submissions_that_wait_share_a_transaction(migrated: str, busy: Busy) -> None:
    with opened(migrated) as ledger:
        items = [submission(f"alone {n}") for n in range(100)]
        receipts = [receipt(one.result(ANSWER_S)[0]) for one in busy(ledger, items)]
    assert len({one.evidence for one in receipts}) == len(items)
    (transactions,) = rows(migrated, "SELECT count(DISTINCT xmin::text) FROM ledger.receipts")
    assert transactions[0] <= 4  # the provider's, the first, and those that waited
    assert unsound(migrated) == []


def test_callers_who_share_a_transaction_get_their_own_answers(migrated: str, busy: Busy) -> None:
    with opened(migrated) as ledger:
        submit(ledger, provider(ledger), submission("old"))
        items = [
            submission("new"),
            submission("old"),
            submission("old", score="0.1"),
            submission("other", learner="student-2"),
        ]
        new, old, conflict, other = [one.result(ANSWER_S)[0] for one in busy(ledger, items)]
    assert not receipt(new).duplicate
    assert receipt(old).duplicate
    assert isinstance(refusal(conflict), ConflictError)
    assert receipt(other).learner != receipt(new).learner


def test_an_answer_comes_only_after_its_commit(migrated: str) -> None:
    unseen: list[Receipt] = []

    def look(future: Future[list[Outcome]]) -> None:  # called by the writer as it answers
        for one in future.result():
            found = rows(
                migrated,
                "SELECT FROM ledger.facts WHERE position = %s AND fact_id = %s",
                receipt(one).position,
                receipt(one).evidence,
            )
            if len(found) != 1:
                unseen.append(receipt(one))

    with opened(migrated) as ledger:
        school = provider(ledger)
        for number in range(20):
            ledger.submit(school, [submission(f"a{number}")]).add_done_callback(look)
    assert unseen == []
    assert rows(migrated, "SELECT count(*) FROM ledger.receipts") == [(21,)]


def test_closing_answers_all_who_wait_and_refuses_who_come_later(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        futures = [ledger.submit(school, [submission(f"a{number}")]) for number in range(30)]
    assert all(isinstance(one, Receipt) for future in futures for one in future.result(timeout=0))
    with pytest.raises(LedgerError, match="shutting down"):
        ledger.submit(school, [submission("late")])
