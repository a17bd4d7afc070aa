"""Workers, each at its own place in the log, tell and leave what an engine does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.broker import partition_of
from consumers.partition import Share, Work
from ledger.domain.catalogue import Recorded
from ledger.domain.facts import LearnerMerged
from ledger.domain.ids import Position
from projections.engine import Engine
from projections.views import connected, live, prepare
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
    one, into = learner(0), learner(1)
    told = Given()
    told.provider()
    told.framework()
    told.policy(POLICIES[0])
    for number, who in enumerate((one, into)):
        told.recorded(number, evidence("W1"), who=who)
    merged = told.fact(one, LearnerMerged(learner=one, into=into, reason="same_person"))
    later(told)
    own, others = (partition_of(str(who).encode(), PARTITIONS) for who in (one, into))
    turns = [(own, merged.position - 1, False), (others, len(told.facts), False)]
    agree(postgres_server, migrated_template, told.facts, turns)


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
        share_out(keeping, facts, turns)
        assert announced(keeping) == told
        assert contents(keeping) == by_engine


def share_out(keeping: Kept, facts: Sequence[Recorded], turns: Sequence[Turn]) -> None:
    """Let each partition's worker go on in turn, and all to the end at last."""
    with connected(keeping.url) as connection:
        prepare(connection)
        with connection.cursor() as cursor:
            found = live(cursor)
            assert found is not None
            begun = Work(0, found.position, found.clock)

            def share(number: int, work: Work) -> Share:
                return Share(
                    keeping.ledger.log, found, work,
                    partition=number, partitions=PARTITIONS, learners_max=1,
                )  # fmt: skip

            shares = {number: share(number, begun) for number in MINE}
            ends = [(number, len(facts), False) for number in MINE]
            for number, some, anew in [*turns, *ends]:
                _, after, clock = shares[number].reached
                if anew:
                    shares[number] = share(number, Work(0, after, clock))
                until = Position(min(after + some, len(facts)))
                mine = [
                    one.position
                    for one in facts[after:until]
                    if partition_of(str(one.stream).encode(), PARTITIONS) == number
                ]
                shares[number].take_mine(cursor, mine, until=until)
            for one in shares.values():
                one.emit_due(cursor, facts[-1].recorded_at)
