"""Whom names mean: a weaker name that two people share makes them no one learner."""

from __future__ import annotations

import pytest

from ledger.domain.evidence import Identifier
from ledger.domain.facts import EnrolmentRecorded
from ledger.domain.ids import LearnerId, ProviderId
from ledger.errors import RefusedError
from ledger.service import Ledger
from ledger.store.tasks import NOBODY
from tests import ledgers

Names = tuple[Identifier, ...]
MAIL = Identifier(type="email", value="parent@home.example")


def ssid(value: str) -> Identifier:
    return Identifier(type="ssid", value=value)


def own(value: str) -> Identifier:
    return Identifier(type="id", value=value)


def sent(ledger: Ledger, by: ProviderId, number: int, *names: Identifier) -> LearnerId | None:
    """Send evidence under these names; give whom it went to, or None where it was refused."""
    (outcome,) = ledgers.submit(ledger, by, ledgers.submission(f"e{number}", learner=names))
    try:
        return ledgers.receipt(outcome).learner
    except AssertionError:
        assert isinstance(ledgers.refusal(outcome), RefusedError)
        return None


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param((ssid("200"), MAIL), (ssid("201"), MAIL), False, id="a family's mailbox"),
        pytest.param((own("S-1"), MAIL), (own("S-2"), MAIL), False, id="also by a school's ids"),
        pytest.param((own("S-1"), ssid("200")), (own("S-1"), ssid("201")), False, id="a number reused"),
        pytest.param((own("S-1"), ssid("200")), (own("S-2"), ssid("200")), True, id="a new school id"),
        pytest.param((MAIL,), (MAIL, ssid("200")), True, id="a first number for a known mailbox"),
        pytest.param((ssid("200"),), (ssid("200"), MAIL), True, id="a mailbox for a known number"),
        pytest.param((own("S-1"), MAIL), (own("S-1"), MAIL), True, id="the same again"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("together", [True, False])
def test_a_shared_name_does_not_outvote_a_stronger_one(
    migrated: str, first: Names, second: Names, same: bool, together: bool
) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        if together:
            one, two = ledgers.submit(
                ledger, by, ledgers.submission("e1", learner=first),
                ledgers.submission("e2", learner=second),
            )  # fmt: skip
            if same:
                assert ledgers.receipt(one).learner == ledgers.receipt(two).learner
            else:
                assert "another" in str(ledgers.refusal(two))
            return
        who = sent(ledger, by, 1, *first)
    with ledgers.opened(migrated) as later:  # remembers nothing
        assert sent(later, by, 2, *second) == (who if same else None)
        assert sent(later, by, 3, *first) == who


def test_two_numbers_of_one_kind_are_not_one_persons(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        assert sent(ledger, by, 1, ssid("200"), ssid("201")) is None
        assert sent(ledger, by, 2, ssid("200")) != sent(ledger, by, 3, ssid("201"))


def test_ids_of_two_providers_are_not_of_one_kind(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        school, college = ledgers.provider(ledger), ledgers.provider(ledger, "College")
        who = sent(ledger, school, 1, own("S-1"), MAIL)
        assert sent(ledger, college, 2, own("C-9"), MAIL) == who


def test_it_holds_for_enrolments_too(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        sent(ledger, by, 1, own("S-1"), MAIL)
        told = EnrolmentRecorded(
            learner=LearnerId(NOBODY), provider=by, external_id="e", school="North"
        )
        with pytest.raises(RefusedError, match="has another id"):
            ledger.enrol(told, names=(own("S-2"), MAIL))
        assert not ledger.enrol(told, names=(own("S-2"),)).duplicate


def test_writers_that_race_link_no_two_numbers(migrated: str) -> None:
    with ledgers.opened(migrated) as one, ledgers.opened(migrated) as other:
        by = ledgers.provider(one)
        who = sent(one, by, 1, MAIL)
        assert sent(other, by, 2, MAIL, ssid("200")) == who
        assert sent(one, by, 3, MAIL, ssid("201")) is None
