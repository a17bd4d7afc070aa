"""An enrolment may be the first that the ledger hears of a learner."""

from __future__ import annotations

from uuid import UUID

import pytest
from msgspec.structs import replace

from ledger.domain.evidence import Identifier, Party
from ledger.domain.facts import (
    AttributesRecorded,
    EnrolmentRecorded,
    LearnerIdentified,
    LearnerRegistered,
)
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId
from ledger.errors import RefusedError, UnknownEvidenceError, UnknownLearnerError
from ledger.service import Ledger
from ledger.store.enrolment_tasks import Enrol
from ledger.store.tasks import NOBODY
from projections.learner import LearnerRecord
from tests.ledgers import ANSWER_S, receipt, refusal, settings, submission

ADA = Identifier(type="ssid", value="S-1")


def enrolment(
    provider: ProviderId, external_id: str = "e1", school: str = "Riverside"
) -> EnrolmentRecorded:
    return EnrolmentRecorded(
        learner=LearnerId(NOBODY), provider=provider, external_id=external_id, school=school
    )


def test_enrolling_somebody_new_registers_them_once(migrated: str) -> None:
    with Ledger.open(settings(migrated)) as ledger:
        provider = ledger.register_provider("Riverside", "school")
        first = ledger.enrol(enrolment(provider), names=(ADA,))
        again = ledger.enrol(enrolment(provider), names=(ADA,))
        moved = ledger.enrol(enrolment(provider, school="Hilltop"), names=(ADA,))
        assert (first.duplicate, again.duplicate, moved.duplicate) == (False, True, False)
        assert again.position == first.position
        assert first.learner == moved.learner == ledger.learners.find(provider, (ADA,))
        facts = [type(one.fact) for one in ledger.log.stream(first.learner)]
        assert facts == [LearnerRegistered, LearnerIdentified, EnrolmentRecorded, EnrolmentRecorded]


def test_whoever_goes_back_to_what_they_said_is_heard(migrated: str) -> None:
    with Ledger.open(settings(migrated)) as ledger:
        provider = ledger.register_provider("Riverside", "school")

        def say(school: str) -> bool:
            return ledger.enrol(enrolment(provider, school=school), names=(ADA,)).duplicate

        assert [say(one) for one in ("Riverside", "Hilltop", "Riverside", "Riverside")] == [
            False, False, False, True,
        ]  # fmt: skip
        assert [say(one) for one in ("Hilltop", "Riverside")] == [False, False]
        learner = ledger.learners.find(provider, (ADA,))
        assert learner is not None
        record = LearnerRecord.fold(learner, ledger.log.stream(learner))
        assert [one.school for one in record.enrolments.values()] == ["Riverside"]
        # In one group, what waits to be appended is the last word.
        tasks = [
            Enrol(ledger._keys, enrolment(provider, school=one), (ADA,))
            for one in ("Hilltop", "Hilltop", "Riverside", "Hilltop")
        ]
        found = ledger._writer.submit(tasks).result(ANSWER_S)
        assert [receipt(one).duplicate for one in found] == [False, True, False, False]


def test_an_enrolment_does_not_change_hands(migrated: str) -> None:
    with Ledger.open(settings(migrated)) as ledger:
        provider = ledger.register_provider("Riverside", "school")
        ledger.enrol(enrolment(provider), names=(ADA,))
        with pytest.raises(RefusedError, match="was about learner"):
            ledger.enrol(enrolment(provider), names=(Identifier(type="ssid", value="S-2"),))


def test_attributes_are_refused_by_their_own_name(migrated: str) -> None:
    with Ledger.open(settings(migrated)) as ledger:
        provider = ledger.register_provider("Riverside", "school")
        said = AttributesRecorded(
            learner=LearnerId(NOBODY), provider=provider, external_id="a1", attributes=()
        )
        with pytest.raises(RefusedError, match=r"^attributes a1 names no learner"):
            ledger.enrol(said)


def test_a_learner_whom_nobody_registered_is_unknown_and_not_erased(migrated: str) -> None:
    with Ledger.open(settings(migrated)) as ledger:
        provider = ledger.register_provider("Riverside", "school")
        nobodys = LearnerId(UUID(int=7))
        with pytest.raises(UnknownLearnerError, match=str(nobodys)):
            ledger.enrol(replace(enrolment(provider), learner=nobodys))


def test_an_enrolment_of_nobody_is_refused(migrated: str) -> None:
    with Ledger.open(settings(migrated)) as ledger:
        provider = ledger.register_provider("Riverside", "school")
        with pytest.raises(RefusedError, match="names no learner"):
            ledger.enrol(enrolment(provider))


def test_an_enrolment_is_no_evidence_to_correct_withdraw_or_contest(migrated: str) -> None:
    with Ledger.open(settings(migrated)) as ledger:
        provider = ledger.register_provider("Riverside", "school")
        first = ledger.enrol(enrolment(provider), names=(ADA,))
        named, said = EvidenceId(first.learner), submission("a")
        for asked in (
            ledger.correct(provider, named, said.evidence, reason="typo", digest=said.digest),
            ledger.withdraw(provider, evidence=named, reason="typo"),
            ledger.contest(provider, named, by=Party(id="Ada"), reason="wrong"),
        ):
            assert isinstance(refusal(asked.result(ANSWER_S)[0]), UnknownEvidenceError)
        assert ledger.enrol(enrolment(provider), names=(ADA,)).duplicate
        assert ledger.log.head() == first.position
