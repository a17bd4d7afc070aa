"""Rebuilding the views beside the live ones, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
import pytest

from ledger.domain.catalogue import Recorded
from ledger.domain.facts import ProviderRegistered
from projections import views
from projections.building import Builder
from projections.engine import Engine
from projections.policies import compile_policy, parse
from projections.rebuild import rebuild
from projections.trial import Question, trial
from tests import ledgers
from tests.builders import Given, day, evidence, learner, policy, uri
from tests.log_keeping import Kept, kept

TABLES = ("observations", "mastery", "learners", "providers")


@pytest.fixture
def keeping(migrated: str) -> Iterator[Kept]:
    with kept(migrated, due_margin_ms=0, rebuild_batch_facts_max=100) as keeping:
        yield keeping


def engine(keeping: Kept) -> Engine:
    return Engine(keeping.ledger, keeping.settings, clock=lambda: keeping.now)


def history(keeping: Kept, learners: int = 20) -> Given:
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy(expiry={"expires_after": "P10D"}))
    for number in range(learners):
        who = learner(number)
        given.identified(who, f"Learner {number}")
        given.at(day(number / 4))
        name = given.recorded(number, evidence("W1", "W2", on=given.now, external_id="a"), who=who)
        given.recorded(
            100 + number, evidence("W1", score="0.2", on=given.now, external_id="b"), who=who
        )
        if number % 3 == 0:
            given.corrected(
                name, evidence("W1", score="0.5", on=given.now, external_id="a"), who=who
            )
        if number % 4 == 0:
            given.withdrawn(name, who=who)
    keeping.keep(given.facts)
    return given


def contents(keeping: Kept) -> dict[str, list[tuple[object, ...]]]:
    return {name: keeping.view(name) for name in TABLES}


def generations(keeping: Kept) -> list[tuple[object, ...]]:
    return ledgers.rows(keeping.url, "SELECT generation, status FROM views.generations ORDER BY 1")


def test_a_rebuild_says_what_the_live_views_say(keeping: Kept) -> None:
    given = history(keeping)
    engine(keeping).catch_up()
    before, feed = contents(keeping), keeping.view("mastery_changes")
    assert all(before.values())
    heard: list[tuple[int, int]] = []

    done = rebuild(keeping.ledger, keeping.settings, progress=lambda *step: heard.append(step))

    assert done.changes == 0
    assert contents(keeping) == before
    assert keeping.view("mastery_changes") == feed
    assert heard[-1] == (len(given.facts), len(given.facts))
    assert generations(keeping) == [(2, "live")]


@pytest.mark.parametrize("followed", [True, False])
def test_what_was_taken_back_before_it_came_counts_in_no_view(
    keeping: Kept, *, followed: bool
) -> None:
    given = history(keeping, learners=2)
    engine(keeping).catch_up()
    before, by = contents(keeping), given.facts[0].fact
    assert isinstance(by, ProviderRegistered)
    announced = keeping.ledger.withdraw(by.provider, reason="voided", external_id="late")
    assert ledgers.receipt(announced.result(60)[0]).awaited is True
    if followed:  # else its key is gone before the engine comes to it
        engine(keeping).catch_up()
        assert contents(keeping) == before
    late = ledgers.submission("late", learner="somebody new")
    ledgers.submit(keeping.ledger, by.provider, late)
    engine(keeping).catch_up()
    live = contents(keeping)
    (new,) = (row for row in live["mastery"] if row not in before["mastery"])
    assert "no_evidence" in new
    assert rebuild(keeping.ledger, keeping.settings).changes == 0
    assert contents(keeping) == live


def test_several_processes_build_the_same_views(keeping: Kept) -> None:
    given = history(keeping)
    engine(keeping).catch_up()
    before = contents(keeping)
    done = rebuild(keeping.ledger, keeping.settings, processes=2)
    assert (done.facts, done.changes) == (len(given.facts), 0)
    assert contents(keeping) == before


def test_a_trial_by_several_processes_says_the_same(keeping: Kept) -> None:
    history(keeping)
    question = Question(keeping.ledger.log.head(), day(3), listed_max=5)
    draft = compile_policy(parse(policy("strict", requirement={
        "rule": "observations_at_least", "at_least": 2,
    })))  # fmt: skip
    found = [
        trial(keeping.ledger, keeping.settings, draft, question, processes=count)
        for count in (1, 2)
    ]
    assert found[0] == found[1]
    assert found[0].moved_in_all > len(found[0].moved) == 5


def test_a_rebuild_holds_no_more_facts_than_its_setting(
    keeping: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = history(keeping, learners=90)
    held: list[int] = []
    add = Builder.add

    def noted(self: Builder, stream: Sequence[Recorded]) -> None:
        add(self, stream)
        held.append(self.facts)

    monkeypatch.setattr(Builder, "add", noted)
    rebuild(keeping.ledger, keeping.settings)
    longest = max(len(given.of(learner(number))) for number in range(90))
    assert len(given.facts) > 3 * keeping.settings.rebuild_batch_facts_max
    assert max(held) < keeping.settings.rebuild_batch_facts_max + longest


def test_the_engine_goes_on_from_a_rebuilt_generation(keeping: Kept) -> None:
    given = history(keeping)
    live = engine(keeping)
    live.catch_up()
    rebuild(keeping.ledger, keeping.settings)
    given.recorded(900, evidence("W3", on=given.now, external_id="z"), who=learner(3))
    keeping.keep(given.facts[-1:])
    assert live.catch_up() == 1
    after = contents(keeping)
    rebuild(keeping.ledger, keeping.settings)
    assert contents(keeping) == after


def test_a_rebuild_stays_behind_a_live_generation_that_is_behind(keeping: Kept) -> None:
    given = history(keeping)
    live = engine(keeping)
    live.catch_up()
    more = Given()
    given.recorded(900, evidence("W3", on=given.now, external_id="z"), who=learner(3))
    keeping.keep(given.facts[-1:])
    assert more.facts == []
    assert rebuild(keeping.ledger, keeping.settings).changes == 0
    assert live.catch_up() == 1
    last = keeping.view("mastery_changes", "cause, competency", order="sequence DESC")[0]
    assert last == ("fact", uri("W3"))


def test_without_views_a_rebuild_makes_them_and_says_what_it_found(keeping: Kept) -> None:
    history(keeping)
    done = rebuild(keeping.ledger, keeping.settings)
    states = keeping.view("mastery", "state", order="1")
    assert done.changes == sum(state != ("no_evidence",) for state in states)
    assert {row[0] for row in keeping.view("mastery_changes", "cause", order="1")} == {"rebuild"}
    assert engine(keeping).catch_up() == 0


def test_differences_are_announced_once(keeping: Kept) -> None:
    history(keeping)
    engine(keeping).catch_up()
    count = len(keeping.view("mastery_changes"))
    ledgers_change = "UPDATE views.g1_mastery SET state = 'contested' WHERE competency = %s"
    with views.connected(keeping.ledger.conninfo) as connection:
        spoilt = connection.execute(ledgers_change.encode(), (uri("W1"),)).rowcount
    assert rebuild(keeping.ledger, keeping.settings).changes == spoilt > 0
    added = keeping.view("mastery_changes", "sequence, from_state, cause", order="sequence")[count:]
    assert [row[0] for row in added] == list(range(count + 1, count + 1 + spoilt))
    assert {row[1:] for row in added} == {("contested", "rebuild")}
    assert rebuild(keeping.ledger, keeping.settings).changes == 0


def test_an_interrupted_rebuild_is_not_seen_and_the_next_one_begins_anew(keeping: Kept) -> None:
    history(keeping)
    engine(keeping).catch_up()
    before = contents(keeping)

    def stop(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(keeping.ledger, keeping.settings, progress=stop)
    assert contents(keeping) == before
    assert generations(keeping) == [(1, "live"), (2, "building")]
    rebuild(keeping.ledger, keeping.settings)
    assert contents(keeping) == before
    assert [status for _, status in generations(keeping)] == ["live"]
    left = "SELECT count(*) FROM pg_tables WHERE schemaname = 'views' AND right(tablename, 8) = '_mastery'"
    assert ledgers.rows(keeping.url, left) == [(1,)]


def test_views_of_another_shape_are_rebuilt_by_the_engine(
    keeping: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(keeping)
    live = engine(keeping)
    live.catch_up()
    before = contents(keeping)
    monkeypatch.setattr(views, "SHAPE", views.SHAPE + 1)
    live.catch_up()
    assert contents(keeping) == before
    assert generations(keeping) == [(2, "live")]


def test_views_that_lack_columns_of_today_are_rebuilt_and_the_feed_goes_on(keeping: Kept) -> None:
    history(keeping)
    live = engine(keeping)
    live.catch_up()
    before, feed = contents(keeping), keeping.view("mastery_changes")
    with psycopg.connect(keeping.url) as connection:
        connection.execute(
            "ALTER TABLE views.g1_mastery DROP floors CASCADE, DROP crosswalks CASCADE"
        )
        connection.execute("DELETE FROM views.g1_mastery")  # so that there is a difference to tell
        connection.execute("UPDATE views.generations SET shape = 1")
    live.catch_up()
    assert contents(keeping) == before
    told = keeping.view("mastery_changes")
    assert told[: len(feed)] == feed
    assert len(told) > len(feed)
    assert generations(keeping) == [(2, "live")]
