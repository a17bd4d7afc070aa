"""The live engine on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event, Thread
from time import sleep

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from ledger.domain.evidence import Credential
from projections.engine import Engine
from tests.builders import DAY, Given, day, evidence, learner, policy, uri
from tests.downstream import until
from tests.log_keeping import Kept, kept


@pytest.fixture
def keeping(migrated: str) -> Iterator[Kept]:
    with kept(migrated, due_margin_ms=0) as keeping:
        yield keeping


def engine(keeping: Kept) -> Engine:
    return Engine(keeping.ledger, keeping.settings, clock=lambda: keeping.now)


def changes(keeping: Kept) -> list[tuple[object, ...]]:
    return keeping.view(
        "mastery_changes",
        "sequence, competency, from_state, to_state, cause, cause_position",
        order="sequence",
    )


def test_the_views_say_what_the_facts_say(keeping: Kept) -> None:
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy())
    given.recorded(1, evidence("W1", score="0.4", external_id="a"))
    second = given.recorded(2, evidence("W1", "W2", score="0.9", external_id="b"))
    given.withdrawn(second)
    keeping.keep(given.facts)

    assert engine(keeping).catch_up() == len(given.facts)

    assert keeping.view("mastery", "competency, state, level, position", order="1") == [
        (uri("W1"), "in_progress", "not yet", 7),
        (uri("W2"), "no_evidence", None, 7),
    ]
    assert changes(keeping) == [
        (1, uri("W1"), "no_evidence", "in_progress", "fact", 6),
        (2, uri("W1"), "in_progress", "mastered", "fact", 7),
        (3, uri("W2"), "no_evidence", "mastered", "fact", 7),
        (4, uri("W1"), "mastered", "in_progress", "fact", 8),
        (5, uri("W2"), "mastered", "no_evidence", "fact", 8),
    ]
    assert keeping.view("observations", "competency, position, ended_position", order="2, 1") == [
        (uri("W1"), 6, None),
        (uri("W1"), 7, 8),
        (uri("W2"), 7, 8),
    ]
    assert keeping.view("learners", "facts, evidence, withdrawn, last_position", order="1") == [
        (3, 2, 1, 8)
    ]


def test_a_fact_is_taken_once_by_however_many_engines(keeping: Kept) -> None:
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy())
    given.recorded(1, evidence("W1"))
    keeping.keep(given.facts)
    first, second = engine(keeping), engine(keeping)
    assert (first.catch_up(), second.catch_up()) == (len(given.facts), 0)

    given.recorded(2, evidence("W2", external_id="b"))
    keeping.keep(given.facts[-1:])
    assert (second.catch_up(), first.catch_up()) == (1, 0)

    given.recorded(3, evidence("W1", score="0.1", external_id="c"))
    keeping.keep(given.facts[-1:])
    assert first.catch_up() == 1
    assert [row[0] for row in changes(keeping)] == [1, 2]


def test_a_later_grant_releases_what_waited_for_it(keeping: Kept) -> None:
    given = Given()
    given.provider(trusted=False)
    given.framework()
    given.policy(policy())
    given.recorded(1, evidence("W1"))
    given.grant()
    keeping.keep(given.facts)
    engine(keeping).catch_up()
    assert changes(keeping) == [(1, uri("W1"), "no_evidence", "mastered", "reference", 6)]


def test_a_framework_published_later_gives_names_their_meaning(keeping: Kept) -> None:
    given = Given()
    given.provider()
    given.policy(policy())
    given.recorded(1, evidence("W1"))
    given.framework()
    keeping.keep(given.facts)
    engine(keeping).catch_up()
    assert changes(keeping) == [(1, uri("W1"), "no_evidence", "mastered", "reference", 6)]
    assert keeping.view("observations", "framework IS NULL, position", order="1") == [(False, 5)]


def test_what_expires_is_announced_when_its_time_comes(keeping: Kept) -> None:
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy(expiry={"expires_after": "P10D"}))
    given.recorded(1, evidence("W1"))
    keeping.keep(given.facts)
    live = engine(keeping)
    live.catch_up()
    keeping.now = day(9)
    live.catch_up()
    assert len(changes(keeping)) == 1
    keeping.now = day(11)
    live.catch_up()
    live.catch_up()
    assert changes(keeping)[1:] == [(2, uri("W1"), "mastered", "lapsed", "time", None)]


def test_what_expired_before_a_fact_is_announced_before_it(keeping: Kept) -> None:
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy(expiry={"expires_after": "P10D"}))
    given.recorded(1, evidence("W1"))
    given.at(day(20)).recorded(2, evidence("W1", on=day(20), external_id="b"))
    keeping.keep(given.facts)
    keeping.now += 30 * DAY
    engine(keeping).catch_up()
    assert [row[2:5] for row in changes(keeping)] == [
        ("no_evidence", "mastered", "fact"),
        ("mastered", "lapsed", "time"),
        ("lapsed", "mastered", "fact"),
        ("mastered", "lapsed", "time"),
    ]


def test_nothing_in_the_views_names_anybody(keeping: Kept) -> None:
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy())
    given.identified(learner(), "Ada Nightingale")
    given.recorded(
        1,
        evidence("W1", site="Harbour Yard", evaluator="Mx Assessor", external_id="student-88",
                 narrative="A clean root pass", title="Root pass of Ada"),
    )  # fmt: skip
    keeping.keep(given.facts)
    engine(keeping).catch_up()
    names = keeping.view("mastery_changes", "mastery_changes::text", order="1")
    for view in ("mastery", "observations", "learners", "providers"):
        names += keeping.view(view, f"{view}::text", order="1")
    assert names
    for personal in ("Ada", "Harbour", "Assessor", "student-88", "root pass"):
        assert personal.lower() not in str(names).lower()


def test_a_running_engine_hears_of_new_facts_at_once(keeping: Kept) -> None:
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy())
    keeping.keep(given.facts)
    stop = Event()
    thread = Thread(target=engine(keeping).run, args=(stop,))
    thread.start()
    try:
        reading = Engine(keeping.ledger, keeping.settings)
        until(lambda: reading.position() == len(given.facts), what="all facts taken over")
        given.recorded(1, evidence("W1"))
        keeping.keep(given.facts[-1:])
        until(lambda: len(changes(keeping)) == 1, what="the change")
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def test_what_holds_until_the_end_of_time_does_not_stop_the_engine(migrated: str) -> None:
    name = str(conninfo_to_dict(migrated)["dbname"])
    with psycopg.connect(migrated, autocommit=True) as connection:
        # There that moment is in the year 10000.
        connection.execute(
            SQL("ALTER DATABASE {} SET timezone = 'Asia/Tokyo'").format(Identifier(name))
        )
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy())
    given.recorded(1, evidence("W1", credential=Credential(id="c", valid_until=last)))
    stop = Event()
    with kept(migrated, due_margin_ms=2_000) as keeping:
        keeping.keep(given.facts)
        live = engine(keeping)
        live.catch_up()
        thread = Thread(target=live.run, args=(stop,))
        thread.start()
        try:
            sleep(0.2)  # long enough to wait for the due time once
            given.recorded(2, evidence("W2", external_id="b"))
            keeping.keep(given.facts[-1:])
            until(lambda: len(changes(keeping)) == 2, what="the second change")
        finally:
            stop.set()
            thread.join(10)
