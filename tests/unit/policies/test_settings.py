"""Settings of presets: text and values mean the same, and what will not do says what would."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from ledger.errors import InvalidDocumentError, Reject
from projections.policies import canonical, preset
from projections.policies.documents import PolicyDocument

Json = dict[str, Any]


def written(document: PolicyDocument) -> Json:
    data: Json = json.loads(canonical(document))
    return data


def refused(name: str, settings: Json) -> list[Reject]:
    with pytest.raises(InvalidDocumentError) as refusal:
        preset(name, settings)
    return list(refusal.value.rejects)


@pytest.mark.parametrize(
    ("name", "settings", "path", "expected"),
    [
        ("canvas-weighted-average", {"parameter": 99}, "estimate", {"method": "weighted_decaying_average", "latest_percent": 99}),
        ("canvas-weighted-average", {"parameter": " 1 "}, "estimate", {"method": "weighted_decaying_average", "latest_percent": 1}),
        ("demonstrated-mastery", {"expires_after": " P1Y "}, "expiry", {"expires_after": "P1Y"}),
        ("demonstrated-mastery", {"expires_after": None}, "expiry", None),
        ("readiness", {"max_age_days": "30"}, "expiry", {"expires_after": "P30D"}),
        ("readiness", {"max_age_days": 1}, "expiry", {"expires_after": "P1D"}),
        ("readiness", {"max_age_days": 10_000}, "expiry", {"expires_after": "P10000D"}),
        ("readiness", {"max_age_days": " None "}, "expiry", None),
        ("moodle-all", {"children": "a, b,,c "}, "requirement", {"rule": "covers", "children": ["a", "b", "c"]}),
        ("moodle-all", {"children": ' ["a", "b"]'}, "requirement", {"rule": "covers", "children": ["a", "b"]}),
        ("moodle-all", {"children": ["a", 2]}, "requirement", {"rule": "covers", "children": ["a", "2"]}),
        ("moodle-all", {"children": ""}, "requirement", {"rule": "covers"}),
        ("cass", {"signatures": 2}, "requirement", {"rule": "all_of", "rules": [
            {"rule": "estimate_at_least"}, {"rule": "distinct", "of": "evaluator", "at_least": 2, "level": "positive"}]}),
        ("cass", {"condition": " any_child_positive "}, "requirement", {"rule": "covers", "at_least": 1}),
        ("openedx-criteria", {"tree": {"leaf": "A", "value": "0.5"}}, "requirement", {"rule": "result_of", "which": "A", "share": "0.5"}),
        ("openedx-criteria", {"tree": '{"leaf": "A", "value": 0.12345678901, "op": "lte"}'}, "requirement",
         {"rule": "result_of", "which": "A", "share": "0.12345678901", "is": "at_most"}),
        ("openedx-criteria", {"tree": '{"op": "OR", "children": [{"leaf": "A", "value": 1, "op": "eq"}]}'}, "requirement",
         {"rule": "any_of", "rules": [{"rule": "result_of", "which": "A", "share": "1", "is": "equal"}]}),
        ("openedx-criteria", {"tree": {"op": None, "children": [{"leaf": "A", "value": 1}]}}, "requirement",
         {"rule": "any_of", "rules": [{"rule": "result_of", "which": "A", "share": "1"}]}),
        ("moodle-points", {"need": 4, "children": '[{"id": 11, "points": 4, "required": 1}]'}, "requirement",
         {"rule": "points", "need": 4, "children": [{"id": "11", "points": 4, "required": True}]}),
    ],
    ids=str,
)  # fmt: skip
def test_a_setting_stands_where_it_belongs(
    name: str, settings: Json, path: str, expected: Json | None
) -> None:
    assert written(preset(name, settings)).get(path) == expected


@pytest.mark.parametrize("none", [None, "none", " NULL ", ""])
def test_points_possible_may_be_unknown(none: str | None) -> None:
    assert (
        written(preset("canvas-highest", {"points_possible": none}))["scale"]["points_possible"]
        == "0"
    )


@pytest.mark.parametrize(
    "children",
    [
        "a=2, b = 1!, c=d=4",
        ["a=2", "b=1!", "c=d=4"],
        '[{"id": "a", "points": 2}, {"id": "b", "points": 1, "required": true}, "c=d=4"]',
        [{"id": "a", "points": 2}, {"id": "b", "points": 1, "required": True}, {"id": "c=d", "points": 4}],
    ],
    ids=str,
)  # fmt: skip
def test_children_with_points_may_be_given_in_any_form(children: Any) -> None:
    rule = written(preset("moodle-points", {"need": "3", "children": children}))["requirement"]
    assert rule == {
        "rule": "points",
        "need": 3,
        "children": [
            {"id": "a", "points": 2},
            {"id": "b", "points": 1, "required": True},
            {"id": "c=d", "points": 4},
        ],
    }


@pytest.mark.parametrize(
    "ratings",
    [
        "a=b = 3, Low=0.10000000000000001",
        '{"a=b": 3, "Low": 0.10000000000000001}',
        '[{"description": "a=b", "points": 3}, {"name": "Low", "points": 0.10000000000000001}]',
        [["a=b", 3], ["0.10000000000000001", "Low"]],
    ],
)
def test_ratings_keep_their_names_and_their_last_place(ratings: Any) -> None:
    found = refused("canvas-highest", {"ratings": ratings})
    assert [one.where for one in found] == ["/scale/levels/0/points"]  # 17 decimals, none lost


def test_a_rating_goes_by_its_name_or_else_its_description() -> None:
    ratings = [{"description": "Hi", "points": 5}, {"name": "Lo", "description": "x", "points": 0}]
    found = preset("canvas-highest", {"ratings": ratings, "mastery_points": 3})
    assert [level.name for level in found.scale.levels] == ["Lo", "Hi"]


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("canvas-weighted-average", {"parameter": "65.5"}, ("'65.5' will not do: not a whole number", "int from 1 to 99")),
        ("canvas-weighted-average", {"parameter": "much"}, ("'much' will not do: not a number", "int from 1 to 99")),
        ("canvas-weighted-average", {"parameter": True}, ("True will not do: not a number", "int from 1 to 99")),
        ("canvas-weighted-average", {"parameter": "Infinity"}, ("'Infinity' will not do: not a number", "int from 1 to 99")),
        ("canvas-weighted-average", {"parameter": ""}, ("'' will not do: a number is needed", "int from 1 to 99")),
        ("canvas-weighted-average", {"parameter": 0}, ("0 will not do: out of range", "int from 1 to 99")),
        ("canvas-weighted-average", {"parameter": 100}, ("100 will not do: out of range", "int from 1 to 99")),
        ("canvas-highest", {"mastery_points": -1}, ("-1 will not do: out of range", "number")),
        ("bkt", {"prior": 1.5}, ("1.5 will not do: out of range", "number from 0 to 1")),
        ("demonstrated-mastery", {"observations": 0}, ("0 will not do: out of range", "count")),
        ("demonstrated-mastery", {"observations": 10_001}, ("10001 will not do: out of range", "count")),
        ("readiness", {"max_age_days": "0"}, ("'0' will not do: out of range", "days")),
        ("moodle-all", {"children": 3}, ("3 will not do: 'int' object is not iterable", "names")),
        ("moodle-points", {"children": "a"}, ("'a' will not do: not enough values to unpack (expected 2, got 1)", "child_points")),
        ("cass", {"condition": "x"}, ("'x' will not do: 'x'", "latest_positive, has_positive, has_negative, any_child_positive, all_children_positive")),
        ("cass", {"condition": "has_positive", "signatures": 2}, ("does not go together with the other settings", "")),
        ("openedx-criteria", {"tree": {"op": None, "children": [0, 1]}},
         ("{'op': None, 'children': [0, 1]} will not do: a group of several needs AND or OR", "criteria")),
        ("openedx-criteria", {"tree": {"op": "XOR", "children": []}}, ("{'op': 'XOR', 'children': []} will not do: 'XOR'", "criteria")),
    ],
    ids=str,
)  # fmt: skip
def test_what_will_not_do_says_what_would(
    name: str, settings: Json, expected: tuple[str, str]
) -> None:
    (found,) = refused(name, settings)
    assert (found.where, found.why, found.expected) == (f"/{list(settings)[-1]}", *expected)


def test_the_order_in_which_settings_are_given_decides_nothing() -> None:
    settings: list[tuple[str, Any]] = [
        ("condition", "has_positive"),
        ("signatures", 2),
        ("colour", 1),
    ]
    told = {tuple(refused("cass", dict(order))) for order in permutations(settings)}
    assert [[one.where for one in found] for found in told] == [["/colour", "/signatures"]]
    several = [("observations", 4), ("contexts", 3), ("id", "ours"), ("expires_after", "P1Y")]
    documents = {
        canonical(preset("demonstrated-mastery", dict(order))) for order in permutations(several)
    }
    assert len(documents) == 1
