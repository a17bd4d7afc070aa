"""What is kept in memory between two questions is never told from what is folded anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.domain.ids import LearnerId
from ledger.errors import ErasedError, UnknownLearnerError
from projections.answers import Answers
from projections.learner import LearnerRecord
from projections.lines import Mastery, Transcript
from projections.mastery import judge_all
from projections.registry import Registry
from projections.remembering import Reading, Remembered
from tests.builders import Given, day, evidence, evidence_id, learner
from tests.histories import LEARNERS, History, histories, written
from tests.ledgers import rows
from tests.property.test_folds_in_views import fresh
from tests.services.postgres import Postgres

ON = (-40, 0, 3, 9.5, 20, 24, 60, 4000)
ERASE = "DELETE FROM ledger.data_keys WHERE owner = %s RETURNING owner"


@given(histories(), st.lists(st.sampled_from(ON), min_size=2, max_size=8))
@settings(max_examples=200, deadline=None)
def test_verdicts_are_said_again_only_where_time_changes_no_word(
    history: History, days: list[float]
) -> None:
    told = written(history)
    registry = Registry.fold(told.facts)
    for who in map(learner, range(LEARNERS)):
        record = LearnerRecord.fold(who, told.of(who))
        reading = Reading(record, registry)
        for on in [day(one) + timedelta(hours=more) for one in days for more in (0, 1)]:
            assert reading.verdicts(on=on) == judge_all(record, registry, on=on)


def asked(answers: Answers, who: LearnerId, on: float) -> tuple[Mastery, Transcript] | None:
    try:
        return answers.mastery(who, on=day(on)), answers.transcript(who, on=day(on))
    except UnknownLearnerError:
        return None


@given(
    histories(),
    st.lists(st.tuples(st.integers(1, 20), st.sampled_from(ON)), min_size=1, max_size=6),
    st.sampled_from((0, 5, 1_000)),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_remembered_record_answers_as_one_folded_anew(
    postgres_server: Postgres, migrated_template: str, history: History,
    questions: list[tuple[int, float]], facts_kept_max: int,
) -> None:  # fmt: skip
    facts = written(history).facts
    with fresh(postgres_server, migrated_template) as keeping:
        remembering = Answers(
            keeping.ledger, clock=lambda: keeping.now, facts_kept_max=facts_kept_max
        )
        folding = Answers(keeping.ledger, clock=lambda: keeping.now)
        start = 0
        for some, on in [*questions, (len(facts), 0.0)]:
            keeping.keep(facts[start : start + some])
            start += some
            for who in map(learner, range(LEARNERS)):
                assert asked(remembering, who, on) == asked(folding, who, on)
                assert asked(remembering, who, on + 1) == asked(folding, who, on + 1)


def said() -> Given:
    told = Given()
    told.provider()
    told.framework()
    told.recorded(1, evidence("W1", on=day(0)))
    return told


def counted(mastery: Mastery) -> list[int]:
    return [len(one.verdict.counted) for one in mastery.competencies]


def test_who_was_erased_is_forgotten(postgres_server: Postgres, migrated_template: str) -> None:
    with fresh(postgres_server, migrated_template) as keeping:
        keeping.keep(said().facts)
        answers = Answers(keeping.ledger, clock=lambda: day(6), facts_kept_max=100)
        assert counted(answers.mastery(learner())) == [1]
        assert len(rows(keeping.url, ERASE, learner())) == 1
        for asked in (None, keeping.ledger.log.head()):
            with pytest.raises(ErasedError):
                answers.mastery(learner(), as_of=asked)


def test_an_answer_as_of_then_is_not_made_of_what_is_known_now(
    postgres_server: Postgres, migrated_template: str
) -> None:
    told = said()
    before = len(told.facts)
    told.withdrawn(evidence_id(1))
    with fresh(postgres_server, migrated_template) as keeping:
        keeping.keep(told.facts)
        answers = Answers(keeping.ledger, clock=lambda: day(6), facts_kept_max=100)
        assert counted(answers.mastery(learner())) == [0]
        assert counted(answers.mastery(learner(), as_of=before)) == [1]
        assert counted(answers.mastery(learner())) == [0]


def test_who_was_asked_about_last_is_kept(
    postgres_server: Postgres, migrated_template: str
) -> None:
    told = said()
    for number in range(2, 5):
        told.recorded(number, evidence("W1", on=day(0)), who=learner(number))
    with fresh(postgres_server, migrated_template) as keeping:
        keeping.keep(told.facts)
        kept = Remembered(keeping.ledger.log, facts_max=2)
        registry, head = Registry.fold(told.facts), keeping.ledger.log.head()
        for number in (2, 3, 2, 4):
            record = LearnerRecord.fold(learner(number), told.of(learner(number)))
            if kept.reading(learner(number), head, registry) is None:
                kept.keep(Reading(record, registry))
        held = [kept.reading(learner(one), head, registry) is not None for one in (2, 3, 4)]
        assert held == [True, False, True]
