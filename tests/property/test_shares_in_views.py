"""Workers, each at its own place in the log, tell and leave what an engine does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.broker import partition_of
from consumers.partition import Share, Work
from ledger.domain.catalogue import Recorded
from ledger.domain.facts import LearnerMerged
from ledger.domain.ids import LearnerId, Position
from projections.engine import Engine
from projections.views import connected, prepare
from tests import ledgers
from tests.builders import Given, day, evidence, learner
from tests.histories import LEARNERS, POLICIES, History, histories, written
from tests.log_keeping import Kept
from tests.property.test_folds_in_views import contents, fresh
from tests.services.postgres import Postgres

PARTITIONS = 7
MINE = sorted({partition_of(str(learner(one)).encode(), PARTITIONS) for one in range(LEARNERS)})
"""A partition for each learner of a history."""
Turn = tuple[int, int, bool]
"""Which partition goes on, by how many positions, and whether by another worker from now on."""

turns = st.lists(st.tuples(st.sampled_from(MINE), st.integers(1, 25), st.booleans()), max_size=25)


def announced(keeping: Kept) -> dict[object, list[tuple[object, ...]]]:
    """Give what was told of each learner, in order."""
    columns = "learner, competency, from_state, to_state, cause, cause_position"
    found: dict[object, list[tuple[object, ...]]] = {}
    for who, *said in keeping.view("mastery_changes", columns, order="sequence"):
        found.setdefault(who, []).append(tuple(said))
    return found


@given(histories(merging=True), turns)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_shares_that_are_at_different_places_end_as_an_engine(
    postgres_server: Postgres, migrated_template: str, history: History, turns: list[Turn]
) -> None:
    agree(postgres_server, migrated_template, written(history).facts, turns)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(lambda given: given.policy(POLICIES[1]), id="a policy is adopted"),
        pytest.param(
            lambda given: given.at(day(30)).recorded(3, evidence("W2", on=day(30)), who=learner(1)),
            id="what the one showed would lapse",
        ),
    ],
)
def test_who_was_merged_is_taken_out_by_their_own_partition_though_it_comes_last(
    postgres_server: Postgres, migrated_template: str, later: Callable[[Given], object]
) -> None:
    one, into, told = two_who_showed_the_same()
    merged = told.fact(one, LearnerMerged(learner=one, into=into, reason="same_person"))
    later(told)
    own, others = (partition_of(str(who).encode(), PARTITIONS) for who in (one, into))
    turns = [(own, merged.position - 1, False), (others, len(told.facts), False)]
    agree(postgres_server, migrated_template, told.facts, turns)


def two_who_showed_the_same() -> tuple[LearnerId, LearnerId, Given]:
    """Give two learners, and the facts by which each has shown one thing."""
    one, into = learner(0), learner(1)
    told = Given()
    told.provider()
    told.framework()
    told.policy(POLICIES[0])
    for number, who in enumerate((one, into)):
        told.recorded(number, evidence("W1"), who=who)
    return one, into, told


def agree(
    server: Postgres, template: str, facts: Sequence[Recorded], turns: Sequence[Turn]
) -> None:
    """Keep the views by an engine, and anew by shares that take turns."""
    with fresh(server, template) as keeping:
        keeping.keep(facts)
        Engine(keeping.ledger, keeping.settings, clock=lambda: facts[0].recorded_at).catch_up()
        by_engine, told = contents(keeping), announced(keeping)
    with fresh(server, template) as keeping:
        keeping.keep(facts)
        shares = Shares(keeping)
        shares.go(turns)
        shares.end(facts[-1].recorded_at)
        assert announced(keeping) == told
        assert contents(keeping) == by_engine


def test_who_was_merged_and_erased_is_told_of_last_by_their_own_partition(
    postgres_server: Postgres, migrated_template: str
) -> None:
    one, into, told = two_who_showed_the_same()
    shown = len(told.facts)
    told.fact(one, LearnerMerged(learner=one, into=into, reason="same_person"))
    own, others = (partition_of(str(who).encode(), PARTITIONS) for who in (one, into))
    with fresh(postgres_server, migrated_template) as keeping:
        keeping.keep(told.facts)
        shares = Shares(keeping)
        shares.go([(own, shown, False), (others, shown, False)])
        keeping.erase(into, one)
        shares.go([(others, PARTITIONS, False)])
        shares.end(keeping.now)
        for found in announced(keeping).values():
            assert [said[3] for said in found].count("erasure") >= 1
            assert found[-1][:4] == ("", "no_evidence", "no_evidence", "erasure")
        assert not any(contents(keeping)[name] for name in ("mastery", "observations", "learners"))


class Shares:
    """A worker for each partition, each at a place of its own."""

    def __init__(self, keeping: Kept) -> None:
        self._keeping = keeping
        with connected(keeping.url) as connection:
            self._live = prepare(connection)
        begun = Work(0, self._live.position, self._live.clock)
        self._shares = {number: self._share(number, begun) for number in MINE}

    def go(self, turns: Sequence[Turn]) -> None:
        """Let each partition's worker go on in turn."""
        query = "SELECT position, originator_id::text FROM ledger.facts ORDER BY position"
        facts = ledgers.rows(self._keeping.url, query)
        with connected(self._keeping.url) as connection, connection.cursor() as cursor:
            for number, some, anew in turns:
                _, after, clock = self._shares[number].reached
                if anew:
                    self._shares[number] = self._share(number, Work(0, after, clock))
                until = Position(min(after + some, len(facts)))
                mine = [
                    position
                    for position, stream in facts[after:until]
                    if partition_of(stream.encode(), PARTITIONS) == number
                ]
                self._shares[number].take_mine(cursor, mine, until=until)

    def end(self, now: datetime) -> None:
        """Let all go on to the end, and take over what has fallen due."""
        head = self._keeping.ledger.log.head()
        self.go([(number, head, False) for number in MINE])
        with connected(self._keeping.url) as connection, connection.cursor() as cursor:
            for one in self._shares.values():
                one.emit_due(cursor, now)

    def _share(self, number: int, work: Work) -> Share:
        return Share(
            self._keeping.ledger.log, self._live, work,
            partition=number, partitions=PARTITIONS, learners_max=1,
        )  # fmt: skip
