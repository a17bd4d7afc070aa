"""Files that cannot be read say what is wrong, and what is left out takes its usual meaning."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.evidence import Result
from ledger.errors import InvalidDocumentError, Reject, UnknownPolicyError
from projections.policies import compile_policy, preset
from projections.policies.files import UNDATED, judge_case, read_case, verdict_json
from projections.policies.presets import PRESETS
from tests.unit.policies.cases import NOW, SCALE, document

LISTS = "one of observations, attempts, evidence, responses, grades, assertions, scores"
NO_LIST = Reject("", "names no list of observations", LISTS)
NO_CHILDREN = Reject("/children", "neither an object of states nor a list of those mastered")


def refused(content: Any) -> list[Reject]:
    text = content if isinstance(content, bytes | str) else json.dumps(content)
    with pytest.raises(InvalidDocumentError) as refusal:
        read_case(text)
    assert str(refusal.value).startswith("observations: ")
    return list(refusal.value.rejects)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, NO_LIST),
        ({"on": "2026-01-01"}, NO_LIST),
        ({"attempts": [], "evidence": []}, Reject("", "names several: attempts, evidence", LISTS)),
        ({"attempts": 3}, Reject("/attempts", "not a list")),
        ({"attempts": {"a": 1}}, Reject("/attempts", "not a list")),
        ({"grades": 3}, Reject("/grades", "not a list")),
        ({"evidence": [], "children": {"a": "great"}}, Reject("/children/a", "'great' is no state")),
        ({"evidence": [], "children": {"a": 3}}, Reject("/children/a", "3 is no state")),
        ({"evidence": [], "children": "a"}, NO_CHILDREN),
        ({"children": 3}, NO_CHILDREN),
        ({"children": None}, NO_CHILDREN),
        ({"evidence": [], "on": "soon"}, Reject("/on", "Invalid isoformat string: 'soon'", "an ISO 8601 time")),
        ([{"confirmed_by": ["b", 3]}], Reject("/observations/0/confirmed_by/1", "Input should be a valid string")),
        ([3, "x"], Reject("/observations/1/score", "Input should be a valid decimal")),
    ],
    ids=str,
)  # fmt: skip
def test_a_fault_is_told_in_full(content: Any, expected: Reject) -> None:
    assert refused(content) == [expected]


@pytest.mark.parametrize("content", ["{", b"\xff", "[" * 100_000, b'"\\ud800', "[]".encode("utf-16")])  # fmt: skip
def test_what_is_no_json_is_one_fault(content: str | bytes) -> None:
    (found,) = refused(content)
    assert (found.where, found.why.startswith("not JSON: ")) == ("", True)


def test_every_faulty_row_is_told() -> None:
    found = refused([{"score": "x"}, {}, {"colour": 1}, {"kind": "vibes"}])
    assert [one.where for one in found] == [
        "/observations/0/score", "/observations/2/colour", "/observations/3/kind",
    ]  # fmt: skip
    assert "expected one of assessment, credential" in found[2].why


def test_what_is_left_out_takes_its_usual_meaning() -> None:
    case = read_case("[]")
    assert (case.observations, case.competency, case.on) == ([], "competency", UNDATED)
    assert case.children == {}
    (one,) = read_case('{"competency": "c", "scores": [4]}').observations
    assert (one.competency, one.occurred_at, one.recorded_at) == ("c", UNDATED, UNDATED)
    (other,) = read_case('{"scores": [{"competency": "d"}]}').observations
    assert other.competency == "d"


def test_rows_are_recorded_in_the_order_of_the_file() -> None:
    rows = [{"occurred_at": f"2026-01-{31 - n}"} for n in range(3)]
    found = read_case(json.dumps(rows)).observations
    assert [(one.position, one.first_position) for one in found] == [(1, 1), (2, 2), (3, 3)]
    assert [one.recorded_at for one in found] == [one.occurred_at for one in found]
    nameless, named = read_case('[{}, {"id": "0"}]').observations
    assert nameless.evidence == named.evidence == read_case("[{}]").observations[0].evidence


def test_the_moment_of_a_file_may_stand_in_any_zone() -> None:
    moments = (
        "2026-06-01T02:00:00+02:00",
        "2026-06-01T00:00:00Z",
        "2026-06-01T00:00",
        "2026-06-01",
    )
    for moment in moments:
        assert read_case(json.dumps({"on": moment, "evidence": []})).on == NOW
    day, time = read_case('[{"occurred_at": "2026-06-01"}, {"occurred_at": "2026-06-01T00:00"}]')[0]
    assert day.occurred_at == time.occurred_at == NOW


def test_numbers_are_read_and_written_to_the_last_place() -> None:
    exact = "1.23456789012345678901"
    (one,) = read_case(f'[{{"score": {exact}}}]').observations
    assert one.result == Result(score=Decimal(exact))
    policy = document(scale={**SCALE, "decimals": 9})
    case = read_case('[{"score": 0.0000005, "max": 20}]', on=NOW)
    written = verdict_json(judge_case(compile_policy(policy), case))
    assert (written["estimate"], written["competency"]) == ("0.0000001", "competency")


def test_an_unknown_setting_names_those_there_are() -> None:
    with pytest.raises(InvalidDocumentError, match="preset canvas-n-mastery: ") as refusal:
        preset("canvas-n-mastery", {"colour": "red", "parameter": 99})
    first, second = refusal.value.rejects
    assert (first.where, first.why) == ("/colour", "unknown setting")
    assert first.expected.split(", ")[:1] == ["parameter"]
    assert (second.where, second.expected) == ("/parameter", "int from 1 to 10")
    with pytest.raises(UnknownPolicyError, match="blackboard"):
        preset("blackboard")
    assert len(set(PRESETS)) == len(PRESETS) == 13
