"""A verdict in words: plain ones for a learner or parent, exact ones for an auditor."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Request, Response

from api.auth import RecordsReader
from api.moments import AtMoment
from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import parts
from ledger.domain.ids import CompetencyId, LearnerId
from projections.policies.explain import exact, plain
from projections.policies.verdict import MasteryState

router = APIRouter(prefix="/v1", tags=["learners"], responses=PROBLEMS)


class Explanation(msgspec.Struct, frozen=True):
    """What a verdict says. `plain` names nobody; `exact` names every rule and piece of evidence."""

    competency: CompetencyId
    statement: str
    state: MasteryState
    plain: str
    exact: str


@router.get(
    "/learners/{learner}/explanations/{competency:path}", response_class=JsonBytes,
    summary="Explain a verdict in words", responses=replies(Explanation, "In plain words, and exactly."),
)  # fmt: skip
def explain(
    request: Request,
    _caller: RecordsReader,
    learner: Annotated[UUID, Path(description="The ledger's id of the learner.")],
    competency: Annotated[str, Path(description="URI, identifier or code of the competency.")],
    at: AtMoment,
) -> Response:
    """Say in short sentences how far a learner is on one competency, and what to do next."""
    found = parts(request).answers.mastery_of(
        LearnerId(learner), competency, as_of=at.as_of, on=at.on, policy=at.policy
    )
    verdict = found.verdict
    return encoded(
        Explanation(
            verdict.competency, found.name.statement, verdict.state, plain(verdict), exact(verdict)
        )
    )
