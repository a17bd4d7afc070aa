"""Opening what a server holds, while that server goes down and comes up again."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
import pytest

from ledger.errors import StoreUnavailableError
from ledger.store.database import once_up

WENT_AWAY = psycopg.OperationalError("server closed the connection unexpectedly")
IN_WORDS = StoreUnavailableError("PostgreSQL does not answer")
IN_WORDS.__cause__ = WENT_AWAY
NOT_STARTED = StoreUnavailableError("the embedded PostgreSQL does not start")


class Opening:
    """Something that fails to open so many times, and counts what it opened and closed."""

    def __init__(self, *, failures: int, failure: Exception = WENT_AWAY) -> None:
        self.failures, self.failure, self.asked, self.closed = failures, failure, 0, 0

    @contextmanager
    def opened(self) -> Generator[str]:
        self.asked += 1
        if self.asked <= self.failures:
            raise self.failure
        try:
            yield "open"
        finally:
            self.closed += 1


@pytest.mark.parametrize("failure", [WENT_AWAY, IN_WORDS], ids=["driver", "ledger"])
def test_a_server_that_goes_away_meanwhile_is_waited_for(failure: Exception) -> None:
    given = Opening(failures=2, failure=failure)
    with once_up(given.opened, timeout_s=10) as found:
        assert (found, given.closed) == ("open", 0)
    assert (given.asked, given.closed) == (3, 1)


def test_one_that_stays_away_is_said_to_be_so() -> None:
    given = Opening(failures=99)
    with pytest.raises(StoreUnavailableError), once_up(given.opened, timeout_s=0.3):
        raise AssertionError
    assert 1 < given.asked < 9


def test_one_that_does_not_start_is_not_waited_for() -> None:
    given = Opening(failures=99, failure=NOT_STARTED)
    with pytest.raises(StoreUnavailableError), once_up(given.opened, timeout_s=10):
        raise AssertionError
    assert given.asked == 1


def test_what_fails_once_it_is_open_is_not_opened_again() -> None:
    given = Opening(failures=0)
    with pytest.raises(psycopg.OperationalError), once_up(given.opened, timeout_s=10):
        raise psycopg.OperationalError
    assert (given.asked, given.closed) == (1, 1)
