"""Each requirement, met and just not met."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from projections.policies.observation import Observation
from projections.policies.verdict import Verdict
from tests.unit.policies.cases import NOW, document, judged, numbers, seen

Json = dict[str, Any]


def verdict(rule: Json, *observations: Observation, **fields: Any) -> Verdict:
    return judged(document(rule, any_evidence=True, **fields), *observations)


def is_met(rule: Json, *observations: Observation, **fields: Any) -> bool:
    return verdict(rule, *observations, **fields).state == "mastered"


def graded(*levels: str) -> list[Observation]:
    """Ratings, oldest first."""
    return [seen(n, level, days_ago=100 - n) for n, level in enumerate(levels, 1)]


B, D, P, A = "Beginning", "Developing", "Proficient", "Advanced"


@pytest.mark.parametrize(
    ("estimate", "levels", "expected"),
    [
        pytest.param({"method": "highest"}, [A, B], "4", id="highest"),
        pytest.param({"method": "latest"}, [A, B], "1", id="latest"),
        pytest.param({"method": "mean"}, [A, A, B], "3", id="mean"),
        pytest.param({"method": "median"}, [A, B, D], "2", id="median of three"),
        pytest.param({"method": "median"}, [A, B, D, P], "2.5", id="median of four"),
        pytest.param({"method": "n_mastery", "n": 2}, [P, A, B], "3.5", id="n mastery: all above in the mean"),
        pytest.param({"method": "n_mastery", "n": 3}, [P, A, B], None, id="n mastery: too few"),
        pytest.param({"method": "n_mastery", "n": 3, "threshold": 2}, [D, P, A, B], "3", id="n mastery: own threshold"),
        pytest.param({"method": "window_mean", "k": 2}, [B, P, A], "3.5", id="mean of the last two"),
        pytest.param({"method": "window_mean", "k": 9}, [B, P], "2", id="window wider than what there is"),
        pytest.param({"method": "decaying_average", "latest_percent": 50}, [B, P, A], "3", id="decaying average"),
        pytest.param({"method": "weighted_decaying_average", "latest_percent": 50}, [B, P, A], "3", id="weighted: half latest, half mean of earlier"),
        pytest.param({"method": "weighted_decaying_average", "latest_percent": 80}, [B, A], "3.4", id="weighted: of two"),
        pytest.param({"method": "decaying_average", "latest_percent": 80}, [A], "4", id="of one"),
    ],
)  # fmt: skip
def test_estimate(estimate: Json, levels: list[str], expected: str | None) -> None:
    found = verdict({"rule": "estimate_at_least"}, *graded(*levels), estimate=estimate).estimate
    assert found == (None if expected is None else Decimal(expected))


def test_mean_may_be_weighted_by_alignment() -> None:
    pieces = [
        seen(1, A, weight=Decimal(3)),
        seen(2, B, weight=Decimal(1)),
        seen(3, B, weight=Decimal("NaN")),
    ]
    found = verdict(
        {"rule": "estimate_at_least"}, *pieces, estimate={"method": "mean", "weighted": True}
    )
    assert found.estimate == Decimal("3.25")
    weightless = seen(1, A, weight=Decimal(0))
    assert (
        verdict(
            {"rule": "estimate_at_least"}, weightless, estimate={"method": "mean", "weighted": True}
        ).estimate
        is None
    )


def test_estimate_at_least_meets_its_bar_exactly() -> None:
    assert is_met({"rule": "estimate_at_least"}, seen(1, P))
    assert not is_met({"rule": "estimate_at_least"}, seen(1, D))
    assert is_met({"rule": "estimate_at_least", "level": D}, seen(1, D))
    assert not is_met({"rule": "estimate_at_least", "points": 3.01}, seen(1, P))


def test_a_requirement_may_bring_its_own_estimate() -> None:
    rule = {"rule": "estimate_at_least", "estimate": {"method": "latest"}}
    found = verdict(rule, *graded(A, D))
    assert (found.state, found.estimate) == ("in_progress", Decimal(4))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param({"at_least": 2}, True, id="any rating"),
        pytest.param({"at_least": 3}, False, id="one more"),
        pytest.param({"at_least": 1, "level": P}, True, id="at the bar"),
        pytest.param({"at_least": 2, "level": P}, False, id="only one at the bar"),
        pytest.param({"at_least": 1, "level": P, "below": True}, True, id="below the bar"),
        pytest.param(
            {"at_least": 1, "level": D, "below": True}, False, id="at the bar is not below it"
        ),
    ],
)
def test_observations_at_least(words: Json, *, expected: bool) -> None:
    assert is_met({"rule": "observations_at_least", **words}, *graded(D, P)) is expected


@pytest.mark.parametrize(
    ("of", "one", "other"),
    [
        ("provider", {"provider": 1}, {"provider": 2}),
        ("evaluator", {"evaluator": "a"}, {"evaluator": "b"}),
        ("site", {"site": "a"}, {"site": "b"}),
        ("task", {"task": "a"}, {"task": "b"}),
        ("task_family", {"task_family": "a"}, {"task_family": "b"}),
        ("equipment", {"equipment": ("a",)}, {"equipment": ("b",)}),
        ("course", {"course": "a"}, {"course": "b"}),
        ("assessment", {"assessment": "a"}, {"assessment": "b"}),
        ("context", {"site": "a"}, {"site": "b"}),
        ("context", {"course": "a"}, {"course": "b"}),
        ("context", {"provider": 1}, {"provider": 2}),
        ("context", {"site": "a", "task_family": "f"}, {"site": "a", "task_family": "g"}),
        ("context", {"site": "a", "equipment": ("f",)}, {"site": "a"}),
    ],
)
def test_distinct(of: str, one: Json, other: Json) -> None:
    rule = {"rule": "distinct", "of": of, "at_least": 2}
    assert is_met(rule, seen(1, **one), seen(2, **other))
    assert not is_met(rule, seen(1, **one), seen(2, **one))
    assert not is_met({**rule, "level": A}, seen(1, **one), seen(2, **other))
    assert is_met({**rule, "level": P}, seen(1, B, **one), seen(2, **one), seen(3, **other))


@pytest.mark.parametrize(
    "of", ["evaluator", "site", "task", "task_family", "equipment", "course", "assessment"]
)
def test_what_does_not_say_where_it_belongs_is_nothing_new(of: str) -> None:
    rule = {"rule": "distinct", "of": of, "at_least": 1}
    assert not is_met(rule, seen(1), seen(2))


def test_context_is_the_site_before_course_and_provider_and_never_the_task() -> None:
    rule = {"rule": "distinct", "of": "context", "at_least": 2}
    assert not is_met(
        rule, seen(1, site="s", course="a", provider=1), seen(2, site="s", course="b", provider=2)
    )
    assert not is_met(rule, seen(1, course="c", provider=1), seen(2, course="c", provider=2))
    assert not is_met(rule, seen(1, site="s", task="a"), seen(2, site="s", task="b"))


def test_one_task_with_two_tools_shows_two_tools() -> None:
    rule = {"rule": "distinct", "of": "equipment", "at_least": 2}
    found = verdict(rule, seen(1, equipment=("saw", "lathe", "saw")), seen(2, equipment=("saw",)))
    assert (found.state, found.findings[0].found) == ("mastered", "2")


def test_kind_and_facet() -> None:
    kind = {"rule": "kind", "which": ["credential", "work_based_learning"], "at_least": 2}
    assert is_met(kind, seen(1, kind="credential"), seen(2, kind="work_based_learning"))
    assert not is_met(kind, seen(1, kind="credential"), seen(2, kind="assessment"))
    assert not is_met(
        {**kind, "level": P}, seen(1, kind="credential"), seen(2, D, kind="credential")
    )
    facet = {"rule": "facet", "which": "transfer"}
    assert is_met(facet, seen(1, facets=("performance", "transfer")))
    assert not is_met(facet, seen(1, facets=("explanation",)))
    assert not is_met({**facet, "level": P}, seen(1, D, facets=("transfer",)))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (["4", "3.5"], True),
        (["4", "3.4"], False),
        (["7.5"], True),
        (["9", "-2"], True),
        (["7", "NaN"], False),
        ([], False),
    ],
)
def test_hours_add_up(hours: list[str], *, expected: bool) -> None:
    pieces = [
        seen(n, None, kind="work_based_learning", hours=Decimal(one))
        for n, one in enumerate(hours, 1)
    ]
    rule = {"rule": "hours_at_least", "hours": 7.5}
    assert is_met(rule, *pieces) is expected
    assert not is_met({**rule, "kinds": ["assessment"]}, *pieces)


def test_hours_without_a_rating_count_as_hours_alone() -> None:
    rule = {
        "rule": "all_of",
        "rules": [
            {"rule": "hours_at_least", "hours": 8},
            {"rule": "observations_at_least", "at_least": 1},
        ],
    }
    log = seen(1, None, kind="work_based_learning", hours=Decimal(8), excluded="no_result")
    found = verdict(rule, log)
    assert [one.met for one in found.findings] == [True, False]
    assert found.estimate is None
    assert numbers(found.counted) == [1]
    assert verdict({"rule": "observations_at_least", "at_least": 1}, log).state == "no_evidence"


def test_credential_is_one_of_those_named_and_in_force() -> None:
    rule = {"rule": "credential", "any_of": ["x", "y"]}
    assert is_met(rule, seen(1, None, kind="credential", credential="y"))
    assert is_met(rule, seen(1, None, kind="credential", credential="y"), results={})
    assert not is_met(rule, seen(1, None, kind="credential", credential="z"))
    assert is_met(rule, seen(1, None, kind="credential", credential="y", valid_until=NOW))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([("a", P, "w"), ("b", A, "w")], True, id="two people"),
        pytest.param([("a", P, "w"), ("a", A, "w")], False, id="the same person twice"),
        pytest.param([("a", P, "w"), ("b", D, "w")], False, id="the second says no"),
        pytest.param([("a", D, "w"), ("b", P, "w")], False, id="the first says no"),
        pytest.param([("a", P, "w"), ("b", P, "v")], False, id="two different works"),
        pytest.param(
            [("a", P, None), ("b", P, None)], False, id="nothing says it is the same work"
        ),
        pytest.param(
            [("a", P, "w"), ("b", P, "w"), ("b", D, "w")], False, id="the second changes their mind"
        ),
        pytest.param(
            [("a", P, "w"), ("b", D, "w"), ("b", P, "w")], True, id="the second comes round"
        ),
    ],
)
def test_confirmed_by_second_rater(
    pieces: list[tuple[str, str, str | None]], *, expected: bool
) -> None:
    observations = [
        seen(n, level, evaluator=who, task=task, days_ago=9 - n)
        for n, (who, level, task) in enumerate(pieces, 1)
    ]
    assert is_met({"rule": "confirmed_by_second_rater"}, *observations) is expected


def test_a_recorded_confirmation_is_a_second_rater() -> None:
    rule = {"rule": "confirmed_by_second_rater"}
    assert is_met(rule, seen(1, evaluator="a", confirmed_by=("b",)))
    assert not is_met(rule, seen(1, evaluator="a", confirmed_by=("a",)))
    assert not is_met(rule, seen(1, D, evaluator="a", confirmed_by=("b",)))
    assert is_met({**rule, "level": D}, seen(1, D, evaluator="a", confirmed_by=("b",)))
    assert verdict(rule, seen(1, evaluator="a")).state == "unconfirmed"
