"""Whom a fact reaches by ways that are easily missed: live views are those of a rebuild."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from ledger.domain.evidence import Alignment, Credential, Party
from ledger.domain.facts import (
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    ProviderSuspended,
)
from ledger.domain.framework import Equivalence
from ledger.domain.ids import FrameworkId
from projections.engine import Engine
from projections.rebuild import rebuild
from tests.builders import Given, day, evidence, learner, policy, provider, uri
from tests.log_keeping import kept

VIEWS = ("observations", "mastery", "learners", "providers")
WHO = learner(0)
ABOUT = UUID(int=5)
OTHER = FrameworkId("99999999-0000-4000-8000-000000000002")


def revises_itself(given: Given) -> None:
    given.recorded(1, evidence("W1", external_id="x1", revises_external="x1"), who=WHO)
    given.recorded(2, evidence("W1", external_id="x2"), who=WHO)


def credential_of_a_suspended_provider(given: Given) -> None:
    given.fact(ABOUT, CredentialAligned(credential="c", competencies=(uri("W2"),), level="met"))
    card = evidence(kind="credential", credential=Credential(id="c"))
    given.recorded(1, replace(card, alignments=(), result=None), who=WHO)
    given.fact(provider(1), ProviderSuspended(provider=provider(1), starts_at=day(-50), reason="?"))


def framework_beyond_a_crosswalk(given: Given) -> None:
    given.framework("P1", name=OTHER)
    link = Equivalence(origin=uri("W1"), destination=uri("P1"))
    given.fact(ABOUT, CrosswalkPublished(crosswalk="x", title="x", links=(link,), needs=("cte",)))
    signed = CrosswalkSigned(crosswalk="x", role="cte", by=Party(id="b"), signed_at=day(0))
    given.fact(ABOUT, signed)
    given.recorded(1, evidence("W1"), who=WHO)
    given.framework("P1", name=OTHER, version="v2", dispositions=("P1",))


def one_competency_in_two_frameworks(given: Given) -> None:
    given.framework("W1", name=OTHER)
    given.policy(policy("strict", requirement={"rule": "observations_at_least", "at_least": 9,
                                               "level": "met"}), level="framework", scope=OTHER)  # fmt: skip
    for number, framework, code in ((1, OTHER, "W1"), (2, OTHER, "W2"), (3, None, "W1")):
        said = evidence(code, external_id=f"x{number}")
        if framework is not None and code == "W1":
            said = replace(said, alignments=(Alignment(competency=uri(code), framework=framework),))
        given.recorded(number, said, who=WHO)
        given.recorded(10 + number, evidence("W3", external_id=f"y{number}"), who=learner(1))


@pytest.mark.parametrize(
    "happens",
    [
        revises_itself, credential_of_a_suspended_provider, framework_beyond_a_crosswalk,
        one_competency_in_two_frameworks,
    ],
)  # fmt: skip
def test_live_views_are_those_of_a_rebuild(migrated: str, happens: Callable[[Given], None]) -> None:
    given = Given()
    given.provider(1)
    given.framework()
    given.policy(policy())
    happens(given)
    settings: dict[str, Any] = {"engine_batch_facts_max": 1, "engine_learners_cached_max": 1}
    with kept(migrated, due_margin_ms=0, **settings) as keeping:
        keeping.keep(given.facts)
        Engine(keeping.ledger, keeping.settings, clock=lambda: given.now).catch_up()
        live = {name: keeping.view(name) for name in VIEWS}
        assert live["learners"]
        assert rebuild(keeping.ledger, keeping.settings).changes == 0
        assert {name: keeping.view(name) for name in VIEWS} == live
