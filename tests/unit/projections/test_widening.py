"""What others say of evidence, and what it counts for elsewhere, seen through verdicts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from msgspec.structs import replace

from ledger.domain.evidence import Credential, Evidence, EvidenceKind, Party, Result
from ledger.domain.facts import (
    AssessmentRegistered,
    AssessmentValidated,
    ContestResolved,
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    EvidenceConfirmed,
    EvidenceContested,
    Fact,
)
from ledger.domain.framework import Equivalence
from ledger.domain.ids import CompetencyId
from projections.learner import LearnerRecord
from projections.mastery import Bench, judge_all
from projections.observing import Observed
from projections.policies.verdict import Verdict
from projections.registry import Registry
from tests.builders import Given, day, evidence, learner, policy, provider, uri

BOARD = Party(id="board")
TERMS = UUID(int=5)
ROLES = ("academic", "cte")


@pytest.fixture
def given() -> Given:
    found = Given()
    found.provider()
    found.framework()
    found.policy(policy())
    return found


def crosswalk(given: Given, *, relation: str = "exact", **terms: object) -> None:
    link = Equivalence(
        origin=uri("W1"), destination=uri("W2"), relation=relation, **terms  # type: ignore[arg-type]  # rows of a table
    )  # fmt: skip
    given.fact(TERMS, CrosswalkPublished(crosswalk="x", title="Welding as physics", links=(link,)))


def signed(given: Given, *roles: str) -> None:
    for role in roles:
        given.fact(
            TERMS,
            CrosswalkSigned(
                crosswalk="x",
                role="cte" if role == "cte" else "academic",
                by=BOARD,
                signed_at=day(0),
            ),
        )


def verdicts(given: Given, on: float = 20) -> dict[CompetencyId, Verdict]:
    registry = Registry.fold(given.facts)
    record = LearnerRecord.fold(learner(), given.of(learner()))
    return judge_all(record, registry, on=day(on))


def verdict(given: Given, code: str) -> Verdict:
    registry = Registry.fold(given.facts)
    record = LearnerRecord.fold(learner(), given.of(learner()))
    return Bench(Observed(record, registry), on=day(20)).judge(CompetencyId(uri(code)))


def mastered(given: Given) -> set[str]:
    return {
        name.rsplit("/", 1)[1] for name, one in verdicts(given).items() if one.state == "mastered"
    }


def reasons(given: Given, code: str) -> list[str]:
    return [one.reason for one in verdict(given, code).not_counted]


def about(given: Given, fact: Fact) -> None:
    given.fact(learner(), fact)


# -- crosswalks (S0-4, S1-2, S2-1, S2-3) ---------------------------------------------------------


def test_an_employers_observation_meets_an_academic_standard_once_both_signed(given: Given) -> None:
    given.recorded(1, evidence("W1", kind="work_based_learning"))
    crosswalk(given)
    assert mastered(given) == {"W1"}
    signed(given, "cte")
    assert mastered(given) == {"W1"}
    signed(given, "academic")
    assert mastered(given) == {"W1", "W2"}


def test_a_withdrawn_crosswalk_takes_back_what_rested_on_it(given: Given) -> None:
    given.recorded(1, evidence("W1"))
    crosswalk(given)
    signed(given, *ROLES)
    given.fact(TERMS, CrosswalkWithdrawn(crosswalk="x", role="cte", by=BOARD, reason="revised"))
    assert mastered(given) == {"W1"}


def test_narrower_evidence_does_not_satisfy_the_broader_and_says_so(given: Given) -> None:
    given.recorded(1, evidence("W1"))
    crosswalk(given, relation="broader")
    signed(given, *ROLES)
    assert mastered(given) == {"W1"}
    assert reasons(given, "W2") == ["not_equivalent"]


@pytest.mark.parametrize(
    ("occurred", "retroactive", "counts"),
    [
        pytest.param(1, False, False, id="before the agreement"),
        pytest.param(1, True, True, id="before a retroactive agreement"),
        pytest.param(5, False, True, id="on its first day"),
        pytest.param(9, False, True, id="after"),
    ],
)
def test_an_equivalency_follows_its_dates(
    given: Given, occurred: int, retroactive: bool, counts: bool
) -> None:
    given.recorded(1, evidence("W1", on=day(occurred)))
    crosswalk(given, starts_on=day(5).date(), retroactive=retroactive)
    signed(given, *ROLES)
    assert ("W2" in mastered(given)) is counts


def test_evidence_aligned_to_both_ends_does_not_count_twice(given: Given) -> None:
    given.recorded(1, evidence("W1", "W2"))
    crosswalk(given)
    signed(given, *ROLES)
    assert len(verdict(given, "W2").counted) == 1


def test_withdrawing_the_evidence_takes_back_both(given: Given) -> None:
    work = given.recorded(1, evidence("W1"))
    crosswalk(given)
    signed(given, *ROLES)
    given.withdrawn(work)
    assert mastered(given) == set()


# -- credentials ---------------------------------------------------------------------------------


def test_a_credential_counts_for_what_it_attests(given: Given) -> None:
    card = Credential(id="AWS-CW")
    given.recorded(1, evidence("W4", kind="credential", credential=card, score=None))
    assert "W1" not in mastered(given)
    aligned = CredentialAligned(
        credential="AWS-CW", competencies=(uri("W1"),), level="met", starts_on=date(2025, 1, 1)
    )
    given.fact(TERMS, aligned)
    assert "W1" in mastered(given)


# -- instruments (S0-8, S2-7) --------------------------------------------------------------------


def test_an_unvalidated_assessment_counts_once_it_is_validated(given: Given) -> None:
    given.recorded(1, _on_instrument("assessment"))
    given.fact(TERMS, AssessmentRegistered(assessment="form-b", title="Form B", rigour_band=2))
    assert reasons(given, "W1") == ["unvalidated_assessment"]
    given.fact(TERMS, AssessmentValidated(assessment="form-b", by=BOARD))
    assert mastered(given) == {"W1"}


def test_a_validation_that_ended_before_does_not_count(given: Given) -> None:
    given.recorded(1, _on_instrument("assessment"))
    given.fact(TERMS, AssessmentRegistered(assessment="form-b", title="Form B"))
    given.fact(TERMS, AssessmentValidated(assessment="form-b", by=BOARD, ends_at=day(-3)))
    assert reasons(given, "W1") == ["unvalidated_assessment"]


@pytest.mark.parametrize(
    ("band", "counts"),
    [pytest.param(1, False, id="below the floor"), pytest.param(2, True, id="at the floor")],
)
def test_meets_never_comes_from_a_band_below_the_floor(
    given: Given, band: int, counts: bool
) -> None:
    given.policy(policy("rigorous", counting={"rigour_floor": 2}))
    given.recorded(1, _on_instrument("assessment"))
    given.fact(TERMS, AssessmentRegistered(assessment="form-b", title="B", rigour_band=band))
    given.fact(TERMS, AssessmentValidated(assessment="form-b", by=BOARD))
    assert ("W1" in mastered(given)) is counts


def _on_instrument(kind: EvidenceKind) -> Evidence:
    made = evidence("W1", kind=kind)
    return replace(made, context=replace(made.context, assessment="form-b"))


# -- second raters and contests (S0-10) ----------------------------------------------------------


def confirmed(given: Given, number: int, score: str | None, *, by: str = "kim") -> None:
    work = given.recorded(number, evidence("W1", external_id=str(number), evaluator="lee"))
    result = None if score is None else Result(score=Decimal(score), max=Decimal(1))
    about(
        given,
        EvidenceConfirmed(
            id=work, learner=learner(), provider=provider(), evaluator=Party(id=by),
            occurred_at=day(1), result=result,
        ),
    )  # fmt: skip


NEEDS_SECOND = policy(
    "second-rater",
    requirement={
        "rule": "all_of",
        "rules": [{"rule": "estimate_at_least"}, {"rule": "confirmed_by_second_rater"}],
    },
)


@pytest.mark.parametrize(
    ("by", "score", "state"),
    [
        pytest.param("kim", None, "mastered", id="a colleague agrees"),
        pytest.param("kim", "0.9", "mastered", id="a colleague gives the same score"),
        pytest.param("lee", None, "unconfirmed", id="nobody confirms their own rating"),
    ],
)
def test_a_second_rater_confirms(given: Given, by: str, score: str | None, state: str) -> None:
    given.policy(NEEDS_SECOND)
    confirmed(given, 1, score, by=by)
    assert verdict(given, "W1").state == state


def test_a_second_rater_who_differs_is_heard_as_well(given: Given) -> None:
    given.policy(policy("settled", conflict={"levels_apart": 1}))
    confirmed(given, 1, "0.1")
    assert verdict(given, "W1").state == "contested"


@pytest.mark.parametrize(
    ("outcome", "state", "left_out"),
    [
        pytest.param(None, "contested", ["contested"], id="not decided yet"),
        pytest.param("stands", "mastered", [], id="it stands"),
        pytest.param("set_aside", "no_evidence", ["set_aside"], id="set aside"),
    ],
)
def test_contested_evidence_waits_for_a_decision(
    given: Given, outcome: str | None, state: str, left_out: list[str]
) -> None:
    work = given.recorded(1, evidence("W1"))
    who = learner()
    about(given, EvidenceContested(id=work, learner=who, provider=provider(), by=BOARD, reason="?"))
    if outcome is not None:
        about(
            given,
            ContestResolved(
                id=work, learner=who, provider=provider(), by=BOARD,
                outcome="stands" if outcome == "stands" else "set_aside", reason="heard",
            ),
        )  # fmt: skip
    found = verdict(given, "W1")
    assert (found.state, reasons(given, "W1")) == (state, left_out)


def test_a_remark_on_evidence_of_nobody_is_carried_past(given: Given) -> None:
    stranger = uuid5(TERMS, "nobody's")
    about(
        given,
        EvidenceContested(
            id=stranger, learner=learner(), provider=provider(), by=BOARD, reason="?"  # type: ignore[arg-type]  # any UUID
        ),
    )  # fmt: skip
    assert verdicts(given) == {}
