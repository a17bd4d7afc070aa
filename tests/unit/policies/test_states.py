"""When a state turns, which of several reasons decides, and what a view keeps of a verdict."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.evidence import Result
from ledger.domain.ids import CompetencyId
from projections.policies import compile_policy
from projections.policies.observation import Observation
from projections.policies.periods import INSTANT
from projections.policies.verdict import Finding, MasteryState, Missing, Standing, Verdict
from tests.unit.policies.cases import NOW, SKILL, document, judged, seen

Json = dict[str, Any]
ONE = {"rule": "observations_at_least", "at_least": 1, "level": "Proficient"}
TWO = {**ONE, "at_least": 2}
LATEST = {"rule": "estimate_at_least", "estimate": {"method": "latest"}}
DAY = timedelta(days=1)


def verdict(
    *observations: Observation, rule: Json = ONE, on: datetime | None = NOW, **fields: Any
) -> Verdict:
    assert on is not None
    return judged(document(rule, any_evidence=True, **fields), *observations, on=on)


CHILD = CompetencyId("child")


@pytest.mark.parametrize(
    ("pieces", "children", "on"),
    [
        ([], {}, NOW),
        ([seen(1, "Developing")], {}, NOW),
        ([seen(1)], {CHILD: "mastered"}, NOW),
        ([seen(1)], {CHILD: "in_progress"}, NOW + 40 * DAY),
        ([seen(1, excluded="contested")], {}, NOW),
    ],
)
def test_a_standing_is_the_verdict_without_its_reasons(
    pieces: list[Observation], children: dict[CompetencyId, MasteryState], on: datetime
) -> None:
    rule = {"rule": "any_of", "rules": [ONE, {"rule": "covers"}]}
    policy = document(rule, expiry={"expires_after": "P30D"})
    judge = compile_policy(policy)
    whole = judge(pieces, competency=SKILL, on=on, children=children)
    assert judge.standing(pieces, competency=SKILL, on=on, children=children) == Standing(
        SKILL, whole.state, judge.policy, judge.digest, whole.estimate, whole.level, whole.since,
        whole.due_at,
    )  # fmt: skip
    assert (whole.competency, whole.policy, whole.on) == (SKILL, policy.id, on)


def test_confirmation_is_supposed_only_where_it_is_what_is_awaited() -> None:
    rule = {"rule": "confirmed_by_second_rater"}
    alone = seen(1, evaluator="x", task="a")
    disputed = seen(2, evaluator="x", task="b", excluded="contested")
    assert verdict(alone, disputed, rule=rule).state == "unconfirmed"
    settled = seen(2, evaluator="x", task="b", confirmed_by=("y",), excluded="contested")
    assert verdict(alone, settled, rule=rule).state == "contested"


def test_an_expired_card_takes_nothing_from_mastery_that_does_not_rest_on_it() -> None:
    card = seen(1, kind="credential", valid_until=NOW - DAY)
    assert verdict(card, seen(2)).state == "mastered"
    assert verdict(card, seen(2, "Developing")).state == "lapsed"
    assert verdict(card, rule=TWO).state == "no_evidence"
    old = seen(1, kind="credential", days_ago=50, valid_until=NOW - DAY)
    assert verdict(old, expiry={"expires_after": "P10D"}).state == "lapsed"


def test_what_is_contested_stays_so_until_the_disputed_evidence_ages_out() -> None:
    disputed = seen(1, days_ago=4, excluded="contested")
    found = verdict(disputed, counting={"window": "P10D"})
    assert (found.state, found.due_at) == ("contested", NOW + 6 * DAY + INSTANT)
    assert verdict(disputed, counting={"window": "P10D"}, on=found.due_at).state == "no_evidence"


def test_a_dispute_may_begin_to_matter_when_what_did_not_need_it_expires() -> None:
    expiry = {"expires_after": "P10D"}
    pieces = [seen(1, days_ago=8), seen(2, days_ago=2, excluded="contested")]
    found = verdict(*pieces, expiry=expiry)
    assert (found.state, found.due_at) == ("mastered", NOW + 2 * DAY + INSTANT)
    later = verdict(*pieces, expiry=expiry, on=found.due_at)
    assert (later.state, later.due_at) == ("contested", NOW + 8 * DAY + INSTANT)
    assert verdict(*pieces, expiry=expiry, on=later.due_at).state == "lapsed"


def test_the_end_of_a_validity_is_part_of_it() -> None:
    expiry = {"expires_after": "P10D"}
    last = verdict(seen(1, days_ago=10), expiry=expiry)
    assert (last.state, last.due_at) == ("mastered", NOW + INSTANT)
    assert last.findings[-1] == Finding("expires_after", True, NOW.isoformat(), "P10D")
    assert last.missing == ()
    late = verdict(seen(1, days_ago=10), expiry=expiry, on=NOW + INSTANT)
    assert (late.state, late.due_at) == ("lapsed", None)
    assert late.findings[-1] == Finding("expires_after", False, NOW.isoformat(), "P10D")
    asks = {"observations": "1", "newer": "yes", "at_least": "Proficient"}
    assert late.missing == (Missing("expires_after", "", asks),)
    assert [one.rule for one in verdict(seen(1)).findings] == ["observations_at_least"]


@pytest.mark.parametrize("newest", [1, 2, 3])
def test_where_nothing_passes_validity_runs_from_the_newest_of_all(newest: int) -> None:
    rule = {"rule": "facet", "which": "performance"}
    pieces = [seen(n, "Developing", days_ago=9 - n) for n in range(1, newest + 1)]
    found = verdict(*pieces, rule=rule, expiry={"expires_after": "P20D"})
    assert found.due_at == pieces[-1].occurred_at + 20 * DAY + INSTANT


@pytest.mark.parametrize(
    ("window", "expires", "state", "days"),
    [("P12D", "P15D", "no_evidence", 2), ("P15D", "P12D", "lapsed", 2)],
)
def test_window_or_validity_whichever_ends_first_decides(
    window: str, expires: str, state: str, days: int
) -> None:
    fields: Json = {"counting": {"window": window}, "expiry": {"expires_after": expires}}
    found = verdict(seen(1), **fields)
    assert (found.state, found.due_at) == ("mastered", NOW + days * DAY + INSTANT)
    assert verdict(seen(1), **fields, on=found.due_at).state == state


def test_a_moment_at_which_nothing_changes_is_not_when_the_state_is_due() -> None:
    inner = {"rule": "within", "period": "P20D", "inner": ONE}
    pieces = [seen(n, days_ago=days) for n, days in ((1, 19), (2, 15), (3, 5))]
    found = verdict(*pieces, rule=inner)
    assert (found.state, found.due_at) == ("mastered", NOW + 15 * DAY + INSTANT)
    coming = [seen(4, "Developing", days_ago=-3), seen(5, "Beginning", days_ago=-4)]
    assert verdict(seen(1), *coming).due_at is None
    assert verdict(seen(1), *coming, rule=LATEST).due_at == NOW + 3 * DAY
    card = seen(9, kind="credential", valid_until=NOW + DAY)
    assert verdict(card, seen(1)).due_at is None


@pytest.mark.parametrize("parts", [("P12D", "P15D", "P30D"), ("P15D", "P30D", "P12D")])
@pytest.mark.parametrize(
    ("rule", "days"), [("all_of", 2), ("any_of", 20)], ids=["the first to fall", "the last to fall"]
)
def test_parts_that_grow_old_at_different_times(
    parts: tuple[str, ...], rule: str, days: int
) -> None:
    rules = [{"rule": "within", "period": period, "inner": ONE} for period in parts]
    found = verdict(seen(1), rule={"rule": rule, "rules": rules})
    assert (found.state, found.due_at) == ("mastered", NOW + days * DAY + INSTANT)


@pytest.mark.parametrize(("outer", "inner"), [("P12D", "P15D"), ("P15D", "P12D")])
def test_one_period_inside_another_ends_with_the_shorter(outer: str, inner: str) -> None:
    rule: Json = {"rule": "within", "period": inner, "inner": TWO}
    rule = {"rule": "within", "period": outer, "inner": rule}
    found = verdict(seen(1), seen(2, days_ago=3), rule=rule)
    assert (found.state, found.due_at) == ("mastered", NOW + 2 * DAY + INSTANT)
    late = verdict(seen(1), seen(2, days_ago=3), rule=rule, on=found.due_at)
    assert late.state == "lapsed"
    assert late.missing == (
        Missing("observations_at_least", "", {"observations": "1", "at_least": "Proficient", "within": outer}),
    )  # fmt: skip


def test_an_estimate_of_a_requirement_of_its_own_fades_too() -> None:
    fields: Json = {"expiry": {"half_life_days": 10}, "estimate": {"method": "latest"}}
    rule = {"rule": "estimate_at_least", "estimate": {"method": "highest"}, "points": 2}
    found = verdict(seen(1, "Advanced", days_ago=10), rule=rule, **fields)
    assert found.findings[0].found == "2.5 (Developing)"
    assert (found.state, found.due_at) == ("mastered", NOW + 6 * DAY)
    assert verdict(seen(1, "Advanced"), rule=rule, **fields, on=NOW + 6 * DAY).state == "lapsed"


def test_a_level_below_the_scale_is_called_by_the_lowest_name() -> None:
    poor = seen(1, result=Result(score=Decimal("0.5"), max=Decimal(4)))
    assert (verdict(poor).estimate, verdict(poor).level) == (Decimal("0.5"), "Beginning")
    low = {"levels": [{"name": "A", "points": 2}, {"name": "B", "points": 3}, {"name": "C", "points": 4}],
           "mastery_level": "C"}  # fmt: skip
    found = verdict(seen(1, "A", days_ago=1), rule={"rule": "estimate_at_least"}, scale=low)
    assert found.level == "A"
    failed = judged(document(scale=low), seen(1, None, kind="credential", result=None))
    assert (failed.estimate, failed.level) == (Decimal(3), "B")
