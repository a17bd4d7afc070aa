from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from ledger.domain.ids import Position, ProviderId
from ledger.errors import StoreUnavailableError
from ledger.service import Ledger
from ledger.store.rejects import Rejected
from tests.fault.wire import Wire
from tests.ledgers import ANSWER_S, opened, provider, receipt, submission, submit

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
