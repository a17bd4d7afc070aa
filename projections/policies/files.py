"""Observations and verdicts as JSON files: `mastery policy judge POLICY OBSERVATIONS`.

A file is a list of observations, or an object:

    {"on": "2026-05-01T00:00:00Z", "competency": "...", "children": {"c1": "mastered"},
     "observations": [{"score": 4, "possible": 5, "occurred_at": "2026-04-01"}, ...]}

Instead of `observations` the list may be called `attempts` or `evidence`; `responses` holds
1, 0 and -1 (right, wrong, not seen), `grades` maps a task to a share of full marks, and
`assertions` holds pairs of competency and sign. docs/policies.md lists every field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, cast, get_args

from pydantic import ValidationError

from ledger.domain.ids import CompetencyId
from ledger.errors import InvalidDocumentError, Reject
from projections.policies.criteria import status, status_of
from projections.policies.explain import explained, plain
from projections.policies.items import Item, observation
from projections.policies.judge import Judge
from projections.policies.observation import Observation
from projections.policies.verdict import Finding, MasteryState, Verdict

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""When evidence without a date is taken to have occurred, as in Canvas: before all that has one."""

_LISTS = ("observations", "attempts", "evidence", "responses", "grades", "assertions", "scores")
_STATES: Mapping[object, MasteryState] = {
    True: "mastered",
    False: "in_progress",
    None: "no_evidence",
    **{state: state for state in get_args(MasteryState)},
}


class Case(NamedTuple):
    """What a file says: evidence, on what, about when, and the children's states."""

    observations: list[Observation]
    competency: CompetencyId
    on: datetime
    children: Mapping[CompetencyId, MasteryState]


def read_case(data: bytes | str, *, on: datetime | None = None, now: datetime = UNDATED) -> Case:
    """Read a file. `on` is the moment asked about, where the file itself does not say.

    Without either, it is the moment of the newest evidence; but where evidence says how many
    days ago it was, it is `now`.

    Raises:
        InvalidDocumentError: with a pointer and a reason for every fault.
    """
    content = _content(data)
    whole = _whole(content)
    where, rows = _rows(whole)
    moment = _moment(whole.get("on")) or on
    rejects: list[Reject] = []
    items: list[Item] = []
    for place, row in enumerate(rows):
        try:
            items.append(Item.model_validate(row))
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                steps = "/".join(str(step) for step in problem["loc"])
                rejects.append(Reject(f"/{where}/{place}/{steps}".rstrip("/"), problem["msg"]))
    if rejects:
        raise InvalidDocumentError("observations", rejects)
    competency = CompetencyId(str(whole.get("competency", "competency")))
    if moment is None and any(
        one.occurred_at is None and one.age_days is not None for one in items
    ):
        moment = now
    made = [
        observation(item, place, competency=competency, occurred_at=_occurred(item, moment or now))
        for place, item in enumerate(items)
        if "competency" not in whole or item.competency in {None, competency}
    ]
    newest = max((one.occurred_at for one in made), default=UNDATED)
    return Case(made, competency, moment or newest, _children(whole))


def read_observations(data: bytes | str, *, on: datetime | None = None) -> list[Observation]:
    """Read the observations of a file; `age_days` counts back from `on` (see `read_case`)."""
    return read_case(data, on=on).observations


def judge_case(judge: Judge, case: Case) -> Verdict:
    """Judge what a file says."""
    return judge(case.observations, competency=case.competency, on=case.on, children=case.children)


def _whole(content: object) -> Mapping[str, object]:
    if isinstance(content, dict):
        return cast("dict[str, object]", content)
    return {"observations": content}


def _content(data: bytes | str) -> object:
    try:
        text = data.decode() if isinstance(data, bytes) else data
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InvalidDocumentError("observations", [Reject("", f"not JSON: {error}")]) from error


