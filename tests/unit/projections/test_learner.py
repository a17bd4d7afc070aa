"""One learner's record, and how it reads."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.domain.catalogue import UnknownFact
from ledger.domain.evidence import Credential, Evidence, Result, Verification
from ledger.domain.ids import CompetencyId
from projections.learner import LearnerRecord, version_key
from projections.mastery import Bench, judge_all
from projections.observing import Observed, observations
from projections.policies.observation import Observation
from projections.registry import Registry
from tests.builders import Given, day, evidence, evidence_id, learner, policy, uri


def record(given: Given) -> LearnerRecord:
    return LearnerRecord.fold(learner(), given.of(learner()))


def read(given: Given, on: datetime, code: str = "W1") -> list[Observation]:
    found = observations(record(given), Registry.fold(given.facts), on)
    return list(found.get(uri(code), ()))  # type: ignore[call-overload]  # a name in tests


def ready() -> Given:
    given = Given()
    given.provider()
    given.framework()
    given.policy(policy())
    return given


@pytest.mark.parametrize(
    ("first", "corrections", "holds"),
    [
        pytest.param("1", ["2", "3"], "3", id="newer and newer"),
        pytest.param("1", ["3", "2"], "3", id="the newer arrived first"),
        pytest.param("9", ["10"], "10", id="numbers count by value"),
        pytest.param("10", ["9"], "10", id="an older version arrives late"),
        pytest.param("2026-01-02T00:00:00Z", ["2026-01-01T00:00:00Z"], "2026-01-02T00:00:00Z", id="times"),
        pytest.param(None, [None, None], "last", id="without versions, the last"),
        pytest.param("2", [None], "last", id="by hand over a version"),
        pytest.param("2", [None, "1"], "by hand", id="an older version after a correction by hand"),
        pytest.param("2", [None, "3"], "3", id="a newer version after a correction by hand"),
    ],
)  # fmt: skip
def test_the_highest_version_holds_whichever_arrived_last(
    first: str | None, corrections: list[str | None], holds: str
) -> None:
    given = Given()
    name = given.recorded(1, evidence(version=first, title=first or "first"))
    for place, version in enumerate(corrections):
        by_hand = "last" if place == len(corrections) - 1 else "by hand"
        given.corrected(name, evidence(version=version, title=version or by_hand))
    assert record(given).pieces[name].evidence.title == holds


def test_version_names_are_ordered_by_number_then_text() -> None:
    names = ["1", "2", "10", "10a", "10b", "a1", "a2"]
    assert sorted(names, key=version_key) == names


def test_what_was_said_before_a_correction_is_kept() -> None:
    given = Given()
    name = given.recorded(1, evidence(score="0.2"))
    given.corrected(name, evidence(score="0.9"))
    piece = record(given).pieces[name]
    (before,) = piece.earlier
    assert (before.position, before.ended_position, piece.position) == (1, 2, 2)
    assert piece.first_position == 1


def test_withdrawn_evidence_stays_and_takes_no_correction() -> None:
    given = Given()
    name = given.recorded(1, evidence(score="0.2"))
    given.withdrawn(name)
    given.corrected(name, evidence(score="0.9"))
    piece = record(given).pieces[name]
    assert piece.withdrawn_position == 2
    assert piece.evidence == evidence(score="0.2")


def test_facts_about_unknown_evidence_and_unknown_facts_are_carried_past() -> None:
    given = Given()
    given.corrected(evidence_id(7), evidence())
    given.withdrawn(evidence_id(7))
    given.fact(learner(), UnknownFact(topic="mastery.from-tomorrow.v1", body=b"{}"))
    found = record(given)
    assert (found.pieces, found.position, found.facts) == ({}, 3, 3)


def test_the_order_is_that_of_occurring() -> None:
    given = ready()
    for number, occurred in enumerate((3, 1, 2, 1)):
        given.recorded(number, evidence(on=day(occurred), external_id=f"x{number}"))
    assert [one.evidence for one in read(given, day(9))] == [
        evidence_id(number) for number in (1, 3, 2, 0)
    ]


def test_revised_work_is_found_by_the_providers_own_name_in_either_order() -> None:
    given = ready()
    given.recorded(2, evidence(on=day(2), external_id="second", revises_external="first"))
    assert read(given, day(9))[0].revises is None
    given.recorded(1, evidence(on=day(1), external_id="first"))
    assert [one.revises for one in read(given, day(9))] == [None, evidence_id(1)]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(evidence(), None, id="counts"),
        pytest.param(evidence(kind="activity"), "activity", id="attendance"),
        pytest.param(evidence(score=None), "no_result", id="nothing says how well"),
        pytest.param(evidence(score=None, kind="credential"), None, id="a credential says it itself"),
        pytest.param(
            replace(evidence(), result=Result(score=Decimal(1), status="in_progress")),
            "not_final", id="in progress",
        ),
        pytest.param(
            replace(evidence(), verification=Verification(verified=False)), "unverified",
            id="unverified",
        ),
        pytest.param(
            replace(evidence(), verification=Verification(status="revoked")), "unverified",
            id="revoked",
        ),
        pytest.param(evidence(on=day(10)), "not_yet_occurred", id="dated ahead"),
        pytest.param(
            evidence(kind="credential", credential=Credential(id="c", valid_until=day(8))),
            "credential_expired", id="expired",
        ),
        pytest.param(
            evidence(kind="credential", credential=Credential(id="c", valid_until=day(9))),
            None, id="expires at this very moment",
        ),
    ],
)  # fmt: skip
def test_evidence_is_excluded_for_a_reason(said: Evidence, reason: str | None) -> None:
    given = ready()
    given.recorded(1, said)
    (one,) = read(given, day(9))
    assert one.excluded == reason


def test_evidence_on_something_unheard_of_is_listed_under_the_name_it_gave() -> None:
    given = ready()
    given.recorded(1, evidence("W9"))
    (one,) = read(given, day(9), "W9")
    assert one.excluded == "unknown_competency"


def test_one_log_and_two_days_give_two_states() -> None:
    given = ready()
    given.policy(policy(expiry={"expires_after": "P10D"}))
    given.recorded(1, evidence(on=day(0)))
    registry = Registry.fold(given.facts)
    states = [
        Bench(Observed(record(given), registry), on=day(on)).judge(CompetencyId(uri("W1"))).state
        for on in (-1, 5, 10, 11)
    ]
    assert states == ["no_evidence", "mastered", "mastered", "lapsed"]


def test_who_moves_keeps_the_evidence_and_is_judged_by_the_new_districts_policy() -> None:
    given = ready()
    strict = {"rule": "observations_at_least", "at_least": 2, "level": "met"}
    given.policy(policy("strict", requirement=strict), level="district", scope="north")
    given.enrolled(learner(), "a", district="south", ends_on=day(4).date())
    given.enrolled(learner(), "b", district="north", starts_on=day(5).date())
    given.recorded(1, evidence(on=day(0)))
    registry = Registry.fold(given.facts)
    before = judge_all(record(given), registry, on=day(4))[uri("W1")]  # type: ignore[index]  # a name in tests
    after = judge_all(record(given), registry, on=day(5))[uri("W1")]  # type: ignore[index]  # a name in tests
    assert (before.state, before.policy) == ("mastered", "one-is-enough")
    assert (after.state, after.policy) == ("in_progress", "strict")
    assert before.counted == after.counted
    assert before.due_at == day(5).replace(hour=0), "the move itself is a due date"


def test_a_whole_is_judged_by_its_parts() -> None:
    given = Given()
    given.provider()
    given.framework(children={"W1": "W3", "W2": "W3"})
    whole = {
        "rule": "any_of",
        "rules": [{"rule": "estimate_at_least"}, {"rule": "covers", "share": 1}],
    }
    given.policy(policy("whole", requirement=whole))
    given.recorded(1, evidence("W1"))
    registry = Registry.fold(given.facts)
    states = {
        name: one.state for name, one in judge_all(record(given), registry, on=day(1)).items()
    }
    assert states == {uri("W1"): "mastered", uri("W3"): "in_progress"}
    given.recorded(2, evidence("W2", external_id="b"))
    assert judge_all(record(given), registry, on=day(1))[uri("W3")].state == "mastered"  # type: ignore[index]  # a name in tests
