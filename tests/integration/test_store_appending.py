from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

import msgspec
import psycopg
from psycopg import Cursor

from ledger.domain.catalogue import UnknownFact
from ledger.domain.facts import EnrolmentRecorded, EvidenceRecorded, FrameworkPublished
from ledger.domain.ids import FrameworkId, LearnerId, ProviderId
from ledger.domain.streams import framework_stream
from ledger.errors import ErasedError, RefusedError, SealError
from ledger.service import Ledger
from ledger.store.keys import DATA_KEYS_KEPT_S
from ledger.store.planning import Plan
from ledger.store.recorder import Head
from ledger.store.tasks import Task
from tests.ledgers import (
    ANSWER_S,
    opened,
    provider,
    receipt,
    refusal,
    rows,
    submission,
    submit,
)
from tests.logs import unsound

UNSTORABLE = "a lone surrogate: \ud800"


@contextmanager
def overtaken(ledger: Ledger, by: Callable[[], object]) -> Generator[None]:
    """Let something else append after the next group has looked up and before it has the lock."""
    recorder = ledger._writer._recorder
    begin = recorder._begin

    def slow_begin(cursor: Cursor[object]) -> Head:
        recorder._begin = begin  # type: ignore[method-assign]
        by()
        return begin(cursor)

    recorder._begin = slow_begin  # type: ignore[method-assign]
    yield