def _rows(whole: Mapping[str, object]) -> tuple[str, list[object]]:
    found = [name for name in _LISTS if name in whole]
    if len(found) != 1:
        if not found and "children" in whole:
            return "observations", []
        why = "names no list of observations" if not found else f"names several: {', '.join(found)}"
        raise InvalidDocumentError("observations", [Reject("", why, "one of " + ", ".join(_LISTS))])
    name, rows = found[0], whole[found[0]]
    if name == "grades" and isinstance(rows, dict):
        grades = cast("dict[str, object]", rows)
        return name, [
            {"task": task, "score": grade, "possible": 1} for task, grade in grades.items()
        ]
    if not isinstance(rows, list):
        raise InvalidDocumentError("observations", [Reject(f"/{name}", "not a list")])
    return name, [_row(name, row, place) for place, row in enumerate(cast("list[object]", rows))]


def _row(name: str, row: object, place: int) -> object:
    """Spell out what a list says in short: a bare number, an answer, a signed assertion."""
    if isinstance(row, dict):
        return cast("dict[str, object]", row)
    if isinstance(row, list):
        match cast("list[object]", row):
            case [competency, ("positive" | "negative") as sign]:
                return {"competency": competency, "success": sign == "positive"}
            case _:
                expected = '[competency, "positive" or "negative"]'
                reject = Reject(f"/{name}/{place}", "no competency and sign", expected)
                raise InvalidDocumentError("observations", [reject])
    return {"response": row} if name == "responses" else {"score": row}


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidDocumentError(
            "observations", [Reject("/on", str(error), "an ISO 8601 time")]
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _occurred(item: Item, on: datetime) -> datetime:
    if item.occurred_at is not None:
        return item.occurred_at
    if item.age_days is not None:
        return on - timedelta(days=float(item.age_days))
    return UNDATED


def _children(whole: Mapping[str, object]) -> Mapping[CompetencyId, MasteryState]:
    given = whole.get("children", {})
    if isinstance(given, list):  # only those that are mastered
        given = dict.fromkeys(map(str, cast("list[object]", given)), True)
    if not isinstance(given, dict):
        why = "neither an object of states nor a list of those mastered"
        raise InvalidDocumentError("observations", [Reject("/children", why)])
    children: dict[CompetencyId, MasteryState] = {}
    for name, state in cast("dict[str, object]", given).items():
        if not isinstance(state, bool | str | None) or state not in _STATES:
            why = f"{state!r} is no state"
            raise InvalidDocumentError("observations", [Reject(f"/children/{name}", why)])
        children[CompetencyId(name)] = _STATES[state]
    return children


def verdict_json(verdict: Verdict) -> dict[str, object]:
    """Give a verdict as JSON values: decimals as text, so that no reader rounds them."""
    whole = explained(verdict)
    return {
        "competency": whole.competency,
        "state": whole.state,
        "status": status_of(whole),
        "estimate": None if whole.estimate is None else format(whole.estimate, "f"),
        "level": whole.level,
        "on": whole.on.isoformat(),
        "since": None if whole.since is None else whole.since.isoformat(),
        "due_at": None if whole.due_at is None else whole.due_at.isoformat(),
        "policy": whole.policy,
        "policy_digest": whole.policy_digest,
        "findings": [_finding(one) for one in whole.findings],
        "counted": [str(one) for one in whole.counted],
        "not_counted": [
            {"evidence": str(one.evidence), "reason": one.reason, "detail": one.detail}
            for one in whole.not_counted
        ],
        "missing": [
            {"rule": one.rule, "text": one.text, "asks": dict(one.asks)} for one in whole.missing
        ],
        "explanation": plain(whole),
    }


def _finding(finding: Finding) -> dict[str, object]:
    found: dict[str, object] = {
        "rule": finding.rule,
        "met": finding.met,
        "status": status(finding),
        "found": finding.found,
        "needed": finding.needed,
        "evidence": [str(one) for one in finding.evidence],
    }
    if finding.parts:
        found["parts"] = [_finding(part) for part in finding.parts]
    return found
