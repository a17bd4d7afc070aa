"""Statements that go beyond what can be: too many learners, too many hours."""

from __future__ import annotations

import hashlib
from itertools import permutations

import pytest

from ledger.domain.messages import GROUP_MEMBERS_MAX
from ledger.standards import xapi
from ledger.standards.items import Item
from ledger.standards.translation import Translated
from tests.unit.standards.samples import STATEMENT, changed, written
from tests.unit.standards.test_xapi import LEARNER, refused, taken


def test_a_member_named_twice_is_seen_once() -> None:
    group = {"objectType": "Group", "member": [LEARNER, LEARNER | {"name": "Andy"}]}
    assert len(taken(changed(STATEMENT, "actor", group))) == 1


def test_a_group_has_its_limit() -> None:
    group = {"objectType": "Group", "member": [LEARNER] * (GROUP_MEMBERS_MAX + 1)}
    assert refused(changed(STATEMENT, "actor", group)) == [("/actor/member", "names 501 learners")]


@pytest.mark.parametrize(
    ("actor", "reason"),
    [
        pytest.param(
            {"account": {"homePage": "https://x.y", "name": "a\x1b" + "b" * 900}},
            "https://x.y a " + "b" * 186, id="a long name with a control character",
        ),
        pytest.param(
            {"objectType": "Group", "member": [LEARNER, LEARNER]}, "a group of 2", id="a group"
        ),
    ],
)  # fmt: skip
def test_whoever_voids_is_named_in_prose_of_a_sane_length(actor: object, reason: str) -> None:
    void = {
        "actor": actor, "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": STATEMENT["id"]},
    }  # fmt: skip
    outcome = xapi.outcome_of(Item(0, written(void)))
    assert isinstance(outcome, Translated)
    assert [each.reason for each in outcome.withdrawals] == [f"voided: {reason}"]


@pytest.mark.parametrize("digits", [30, 5_000, 900_000])
def test_more_hours_than_can_be_counted_are_refused(digits: int) -> None:
    document = changed(STATEMENT, "result/duration", f"PT{'9' * digits}H")
    assert refused(document) == [("/result/duration", "is out of range")]


def test_a_member_who_is_named_twice_is_seen_once_however_written() -> None:
    digest = hashlib.sha1(b"mailto:lee@example.org").hexdigest()
    twice = [LEARNER, {"mbox": "MAILTO:Lee@Example.org"}, {"mbox_sha1sum": digest}]
    group = {"objectType": "Group", "member": [*twice, {"openid": "http://kim.example.org"}]}
    found = taken(changed(STATEMENT, "actor", group))
    assert [each.learner[0].type for each in found] == ["mbox", "openid"]
    assert [each.evidence.source.external_id[-2:] for each in found] == ["#0", "#1"]


def test_members_keep_their_numbers_in_whatever_order_they_are_written() -> None:
    members = [LEARNER, {"openid": "http://kim.example.org"}, {"mbox": "mailto:al@example.org"}]
    told = [
        {
            each.learner[0].value: each.evidence.source.external_id
            for each in taken(
                changed(STATEMENT, "actor", {"objectType": "Group", "member": list(order)})
            )
        }
        for order in permutations(members)
    ]
    assert all(one == told[0] for one in told)
    assert len(set(told[0].values())) == len(members)