def change_data_key(url: str, owner: LearnerId, change: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(f"{change} WHERE owner = %s".encode(), (owner,))


ERASE = "DELETE FROM ledger.data_keys"
DAMAGE = "UPDATE ledger.data_keys SET wrapped = set_byte(wrapped, 20, 255 - get_byte(wrapped, 20))"


def enrolment(by: ProviderId, who: LearnerId, number: int) -> EnrolmentRecorded:
    return EnrolmentRecorded(
        learner=who, provider=by, external_id=str(number), starts_on=date(2026, 1, number)
    )


def test_no_two_facts_share_an_id_and_with_it_a_key(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        first = receipt(submit(ledger, school, submission("a", version="1"))[0])
        submit(ledger, school, submission("a", version="2"))
        for number in (1, 2, 3):
            ledger.enrol(enrolment(school, first.learner, number))
    assert unsound(migrated) == []


def test_a_group_that_was_overtaken_is_decided_again(migrated: str) -> None:
    with opened(migrated) as faster, opened(migrated) as ledger:
        school = provider(ledger)
        theirs: list[object] = []
        with overtaken(ledger, lambda: theirs.extend(submit(faster, school, submission("a")))):
            mine = submit(ledger, school, submission("a"), submission("b"))
    assert receipt(mine[0]) == theirs[0]._replace(duplicate=True)  # type: ignore[attr-defined]
    assert receipt(mine[1]).learner == receipt(mine[0]).learner
    assert unsound(migrated) == []


def test_a_group_that_was_overtaken_by_something_else_is_decided_once(migrated: str) -> None:
    with opened(migrated) as faster, opened(migrated) as ledger:
        school = provider(ledger)
        submit(ledger, school, submission("known"))  # and with it, their learner and stream
        planner = ledger._writer._appender._planner
        plan, plans = planner.plan, list[Plan]()

        def counted(cursor: Cursor[object], tasks: Sequence[Task]) -> Plan:
            plans.append(plan(cursor, tasks))
            return plans[-1]

        planner.plan = counted  # type: ignore[method-assign]
        with overtaken(ledger, lambda: submit(faster, school, submission("theirs"))):
            mine = submit(ledger, school, submission("mine"), submission("known"))
    assert len(plans) == 1
    assert [receipt(one).duplicate for one in mine] == [False, True]
    assert unsound(migrated) == []


def test_a_document_of_a_group_that_was_overtaken_can_be_read(migrated: str) -> None:
    framework = FrameworkId(str(uuid4()))
    fact = FrameworkPublished(
        framework=framework, version="5e" * 32, title="Welding", competencies=()
    )
    with opened(migrated) as faster, opened(migrated) as ledger:
        school = provider(ledger)
        with overtaken(ledger, lambda: submit(faster, school, submission("a"))):
            ledger.publish_framework(fact, document=b"a package")
    with opened(migrated) as later:
        digest = hashlib.sha256(b"a package").hexdigest()
        found = later.log.document(framework_stream(framework), digest)
    assert found == ("application/json", b"a package")
    assert unsound(migrated) == []


def test_evidence_of_an_erased_learner_is_refused_alone(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        erased = receipt(submit(ledger, school, submission("a", learner="erased"))[0]).learner
    change_data_key(migrated, erased, ERASE)
    with opened(migrated) as ledger:
        first, again, other = submit(
            ledger,
            school,
            submission("b", learner="erased"),
            submission("b", learner="erased"),
            submission("c", learner="another"),
        )
    assert isinstance(refusal(first), ErasedError)
    assert isinstance(refusal(again), ErasedError)
    assert not receipt(other).duplicate


def test_a_writer_that_has_the_key_of_an_erased_learner_forgets_it_within_a_minute(
    migrated: str,
) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        erased = receipt(submit(ledger, school, submission("a"))[0]).learner
        change_data_key(migrated, erased, ERASE)
        ledger._writer._appender._planner._keys_since_s -= DATA_KEYS_KEPT_S
        (late,) = submit(ledger, school, submission("b"))
    assert isinstance(refusal(late), ErasedError)


def test_a_reader_that_has_the_key_of_an_erased_learner_forgets_it_within_a_minute(
    migrated: str,
) -> None:
    with opened(migrated) as ledger:
        sent = receipt(submit(ledger, provider(ledger), submission("a"))[0])
        (opened_fact,) = ledger.log.at([sent.position])
        assert isinstance(opened_fact.fact, EvidenceRecorded)
        change_data_key(migrated, sent.learner, ERASE)
        ledger.log._keys_since_s -= DATA_KEYS_KEPT_S
        (erased,) = ledger.log.at([sent.position])
    assert isinstance(erased.fact, UnknownFact)


def test_a_damaged_data_key_stops_its_own_learner_alone(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        damaged = receipt(submit(ledger, school, submission("a", learner="damaged"))[0]).learner
    change_data_key(migrated, damaged, DAMAGE)
    with opened(migrated) as ledger:
        before, bad, after = submit(
            ledger,
            school,
            submission("b", learner="another"),
            submission("c", learner="damaged"),
            submission("d", learner="another"),
        )
    assert isinstance(refusal(bad), SealError)
    assert receipt(before).learner == receipt(after).learner
    assert unsound(migrated) == []


def test_text_that_no_database_stores_is_refused_alone(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        good = [submission(f"good {number}") for number in range(5)]
        said = submission("bad")
        evidence = msgspec.structs.replace(said.evidence, narrative=UNSTORABLE)
        bad = msgspec.structs.replace(said, evidence=evidence)
        outcomes = submit(ledger, school, *good[:3], bad, *good[3:])
    assert isinstance(refusal(outcomes.pop(3)), RefusedError)
    assert all(not receipt(one).duplicate for one in outcomes)
    assert unsound(migrated) == []


def test_a_caller_who_gave_up_leaves_the_others_answered(migrated: str) -> None:
    with opened(migrated) as ledger:
        school = provider(ledger)
        futures = [ledger.submit(school, [submission(f"a{number}")]) for number in range(20)]
        for future in futures[::2]:
            future.cancel()
        answered = [future.result(ANSWER_S) for future in futures[1::2]]
        last = submit(ledger, school, submission("last"))
    assert all(not receipt(one).duplicate for (one,) in answered)
    assert not receipt(last[0]).duplicate
    assert rows(migrated, "SELECT count(*) FROM ledger.receipts")[0][0] >= 11
    assert unsound(migrated) == []
