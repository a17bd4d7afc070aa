"""How PostgreSQL finds what is read, in a table whose statistics are behind."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.facts import LearnerRegistered
from tests import ledgers
from tests.builders import Given, learner
from tests.log_keeping import kept

LEARNERS = 5_000


def test_some_streams_are_read_without_going_through_the_log(
    migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Given()
    for number in range(LEARNERS):
        told.fact(learner(number), LearnerRegistered(learner=learner(number)))
    with kept(migrated) as keeping:
        keeping.keep(told.facts)
        log = keeping.ledger.log
        asked: list[tuple[Any, ...]] = []
        read = log._rows

        def noted(query: Any, parameters: Any) -> Any:
            asked.append((query, parameters))
            return read(query, parameters)

        monkeypatch.setattr(log, "_rows", noted)
        assert log.streams([learner(7)], until=log.head())[learner(7)]
    query, parameters = next(one for one in asked if "ANY" in one[0])
    plan = ledgers.rows(migrated, f"EXPLAIN {query}", *parameters)
    assert "facts_pkey" not in str(plan)
