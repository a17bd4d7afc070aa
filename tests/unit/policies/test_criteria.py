"""Statuses of what a policy asks for: what was attempted, and what nobody tried."""

from __future__ import annotations

import json

from projections.policies import compile_policy
from projections.policies.criteria import status_of
from projections.policies.files import judge_case, read_case
from tests.unit.policies.cases import document


def test_a_result_of_nought_was_attempted_and_a_count_of_nought_was_not() -> None:
    leaf = {"rule": "result_of", "which": "A", "share": 0.5}
    lately = {"rule": "within", "period": "P1Y", "inner": leaf}
    estimate = {"rule": "estimate_at_least", "points": 3}
    count = {"rule": "observations_at_least", "at_least": 1, "points": 3}
    for rule, of_nought in ((leaf, True), (lately, True), (estimate, True), (count, False)):
        judge = compile_policy(document(rule, results={"above_max": "invalid"}))
        found = [
            judge_case(judge, read_case(json.dumps({"grades": grades})))
            for grades in ({"A": 0}, {})
        ]
        expected = "AttemptedNotDemonstrated" if of_nought else None
        assert [status_of(one) for one in found] == [expected, None]
