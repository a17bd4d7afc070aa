"""A name that is linked to the wrong learner is taken from them, wherever it is remembered."""

from __future__ import annotations

import pytest

from api.cli.main import run
from ledger.domain.evidence import Identifier
from ledger.domain.facts import IdentityUnlinked
from ledger.domain.ids import LearnerId, ProviderId
from ledger.errors import ErasedError, RefusedError
from ledger.service import Ledger
from ledger.store.appending import Outcome
from ledger.store.evidence_tasks import Submit
from ledger.store.tasks import Task
from ledger.store.unlinking import Unlink
from tests import ledgers
from tests.town import Json, Town

MINE = Identifier(type="id", value="S-1")
SLIP = Identifier(type="id", value="S-2")
MAIL = Identifier(type="email", value="rivera@home.example")


def sent(
    ledger: Ledger, by: ProviderId, name: str, *names: Identifier, called: str | None = None
) -> LearnerId:
    """Send evidence under these names; give whom it went to."""
    (outcome,) = ledgers.submit(
        ledger, by, ledgers.submission(name, learner=names, learner_name=called)
    )
    return ledgers.receipt(outcome).learner


def said(learner: LearnerId, by: ProviderId | None, name: Identifier) -> IdentityUnlinked:
    return IdentityUnlinked(learner=learner, provider=by, identifier=name, reason="mistaken")


def appended(ledger: Ledger, *tasks: Task) -> list[Outcome]:
    """Append in one group."""
    return ledger._writer.submit(list(tasks)).result()


