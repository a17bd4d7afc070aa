"""Live views = rebuilt views = answers on demand, on real PostgreSQL, however the log is cut."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.domain.catalogue import Recorded
from ledger.domain.ids import CompetencyId, LearnerId
from projections.answers import Answers
from projections.engine import Engine
from projections.fetching import Fetcher
from projections.held import Held, Shelf
from projections.learner import LearnerRecord
from projections.observing import Observed
from projections.people import of_person
from projections.rebuild import rebuild
from projections.registry import Registry
from projections.rows import learner_row
from projections.views import connected, prepare
from tests.builders import learner
from tests.histories import LEARNERS, History, histories, nearby_histories, written
from tests.log_keeping import Kept, kept
from tests.services.postgres import Postgres

TABLES = ("observations", "mastery", "learners", "providers")
# A row's estimate is as of the last judgement of its pair; states and due times are as of now.
MASTERY = (
    "learner, competency, state, policy_digest, framework, framework_version, due_at, position,"
    " floors, crosswalks"
)


@contextmanager
def fresh(server: Postgres, template: str, **others: object) -> Generator[Kept]:
    name = server.create(template=template)
    try:
        with kept(server.url(name), due_margin_ms=0, **others) as keeping:
            yield keeping
    finally:
        server.drop(name)


def contents(keeping: Kept) -> dict[str, list[tuple[object, ...]]]:
    found = {name: keeping.view(name) for name in TABLES if name != "mastery"}
    return {**found, "mastery": keeping.view("mastery", MASTERY)}


def feed(keeping: Kept) -> list[tuple[object, ...]]:
    return keeping.view("mastery_changes", order="sequence")


MANY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(histories(merging=True), st.integers(1, 6), st.integers(0, 60))
@MANY
def test_live_is_rebuilt_is_on_demand(
    postgres_server: Postgres, migrated_template: str, history: History, batch: int, cut: int
) -> None:
    agrees(postgres_server, migrated_template, history, batch=batch, cut=cut)


@given(nearby_histories(), st.integers(1, 6), st.integers(0, 60))
@MANY
def test_it_is_so_where_learners_are_read_in_parts(
    postgres_server: Postgres, migrated_template: str, history: History, batch: int, cut: int
) -> None:
    agrees(postgres_server, migrated_template, history, batch=batch, cut=cut)


def agrees(server: Postgres, template: str, history: History, *, batch: int, cut: int) -> None:
    """Keep the views live in batches, of learners that do not all fit in memory; then rebuild."""
    facts = written(history).facts
    with fresh(
        server, template, engine_batch_facts_max=batch, engine_learners_cached_max=1 + batch % 2
    ) as keeping:
        live = Engine(keeping.ledger, keeping.settings, clock=lambda: facts[0].recorded_at)
        keeping.keep(facts[:cut])
        live.catch_up()
        keeping.keep(facts[cut:])
        live.catch_up()
        by_batches, announced = contents(keeping), feed(keeping)
        parts_say_what_the_whole_says(keeping)

        assert rebuild(keeping.ledger, keeping.settings).changes == 0
        assert contents(keeping) == by_batches
        assert feed(keeping) == announced
        agrees_with_answers(keeping)

    with fresh(server, template) as keeping:
        keeping.keep(facts)
        Engine(keeping.ledger, keeping.settings, clock=lambda: facts[0].recorded_at).catch_up()
        assert contents(keeping) == by_batches
        assert feed(keeping) == announced


def parts_say_what_the_whole_says(keeping: Kept) -> None:
    """Read each learner one competency after another, and each alone."""
    log = keeping.ledger.log
    registry = Registry.fold(log.reference())
    with connected(keeping.url) as connection, connection.cursor() as cursor:
        found = prepare(connection)
        together = Shelf(learners_max=LEARNERS)
        streams: dict[UUID, list[Recorded]] = {
            who: log.stream(who) for who in map(learner, range(LEARNERS))
        }
        for who in filter(partial(known, keeping), map(learner, range(LEARNERS))):
            facts = of_person(who, registry.identities, streams)
            whole = Observed(LearnerRecord.fold(who, facts), registry)
            for name in whole.competencies():
                for shelf in (together, Shelf(learners_max=LEARNERS)):
                    fetcher = Fetcher(log, found.generation, shelf)
                    needs = {who: registry.bearing_on({name})}
                    fetcher.fetch(cursor, needs, registry, until=found.position)
                    says_what_the_whole_says(shelf.get(who), whole, name)


def says_what_the_whole_says(held: Held | None, whole: Observed, name: CompetencyId) -> None:
    assert held is not None
    assert held.knows({name})
    assert held.row() == learner_row(whole.record)
    assert held.record.enrolments == whole.record.enrolments
    assert list(held.observed.lines[name].seen) == list(whole.lines[name].seen)
    assert held.observed.position_of(name) == whole.position_of(name)


def agrees_with_answers(keeping: Kept) -> None:
    answers = Answers(keeping.ledger, clock=lambda: keeping.now)
    (clock,) = keeping.view("generations", "clock", order="1")[0]
    rows = keeping.view(
        "mastery", "learner, competency, state, policy_digest, due_at", order="1, 2"
    )
    for who in map(learner, range(LEARNERS)):
        found = [row[1:] for row in rows if row[0] == who]
        if answers.registry().identities.is_merged(who):
            assert not found
        elif known(keeping, who):
            assert_told(answers, keeping, who)
            asked = answers.mastery(who, on=clock)  # type: ignore[arg-type]  # a column of the database
            verdicts = [line.verdict for line in asked.competencies]
            assert found == [
                (one.competency, one.state, one.policy_digest, one.due_at) for one in verdicts
            ]


def assert_told(answers: Answers, keeping: Kept, who: LearnerId) -> None:
    """What a history says of a learner is what was announced of them."""
    told = [
        (change.name.competency, change.before, change.after)
        for step in answers.history(who, on=keeping.now).steps
        for change in step.changes
    ]
    columns = "competency, from_state, to_state, learner, recorded_at"
    announced = keeping.view("mastery_changes", columns, order="sequence")
    assert told == [row[:3] for row in announced if row[3] == who]


def known(keeping: Kept, who: LearnerId) -> bool:
    return bool(keeping.ledger.log.stream(who))
