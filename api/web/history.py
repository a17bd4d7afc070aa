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
from api.parts import Parts, parts
from api.web import words
from api.web.rendering import PageRoute, page, redirect
from api.web.replays import Replays
from api.web.session import RecordsVisitor
from api.web.transcript import state_counts
from ledger.domain.ids import LearnerId, Position
from projections.history import History, StateChange, Step
from projections.lines import JudgedLine

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

    line: JudgedLine
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
    asked, who = parts(request), LearnerId(learner)
    replays: Replays = request.app.state.web_replays
    is_part = request.headers.get(PART_HEADER) == "then"
    if is_part:
        whole = replays.up_to(asked.answers, who, at.policy, at.as_of)
    else:
        whole = replays.whole(asked.answers, who, at.policy)
    steps = [_step(number, one, at.policy) for number, one in enumerate(whole.steps, start=1)]
    addresses = [_address("0", at.policy), *(one.address for one in steps)]
    if step is not None:
        # The form of a browser without JavaScript knows a step's number only.
        return redirect(request.url.path + addresses[min(step, len(steps))])
    number = len(steps) if at.as_of is None else _number_at(whole, at.as_of)
    context = {
        "learner": learner, "steps": steps, "number": number, "policy": at.policy,
        "before": BEFORE, "start": addresses[0], "chosen": steps[number - 1] if number else None,
        "earlier": addresses[number - 1] if number else None,
        "later": addresses[number + 1] if number < len(steps) else None,
        **_then(asked, whole, number, at.policy),
    }  # fmt: skip
    if is_part:
        return page(request, "history_then.html", context)
    context["names"] = asked.answers.record(who, whole.position).names
    return page(request, "history.html", context)


def _then(asked: Parts, whole: History, number: int, policy: str | None) -> dict[str, object]:
    """Judge the record as it was known after step `number`."""
    chosen = whole.steps[number - 1] if number else None
    as_of = Position(0) if chosen is None else chosen.position or chosen.recorded_at
    found = asked.answers.mastery(whole.learner, as_of=as_of, policy=policy).competencies
    changes = {one.name.competency: one for one in chosen.changes} if chosen else {}
    lines = sorted(found, key=lambda line: (line.name.code or "", line.name.statement))
    strands = [
        StrandStanding(strand, standings)
        for strand in words.STRANDS
        if (
            standings := tuple(
                Standing(line, changes.get(line.name.competency))
                for line in lines
                if line.name.strand == strand
            )
        )
    ]
    return {"strands": strands, "counts": state_counts([line.verdict.state for line in lines])}


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
