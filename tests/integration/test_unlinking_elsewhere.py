"""A name was taken away by another process: what is refused, or said to be known, is not for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from ledger.domain.facts import EnrolmentRecorded
from ledger.domain.ids import LearnerId, ProviderId
from ledger.service import Ledger
from ledger.store.tasks import NOBODY
from ledger.store.unlinking import Unlink
from projections.learner import LearnerRecord
from tests import ledgers
from tests.integration.test_unlinking import MAIL, SLIP, appended, said, sent, unlinked
from tests.town import Town


class Two(NamedTuple):
    """Two processes; a name was `who`'s, was taken from them by `one`, and `other` remembers it."""

    one: Ledger
    other: Ledger
    by: ProviderId
    who: LearnerId


@pytest.fixture
def two(migrated: str) -> Iterator[Two]:
    with ExitStack() as stack:
        one, other = (stack.enter_context(ledgers.opened(migrated)) for _ in range(2))
        by = ledgers.provider(one)
        who = sent(one, by, "e1", MAIL, SLIP)
        assert sent(other, by, "e2", SLIP) == who
        one.learners.unlink(said(who, by, SLIP))
        yield Two(one, other, by, who)


def test_evidence_of_who_has_the_name_now_may_be_corrected(two: Two) -> None:
    one, other, by, _ = two
    (first,) = ledgers.submit(one, by, ledgers.submission("e3", learner=(SLIP,)))
    said_anew = ledgers.submission("e3", learner=(SLIP,), score="0.3")
    (corrected,) = other.correct(
        by, ledgers.receipt(first).evidence, said_anew.evidence,
        reason="typed wrongly", digest=said_anew.digest, learner=said_anew.learner,
    ).result(ledgers.ANSWER_S)  # fmt: skip
    assert ledgers.receipt(corrected).learner == ledgers.receipt(first).learner


def test_an_enrolment_of_who_has_the_name_now_is_theirs(two: Two) -> None:
    one, other, by, _ = two
    enrolment = EnrolmentRecorded(
        learner=LearnerId(NOBODY), provider=by, external_id="n1", course="Welding 1"
    )
    first = one.enrol(enrolment, names=(SLIP,))
    assert other.enrol(enrolment, names=(SLIP,)).learner == first.learner


def test_that_who_had_the_name_was_erased_refuses_nobody_else(two: Two) -> None:
    one, other, by, who = two
    one.learners.erase(who, reason="requested")
    # As after a minute (DATA_KEYS_KEPT_S): its keys are asked for anew, and the name is not.
    other._writer._appender._planner._data_keys.clear()
    assert sent(other, by, "e3", SLIP) != who


def test_it_can_be_taken_from_who_has_it_now(two: Two) -> None:
    one, other, by, _ = two
    somebody = sent(one, by, "e3", SLIP)
    assert not other.learners.unlink(said(somebody, by, SLIP)).duplicate
    assert one.learners.find(by, (SLIP,)) is None


def test_it_can_be_taken_again_from_whom_it_was_linked_to_anew(two: Two) -> None:
    one, other, by, who = two
    somebody = sent(other, by, "e3", SLIP)
    one.learners.unlink(said(somebody, by, SLIP))
    assert sent(one, by, "e4", MAIL, SLIP) == who
    assert not other.learners.unlink(said(who, by, SLIP)).duplicate
    assert one.learners.find(by, (SLIP,)) is None


def test_what_they_were_called_beside_it_may_be_told_by_another_name(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", MAIL)
        sent(ledger, by, "e2", MAIL, SLIP, called="Ana Rivera")
        ledger.learners.unlink(said(who, by, SLIP))
        assert LearnerRecord.fold(who, ledger.log.stream(who)).names == ()
        sent(ledger, by, "e3", MAIL, called="Ana Rivera")
        sent(ledger, by, "e4", MAIL, called="Ana Rivera")
        told = ledger.log.stream(who)
        assert LearnerRecord.fold(who, told).names == ("Ana Rivera",)
        assert [one.topic for one in told[-3:]] == [
            "mastery.learner-identified.v1", *["mastery.evidence-recorded.v1"] * 2,
        ]  # fmt: skip


def test_what_was_told_while_it_was_taken_leads_nobody_to_whom_it_was_taken_from(
    migrated: str,
) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", MAIL, SLIP)
        # Made before it is told what they are called, and appended after.
        unlink = Unlink(ledger._keys, said(who, by, SLIP), called=())
        sent(ledger, by, "e2", SLIP, called="Ana Rivera")
        assert all(map(ledgers.receipt, appended(ledger, unlink)))
        ledger.learners.erase(who, reason="requested")
        assert sent(ledger, by, "e3", SLIP, called="Ana Rivera") != who


def test_of_a_person_said_again_it_is_a_duplicate_whoever_is_named(town: Town) -> None:
    by = town.provider()
    who, into = (town.shown(by, "W1", learner=one)["learner"] for one in ("S-1", "S-2"))
    town.post(f"/v1/learners/{who}/merge", {"into": into, "reason": "same_person"})
    name = {"type": "id", "value": "S-1"}
    first = unlinked(town, into, name, provider=str(by.id))
    for learner in (into, who):
        again = unlinked(town, learner, name, provider=str(by.id))
        assert again == {"position": first["position"], "duplicate": True}
    unlinked(town, into, {"type": "id", "value": "S-3"}, provider=str(by.id), status=409)
