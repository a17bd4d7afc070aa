"""Answers on demand, from the log alone, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from ledger.errors import (
    InvalidDocumentError,
    UnknownEvidenceError,
    UnknownLearnerError,
    UnknownPolicyError,
)
from projections.answers import Answers
from tests.builders import Given, day, evidence, evidence_id, learner, policy, provider, uri
from tests.log_keeping import Kept, kept


@pytest.fixture
def keeping(migrated: str) -> Iterator[Kept]:
    with kept(migrated) as keeping:
        yield keeping


@pytest.fixture
def answers(keeping: Kept) -> Answers:
    given = Given()
    given.provider()
    given.framework()
    digest = given.policy(policy(expiry={"expires_after": "P30D"}))
    assert digest
    given.recorded(1, evidence("W1", score="0.4", on=day(0), external_id="a"))
    given.at(day(2)).recorded(2, evidence("W1", on=day(2), external_id="b"))
    given.at(day(4)).withdrawn(evidence_id(2))
    given.at(day(5)).recorded(3, evidence("W1", on=day(1), external_id="late"))
    keeping.keep(given.facts)
    return Answers(keeping.ledger, clock=lambda: day(6))


def state(answers: Answers, **asked: object) -> str:
    return answers.mastery_of(learner(), uri("W1"), **asked).verdict.state  # type: ignore[arg-type]  # rows of a table


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, "mastered", id="all that is known, now"),
        pytest.param({"as_of": 6}, "in_progress", id="up to a position"),
        pytest.param({"as_of": 7}, "mastered", id="one further"),
        pytest.param({"as_of": day(3)}, "mastered", id="what was known on a day"),
        pytest.param({"as_of": day(4)}, "in_progress", id="what was known when it was withdrawn"),
        pytest.param({"on": day(0)}, "in_progress", id="what was true on a day, known since"),
        pytest.param({"on": day(32)}, "lapsed", id="what will be true"),
        pytest.param({"on": date(2026, 1, 6)}, "mastered", id="a day is its end"),
        pytest.param({"as_of": 7, "on": day(40)}, "lapsed", id="both clocks"),
        pytest.param({"policy": "demonstrated-mastery"}, "in_progress", id="the shipped policy"),
        pytest.param({"policy": "one-is-enough"}, "mastered", id="a policy by its id"),
        pytest.param(
            {"policy": policy("draft", estimate={"method": "latest"}, scale={
                "levels": [{"name": "no", "points": 0}, {"name": "yes", "points": "0.95"}],
                "mastery_level": "yes", "points_possible": 1,
            })},
            "in_progress", id="a draft that nobody published",
        ),
    ],
)  # fmt: skip
def test_two_clocks_and_any_policy(
    answers: Answers, asked: dict[str, object], expected: str
) -> None:
    assert state(answers, **asked) == expected


def test_the_answer_says_what_it_rests_on(answers: Answers) -> None:
    found = answers.mastery(learner())
    assert (found.position, found.on) == (9, day(6))
    (line,) = found.competencies
    assert (line.name.code, line.verdict.state) == ("W1", "mastered")
    assert len(answers.transcript(learner()).strands[0].competencies[0].evidence) == 3
    assert len(answers.history(learner()).steps) == 4


def test_evidence_is_found_as_it_stands(answers: Answers) -> None:
    assert answers.evidence(learner(), evidence_id(2)).withdrawn == "wrong learner"
    assert answers.evidence(learner(), evidence_id(2), as_of=7).withdrawn is None
    with pytest.raises(UnknownEvidenceError):
        answers.evidence(learner(), evidence_id(3), as_of=7)


def test_what_is_not_known_is_said_to_be_so(answers: Answers) -> None:
    with pytest.raises(UnknownLearnerError):
        answers.mastery(learner(99))
    with pytest.raises(UnknownLearnerError):
        answers.mastery(provider())  # type: ignore[arg-type]  # somebody else's id
    with pytest.raises(UnknownPolicyError):
        answers.mastery(learner(), policy="unheard-of")
    with pytest.raises(InvalidDocumentError):
        answers.mastery(learner(), policy={"id": "empty"})
    assert answers.mastery(learner(), as_of=3).competencies == ()


def test_the_registry_is_as_of_the_position_asked_about(answers: Answers, keeping: Kept) -> None:
    assert answers.registry(as_of=1).frameworks.all_latest() == ()
    assert len(answers.registry().frameworks.all_latest()) == 1
    assert answers.registry() is answers.registry()
    keeping.now = datetime(2026, 6, 1, tzinfo=UTC)
    keeping.ledger.register_provider("Newcomer", "employer")
    assert "Newcomer" in {one.name for one in answers.registry().providers.values()}
