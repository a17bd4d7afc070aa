"""Which state the evidence gives, since when and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.evidence import Result
from projections.policies import default_policy, preset
from projections.policies.observation import Observation
from projections.policies.periods import INSTANT
from projections.policies.verdict import Verdict
from tests.unit.policies.cases import NOW, document, judged, reasons, seen, unmet

Json = dict[str, Any]
ONE = {"rule": "observations_at_least", "at_least": 1, "level": "Proficient"}
TWO = {**ONE, "at_least": 2}
DAY = timedelta(days=1)


def verdict(
    *observations: Observation, rule: Json = ONE, on: datetime = NOW, **fields: Any
) -> Verdict:
    return judged(document(rule, any_evidence=True, **fields), *observations, on=on)


def test_contested_evidence_matters_only_where_it_decides() -> None:
    assert verdict(seen(1), seen(2, excluded="contested")).state == "mastered"
    assert verdict(seen(1, excluded="contested")).state == "contested"
    assert verdict(seen(1, "Developing", excluded="contested")).state == "no_evidence"
    against = {"rule": "estimate_at_least", "estimate": {"method": "latest"}}
    assert (
        verdict(seen(1), seen(2, "Beginning", days_ago=1, excluded="contested"), rule=against).state
        == "contested"
    )


def test_unconfirmed_is_mastery_but_for_the_second_rater() -> None:
    waiting = seen(1, excluded="awaiting_second_rater")
    assert verdict(waiting).state == "unconfirmed"
    assert (
        verdict(waiting, counting={"awaiting_second_rater": "in_progress"}).state == "no_evidence"
    )
    assert verdict(waiting, rule=TWO).state == "no_evidence"
    assert verdict(waiting, seen(2), rule=TWO).state == "unconfirmed"
    assert verdict(waiting, seen(2)).state == "mastered"


def test_expired_credential_lapses_what_rested_on_it() -> None:
    held = {"rule": "credential", "any_of": ["x"]}
    card = seen(1, None, kind="credential", credential="x", valid_until=NOW + 5 * DAY)
    good = verdict(card, rule=held)
    assert (good.state, good.due_at) == ("mastered", NOW + 5 * DAY + INSTANT)
    assert verdict(card, rule=held, on=NOW + 5 * DAY).state == "mastered"
    late = verdict(card, rule=held, on=NOW + 5 * DAY + INSTANT)
    assert (late.state, reasons(late), late.due_at) == ("lapsed", ["credential_expired"], None)
    assert verdict(card, rule=TWO, on=NOW + 6 * DAY).state == "no_evidence"


def test_expiry_runs_from_the_newest_passing_evidence() -> None:
    expiry = {"expires_after": "P10D"}
    pieces = [seen(1, days_ago=9), seen(2, days_ago=4), seen(3, "Developing", days_ago=1)]
    found = verdict(*pieces, expiry=expiry)
    assert (found.state, found.since) == ("mastered", NOW - 9 * DAY)
    assert found.due_at == NOW + 6 * DAY + INSTANT
    assert found.findings[-1].rule == "expires_after"
    assert verdict(*pieces, expiry=expiry, on=NOW + 6 * DAY).state == "mastered"
    late = verdict(*pieces, expiry=expiry, on=NOW + 6 * DAY + INSTANT)
    assert (late.state, late.due_at, late.since) == ("lapsed", None, NOW - 9 * DAY)
    assert (unmet(late), [one.rule for one in late.missing]) == (
        {"expires_after"},
        ["expires_after"],
    )
    assert verdict(pieces[2], expiry=expiry).state == "in_progress"


def test_expiry_without_passing_evidence_runs_from_the_newest() -> None:
    rule = {"rule": "facet", "which": "explanation"}
    shown = [
        seen(1, "Beginning", days_ago=9, facets=("explanation",)),
        seen(2, "Developing", days_ago=2),
    ]
    assert verdict(*shown, rule=rule, expiry={"expires_after": "P3D"}).due_at == NOW + DAY + INSTANT


def test_decay_halves_the_distance_from_the_lowest_level() -> None:
    fields: Json = {
        "rule": {"rule": "estimate_at_least"},
        "expiry": {"half_life_days": 10},
        "estimate": {"method": "latest"},
    }
    piece = seen(1, "Advanced", days_ago=10)
    assert verdict(piece, **fields).estimate == Decimal("2.5")
    assert verdict(piece, **fields, on=NOW - 10 * DAY).estimate == 4
    assert verdict(piece, **fields, on=NOW - 9 * DAY - INSTANT).estimate == 4
    assert verdict(piece, **fields, on=NOW - 9 * DAY).estimate == Decimal("3.80")
    early = verdict(piece, **fields, on=NOW - 10 * DAY)
    assert early.state == "mastered"
    assert early.due_at == NOW - 4 * DAY  # 1 + 3 * 2**-0.6 is 2.98; on the fifth day it was 3.12
    assert verdict(piece, **fields, on=NOW - 4 * DAY).state == "lapsed"
    assert verdict(piece, **fields, on=NOW + 100_000 * DAY).estimate == 1
    assert verdict(seen(1, "Beginning", days_ago=99), **fields).estimate == 1


def test_within_lapses_when_the_evidence_grows_old_and_a_later_one_renews_it() -> None:
    rule = {"rule": "within", "period": "P10D", "inner": ONE}
    found = verdict(seen(1, days_ago=4), rule=rule)
    assert (found.state, found.due_at) == ("mastered", NOW + 6 * DAY + INSTANT)
    assert verdict(seen(1, days_ago=11), rule=rule).state == "lapsed"
    coming = verdict(seen(1, days_ago=11), seen(2, days_ago=-3), rule=rule)
    assert (coming.state, coming.due_at) == ("lapsed", NOW + 3 * DAY)


def test_window_that_moves_past_the_evidence_leaves_nothing() -> None:
    found = verdict(seen(1, days_ago=4), counting={"window": "P10D"})
    assert found.due_at == NOW + 6 * DAY + INSTANT
    assert (
        verdict(seen(1, days_ago=4), counting={"window": "P10D"}, on=NOW + 7 * DAY).state
        == "no_evidence"
    )


def test_since_is_when_the_evidence_first_met_the_policy() -> None:
    latest = {"rule": "estimate_at_least", "estimate": {"method": "latest"}}
    pieces = [
        seen(n, level, days_ago=9 - n)
        for n, level in enumerate(("Developing", "Proficient", "Beginning", "Advanced"), 1)
    ]
    assert verdict(*pieces, rule=latest).since == pieces[1].occurred_at
    assert verdict(*pieces, rule=TWO).since == pieces[3].occurred_at
    both = {"rule": "all_of", "rules": [latest, TWO]}
    assert verdict(*pieces, rule=both).since == pieces[3].occurred_at
    either = {"rule": "any_of", "rules": [latest, TWO]}
    assert verdict(*pieces, rule=either).since == pieces[1].occurred_at
    assert verdict(*pieces[:1], rule=latest).since is None


def test_order_is_by_time_then_by_first_position_and_never_by_arrival() -> None:
    latest = {"rule": "estimate_at_least", "estimate": {"method": "latest"}}
    first, second = seen(1, "Beginning", position=9), seen(2, "Advanced", position=3)
    assert verdict(second, first, rule=latest).estimate == 4
    early = seen(3, "Developing", days_ago=20)
    assert verdict(first, second, early, rule=latest).estimate == 4


def test_in_progress_through_children_alone() -> None:
    policy = preset("moodle-all")
    assert judged(policy, children={"a": "in_progress"}).state == "in_progress"
    assert judged(policy, children={"a": "no_evidence"}).state == "no_evidence"
    assert judged(policy).state == "no_evidence"


def shown(number: int, **fields: Any) -> Observation:
    words: Json = {"site": f"s{number}", "evaluator": f"e{number}", "task": f"t{number}"}
    return seen(number, days_ago=50 - number, **{**words, **fields})


EXPLAINED = {"facets": ("performance", "explanation")}


@pytest.mark.parametrize(
    ("pieces", "missing"),
    [
        pytest.param([shown(1), shown(2, **EXPLAINED)], set(), id="shown twice, in two places, to two people, explained"),
        pytest.param([shown(1, **EXPLAINED)], {"observations_at_least", "distinct:context", "distinct:evaluator"}, id="done perfectly, once"),
        pytest.param([shown(1), shown(2)], {"facet:explanation"}, id="never explained"),
        pytest.param([shown(1, **EXPLAINED), shown(2, site="s1")], {"distinct:context"}, id="always in the same place"),
        pytest.param([shown(1, **EXPLAINED), shown(2, evaluator="e1")], {"distinct:evaluator"}, id="always to the same person"),
        pytest.param([shown(1, **EXPLAINED), shown(2), shown(3, task="t1", result=Result(level="Developing"))], {"estimate_at_least", "improved:kept"}, id="the same work fell"),
    ],
)  # fmt: skip
def test_the_default_policy(pieces: list[Observation], missing: set[str]) -> None:
    found = judged(default_policy(), *pieces)
    assert found.state == ("in_progress" if missing else "mastered")
    assert unmet(found) - {"distinct:provider"} == missing  # one provider: two evaluators will do


def test_the_default_policy_takes_two_providers_for_two_evaluators_and_holds_three_years() -> None:
    pieces = [shown(1, evaluator=None, **EXPLAINED), shown(2, evaluator=None, provider=2)]
    found = judged(default_policy(), *pieces)
    newest = pieces[1].occurred_at
    assert (found.state, found.due_at) == (
        "mastered",
        newest.replace(year=newest.year + 3) + INSTANT,
    )


def test_two_alignments_of_one_evidence_are_ordered_by_their_content() -> None:
    latest = {"rule": "estimate_at_least", "estimate": {"method": "latest"}}
    one, other = seen(1, "Advanced"), seen(1, "Beginning")
    assert verdict(one, other, rule=latest) == verdict(other, one, rule=latest)
