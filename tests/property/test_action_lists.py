"""The action lists say what a brute-force search would say (S0-12, S4-5)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import get_args

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.evidence import Context, Criterion, EvidenceKind, Facet, Result
from ledger.domain.ids import CompetencyId, Position
from projections.action_lists import not_improved, one_short
from projections.learner import LearnerRecord
from projections.policies import Judge, compile_policy, default_policy, preset
from projections.policies.observation import Observation
from tests.builders import Given, day, evidence, evidence_id, learner, provider

COMPETENCY = CompetencyId("https://frameworks.example/W1")
POLICIES = [
    compile_policy(default_policy()),
    compile_policy(preset("canvas-n-mastery", {})),
    compile_policy(preset("canvas-highest", {})),
]


def observation(
    judge: Judge,
    number: int,
    *,
    level: int,
    site: str,
    by: str,
    facets: tuple[Facet, ...],
    kind: EvidenceKind = "assessment",
    revises: int | None = None,
    age: float | None = None,
    task: str | None = None,
) -> Observation:
    scale = tuple(one.name for one in judge.document.scale.levels)
    return Observation(
        evidence=evidence_id(number),
        competency=COMPETENCY,
        position=Position(number + 1),
        first_position=Position(number + 1),
        kind=kind,
        occurred_at=day(number if age is None else age),
        recorded_at=day(number),
        provider=provider(1),
        evaluator=by,
        result=Result(level=scale[min(level, len(scale) - 1)], scale=scale, success=level > 1),
        context=Context(
            site=site, task=task or f"{site}-task", task_family=site, purpose="summative"
        ),
        facets=facets,
        revises=evidence_id(revises) if revises is not None else None,
    )


@st.composite
def seen(draw: st.DrawFn) -> tuple[Judge, list[Observation]]:
    judge = draw(st.sampled_from(POLICIES))
    count = draw(st.integers(0, 4))
    shown: list[tuple[Facet, ...]] = [("performance",), ("performance", "explanation")]
    facets = st.sampled_from(shown)
    return judge, [
        observation(
            judge,
            number,
            level=draw(st.integers(0, 3)),
            site=draw(st.sampled_from(["shop", "firm"])),
            by=draw(st.sampled_from(["lee", "kim"])),
            facets=draw(facets),
            revises=draw(st.one_of(st.none(), st.integers(0, number - 1))) if number else None,
        )
        for number in range(count)
    ]


def reachable(judge: Judge, observations: Sequence[Observation]) -> bool:
    """Brute force: is there any next observation at all that makes it mastered?"""
    last = len(observations) + 1
    levels = [1, len(judge.document.scale.levels) - 1]
    facets: list[tuple[Facet, ...]] = [("performance",), get_args(Facet)]
    kinds: list[EvidenceKind] = ["assessment", "work_based_learning", "credential"]
    revised = [None, *range(len(observations))]
    tasks = ["shop-task", "firm-task", "new-task"]
    return any(
        judge(
            [
                *observations,
                observation(
                    judge, last, level=level, site=site, by=by, facets=shown, kind=kind,
                    revises=earlier, age=30, task=task,
                ),
            ],
            competency=COMPETENCY,
            on=day(30),
        ).state
        == "mastered"
        for level, site, by, shown, kind, earlier, task in product(
            levels, ["shop", "new"], ["lee", "new"], facets, kinds, revised, tasks
        )
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(seen())
def test_one_short_is_what_brute_force_finds(case: tuple[Judge, list[Observation]]) -> None:
    judge, observations = case
    verdict = judge(observations, competency=COMPETENCY, on=day(30))
    found = one_short(judge, observations, verdict, learner=learner())
    open_states = {"no_evidence", "in_progress", "lapsed"}
    assert (found is not None) == (verdict.state in open_states and reachable(judge, observations))


def record(given: Given) -> LearnerRecord:
    return LearnerRecord.fold(learner(), given.of(learner()))


def test_planted_learners_who_complete_without_improving_are_found_and_no_others() -> None:
    given = Given()
    given.provider()
    remark = (Criterion(criterion="bead", comment="uneven: slow down"),)
    stuck = given.recorded(1, evidence("W1", score="0.5", external_id="1", criteria=remark))
    first = given.recorded(2, evidence("W1", score="0.5", external_id="2", criteria=remark))
    given.recorded(
        3, evidence("W1", score="0.5", external_id="3", criteria=remark, revises=first, on=day(1))
    )
    better = given.recorded(4, evidence("W1", score="0.5", external_id="4", criteria=remark))
    given.recorded(
        5, evidence("W1", score="0.8", external_id="5", criteria=remark, revises=better, on=day(1))
    )
    given.recorded(6, evidence("W1", score="0.5", external_id="6"))  # nobody commented on it
    given.recorded(7, evidence("W1", score="1.0", external_id="7", criteria=remark))  # full marks
    found = {(one.evidence, one.why) for one in not_improved(record(given))}
    assert found == {
        (stuck, "no_revision"),
        (first, "no_gain"),
        (evidence_id(3), "no_revision"),
    }


def test_withdrawn_work_is_nobodys_to_improve() -> None:
    given = Given()
    given.provider()
    remark = (Criterion(criterion="bead", comment="uneven"),)
    gone = given.recorded(1, evidence("W1", score="0.5", external_id="1", criteria=remark))
    given.withdrawn(gone)
    assert not_improved(record(given)) == ()


def test_a_higher_score_on_one_thing_does_not_make_up_for_a_lower_one_on_another() -> None:
    given = Given()
    given.provider()
    remark = (Criterion(criterion="bead", comment="uneven"),)
    work = evidence("W1", "W2", score="0.5", external_id="1", criteria=remark)
    first = given.recorded(1, work)
    mixed = [
        msgspec.structs.replace(one, result=Result(score=Decimal(score), max=Decimal(1)))
        for one, score in zip(work.alignments, ("0.9", "0.1"), strict=True)
    ]
    later = evidence("W1", "W2", score="0.5", external_id="2", revises=first, on=day(1))
    given.recorded(2, msgspec.structs.replace(later, alignments=tuple(mixed)))
    assert (first, "no_gain") in {(one.evidence, one.why) for one in not_improved(record(given))}
