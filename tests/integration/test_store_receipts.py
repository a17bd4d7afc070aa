from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from ledger.domain.evidence import Identifier
from ledger.domain.facts import EvidenceCorrected, EvidenceRecorded, EvidenceWithdrawn, Fact
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId
from ledger.errors import (
    AlreadyWithdrawnError,
    ConflictError,
    NotYoursError,
    RefusedError,
    UnknownEvidenceError,
)
from ledger.service import Ledger, Outcome
from tests.ledgers import ANSWER_S, opened, provider, receipt, refusal, submission, submit
from tests.logs import unsound

ALICE = Identifier(type="id", value="alice")
ALICE_BY_MAIL = Identifier(type="mbox", value="mailto:alice@school.example")
ALICE_BY_HASH = Identifier(
    type="mbox_sha1sum", value="775c10029c373582f4bd2c09bbec9dfd24bdb318"
)  # fmt: skip
BOB = Identifier(type="id", value="bob")


Change = Callable[[Ledger, ProviderId, EvidenceId], Outcome]


def facts_of(ledger: Ledger, learner: LearnerId) -> list[Fact]:
    return [one.fact for one in ledger.log.stream(learner)]


def correct(ledger: Ledger, by: ProviderId, evidence: EvidenceId, score: str = "0.1") -> Outcome:
    new = submission("corrected", score=score)
    future = ledger.correct(
        by, evidence, new.evidence, reason="a slip of the pen", digest=new.digest
    )
    return future.result(timeout=ANSWER_S)[0]


def withdraw(ledger: Ledger, by: ProviderId, evidence: EvidenceId) -> Outcome:
    future = ledger.withdraw(by, evidence=evidence, reason="the wrong learner")
    return future.result(timeout=ANSWER_S)[0]


def test_a_receipt_says_where_the_fact_is(migrated: str) -> None:
    with opened(migrated) as ledger:
        got = receipt(submit(ledger, provider(ledger), submission("a"))[0])
        recorded = ledger.log.stream(got.learner)[-1]
    assert not got.duplicate
    assert recorded.position == got.position
    assert recorded.recorded_at == got.recorded_at
    assert recorded.stream == got.learner
    assert isinstance(recorded.fact, EvidenceRecorded)
    assert recorded.fact_id == recorded.fact.id == got.evidence


