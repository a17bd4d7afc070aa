"""Statements that go beyond what can be: too many learners, too many hours."""

from __future__ import annotations

import pytest

from ledger.domain.messages import GROUP_MEMBERS_MAX
from tests.unit.standards.samples import STATEMENT, changed
from tests.unit.standards.test_xapi import LEARNER, refused, taken


def test_a_member_named_twice_is_seen_once() -> None:
    group = {"objectType": "Group", "member": [LEARNER, LEARNER | {"name": "Andy"}]}
    assert len(taken(changed(STATEMENT, "actor", group))) == 1


def test_a_group_has_its_limit() -> None:
    group = {"objectType": "Group", "member": [LEARNER] * (GROUP_MEMBERS_MAX + 1)}
    assert refused(changed(STATEMENT, "actor", group)) == [("/actor/member", "names 501 learners")]


@pytest.mark.parametrize("digits", [30, 5_000, 900_000])
def test_more_hours_than_can_be_counted_are_refused(digits: int) -> None:
    document = changed(STATEMENT, "result/duration", f"PT{'9' * digits}H")
    assert refused(document) == [("/result/duration", "is out of range")]
