"""The id of a statement means one statement, be it about one learner or about a group."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
import pytest
from psycopg import Cursor

from ledger.domain.evidence import Submission
from ledger.domain.messages import member_id
from ledger.errors import ConflictError
from ledger.service import Ledger, Outcome, Receipt
from ledger.store.planning import Plan, Planner
from ledger.store.tasks import Task
from tests.ledgers import ANSWER_S, opened, provider, receipt, refusal, submission, submit
from tests.logs import unsound

STATEMENT = "12345678-1234-4234-8234-123456789012"


def alone() -> Submission:
    """Make a statement about one learner."""
    return submission(STATEMENT)


def part(at: int, *, score: str = "0.8") -> Submission:
    """Make one member's part of a statement about a group; another score is another statement."""
    name = member_id(STATEMENT, at)
    return submission(name, learner=f"s-{at}", score=score, member_of=STATEMENT)


def taken(ledger: Ledger, *submissions: Submission) -> list[bool]:
    """Submit, and tell of each whether it was recorded; what was not is a conflict of that id."""
    outcomes = submit(ledger, provider(ledger), *submissions)
    refused = [refusal(one) for one in outcomes if not isinstance(one, Receipt)]
    for one in refused:
        assert isinstance(one, ConflictError)
        assert one.external_id.startswith(STATEMENT)
    return [isinstance(one, Receipt) and not one.duplicate for one in outcomes]


def void(ledger: Ledger) -> list[Outcome]:
    done = ledger.withdraw(provider(ledger), reason="voided", external_id=STATEMENT)
    return done.result(ANSWER_S)


GROUP = (part(0), part(1))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param([alone()], GROUP, id="about one learner, then a group"),
        pytest.param(GROUP, [alone()], id="about a group, then one learner"),
        pytest.param(
            GROUP, [part(1, score="0.9"), part(2, score="0.9")], id="about a larger group"
        ),
        pytest.param([part(3)], [alone()], id="about a group whose first members were refused"),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_another_statement_under_a_known_id_is_a_conflict(
    migrated: str, first: Sequence[Submission], then: Sequence[Submission], *, together: bool
) -> None:
    with opened(migrated) as ledger:
        if together:
            made = taken(ledger, *first, *then)
            assert made == [True] * len(first) + [False] * len(then)
        else:
            assert taken(ledger, *first) == [True] * len(first)
            assert taken(ledger, *then) == [False] * len(then)
        assert {receipt(one).evidence for one in void(ledger)} == {
            receipt(one).evidence for one in submit(ledger, provider(ledger), *first)
        }
        assert taken(ledger, *then) == [False] * len(then)  # what was voided stays known
    assert unsound(migrated) == []


def test_a_member_who_was_refused_is_recorded_when_the_same_statement_comes_again(
    migrated: str,
) -> None:
    with opened(migrated) as ledger:
        assert taken(ledger, part(0), part(2)) == [True, True]
        again = submit(ledger, provider(ledger), part(0), part(1), part(2))
        assert [receipt(one).duplicate for one in again] == [True, False, True]
    assert unsound(migrated) == []


def test_a_writer_that_did_not_see_the_other_statement_come_heeds_it(migrated: str) -> None:
    """Another process recorded it while this one was planning."""
    with opened(migrated) as one, opened(migrated) as other:
        submit(one, provider(one), submission("before"))
        plan = Planner.plan

        def late(self: Planner, cursor: Cursor[Any], tasks: Sequence[Task]) -> Plan:
            made = plan(self, cursor, tasks)
            if not recorded:
                recorded.extend(taken(other, *GROUP))
            return made

        recorded: list[bool] = []
        with pytest.MonkeyPatch.context() as patched:
            planner = one._writer._appender._planner
            patched.setattr(planner, "plan", partial(late, planner))
            assert taken(one, alone()) == [False]
        assert recorded == [True, True]


def test_all_that_an_older_log_has_under_an_id_is_taken_back(migrated: str) -> None:
    """Before, a statement about a group left no mark, and both were recorded."""
    group = [msgspec.structs.replace(one, member_of=None) for one in GROUP]
    with opened(migrated) as ledger:
        assert taken(ledger, alone(), *group) == [True, True, True]
        assert taken(ledger, alone(), *GROUP) == [False, False, False]
        recorded = [receipt(one) for one in submit(ledger, provider(ledger), alone(), *GROUP)]
        assert [receipt(one).evidence for one in void(ledger)] == [one.evidence for one in recorded]
        assert [receipt(one).duplicate for one in void(ledger)] == [True, True, True]
