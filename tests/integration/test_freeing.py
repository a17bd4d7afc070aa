"""A name that an erased learner had by mistake is freed for its rightful owner, and nothing else."""

from __future__ import annotations

import pytest

from api.cli.main import run
from ledger.domain.evidence import Identifier
from ledger.domain.facts import IdentityFreed, IdentityUnlinked
from ledger.domain.ids import Position, ProviderId
from ledger.errors import ErasedError, RefusedError, UnknownLearnerError
from ledger.service import Ledger, Receipt
from ledger.store.tasks import NOBODY
from tests import ledgers
from tests.integration.test_unlinking import MAIL, MINE, SLIP, sent
from tests.ledgers import submission
from tests.logs import CHECKS
from tests.town import Town

STATE = Identifier(type="ssid", value="10023")
FREE = "/v1/identifiers/unlink"


def free(ledger: Ledger, by: ProviderId | None, name: Identifier) -> Receipt:
    return ledger.learners.free(IdentityFreed(provider=by, reason="mistaken"), name)


def test_what_comes_under_a_freed_name_is_somebody_news(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", MAIL, SLIP)
        ledger.learners.erase(who, reason="requested")
        erased = ledger.log.head()
        (refused,) = ledgers.submit(ledger, by, submission("e2", learner=(SLIP,)))
        assert isinstance(ledgers.refusal(refused), ErasedError)
        freed = free(ledger, by, SLIP)
        assert (freed.learner, freed.duplicate) == (NOBODY, False)
        somebody = sent(ledger, by, "e2", SLIP)
        assert somebody != who
        assert ledger.learners.find(by, (SLIP,)) == somebody
        # The others still are of who was erased, and so is what came under it before.
        for again in (submission("e3", learner=(MAIL,)), submission("e1", learner=(SLIP,))):
            assert isinstance(ledgers.refusal(ledgers.submit(ledger, by, again)[0]), ErasedError)
        assert [one.position for one in ledger.log.stream(who)][-1] == erased
        assert not ledger.log.holds_key(who)
        assert ledger.log.mismatched(limit=9) == []


def test_the_fact_says_neither_whose_nor_which(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", STATE)
        ledger.learners.erase(who, reason="requested")
        before = ledger.log.head()
        free(ledger, None, STATE)
        (freed,) = ledger.log.after(before, limit=9)
        assert freed.fact == IdentityFreed(provider=None, reason="mistaken")
        assert freed.stream != who
        at = "SELECT to_jsonb(r)::text FROM ledger.receipts AS r WHERE position = %s"
        ((kept,),) = ledgers.rows(migrated, at, freed.position)
        assert str(who) not in kept
    sound = {claim for claim in CHECKS if claim != "a learner without a data key"}
    assert [claim for claim in sound if ledgers.rows(migrated, CHECKS[claim])] == []


def test_only_a_name_of_somebody_erased_is_freed(migrated: str) -> None:
    with ledgers.opened(migrated) as ledger:
        by = ledgers.provider(ledger)
        who = sent(ledger, by, "e1", SLIP)
        with pytest.raises(RefusedError, match="was not erased"):
            free(ledger, by, SLIP)
        with pytest.raises(UnknownLearnerError):
            free(ledger, by, MINE)
        ledger.learners.erase(who, reason="requested")
        fact = IdentityUnlinked(learner=who, provider=by, identifier=SLIP, reason="mistaken")
        with pytest.raises(ErasedError):
            ledger.learners.unlink(fact)
        first, again = free(ledger, by, SLIP), free(ledger, by, SLIP)
        assert again == first._replace(duplicate=True)
        somebody = sent(ledger, by, "e2", SLIP)
        with pytest.raises(RefusedError, match="was not erased"):
            free(ledger, by, SLIP)
        ledger.learners.erase(somebody, reason="requested")
        assert free(ledger, by, SLIP).duplicate is False
        assert ledger.log.head() > Position(first.position)


@pytest.mark.parametrize("alone", [True, False])
def test_a_process_that_remembers_the_name_hears_of_it(migrated: str, *, alone: bool) -> None:
    with ledgers.opened(migrated) as one, ledgers.opened(migrated) as other:
        by = ledgers.provider(one)
        who = sent(one, by, "e1", MAIL, SLIP)
        assert sent(other, by, "e2", SLIP) == who
        one.learners.erase(who, reason="requested")
        (refused,) = ledgers.submit(other, by, submission("e3", learner=(SLIP,)))
        assert isinstance(ledgers.refusal(refused), ErasedError)
        free(one, by, SLIP)
        # Where nothing else is appended with it, nothing asks under the lock what names mean.
        beside = () if alone else (submission("e0", learner=(MINE,)),)
        *_, new = ledgers.submit(other, by, *beside, submission("e3", learner=(SLIP,)))
        somebody = ledgers.receipt(new).learner
        assert somebody != who
        assert sent(one, by, "e4", SLIP) == somebody


def test_a_steward_frees_it_by_the_name_alone(town: Town) -> None:
    by = town.provider()
    who = town.shown(by, "W1", learner="S-1")["learner"]
    named = {"identifier": {"type": "id", "value": "S-1"}, "reason": "mistaken"}
    assert set(town.faults(FREE, named)) == {"/provider"}
    named["provider"] = str(by.id)
    assert by.client.post(FREE, json=named).status_code == 403
    town.post(FREE, named, status=409)
    town.post(f"/v1/learners/{who}/erasure", {"reason": "requested"})
    town.post(f"/v1/learners/{who}/unlink", named, status=410)
    answer = town.post(FREE, named)
    assert (answer["duplicate"], str(who) in str(answer)) == (False, False)
    asked = {"identifier": "S-1", "provider": str(by.id)}
    assert town.steward.get("/v1/learners", params=asked).status_code == 404
    changes = town.changes()
    somebody = town.shown(by, "W1", learner="S-1")["learner"]
    assert town.changes() == [*changes, ("W1", "no_evidence", "mastered")]
    assert town.state(somebody, "W1") == "mastered"
    assert town.steward.get(f"/v1/learners/{who}/mastery").status_code == 410


def test_the_command_line_frees_it(migrated: str, capfd: pytest.CaptureFixture[str]) -> None:
    env = {"MASTERY_DATABASE_URL": migrated, "MASTERY_MASTER_KEY": ledgers.MASTER_KEY}
    with ledgers.opened(migrated) as ledger:
        who = sent(ledger, ledgers.provider(ledger, "Northside LMS"), "e1", MINE)
        ledger.learners.erase(who, reason="requested")
    assert run(["learner", "unlink", "S-1", "--provider", "Northside LMS"], env=env) == 0
    told = capfd.readouterr().out
    assert "freed: its learner was erased, at position " in told
    assert str(who) not in told
