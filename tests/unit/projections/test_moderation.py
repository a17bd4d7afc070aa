"""Second scores show who agrees, who is lenient, and who has drifted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest

from ledger.domain.ids import EvidenceId, ProviderId
from projections.moderation import (
    Pair,
    Weights,
    agreement,
    by,
    drifting,
    is_sampled,
    weighted_kappa,
)

SCHOOL = ProviderId(UUID(int=7))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def pairs(
    firsts: list[int], seconds: list[int], *, evaluator: str = "ms-lee", steps: int = 3
) -> list[Pair]:
    return [
        Pair(
            EvidenceId(UUID(int=index)),
            SCHOOL,
            evaluator,
            first,
            second,
            at=NOON + timedelta(days=index),
            steps=steps,
        )
        for index, (first, second) in enumerate(zip(firsts, seconds, strict=True))
    ]


@pytest.mark.parametrize(
    ("firsts", "seconds", "figures"),
    [
        pytest.param(
            [0, 1, 2, 3, 3, 2, 1, 0],
            [0, 1, 1, 3, 2, 2, 1, 1],
            [0.5, 0.6666666666666667, 0.8125],
            id="mostly the same",
        ),
        pytest.param(
            [3, 3, 3, 2, 3, 3, 2, 3, 3, 1],
            [2, 2, 3, 1, 2, 3, 1, 2, 2, 1],
            [0.04109589041095896, 0.2708333333333335, 0.5070422535211268],
            id="lenient",
        ),
        pytest.param(
            [0, 0, 1, 1, 2],
            [2, 1, 1, 0, 0],
            [-0.25, -0.5, -0.7857142857142856],
            id="worse than chance",
        ),
        pytest.param(
            [1, 2, 3, 1, 2, 3, 0, 2], [1, 2, 3, 1, 2, 3, 0, 2], [1.0, 1.0, 1.0], id="identical"
        ),
    ],
)
def test_kappa_is_scikit_learns(
    firsts: list[int], seconds: list[int], figures: list[float]
) -> None:
    """Figures of sklearn.metrics.cohen_kappa_score, scikit-learn 1.9.1, labels 0 to 3."""
    weights: list[Weights] = ["none", "linear", "quadratic"]
    found = [weighted_kappa(pairs(firsts, seconds), weights=one) for one in weights]
    assert found == pytest.approx(figures, abs=1e-12)


def test_kappa_is_undefined_where_everybody_always_gives_the_same() -> None:
    assert weighted_kappa(pairs([2, 2, 2], [2, 2, 2])) is None
    assert weighted_kappa([]) is None


def test_kappa_of_scores_out_of_a_billion_takes_no_longer() -> None:
    spread = 333_333_333
    found = weighted_kappa(pairs([0, spread, 3 * spread], [spread, spread, 3 * spread]))
    assert found == weighted_kappa(pairs([0, 1, 3], [1, 1, 3]))


def test_long_and_short_scales_weigh_alike() -> None:
    """Four levels rated at random are not hidden by points of a hundred that nearly agree."""
    levels = pairs([0, 1, 2, 3, 0, 1, 2, 3], [3, 2, 1, 0, 0, 1, 2, 3])
    points = pairs([0, 33, 66, 99], [0, 33, 66, 99], steps=99)
    assert weighted_kappa(levels) == 0.0
    assert weighted_kappa([*levels, *points]) == weighted_kappa(
        [*levels, *pairs([0, 1, 2, 3], [0, 1, 2, 3])]
    )
    mixed = weighted_kappa([*levels, *pairs([80, 81, 82], [79, 80, 81], steps=100)])
    assert mixed is not None
    assert mixed < 0.2


def test_a_point_of_a_hundred_is_a_tenth_of_a_level() -> None:
    strict = pairs([81, 82, 83, 84, 85], [80, 81, 82, 83, 84], steps=100)
    assert agreement(strict).leniency == 0.1
    assert drifting(strict, since=NOON) == []
    kind = pairs([86, 87, 88, 89, 90], [80, 81, 82, 83, 84], steps=100)
    assert [one.recent.leniency for one in drifting(kind, since=NOON)] == [0.6]


def test_agreement_counts_exact_matches_and_leniency_in_levels() -> None:
    found = agreement(pairs([3, 3, 2, 1], [2, 3, 2, 2]))
    assert (found.pairs, found.exact, found.leniency) == (4, 0.5, 0.0)


def test_a_planted_lenient_rater_is_flagged_and_nobody_else() -> None:
    strict = pairs([1, 2, 1, 2, 1, 2], [1, 2, 1, 2, 1, 2], evaluator="mr-fair")
    lenient = pairs([1, 2, 3, 3, 3, 3, 3, 3], [1, 2, 3, 1, 2, 2, 2, 2], evaluator="mr-kind")
    found = drifting([*strict, *lenient], since=NOON + timedelta(days=3))
    assert [one.evaluator for one in found] == ["mr-kind"]
    assert found[0].earlier.leniency == 0.0
    assert found[0].change == pytest.approx(1.2)


def test_few_pairs_judge_nobody() -> None:
    lenient = pairs([3, 3, 3, 3], [0, 0, 0, 0])
    assert drifting(lenient, since=NOON) == []
    assert len(drifting(lenient, since=NOON, pairs_min=4)) == 1


def test_groups_are_in_the_order_of_time() -> None:
    mixed = pairs([0, 1, 2], [0, 1, 2])
    groups = by(reversed(mixed), lambda pair: (pair.evaluator,))
    assert groups == {("ms-lee",): mixed}


def test_the_sample_is_the_share_asked_for_and_always_the_same() -> None:
    evidence = [EvidenceId(UUID(int=index)) for index in range(4000)]
    drawn = [one for one in evidence if is_sampled(one, share=Fraction(1, 10))]
    assert 340 <= len(drawn) <= 460
    assert drawn == [one for one in evidence if is_sampled(one, share=Fraction(1, 10))]
    assert not any(is_sampled(one, share=Fraction(0)) for one in evidence)
    assert all(is_sampled(one, share=Fraction(1)) for one in evidence)
