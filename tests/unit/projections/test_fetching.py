"""What must be in memory before a fact is taken in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ledger.domain.evidence import Party
from ledger.domain.facts import (
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    EvidenceContested,
    EvidenceWithdrawn,
)
from ledger.domain.framework import Equivalence
from ledger.domain.ids import CompetencyId
from projections.fetching import Need, add_need, touched_by
from projections.registry import Registry
from tests.builders import Given, day, evidence, evidence_id, learner, policy, provider, uri

WHO = learner(0)
ELSEWHERE = UUID(int=1)
CHILDREN = policy("whole", requirement={"rule": "covers", "at_least": 1})


def given() -> Given:
    found = Given()
    found.provider(0)
    found.framework()
    return found


def needed(found: Given, made: Given) -> Need:
    """Say what the last fact of `made` needs, where the facts of `found` are on record."""
    return touched_by(made.facts[-1].fact, Registry.fold(found.facts))


def recorded(*codes: str, **others: Any) -> Given:
    made = Given()
    made.recorded(1, evidence(*codes, **others), who=WHO)
    return made


def test_evidence_needs_what_it_is_aligned_to() -> None:
    assert needed(given(), recorded("W1", "W2")) == {uri("W1"), uri("W2")}


def test_evidence_on_what_no_framework_has_needs_what_goes_by_that_name() -> None:
    assert needed(given(), recorded("unheard-of")) == {uri("unheard-of")}


def test_a_revision_needs_all_since_what_it_revises_may_be_about_anything() -> None:
    assert needed(given(), recorded("W1", revises_external="x0")) is None


def test_evidence_needs_what_crosswalks_that_count_tie_to_it_either_way() -> None:
    found = given()
    for name, origin, end in (("x", "W1", "W2"), ("y", "W3", "W2")):
        link = Equivalence(origin=uri(origin), destination=uri(end))
        found.fact(
            ELSEWHERE, CrosswalkPublished(crosswalk=name, title=name, links=(link,), needs=("cte",))
        )
    assert needed(found, recorded("W1")) == {uri("W1")}  # nobody has signed
    for name in "xy":
        found.fact(
            ELSEWHERE,
            CrosswalkSigned(crosswalk=name, role="cte", by=Party(id="b"), signed_at=day(0)),
        )
    assert needed(found, recorded("W1")) == {uri("W1"), uri("W2"), uri("W3")}
    assert needed(found, recorded("W4")) == {uri("W4")}
    found.fact(
        ELSEWHERE, CrosswalkWithdrawn(crosswalk="y", role="cte", by=Party(id="b"), reason="?")
    )
    assert needed(found, recorded("W1")) == {uri("W1"), uri("W2")}


def test_evidence_needs_all_where_a_credential_may_attest_anything() -> None:
    found = given()
    found.fact(ELSEWHERE, CredentialAligned(credential="c", competencies=(uri("W2"),)))
    assert needed(found, recorded("W1")) is None


def test_evidence_needs_all_where_a_policy_looks_at_children() -> None:
    found = given()
    found.policy(CHILDREN)
    assert needed(found, recorded("W1")) is None


@pytest.mark.parametrize(
    "fact",
    [
        EvidenceWithdrawn(id=evidence_id(1), learner=WHO, provider=provider(0), reason="?"),
        EvidenceContested(
            id=evidence_id(1), learner=WHO, provider=provider(0), by=Party(id="b"), reason="?"
        ),
    ],
    ids=["withdrawn", "contested"],
)
def test_what_is_said_of_evidence_needs_all(fact: Any) -> None:
    made = Given()
    made.fact(WHO, fact)
    assert needed(given(), made) is None


def test_an_enrolment_needs_all_only_where_policies_go_by_it() -> None:
    made = Given()
    made.enrolled(WHO, "e", district="d1", starts_on=day(0).date(), ends_on=day(9).date())
    assert needed(given(), made) == set()
    found = given()
    found.policy(policy(), level="district", scope="d1")
    assert needed(found, made) is None


def test_needs_add_up_and_all_is_all() -> None:
    needs: dict[Any, Need] = {}
    one, two = CompetencyId(uri("W1")), CompetencyId(uri("W2"))
    add_need(needs, WHO, {one})
    add_need(needs, WHO, {two})
    assert needs == {WHO: {one, two}}
    add_need(needs, WHO, None)
    add_need(needs, WHO, {one})
    assert needs == {WHO: None}