def test_the_same_again_gives_the_first_receipt(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        first = receipt(submit(ledger, school, submission("a"))[0])
        again = receipt(submit(ledger, school, submission("a"))[0])
        twice = submit(ledger, school, submission("b"), submission("b"))
        head = ledger.log.head()
    with opened(migrated) as restarted:
        later = receipt(submit(restarted, school, submission("a"))[0])
        assert restarted.log.head() == head
    assert again == later == first._replace(duplicate=True)
    assert receipt(twice[1]) == receipt(twice[0])._replace(duplicate=True)
    assert unsound(migrated) == []


@pytest.mark.parametrize("known", [True, False])
def test_another_learner_under_the_same_name_and_version_is_a_conflict(
    migrated: str, known: bool
) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        submit(ledger, school, submission("a", learner="alice"))
        if known:
            submit(ledger, school, submission("b", learner="bob"))
        error = refusal(submit(ledger, school, submission("a", learner="bob"))[0])
    assert isinstance(error, ConflictError)


def test_other_content_under_the_same_name_is_a_conflict_for_that_item_alone(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        submit(ledger, school, submission("a"))
        before, conflict, after = submit(
            ledger, school, submission("b"), submission("a", score="0.9"), submission("c")
        )
        error = refusal(conflict)
        learner = receipt(before).learner
        kinds = [type(one) for one in facts_of(ledger, learner)]
    assert kinds.count(EvidenceRecorded) == len(kinds) - 2 == 3
    assert isinstance(error, ConflictError)
    assert error.external_id == "a"
    assert error.expected == submission("a").digest
    assert error.found == submission("a", score="0.9").digest
    assert not receipt(after).duplicate
    assert unsound(migrated) == []


def test_a_newer_version_corrects_the_same_evidence(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        first = receipt(submit(ledger, school, submission("a", version="1"))[0])
        newer = receipt(submit(ledger, school, submission("a", version="2", score="0.9"))[0])
        fact = facts_of(ledger, first.learner)[-1]
    assert newer.evidence == first.evidence
    assert newer.position > first.position
    assert isinstance(fact, EvidenceCorrected)
    assert (fact.id, fact.evidence.source.external_version) == (first.evidence, "2")
    assert unsound(migrated) == []


def test_versions_of_one_batch_are_taken_in_order(migrated: str) -> None:
    with opened(migrated) as ledger:
        outcomes = submit(
            ledger,
            provider(ledger),
            *(submission("a", version=version) for version in ("1", "2", "1", "3")),
        )
        kinds = [type(one) for one in facts_of(ledger, receipt(outcomes[0]).learner)]
    assert [receipt(one).duplicate for one in outcomes] == [False, False, True, False]
    assert kinds[-3:] == [EvidenceRecorded, EvidenceCorrected, EvidenceCorrected]
    assert unsound(migrated) == []


def test_the_same_id_of_another_provider_is_another_message(migrated: str) -> None:
    with opened(migrated) as ledger:
        here = receipt(submit(ledger, provider(ledger), submission("a"))[0])
        there = receipt(submit(ledger, provider(ledger, "Hillside"), submission("a"))[0])
    assert here.evidence != there.evidence
    assert here.learner != there.learner  # a bare id means somebody to its provider only


def test_a_correction_replaces_the_evidence_and_comes_once(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        first = receipt(submit(ledger, school, submission("a"))[0])
        done = receipt(correct(ledger, school, first.evidence))
        again = receipt(correct(ledger, school, first.evidence))
        fact = facts_of(ledger, first.learner)[-1]
    assert isinstance(fact, EvidenceCorrected)
    assert fact.id == first.evidence == done.evidence
    assert again == done._replace(duplicate=True)
    assert unsound(migrated) == []


def test_a_withdrawal_comes_once_and_ends_corrections(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        first = receipt(submit(ledger, school, submission("a", version="1"))[0])
        done = receipt(withdraw(ledger, school, first.evidence))
        again = receipt(withdraw(ledger, school, first.evidence))
        by_name = ledger.withdraw(school, external_id="a", reason="again").result(ANSWER_S)[0]
        corrected = refusal(correct(ledger, school, first.evidence))
        newer = refusal(submit(ledger, school, submission("a", version="2"))[0])
        same = receipt(submit(ledger, school, submission("a", version="1"))[0])
        facts = facts_of(ledger, first.learner)
    assert again == receipt(by_name) == done._replace(duplicate=True)
    assert isinstance(corrected, AlreadyWithdrawnError)
    assert isinstance(newer, AlreadyWithdrawnError)
    assert same == first._replace(duplicate=True)
    assert isinstance(facts[-1], EvidenceWithdrawn)
    assert len(facts) == 4  # registered, identified, recorded, withdrawn
    assert unsound(migrated) == []


@pytest.mark.parametrize("change", [correct, withdraw])
def test_nobody_changes_what_another_provider_said(migrated: str, change: Change) -> None:
    with opened(migrated) as ledger:
        first = receipt(submit(ledger, provider(ledger), submission("a"))[0])
        error = refusal(change(ledger, provider(ledger, "Hillside"), first.evidence))
    assert isinstance(error, NotYoursError)
    assert error.evidence == first.evidence


@pytest.mark.parametrize("change", [correct, withdraw])
def test_what_is_not_there_cannot_be_changed(migrated: str, change: Change) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        nothing = refusal(change(ledger, school, EvidenceId(uuid4())))
        not_evidence = refusal(change(ledger, school, EvidenceId(school)))
    assert isinstance(nothing, UnknownEvidenceError)
    assert isinstance(not_evidence, UnknownEvidenceError)


def test_names_of_two_learners_in_one_delivery_are_refused(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        alice, bob, both = submit(
            ledger,
            school,
            submission("a", learner=[ALICE]),
            submission("b", learner=[BOB]),
            submission("c", learner=[ALICE, BOB]),
        )
        head = ledger.log.head()
        later = submit(ledger, school, submission("c", learner=[ALICE, BOB]))[0]
        assert ledger.log.head() == head
    assert receipt(alice).learner != receipt(bob).learner
    assert isinstance(refusal(both), RefusedError)
    assert isinstance(refusal(later), RefusedError)


def test_any_known_name_finds_the_learner_and_links_the_others(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        one, two, three = submit(
            ledger,
            school,
            submission("a", learner=[ALICE]),
            submission("b", learner=[ALICE_BY_MAIL, ALICE]),
            submission("c", learner=[ALICE_BY_MAIL]),
        )
        found = ledger.learners.find(school, (ALICE_BY_MAIL,))
    assert receipt(one).learner == receipt(two).learner == receipt(three).learner == found
    assert unsound(migrated) == []


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([ALICE, ALICE], id="the same name twice"),
        pytest.param([ALICE_BY_MAIL, ALICE_BY_HASH], id="a mailbox and its hash"),
    ],
)
def test_two_names_that_mean_the_same_are_one(migrated: str, names: list[Identifier]) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        first, second = submit(
            ledger, school, submission("a", learner=names), submission("b", learner=names)
        )
    assert receipt(first).learner == receipt(second).learner
    assert unsound(migrated) == []
