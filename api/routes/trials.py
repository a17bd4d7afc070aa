"""Trials: what a policy would change, over the whole ledger, before anybody adopts it."""

from __future__ import annotations

from datetime import datetime

import msgspec
from fastapi import APIRouter, Request, Response

from api.auth import ReportsReader
from api.moments import read_moment
from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import parts
from api.schemas_of_reference import TrialIn
from ledger.domain.ids import PolicyId, Position
from ledger.errors import UnknownFrameworkError
from projections.policies.judge import Judge
from projections.suppression import Table
from projections.trial import Moved, Question, Trial, trial

router = APIRouter(prefix="/v1/policies", tags=["policies"], responses=PROBLEMS)


class TableOut(msgspec.Struct, frozen=True):
    """Counts of learners by row and column, margins included; null is held back."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int | None, ...], ...]

    @classmethod
    def of(cls, table: Table) -> TableOut:
        """Lay a table out row by row."""
        counts = tuple(
            tuple(table.cells[row, column] for column in table.columns) for row in table.rows
        )
        return cls(table.rows, table.columns, counts)


class TrialOut(msgspec.Struct, frozen=True):
    """What would change, if the policy decided: as of a position, at a moment.

    `pairs`, `gains` and `loses` count learners × competencies. `groups` counts learners by what
    happens to them; small cells, and those that give them away, are null. `moved` lists at most
    `listed_max` of the `moved_in_all`.
    """

    policy: PolicyId
    policy_digest: str
    as_of: Position
    on: datetime
    learners: int
    pairs: int
    gains: int
    loses: int
    groups: TableOut
    moved: tuple[Moved, ...]
    moved_in_all: int

    @classmethod
    def of(cls, found: Trial) -> TrialOut:
        """Give a trial its public form."""
        return cls(
            policy=PolicyId(found.policy), policy_digest=found.policy_digest, as_of=found.as_of,
            on=found.on, learners=found.learners, pairs=found.pairs, gains=found.gains,
            loses=found.loses, groups=TableOut.of(found.groups), moved=found.moved,
            moved_in_all=found.moved_in_all,
        )  # fmt: skip


@router.post(
    "/trials", response_class=JsonBytes, summary="Try a policy",
    responses=replies(TrialOut, "Who would gain, who would lose, and why."),
)  # fmt: skip
def try_policy(request: Request, _caller: ReportsReader, given: TrialIn) -> Response:
    """Judge everybody twice, by the policies in force and by this one. Nothing is changed.

    Floors that are set at wider levels than `level` hold for the draft as well.
    """
    asked = parts(request)
    as_of = None if given.as_of is None else read_moment("as_of", str(given.as_of))
    on = None if given.on is None else read_moment("on", given.on)
    question = asked.answers.asked(
        as_of=as_of, on=on if isinstance(on, datetime) else None, policy=given.policy
    )
    draft = question.policy
    assert isinstance(draft, Judge)  # a policy was given
    framework = None
    if given.framework is not None:
        framework = question.registry.frameworks.named(given.framework)
        if framework is None:
            raise UnknownFrameworkError(given.framework)
    found = trial(
        asked.ledger,
        asked.settings,
        draft,
        Question(
            as_of=question.position, on=question.on, framework=framework,
            group_by=given.group_by, level=given.level, scope=given.scope,
            listed_max=given.listed_max,
        ),
    )  # fmt: skip
    return encoded(TrialOut.of(found))
