"""What holds for every policy and every record."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jsonschema
import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from projections.policies import (
    PolicyDocument,
    canonical,
    compile_policy,
    digest,
    json_schema,
    parse,
)
from projections.policies.explain import exact, explained, plain
from projections.policies.files import verdict_json
from projections.policies.observation import Observation
from projections.policies.ordering import in_order
from projections.policies.verdict import Verdict
from tests.property.policy_strategies import (
    CHILDREN,
    COUNTING_RULES,
    GOOD_RESULTS,
    documents,
    histories,
    observations,
)
from tests.unit.policies.cases import LEVELS, NOW, SKILL, raw

CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
thorough = settings(max_examples=50, deadline=None, suppress_health_check=CHECKS)


def judged(policy: PolicyDocument, seen: list[Observation], children: Any = None) -> Verdict:
    return compile_policy(policy)(seen, competency=SKILL, on=NOW, children=children or {})


@given(documents(), histories(), CHILDREN)
@thorough
def test_any_policy_judges_any_evidence(
    policy: PolicyDocument, seen: list[Observation], children: Any
) -> None:
    verdict = judged(policy, seen, children=children)
    everything = [*verdict.counted, *(one.evidence for one in verdict.not_counted)]
    assert sorted(one.evidence for one in seen) == sorted(everything)
    assert plain(verdict)
    assert exact(verdict)
    assert json.loads(json.dumps(verdict_json(verdict)))["state"] == verdict.state
    assert all(one.text for one in explained(verdict).missing)


@given(documents(), histories(), st.randoms())
@thorough
def test_order_of_arrival_does_not_matter(
    policy: PolicyDocument, seen: list[Observation], order: Any
) -> None:
    shuffled = list(seen)
    order.shuffle(shuffled)
    assert judged(policy, shuffled) == judged(policy, seen)


@given(documents(), histories())
@thorough
def test_withdrawing_everything_returns_to_no_evidence(
    policy: PolicyDocument, seen: list[Observation]
) -> None:
    withdrawn = [msgspec.structs.replace(one, excluded="withdrawn") for one in seen]
    verdict = judged(policy, withdrawn)
    assert verdict.state == "no_evidence"
    assert verdict.counted == ()
    assert {one.reason for one in verdict.not_counted} <= {"withdrawn"}


@given(documents(), histories(), st.lists(st.integers(0, 5)))
@thorough
def test_activity_changes_nothing(
    policy: PolicyDocument, seen: list[Observation], places: list[int]
) -> None:
    extra = [
        msgspec.structs.replace(
            seen[place], kind="activity", first_position=100 + number, revises=None
        )
        for number, place in enumerate(places)
        if place < len(seen)
    ]
    before, after = judged(policy, seen), judged(policy, seen + extra)
    assert msgspec.structs.replace(after, not_counted=before.not_counted) == before


@given(documents(), histories(), CHILDREN, st.data())
@thorough
def test_due_at_is_exact(
    policy: PolicyDocument, seen: list[Observation], children: Any, data: st.DataObject
) -> None:
    judge = compile_policy(policy)
    verdict = judge(seen, competency=SKILL, on=NOW, children=children)
    span = timedelta(days=1500) if verdict.due_at is None else verdict.due_at - NOW
    assert span > timedelta(0)
    hours = data.draw(st.integers(0, max(0, int(span / timedelta(hours=1)) - 1)))
    for moment in (NOW + timedelta(hours=hours), NOW + span - timedelta(microseconds=1)):
        later = judge(seen, competency=SKILL, on=moment, children=children)
        assert later.state == verdict.state
        assert later.due_at == verdict.due_at
    if verdict.due_at is not None:
        at_due = judge(seen, competency=SKILL, on=verdict.due_at, children=children)
        assert at_due.state != verdict.state


MONOTONE_RULES = st.one_of(
    COUNTING_RULES,
    st.sampled_from(
        [
            {"rule": "estimate_at_least"},
            {"rule": "estimate_at_least", "estimate": {"method": "mean"}},
            {"rule": "estimate_at_least", "estimate": {"method": "latest"}},
            {"rule": "estimate_at_least", "estimate": {"method": "median"}},
            {"rule": "estimate_at_least", "estimate": {"method": "n_mastery", "n": 2}},
            {"rule": "within", "period": "P1Y", "inner": {"rule": "facet", "which": "explanation"}},
        ]
    ),
)
MONOTONE = st.one_of(
    st.lists(MONOTONE_RULES, min_size=1, max_size=3).map(
        lambda parts: {"rule": "all_of", "rules": parts}
    ),
    st.lists(MONOTONE_RULES, min_size=1, max_size=3).map(
        lambda parts: {"rule": "any_of", "rules": parts}
    ),
)


@given(MONOTONE, st.booleans(), histories(), observations(50, excluded=False, results=GOOD_RESULTS))
@thorough
def test_passing_evidence_in_a_new_context_never_lowers_a_monotone_policy(
    requirement: Any, expires: bool, seen: list[Observation], extra: Observation
) -> None:
    assert extra.result is not None
    assume(extra.result.level in LEVELS[2:])
    new = msgspec.structs.replace(extra.context, site="new", task="new", assessment="new")
    extra = msgspec.structs.replace(extra, context=new, revises=None)
    expiry = {"expires_after": "P1Y"} if expires else {}
    policy = parse(raw(requirement, any_evidence=True, expiry=expiry, conflict={}))
    order = ["no_evidence", "in_progress", "contested", "unconfirmed", "lapsed", "mastered"]
    before, after = judged(policy, seen), judged(policy, [*seen, extra])
    if before.state == "mastered":
        assert after.state in {"mastered", "contested"}
    if before.state == "mastered" and "contested" not in {one.reason for one in before.not_counted}:
        assert order.index(after.state) >= order.index(before.state)


@given(documents())
@thorough
def test_a_document_is_the_same_after_writing_and_reading(policy: PolicyDocument) -> None:
    text = canonical(policy)
    again = parse(text)
    assert again == policy
    assert canonical(again) == text
    assert digest(again) == digest(policy)


SCHEMA = json_schema()


@given(documents())
@settings(max_examples=50, deadline=None, suppress_health_check=CHECKS)
def test_every_document_fits_the_published_schema(policy: PolicyDocument) -> None:
    jsonschema.validate(json.loads(canonical(policy)), SCHEMA)


@given(documents(), histories())
@thorough
def test_the_last_prefix_is_the_whole(policy: PolicyDocument, seen: list[Observation]) -> None:
    """`since` and the verdict come from the same rules: they agree on the newest evidence."""
    judge = compile_policy(policy)
    base = judge._base(in_order(seen), NOW, {})
    tally = base.tally
    assume(tally.seen)
    now = tally.part(lambda _: True, on=tally.seen[-1].occurred_at)
    bits = judge._requirement.prefixes(now)
    assert bits >> len(now.seen) == 0
    assert bool(bits >> (len(now.seen) - 1)) is judge._requirement.find(now).met


@given(documents(), histories(), CHILDREN)
@thorough
def test_a_standing_is_the_verdict_without_its_reasons(
    policy: PolicyDocument, seen: list[Observation], children: Any
) -> None:
    """Views keep standings, people read verdicts: they must never say different things."""
    judge = compile_policy(policy)
    verdict = judge(seen, competency=SKILL, on=NOW, children=children)
    standing = judge.standing(seen, competency=SKILL, on=NOW, children=children)
    for name in set(standing.__struct_fields__) - {"floors"}:
        assert getattr(standing, name) == getattr(verdict, name)


@given(documents(), histories(), CHILDREN)
@thorough
def test_a_requirement_is_met_when_its_finding_says_so(
    policy: PolicyDocument, seen: list[Observation], children: Any
) -> None:
    judge = compile_policy(policy)
    tally, again = (judge._base(in_order(seen), NOW, children).tally for _ in range(2))
    for part in [judge._requirement, *getattr(judge._requirement, "parts", ())]:
        assert part.met(tally) is part.find(again).met
