"""Taking back a statement about a group, and one that has not come yet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Cursor

from ledger.domain.catalogue import UnknownFact
from ledger.domain.evidence import Submission
from ledger.domain.facts import EvidenceWithdrawn, WithdrawalAnnounced
from ledger.domain.ids import LearnerId, Position
from ledger.domain.messages import member_id
from ledger.errors import ErasedError
from ledger.service import Ledger, Outcome
from ledger.store.planning import Plan, Planner
from ledger.store.reader import LEARNER_TOPICS
from ledger.store.tasks import Task
from projections.learner import LearnerRecord
from tests.ledgers import ANSWER_S, opened, provider, receipt, refusal, rows, submission, submit
from tests.services.postgres import Postgres

STATEMENT = "12345678-1234-4234-8234-123456789012"


def part(at: int) -> Submission:
    """Make one member's part of a statement about a group."""
    return submission(member_id(STATEMENT, at), learner=f"s-{at}", member_of=STATEMENT)


def void(ledger: Ledger) -> list[Outcome]:
    taken = ledger.withdraw(provider(ledger), reason="voided", external_id=STATEMENT)
    return taken.result(ANSWER_S)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param((1, 2), id="the first was refused"),
        pytest.param((0, 2), id="the second was refused"),
        pytest.param((7,), id="all but one were refused"),
        pytest.param((0, 1, 2), id="nobody was refused"),
    ],
)
def test_all_members_that_were_recorded_are_taken_back(
    migrated: str, places: tuple[int, ...]
) -> None:
    group = [part(at) for at in places]
    with opened(migrated) as ledger:
        told = [receipt(one).evidence for one in submit(ledger, provider(ledger), *group)]
        assert [receipt(one).evidence for one in void(ledger)] == told
        assert [receipt(one).duplicate for one in void(ledger)] == [True] * len(told)


def test_an_erased_member_leaves_the_others_to_be_taken_back(migrated: str) -> None:
    group = [part(at) for at in range(3)]
    with opened(migrated) as ledger:
        told = [receipt(one) for one in submit(ledger, provider(ledger), *group)]
    with psycopg.connect(migrated) as connection:
        connection.execute("DELETE FROM ledger.data_keys WHERE owner = %s", (told[0].learner,))
    with opened(migrated) as ledger:
        erased, *others = void(ledger)
    assert isinstance(refusal(erased), ErasedError)
    assert [receipt(one).evidence for one in others] == [one.evidence for one in told[1:]]


def states(ledger: Ledger) -> list[tuple[str, bool]]:
    """Tell of each learner's pieces of evidence which they are, and whether they were taken back."""
    facts = [
        one for one in ledger.log.after(Position(0), limit=1_000) if one.topic in LEARNER_TOPICS
    ]
    records = (
        LearnerRecord.fold(LearnerId(stream), [one for one in facts if one.stream == stream])
        for stream in {one.stream for one in facts}
    )
    return sorted(
        (piece.evidence.source.external_id, piece.withdrawn_position is not None)
        for record in records
        for piece in record.pieces.values()
    )


def test_what_has_not_come_is_taken_back_as_it_comes(migrated: str) -> None:
    with opened(migrated) as ledger:
        by = provider(ledger)
        (announced,), (again,) = void(ledger), void(ledger)
        first, second = receipt(announced), receipt(again)
        assert (first.awaited, first.duplicate, second.awaited, second.duplicate) == (
            True, False, True, True,
        )  # fmt: skip
        assert first.position == second.position
        (sent,) = submit(ledger, by, submission(STATEMENT))
        assert (receipt(sent).duplicate, receipt(sent).awaited) == (False, False)
        recorded, withdrawn = ledger.log.stream(receipt(sent).learner)[-2:]
        assert recorded.position == receipt(sent).position
        assert isinstance(withdrawn.fact, EvidenceWithdrawn)
        assert (withdrawn.fact.id, withdrawn.fact.reason) == (receipt(sent).evidence, "voided")
        (resent,), (voided,) = submit(ledger, by, submission(STATEMENT)), void(ledger)
        assert receipt(resent) == receipt(sent)._replace(duplicate=True)
        assert receipt(voided).evidence == receipt(sent).evidence
        assert (receipt(voided).duplicate, receipt(voided).awaited) == (True, False)
        assert ledger.log.mismatched(limit=9) == []


def test_what_has_not_come_is_nobodys_evidence(migrated: str) -> None:
    with opened(migrated) as ledger:
        (announced,) = void(ledger)
        assert ledger.access.learner_of(receipt(announced).evidence) is None


def test_another_providers_statement_of_that_id_stands(migrated: str) -> None:
    with opened(migrated) as ledger:
        void(ledger)
        submit(ledger, provider(ledger, "Another"), submission(STATEMENT))
        assert states(ledger) == [(STATEMENT, False)]


@given(st.permutations(range(5)), st.booleans())
@settings(deadline=None, max_examples=12)
def test_the_order_of_arrival_makes_no_difference(
    postgres_server: Postgres, migrated_template: str, order: list[int], whole: bool
) -> None:
    """Two voids, and a statement or a group of it whose members come one by one."""
    sent = [submission(STATEMENT)] if whole else [part(at) for at in range(3)]
    name = postgres_server.create(template=migrated_template)
    with opened(postgres_server.url(name)) as ledger:
        for turn in order:
            if turn < 2:
                void(ledger)
            elif turn - 2 < len(sent):
                submit(ledger, provider(ledger), sent[turn - 2])
        assert states(ledger) == [(one.evidence.source.external_id, True) for one in sent]
        assert ledger.log.mismatched(limit=9) == []
    postgres_server.drop(name)


def test_of_a_group_that_comes_late_no_other_message_is_taken_back(migrated: str) -> None:
    with opened(migrated) as ledger:
        void(ledger)
        submit(ledger, provider(ledger), submission(f"{STATEMENT}#1"), submission(f"{STATEMENT}1"))
        assert [taken for _, taken in states(ledger)] == [False, False]


def test_a_writer_that_did_not_see_the_void_come_heeds_it(migrated: str) -> None:
    """Another process announced it while this one was planning."""
    with opened(migrated) as one, opened(migrated) as other:
        submit(one, provider(one), submission("before"))
        plan = Planner.plan

        def late(self: Planner, cursor: Cursor[Any], tasks: Sequence[Task]) -> Plan:
            made = plan(self, cursor, tasks)
            if not voided:
                voided.extend(void(other))
            return made

        voided: list[Outcome] = []
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(
                one._writer._appender._planner,
                "plan",
                partial(late, one._writer._appender._planner),
            )
            submit(one, provider(one), submission(STATEMENT))
        assert receipt(voided[0]).awaited is True
        assert states(one) == [(STATEMENT, True), ("before", False)]


def test_who_voided_is_forgotten_with_the_learner(migrated: str) -> None:
    with opened(migrated) as ledger:
        (announced,) = void(ledger)
        stream = receipt(announced).evidence
        assert isinstance(ledger.log.stream(stream)[0].fact, WithdrawalAnnounced)
        (sent,) = submit(ledger, provider(ledger), submission(STATEMENT))
        ledger.learners.erase(receipt(sent).learner, reason="requested")
    with opened(migrated) as ledger:
        assert isinstance(ledger.log.stream(stream)[0].fact, UnknownFact)
    assert rows(migrated, "SELECT FROM ledger.data_keys WHERE owner = %s", stream) == []
