"""Erasing at the store: under a key that is gone nothing is sealed, whoever writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from consumers import outbox
from ledger.domain.evidence import Identifier
from ledger.domain.facts import LearnerErased
from ledger.domain.ids import LearnerId
from ledger.errors import ErasedError, SealError, UnknownLearnerError
from ledger.service import Ledger, Receipt
from ledger.store.recorder import APPEND_LOCK
from projections.rebuild import rebuild
from tests import ledgers
from tests.advisory import waiting
from tests.downstream import until
from tests.log_keeping import kept


def test_a_writer_that_has_the_key_seals_nothing_under_it_once_another_has_destroyed_it(
    migrated: str,
) -> None:
    with ledgers.opened(migrated) as one, ledgers.opened(migrated) as other:
        school = ledgers.provider(one)
        who = ledgers.receipt(ledgers.submit(one, school, ledgers.submission("a"))[0]).learner
        other.learners.erase(who, reason="requested")
        (late,) = ledgers.submit(one, school, ledgers.submission("b"))
        assert isinstance(ledgers.refusal(late), ErasedError)


def test_it_seals_nothing_also_where_an_unrelated_append_came_between(migrated: str) -> None:
    with ledgers.opened(migrated) as one, ledgers.opened(migrated) as other:
        school = ledgers.provider(one)
        who = ledgers.receipt(ledgers.submit(one, school, ledgers.submission("a"))[0]).learner
        other.learners.erase(who, reason="requested")
        between = ledgers.submission("y", learner="somebody else")
        ledgers.receipt(ledgers.submit(one, school, between)[0])
        (late,) = ledgers.submit(one, school, ledgers.submission("b"))
        assert isinstance(ledgers.refusal(late), ErasedError)
        assert one.log.mismatched(limit=9) == []


def test_a_refused_item_changes_nothing_for_those_after_it(migrated: str) -> None:
    two = (Identifier(type="id", value="student-1"), Identifier(type="id", value="student-2"))
    with ledgers.opened(migrated) as ledger:
        school = ledgers.provider(ledger)
        who = ledgers.receipt(ledgers.submit(ledger, school, ledgers.submission("a"))[0]).learner
        ledger.learners.erase(who, reason="requested")
        both, alone = ledgers.submit(
            ledger, school, ledgers.submission("b", learner=two),
            ledgers.submission("c", learner="student-2"),
        )  # fmt: skip
    assert isinstance(ledgers.refusal(both), ErasedError)
    assert ledgers.receipt(alone).learner != who


def test_what_stands_after_an_erasure_is_found_by_a_check(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        school = ledgers.provider(ledger)
        who = ledgers.receipt(ledgers.submit(ledger, school, ledgers.submission("a"))[0]).learner
        gone = ledger.learners.erase(who, reason="requested")
        again = (
            "INSERT INTO ledger.facts SELECT position + 1, originator_id, originator_version + 1,"
            " 'mastery.evidence-withdrawn.v1', state, gen_random_uuid(), NULL, recorded_at, mac"
            " FROM ledger.facts ORDER BY position DESC LIMIT 1"
        )
        with outbox.connected(migrated) as connection:
            connection.execute(again)
        late = f"position {gone.position + 1} is about a learner who was erased before"
        assert late in ledger.log.mismatched(limit=9)


def test_evidence_that_races_with_an_erasure_is_before_it_or_refused(migrated: str) -> None:
    with ledgers.opened(migrated) as one, ledgers.opened(migrated) as other:
        school = ledgers.provider(one)
        for turn in range(12):
            name = f"s{turn}"
            first = ledgers.submit(one, school, ledgers.submission(f"{turn}", learner=name))
            assert_none_is_lost(one, other, ledgers.receipt(first[0]).learner, name, turn)


def assert_none_is_lost(one: Ledger, other: Ledger, who: LearnerId, name: str, turn: int) -> None:
    school, together = ledgers.provider(one), Barrier(3)

    def submit(ledger: Ledger, kind: str) -> list[Receipt]:
        together.wait(30)
        sent = [ledgers.submission(f"{turn} {kind} {n}", learner=name) for n in range(5)]
        return [got for got in ledgers.submit(ledger, school, *sent) if isinstance(got, Receipt)]

    def erase() -> Receipt:
        together.wait(30)
        return one.learners.erase(who, reason="requested")

    with ThreadPoolExecutor(3) as threads:
        sending = [threads.submit(submit, one, "one"), threads.submit(submit, other, "other")]
        gone = threads.submit(erase).result(60)
        accepted = [receipt for each in sending for receipt in each.result(60)]
    assert all(receipt.position < gone.position for receipt in accepted)


def test_a_writer_that_has_just_started_seals_nothing_under_a_key_that_goes_while_it_waits(
    migrated: str,
) -> None:
    with ledgers.opened(migrated) as one, ledgers.opened(migrated) as started:
        school = ledgers.provider(one)
        who = ledgers.receipt(ledgers.submit(one, school, ledgers.submission("a"))[0]).learner
        with outbox.connected(migrated) as holder, ThreadPoolExecutor(2) as threads:
            holder.execute("SELECT pg_advisory_lock(%s)", (APPEND_LOCK,))
            gone = threads.submit(one.learners.erase, who, reason="requested")
            until(lambda: waiting(holder) == 1, what="the erasure waits")
            late = threads.submit(ledgers.submit, started, school, ledgers.submission("b"))
            # Decided, with the key, on the log before.
            until(lambda: waiting(holder) == 2, what="the evidence waits")
            holder.execute("SELECT pg_advisory_unlock(%s)", (APPEND_LOCK,))
            gone.result(60)
            assert isinstance(ledgers.refusal(late.result(60)[0]), ErasedError)
        assert one.log.mismatched(limit=9) == []


def test_who_was_erased_by_hand_can_still_be_told_of(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        school = ledgers.provider(ledger)
        who = ledgers.receipt(ledgers.submit(ledger, school, ledgers.submission("a"))[0]).learner
        with outbox.connected(migrated) as connection:
            connection.execute("DELETE FROM ledger.data_keys WHERE owner = %s", (who,))
        assert not ledger.learners.erase(who, reason="ordered").duplicate
        assert ledger.learners.erase(who, reason="ordered").duplicate
        with pytest.raises(UnknownLearnerError):
            ledger.learners.erase(LearnerId(school), reason="ordered")


def test_an_erasure_that_somebody_wrote_past_the_ledger_takes_nobody_away(migrated: str) -> None:
    with kept(migrated) as keeping:
        ledger = keeping.ledger
        school = ledgers.provider(ledger)
        who = ledgers.receipt(ledgers.submit(ledger, school, ledgers.submission("a"))[0]).learner
        forged = (
            "INSERT INTO ledger.facts SELECT position + 1, %s, 90, %s, %s, gen_random_uuid(),"
            " NULL, recorded_at, mac FROM ledger.facts ORDER BY position DESC LIMIT 1"
        )
        body = b'{"learner":"%s","reason":"requested"}' % str(who).encode()
        with outbox.connected(migrated) as connection:
            connection.execute(forged, (who, LearnerErased.TOPIC, body))
        with pytest.raises(SealError):
            rebuild(ledger, keeping.settings)
