"""One learner's history: what happened, and a slider over it that shows the state as of then.

A step's address names a position of the log (or a time, where time alone changed something), so
a shared address means the same for ever, whatever is recorded later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.moments import AtMoment
from api.parts import parts
from api.web import words
from api.web.rendering import PageRoute, page, redirect
from api.web.session import RecordsVisitor
from api.web.transcript import state_counts
from ledger.domain.ids import LearnerId, Position
from projections.history import History, StateChange, Step

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PART_HEADER = "x-part"  # asks for the state alone, to be put into a page that is there already
BEFORE = "Before the first fact"


class StepShown(NamedTuple):
    """A step with its number, its address, and the words the slider says for it."""

    number: int
    step: Step
    address: str
    words: str


class Standing(NamedTuple):
    """A competency as it stood after a step; `change` is what the step itself did to it."""

    last: StateChange
    change: StateChange | None


class StrandStanding(NamedTuple):
    """The competencies of one strand."""

    strand: str
    standings: tuple[Standing, ...]


@router.get("/learners/{learner}/history")
def history(
    request: Request,
    _visitor: RecordsVisitor,
    learner: UUID,
    at: AtMoment,
    step: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Show what happened, and the state as of one step of it; the last step where none is named."""
    answers, who = parts(request).answers, LearnerId(learner)
    whole = answers.history(who, policy=at.policy)
    steps = [_step(number, one, at.policy) for number, one in enumerate(whole.steps, start=1)]
    if step is not None:
        # The form of a browser without JavaScript knows the step's number; the address does not.
        chosen = (
            steps[min(step, len(steps)) - 1].address if step and steps else _address("0", at.policy)
        )
        if request.headers.get(PART_HEADER) is None:
            return redirect(request.url.path + chosen)
        number = min(step, len(steps))
    else:
        number = len(steps) if at.as_of is None else _number_at(whole, at.as_of)
    context = {
        "learner": learner, "steps": steps, "number": number, "policy": at.policy,
        "before": BEFORE, **_then(whole, number),
        "chosen": steps[number - 1] if number else None,
    }  # fmt: skip
    if request.headers.get(PART_HEADER) == "then":
        return page(request, "history_then.html", context)
    context["names"] = answers.record(who, whole.position).names
    return page(request, "history.html", context)


def _then(whole: History, number: int) -> dict[str, object]:
    """Fold what the steps up to `number` changed: the state as of then."""
    latest: dict[str, StateChange] = {}
    for step in whole.steps[:number]:
        for change in step.changes:
            latest[change.name.competency] = change
    now = {one.name.competency: one for one in whole.steps[number - 1].changes} if number else {}
    held = [
        one for one in latest.values() if one.after != "no_evidence" or one.name.competency in now
    ]
    held.sort(key=lambda one: (one.name.code or "", one.name.statement))
    strands = [
        StrandStanding(strand, standings)
        for strand in words.STRANDS
        if (
            standings := tuple(
                Standing(one, now.get(one.name.competency))
                for one in held
                if one.name.strand == strand
            )
        )
    ]
    return {"strands": strands, "counts": state_counts([one.after for one in held])}


def _step(number: int, step: Step, policy: str | None) -> StepShown:
    known_at = str(step.position) if step.position is not None else _moment(step.recorded_at)
    text = f"Step {number}, {words.day(step.recorded_at)}: {step.text}"
    return StepShown(number, step, _address(known_at, policy), text)


def _address(as_of: str, policy: str | None) -> str:
    return "?" + urlencode({"as_of": as_of} | ({"policy": policy} if policy else {}))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number_at(whole: History, as_of: Position | datetime) -> int:
    """Count the steps that were known then."""
    return sum(1 for _ in _known(whole.steps, as_of))


def _known(steps: Sequence[Step], as_of: Position | datetime) -> Sequence[Step]:
    if isinstance(as_of, datetime):
        return [step for step in steps if step.recorded_at <= as_of]
    last = max(
        (place for place, step in enumerate(steps) if step.position and step.position <= as_of),
        default=-1,
    )
    return steps[: last + 1]
