"""Observations and verdicts as JSON files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ledger.domain.evidence import Context, Result
from ledger.errors import InvalidDocumentError
from projections.policies import compile_policy, preset
from projections.policies.files import (
    UNDATED,
    judge_case,
    read_case,
    read_observations,
    verdict_json,
)
from projections.policies.observation import Observation
from tests.unit.policies.cases import NOW


def read(content: Any) -> Observation:
    (one,) = read_observations(json.dumps(content).encode(), on=NOW)
    return one


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        ({}, "result", None),
        ({}, "occurred_at", UNDATED),
        ({}, "facets", ("performance",)),
        (4, "result", Result(score=Decimal(4))),
        ("2.5", "result", Result(score=Decimal("2.5"))),
        (None, "result", None),
        ({"score": 3, "possible": 5}, "result", Result(score=Decimal(3), max=Decimal(5))),
        ({"score": 3, "max": 5, "min": 1, "cut": 2}, "result", Result(score=Decimal(3), max=Decimal(5), min=Decimal(1), cut=Decimal(2))),
        ({"percent": 0.6, "possible": 2.0}, "result", Result(score=Decimal("1.2"), max=Decimal("2.0"))),
        ({"percent": 0.6}, "result", Result(score=Decimal("0.6"), max=Decimal(1))),
        ({"score": 7, "percent": 0.4, "possible": 1.0}, "result", Result(score=Decimal("0.4"), max=Decimal("1.0"))),
        ({"score": 6, "percent": 0.5143, "possible": 10, "alignment_mastery": 0.7}, "result", Result(score=Decimal("5.143"), max=Decimal(10))),
        ({"percent": 0.6, "possible": 0}, "result", Result(score=Decimal("0.6"), max=Decimal(1))),
        ({"score": 6, "possible": 10, "alignment_mastery": 0.7}, "result", Result(score=Decimal(6), max=Decimal(10), cut=Decimal(7))),
        ({"level": 3}, "result", Result(level="3")),
        ({"level": "B", "scale": ["C", "B"], "status": "provisional"}, "result", Result(level="B", scale=("C", "B"), status="provisional")),
        ({"success": False}, "result", Result(success=False)),
        ({"response": 1}, "result", Result(score=Decimal(1), max=Decimal(1))),
        ({"response": 0}, "result", Result(score=Decimal(0), max=Decimal(1))),
        ({"response": -1}, "result", None),
        ({"kind": "quiz"}, "kind", "assessment"),
        ({"kind": "activity"}, "kind", "activity"),
        ({"kind": "quiz", "association_id": 7}, "context", Context(assessment="quiz/7")),
        ({"kind": "rubric", "association_id": 7}, "context", Context(task="rubric/7")),
        ({"context": "shop", "task": "t"}, "context", Context(site="shop", task="t")),
        ({"context": {"site": "shop", "equipment": ["saw"], "attempt": 2}}, "context", Context(site="shop", equipment=("saw",), attempt=2)),
        ({"course": "c", "purpose": "summative", "task_family": "f", "assessment": "a"}, "context", Context(course="c", purpose="summative", task_family="f", assessment="a")),
        ({"assessor": "t1"}, "evaluator", "t1"),
        ({"evaluator": "t2", "assessor": "t1"}, "evaluator", "t2"),
        ({"shows": ["explains_thinking", "transfer"], "facets": ["performance"]}, "facets", ("performance", "explanation", "transfer")),
        ({"moderated": False}, "excluded", "awaiting_second_rater"),
        ({"withdrawn": True, "moderated": False}, "excluded", "withdrawn"),
        ({"excluded": "unverified"}, "excluded", "unverified"),
        ({"age_days": 1.5}, "occurred_at", NOW - timedelta(days=1.5)),
        ({"age_days": -2}, "occurred_at", NOW + timedelta(days=2)),
        ({"occurred_at": "2026-01-02"}, "occurred_at", datetime(2026, 1, 2, tzinfo=UTC)),
        ({"occurred_at": "2026-01-02T03:04:05"}, "occurred_at", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ({"occurred_at": "2026-01-02T03:04:05+01:00"}, "occurred_at", datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)),
        ({"id": "00000000-0000-0000-0000-000000000009"}, "evidence", UUID(int=9)),
        ({"hours": "7.5", "credential": "x"}, "hours", Decimal("7.5")),
        ({"credential": "x"}, "credential", "x"),
        ({"weight": 0.5}, "weight", Decimal("0.5")),
        ({"rigour": 2}, "rigour", 2),
        ({"confirmed_by": ["b"]}, "confirmed_by", ("b",)),
        ({"competency": "other"}, "competency", "other"),
        ({"valid_until": "2026-01-01"}, "valid_until", datetime(2026, 1, 1, tzinfo=UTC)),
        ({"valid_until": "2026-01-01T00:00:00Z"}, "valid_until", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_row(row: Any, field: str, value: Any) -> None:
    assert getattr(read([row]), field) == value


def test_names_are_the_same_wherever_they_stand() -> None:
    first, second, third = read_observations(
        json.dumps([{"id": "a", "provider": "p"}, {"revises": "a", "provider": "p"}, {"id": 7}])
    )
    assert second.revises == first.evidence
    assert second.provider == first.provider != third.provider
    assert len({one.evidence for one in (first, second, third)}) == 3
    assert [one.first_position for one in (first, second, third)] == [1, 2, 3]


@pytest.mark.parametrize("name", ["observations", "attempts", "evidence", "scores"])
def test_the_list_goes_by_several_names(name: str) -> None:
    assert read({name: [{"score": 1}]}).result == Result(score=Decimal(1))


def test_grades_responses_and_assertions_are_spelt_out() -> None:
    assert read({"grades": {"A1": 0.8}}).context.task == "A1"
    assert read({"responses": [1]}).result == Result(score=Decimal(1), max=Decimal(1))
    signed = read({"assertions": [["C1", "negative"]]})
    assert (signed.competency, signed.result) == ("C1", Result(success=False))


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("{", ""),
        (b"\xff", ""),
        ("{}", ""),
        ('{"attempts": [], "evidence": []}', ""),
        ('{"attempts": 3}', "/attempts"),
        ('[{"colour": 1}]', "/observations/0/colour"),
        ('[{}, {"kind": "vibes"}]', "/observations/1/kind"),
        ('[{"shows": ["vibes"]}]', "/observations/0/shows"),
        ('[{"response": 2}]', "/observations/0/response"),
        ('[{"score": "x"}]', "/observations/0/score"),
        ('{"evidence": [{"score": "NaN"}]}', "/evidence/0/score"),
        ('{"assertions": [["C1", "positive"], ["C1", "Positive"]]}', "/assertions/1"),
        ('{"assertions": [["C1", "positive", "agent"]]}', "/assertions/0"),
        ('{"on": "yesterday", "evidence": []}', "/on"),
        ('{"children": {"a": "great"}, "evidence": []}', "/children/a"),
        ('{"children": {"a": 3}, "evidence": []}', "/children/a"),
    ],
)
def test_a_fault_is_named_with_its_place(content: str | bytes, where: str) -> None:
    with pytest.raises(InvalidDocumentError) as refusal:
        read_case(content)
    assert refusal.value.rejects[0].where == where


@pytest.mark.parametrize(
    ("given", "on", "expected"),
    [
        ({"on": "2026-01-01T00:00:00Z"}, NOW, datetime(2026, 1, 1, tzinfo=UTC)),
        ({"on": "2026-01-01"}, None, datetime(2026, 1, 1, tzinfo=UTC)),
        ({}, NOW, NOW),
        ({}, None, datetime(2025, 5, 5, tzinfo=UTC)),
    ],
    ids=["the file's own", "the file's day", "the command's", "the newest evidence"],
)
def test_the_moment_asked_about(
    given: dict[str, str], on: datetime | None, expected: datetime
) -> None:
    content = {**given, "evidence": [{"occurred_at": "2025-05-05"}, {"occurred_at": "2024-05-05"}]}
    assert read_case(json.dumps(content), on=on).on == expected


def test_what_is_about_another_competency_is_passed_over_where_the_file_names_its_own() -> None:
    signed = [["C1", "positive"], ["C2", "negative"]]
    case = read_case(json.dumps({"competency": "C2", "assertions": signed}))
    assert [one.result for one in case.observations] == [Result(success=False)]
    unnamed = {"competency": "C2", "observations": [{"success": True}]}
    assert len(read_case(json.dumps(unnamed)).observations) == 1
    assert len(read_case(json.dumps({"assertions": signed})).observations) == 2


def test_days_ago_are_counted_from_now_and_not_from_the_newest_evidence() -> None:
    case = read_case('[{"age_days": 1020}, {"age_days": 910}]', now=NOW)
    assert case.on == NOW
    assert case.observations[1].occurred_at == NOW - timedelta(days=910)
    assert read_case('[{"age_days": 1}, {"occurred_at": "2025-05-05"}]', now=NOW).on == NOW
    assert read_case('[{"age_days": 1}]', on=NOW, now=UNDATED).on == NOW


def test_children_may_be_states_or_truths_or_a_list_of_those_mastered() -> None:
    content = {"children": {"a": True, "b": False, "c": None, "d": "lapsed"}, "competency": "whole"}
    case = read_case(json.dumps(content))
    assert case.children == {"a": "mastered", "b": "in_progress", "c": "no_evidence", "d": "lapsed"}
    assert (case.competency, case.observations) == ("whole", [])
    assert read_case('{"children": ["a"]}').children == {"a": "mastered"}


def test_a_verdict_is_written_whole() -> None:
    case = read_case(
        json.dumps([{"id": "a", "level": 4, "context": "shop"}, {"withdrawn": True}]), on=NOW
    )
    written = json.loads(
        json.dumps(verdict_json(judge_case(compile_policy(preset("readiness")), case)))
    )
    assert written["state"] == "in_progress"
    assert written["estimate"] == "4"
    assert written["level"] == "4"
    assert written["on"] == NOW.isoformat()
    assert (written["since"], written["due_at"]) == (None, None)
    assert written["policy"] == "readiness"
    assert len(written["policy_digest"]) == 64
    first = written["findings"][0]
    assert (first["rule"], first["met"], first["found"], first["needed"]) == (
        "observations_at_least",
        False,
        "1",
        "3",
    )
    assert first["evidence"] == written["counted"] == [str(case.observations[0].evidence)]
    assert written["not_counted"] == [
        {"evidence": str(case.observations[1].evidence), "reason": "withdrawn", "detail": ""}
    ]
    assert written["missing"][0] == {
        "rule": "observations_at_least",
        "text": "Show 2 more pieces of work.",
        "asks": {"observations": "2"},
    }
    assert written["explanation"].startswith("You are on your way.")


def test_a_mastered_verdict_says_since_when_and_until_when() -> None:
    case = read_case(
        json.dumps(
            [
                {"success": True, "site": "a", "evaluator": "x"},
                {"success": True, "site": "b", "evaluator": "y", "shows": ["explanation"]},
            ]
        ),
        on=UNDATED,
    )
    written = verdict_json(judge_case(compile_policy(preset("demonstrated-mastery")), case))
    assert (written["state"], written["since"]) == ("mastered", UNDATED.isoformat())
    assert str(written["due_at"]).startswith("1973-01-01T00:00:00.000001")
    findings: Any = written["findings"]
    assert [len(one.get("parts", [])) for one in findings] == [0, 0, 0, 2, 0, 0, 0]
