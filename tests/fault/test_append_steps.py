from __future__ import annotations

import pytest

from ledger.service import Receipt
from tests.fault.wire import How, Stop, When, Wire
from tests.ledgers import opened, provider, receipt, rows, submission, submit
from tests.logs import unsound

STEPS = {
    "look up receipts": "JOIN ledger.receipts",
    "look up learners": "JOIN ledger.identifiers",
    "begin": "BEGIN; SELECT pg_advisory_xact_lock",
    "data keys": 'COPY "ledger"."data_keys"',
    "facts": 'COPY "ledger"."facts"',
    "receipts": 'COPY "ledger"."receipts"',
    "identifiers": 'COPY "ledger"."identifiers"',
    "holdings": 'COPY "ledger"."holdings"',
    "documents": "INSERT INTO ledger.documents",
    "commit": "NOTIFY mastery_facts; COMMIT",
}
OLD = submission("old")
BATCH = [
    OLD,
    submission("new"),
    submission("new learner", learner="student-2", document=b"<a foreign document/>"),
    submission("new", version="2"),
]


def check(url: str, receipts: list[Receipt]) -> None:
    """Expect every item once, where its receipt says, and a log that is sound."""
    assert unsound(url) == []
    assert rows(url, "SELECT count(*) FROM ledger.receipts") == [(5,)]  # the provider's too
    assert rows(url, "SELECT count(*) FROM ledger.documents") == [(1,)]
    with opened(url) as ledger:
        again = submit(ledger, provider(ledger), *BATCH)
        assert ledger.log.stream(receipts[2].learner)[-1].position == receipts[2].position
    assert [receipt(one) for one in again] == [one._replace(duplicate=True) for one in receipts]


WAYS: list[tuple[str, When, How]] = [
    *((step, "before", "cut") for step in STEPS),
    *((step, "after", "cut") for step in STEPS),
    *((step, "before", "ended") for step in ("begin", "facts", "commit")),
    *((step, "after", "ended") for step in ("begin", "facts", "commit")),
    *((step, "before", "late") for step in ("begin", "facts", "commit")),
]


@pytest.mark.fault
@pytest.mark.parametrize(
    ("step", "when", "how"), [pytest.param(*way, id=" ".join(reversed(way))) for way in WAYS]
)
def test_an_append_stopped_at_a_step_loses_and_doubles_nothing(
    migrated: str, step: str, when: When, how: How
) -> None:
    with Wire(migrated) as wire, opened(wire.url) as ledger:
        school = provider(ledger)
        submit(ledger, school, OLD)
        wire.stop = Stop(STEPS[step], when, how)
        outcomes = submit(ledger, school, *BATCH)
        assert wire.shut
    check(migrated, [receipt(one) for one in outcomes])


def test_the_steps_are_those_of_an_append(migrated: str) -> None:
    with Wire(migrated) as wire, opened(wire.url) as ledger:
        school = provider(ledger)
        submit(ledger, school, OLD)
        wire.statements.clear()
        submit(ledger, school, *BATCH)
    found = [
        {name for name, said in STEPS.items() if said in statement} for statement in wire.statements
    ]
    assert found == [{name} for name in STEPS]
