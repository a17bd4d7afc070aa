"""Taking back a statement about a group of which one member cannot be taken back."""

from __future__ import annotations

import psycopg
import pytest

from ledger.domain.messages import member_id
from ledger.errors import ErasedError, UnknownEvidenceError
from ledger.service import Ledger, Outcome
from tests.ledgers import ANSWER_S, opened, provider, receipt, refusal, submission, submit

STATEMENT = "12345678-1234-4234-8234-123456789012"


def void(ledger: Ledger) -> list[Outcome]:
    taken = ledger.withdraw(provider(ledger), reason="voided", external_id=STATEMENT)
    return taken.result(ANSWER_S)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param((1, 2), id="the first was refused"),
        pytest.param((0, 2), id="the second was refused"),
        pytest.param((0, 1, 2), id="nobody was refused"),
    ],
)
def test_all_members_that_were_recorded_are_taken_back(
    migrated: str, places: tuple[int, ...]
) -> None:
    group = [submission(member_id(STATEMENT, at), learner=f"s-{at}") for at in places]
    with opened(migrated) as ledger:
        told = [receipt(one).evidence for one in submit(ledger, provider(ledger), *group)]
        assert [receipt(one).evidence for one in void(ledger)] == told
        assert [receipt(one).duplicate for one in void(ledger)] == [True] * len(told)


def test_an_erased_member_leaves_the_others_to_be_taken_back(migrated: str) -> None:
    group = [submission(member_id(STATEMENT, at), learner=f"s-{at}") for at in range(3)]
    with opened(migrated) as ledger:
        told = [receipt(one) for one in submit(ledger, provider(ledger), *group)]
    with psycopg.connect(migrated) as connection:
        connection.execute("DELETE FROM ledger.data_keys WHERE owner = %s", (told[0].learner,))
    with opened(migrated) as ledger:
        erased, *others = void(ledger)
    assert isinstance(refusal(erased), ErasedError)
    assert [receipt(one).evidence for one in others] == [one.evidence for one in told[1:]]


def test_what_nobody_sent_is_refused_once(migrated: str) -> None:
    with opened(migrated) as ledger:
        (unknown,) = void(ledger)
    assert isinstance(refusal(unknown), UnknownEvidenceError)