def test_who_is_named_next_is_somebody_new_and_the_other_names_stay(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", MAIL, SLIP)
        first = ledger.learners.unlink(said(who, by, SLIP))
        assert not first.duplicate
        assert ledger.learners.find(by, (SLIP,)) is None
        other = sent(ledger, by, "e2", SLIP)
        assert other != who
        assert sent(ledger, by, "e3", MAIL) == who
        again = ledger.learners.unlink(said(who, by, SLIP))
        assert (again.duplicate, again.position) == (True, first.position)
        assert ledger.learners.find(by, (SLIP,)) == other


def test_a_name_may_be_linked_to_them_anew_and_taken_again(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", MAIL, SLIP)
        ledger.learners.unlink(said(who, by, SLIP))
        assert sent(ledger, by, "e2", MAIL, SLIP) == who
        assert ledger.learners.find(by, (SLIP,)) == who
        assert not ledger.learners.unlink(said(who, by, SLIP)).duplicate
        assert ledger.learners.find(by, (SLIP,)) is None


def test_another_of_that_kind_can_be_theirs_then(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", MAIL, SLIP)
        (refused,) = ledgers.submit(ledger, by, ledgers.submission("e2", learner=(MAIL, MINE)))
        assert isinstance(ledgers.refusal(refused), RefusedError)
        ledger.learners.unlink(said(who, by, SLIP))
        assert sent(ledger, by, "e3", MAIL, MINE) == who
        assert sent(ledger, by, "e4", MINE) == who


def test_a_process_that_remembers_the_name_hears_of_it_before_it_appends(migrated: str) -> None:
    with ledgers.opened(migrated) as one, ledgers.opened(migrated) as other:
        by = ledgers.provider(one)
        who = sent(one, by, "e1", MAIL, SLIP)
        assert sent(other, by, "e2", SLIP) == who
        one.learners.unlink(said(who, by, SLIP))
        assert sent(other, by, "e3", SLIP) != who
        assert sent(other, by, "e4", MAIL) == who


def test_a_process_that_remembers_the_name_refuses_nothing_for_it(migrated: str) -> None:
    with ledgers.opened(migrated) as one, ledgers.opened(migrated) as other:
        by = ledgers.provider(one)
        who, somebody = sent(one, by, "e1", SLIP), sent(one, by, "e2", MINE)
        assert sent(other, by, "e3", SLIP) == who
        one.learners.unlink(said(who, by, SLIP))
        # Names of two learners, as this process had it.
        assert sent(other, by, "e4", SLIP, MINE) == somebody


@pytest.mark.parametrize("linked_before", [True, False])
def test_within_one_group_the_last_word_holds(migrated: str, linked_before: bool) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", *((MAIL, SLIP) if linked_before else (MAIL,)))
        keys = ledger._keys
        outcomes = appended(
            ledger,
            Submit(keys, by, ledgers.submission("e2", learner=(MAIL, SLIP))),
            Unlink(keys, said(who, by, SLIP), called=()),
            Submit(keys, by, ledgers.submission("e3", learner=(SLIP,))),
            Submit(keys, by, ledgers.submission("e4", learner=(MAIL, MINE))),
        )
        before, _, after, mine = (ledgers.receipt(one).learner for one in outcomes)
        assert before == who == mine != after
        assert ledger.learners.find(by, (SLIP,)) == after
        assert ledger.learners.find(by, (MINE,)) == who
        assert sent(ledger, by, "e5", SLIP) == after


def test_only_a_name_of_theirs_is_taken(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by, other = ledgers.provider(ledger), ledgers.provider(ledger, "Elsewhere")
        who, somebody = sent(ledger, by, "e1", MINE), sent(ledger, by, "e2", SLIP)
        for learner, whose, name in ((who, by, SLIP), (somebody, other, SLIP), (who, None, MAIL)):
            with pytest.raises(RefusedError, match="not known by that name"):
                ledger.learners.unlink(said(learner, whose, name))
        assert ledger.learners.find(by, (SLIP,)) == somebody


def test_of_who_was_erased_nothing_is_said_any_more(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", MINE)
        ledger.learners.erase(who, reason="requested")
        with pytest.raises(ErasedError):
            ledger.learners.unlink(said(who, by, MINE))


def unlinked(town: Town, learner: str, name: Json, *, status: int = 200, **more: object) -> Json:
    body = {"identifier": name, "reason": "mistaken", **more}
    return town.post(f"/v1/learners/{learner}/unlink", body, status=status)


def evidence(number: str, *names: Json, called: str) -> Json:
    return {
        "id": number, "kind": "assessment", "occurred_at": "2026-03-02T10:00:00Z",
        "learner": {"identifiers": list(names), "name": called},
    }  # fmt: skip


def test_what_the_learner_was_called_under_it_goes_with_it(town: Town) -> None:
    by = town.provider()
    slip, mail = {"type": "id", "value": "S-2"}, {"type": "mbox", "value": "mailto:r@home.example"}
    first = by.client.post("/v1/evidence", json=evidence("e1", mail, called="Ana Rivera")).json()
    who = first["learner"]
    by.client.post("/v1/evidence", json=evidence("e2", mail, slip, called="Ben Okafor"))
    assert town.get(f"/v1/learners/{who}/transcript")["names"] == ["Ben Okafor", "Ana Rivera"]
    found = unlinked(town, who, slip, provider=str(by.id))
    assert found["duplicate"] is False
    assert town.get(f"/v1/learners/{who}/transcript")["names"] == ["Ana Rivera"]
    new = by.client.post("/v1/evidence", json=evidence("e3", slip, called="Ben Okafor")).json()
    assert new["learner"] != who
    assert town.get(f"/v1/learners/{new['learner']}/transcript")["names"] == ["Ben Okafor"]
    told = [one["text"] for one in town.get(f"/v1/learners/{who}/history")["steps"]]
    assert "An identifier of type id was found not to be this learner's (mistaken)." in told
    assert town.get(f"/v1/learners/{who}/transcript", as_of=found["position"] - 1)["names"] == [
        "Ben Okafor", "Ana Rivera",
    ]  # fmt: skip


def test_a_provider_s_own_name_needs_the_provider(town: Town) -> None:
    who = town.shown(town.provider(), "W1")["learner"]
    own = {"identifier": {"type": "id", "value": "S-1"}, "reason": "mistaken"}
    (pointer,) = town.faults(f"/v1/learners/{who}/unlink", own)
    assert pointer == "/provider"


def test_of_a_person_it_is_taken_from_the_learner_whom_it_leads_to(town: Town) -> None:
    by = town.provider()
    who, into = (town.shown(by, "W1", learner=one)["learner"] for one in ("S-1", "S-2"))
    town.post(f"/v1/learners/{who}/merge", {"into": into, "reason": "same_person"})
    name = {"type": "id", "value": "S-1"}
    unlinked(town, into, name, provider=str(by.id))
    assert unlinked(town, who, name, provider=str(by.id))["duplicate"] is True
    assert town.shown(by, "W1", learner="S-1")["learner"] not in {who, into}
    assert town.shown(by, "W1", learner="S-2")["learner"] == into


def test_the_command_line_takes_a_name_from_whom_it_means(
    migrated: str, capfd: pytest.CaptureFixture[str]
) -> None:
    env = {"MASTERY_DATABASE_URL": migrated, "MASTERY_MASTER_KEY": ledgers.MASTER_KEY}
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger, "Northside LMS")
        who = sent(ledger, by, "e1", MINE)
    asked = ["learner", "unlink", "S-1", "--provider", "Northside LMS"]
    assert run(asked, env=env) == 0
    assert f"unlinked from {who}, at position " in capfd.readouterr().out
    assert run(asked, env=env) == 1
    assert "of that name" in capfd.readouterr().err
