from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Event, Thread
from uuid import uuid4

import psycopg
import pytest

from ledger.domain.ids import Position, ProviderId
from ledger.errors import StoreUnavailableError
from ledger.service import Ledger
from ledger.store.rejects import Rejected
from projections.engine import RETRY_S, Engine
from tests.downstream import until
from tests.fault.wire import Wire
from tests.ledgers import ANSWER_S, opened, provider, receipt, settings, submission, submit

NOBODY = ProviderId(uuid4())
ASKED: list[tuple[str, Callable[[Ledger], object]]] = [
    ("the log", lambda ledger: ledger.log.after(Position(0), limit=1)),
    ("the log's end", lambda ledger: ledger.log.wait(Position(9), timeout_s=1)),
    ("a document", lambda ledger: ledger.log.document(uuid4(), "5e" * 32)),
    ("whose token it is", lambda ledger: ledger.access.holder("mlt_nobody")),
    ("for a token", lambda ledger: ledger.access.issue("reader", label="anybody")),
    ("what was refused", lambda ledger: ledger.rejects.list(NOBODY, limit=1)),
    ("to keep a reject", lambda ledger: ledger.rejects.keep(NOBODY, [Rejected(0, (), b"")])),
    ("to submit", lambda ledger: submit(ledger, NOBODY, submission("a"))),
]


@pytest.fixture
def cut_off(migrated: str) -> Iterator[Ledger]:
    """Give a ledger whose PostgreSQL went away."""
    with Wire(migrated) as wire, opened(wire.url, append_retry_s=0) as ledger:
        ledger.access._pool.timeout = 0.2
        wire.close()
        yield ledger


@pytest.mark.parametrize("asked", [pytest.param(do, id=name) for name, do in ASKED])
def test_without_its_database_a_ledger_says_so(
    cut_off: Ledger, asked: Callable[[Ledger], object]
) -> None:
    with pytest.raises(StoreUnavailableError):
        asked(cut_off)


def test_a_ledger_goes_on_when_its_database_is_back(migrated: str) -> None:
    with Wire(migrated) as wire, opened(wire.url) as ledger:
        school = provider(ledger)
        wire.close()
        waiting = ledger.submit(school, [submission("a")])
        wire.open()
        assert not receipt(waiting.result(ANSWER_S)[0]).duplicate
        assert ledger.log.head() == 4


def test_a_ledger_is_not_opened_without_its_database(migrated: str) -> None:
    with Wire(migrated) as wire:
        wire.close()
        opening = opened(wire.url, append_retry_s=0)
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            opening.__enter__()


def in_new_sessions(url: str, setting: str) -> None:
    """Let the database's new sessions have a setting, and end those there are."""
    writing = "-c default_transaction_read_only=off"
    with psycopg.connect(url, autocommit=True, options=writing) as owner:
        owner.execute(f"ALTER DATABASE {owner.info.dbname} SET {setting}".encode())
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize(
    "setting", ["idle_in_transaction_session_timeout = 50", "transaction_timeout = 50"]
)
def test_an_item_is_not_to_blame_where_the_server_ends_its_transaction(
    migrated: str, setting: str
) -> None:
    pauses_s: list[float] = []

    def clock() -> datetime:  # asked under the append lock
        if pauses_s:
            time.sleep(pauses_s.pop())
        return datetime.now(UTC)

    with opened(migrated, clock=clock) as ledger:
        school = provider(ledger)
        in_new_sessions(migrated, setting)
        pauses_s.append(0.3)
        assert not receipt(submit(ledger, school, submission("a"))[0]).duplicate
        assert pauses_s == []
        assert ledger.log.head() == 4


def test_nor_where_the_server_takes_no_writes_for_now(
    migrated: str, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(migrated, append_retry_s=0.5) as ledger:
        school = provider(ledger)
        in_new_sessions(migrated, "default_transaction_read_only = on")
        with pytest.raises(StoreUnavailableError):
            submit(ledger, school, submission("a"))
        with pytest.raises(StoreUnavailableError):
            ledger.rejects.keep(school, [Rejected(0, (), b"")])
        assert "(cannot execute" in caplog.text
        in_new_sessions(migrated, "default_transaction_read_only = off")
        assert not receipt(submit(ledger, school, submission("a"))[0]).duplicate


def test_an_engine_says_once_why_it_waits_however_long(
    migrated: str, caplog: pytest.LogCaptureFixture
) -> None:
    def refused() -> int:
        return sum("Connection refused" in one.getMessage() for one in caplog.records)

    with Wire(migrated) as wire, opened(wire.url) as ledger:
        stop = Event()
        thread = Thread(target=Engine(ledger, settings(wire.url)).run, args=(stop,))
        wire.close()
        thread.start()
        try:
            until(refused, what="a word in the log")
            time.sleep(4 * RETRY_S)
            assert refused() == 1
        finally:
            stop.set()
            thread.join(ANSWER_S)
