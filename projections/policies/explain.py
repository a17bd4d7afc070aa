"""A verdict in words: plain ones for a learner or parent, exact ones for an auditor.

Judging makes no prose; it is made here, for the few verdicts that somebody reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

from projections.policies.verdict import Finding, MasteryState, Missing, NotCounted, Verdict

_STATES: Mapping[MasteryState, str] = {
    "no_evidence": "No work has been seen yet.",
    "in_progress": "You are on your way. You have not yet shown all that is asked for.",
    "mastered": "You have shown that you can do this.",
    "lapsed": "You showed this before. It was too long ago, so please show it again.",
    "contested": "People do not agree on this work. Someone will look at it again.",
    "unconfirmed": "Your work looks good. A second person must check it first.",
    "observed": "People have seen you do this. You cannot pass or fail it.",
}

_REASONS: Mapping[str, str] = {
    "withdrawn": "it was taken back by those who sent it",
    "activity": "taking part or time spent does not show skill",
    "no_result": "it does not say how well it went",
    "not_final": "it is not finished yet",
    "outside_authority": "the sender may not judge this skill",
    "provider_suspended": "the sender was on hold at that time",
    "unknown_competency": "we do not know this skill",
    "unverified": "we could not check who sent it",
    "invalid_result": "the score does not make sense",
    "not_yet_occurred": "it is dated later than this day",
    "credential_expired": "the card or license has run out",
    "unvalidated_assessment": "the test has not been checked yet",
    "contested": "people do not agree on it",
    "set_aside": "people looked at it again and set it aside",
    "awaiting_second_rater": "a second person must look at it first",
    "not_equivalent": "it is not close enough to this skill",
    "older_attempt": "a different try at this task counts",
    "out_of_window": "it is too old",
    "below_rigour_band": "the task was not hard enough",
    "kind_not_counted": "this kind of work does not count here",
    "not_on_scale": "its grade does not fit our scale",
    "not_a_new_situation": "it was not a new setting",
}

_ASKS: Mapping[str, tuple[str, str]] = {
    "context": ("setting", "settings"),
    "provider": ("school or work place", "schools or work places"),
    "evaluator": ("person", "people"),
    "site": ("place", "places"),
    "task": ("task", "tasks"),
    "task_family": ("type of task", "types of task"),
    "equipment": ("tool", "tools"),
    "course": ("course", "courses"),
    "assessment": ("test", "tests"),
}

_MORE = re.compile(r" once more\b|\b(one|[\d.]+) more\b")

_FACETS: Mapping[str, str] = {
    "performance": "that shows you doing it",
    "explanation": "where you tell how you think",
    "transfer": "in a way that is new to you",
    "revision": "that you made better",
    "reflection": "where you look back on what you did",
}


def explained(verdict: Verdict, named: Callable[[str], str] = str) -> Verdict:
    """Give the verdict with the text of everything that is missing; `named` names a competency."""
    missing = tuple(
        msgspec.structs.replace(one, text=_said(verdict, one, named)) for one in verdict.missing
    )
    return msgspec.structs.replace(verdict, missing=missing)


def plain(verdict: Verdict) -> str:
    """Explain to a learner or parent, in short words and sentences."""
    lines = [_STATES[verdict.state]]
    if verdict.state == "no_evidence" and verdict.not_counted:
        lines = ["No work counts yet."]
    if verdict.state == "mastered" and verdict.due_at is not None:
        lines.append(f"This holds until {_day(verdict.due_at)}.")
    if verdict.state != "no_evidence":
        lines.append(_counted(len(set(verdict.counted))))
    if verdict.state != "mastered" and verdict.missing:
        lines.append("What you can do next:")
        texts = (one.text or _said(verdict, one) for one in verdict.missing)
        lines.extend(f"- {text}" for text in dict.fromkeys(texts))
    reasons = dict.fromkeys(_REASONS[one.reason] for one in verdict.not_counted)
    if reasons:
        lines.append("Some work did not count:")
        lines.extend(f"- {reason[:1].upper()}{reason[1:]}." for reason in reasons)
    return "\n".join(lines)


def _counted(count: int) -> str:
    if not count:
        return "No work counts yet."
    return "One piece of work counts." if count == 1 else f"{count} pieces of work count."


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def wanted(missing: Missing, named: Callable[[str], str] = str) -> str:
    """Say the least that would meet a requirement, as something to do."""
    asks = missing.asks
    if "required" in asks:
        asks = {**asks, "required": ", ".join(map(named, asks["required"].split(", ")))}
    text = _wanted(asks)
    if "within" in missing.asks:
        text = f"{text.removesuffix('.')}, and do it now: old work does not count."
    return text


def _said(verdict: Verdict, missing: Missing, named: Callable[[str], str] = str) -> str:
    """Say it as it stands: of whom nothing counts yet, nothing is asked "once more"."""
    text = wanted(missing, named)
    return text if verdict.counted else _MORE.sub(r"\1", text)


def _wanted(asks: Mapping[str, str]) -> str:
    say = next((_WISHES[name] for name in _WISHES if name in asks), _observations)
    return say(asks)


def _again(asks: Mapping[str, str]) -> str:
    if "observations" not in asks:
        return f"Keep at it until you reach {asks['estimate']}."
    count, out_of = asks["observations"], f" of {asks['out_of']}" if "out_of" in asks else ""
    reach = f"reach {asks['at_least']}{out_of}"
    if count == "1":
        return f"Do it once more and {reach}{_how(asks)}."
    return f"Do it {count} more times and {reach} each time{_how(asks)}."


def _revised(asks: Mapping[str, str]) -> str:
    works = int(asks.get("works", "1"))
    if "never" in asks:
        return "Your first try was as good as it gets. Nothing can be better than that."
    if asks["revision"] == "as_good":
        return (
            "Go back to the work that got worse. Make it as good as your first try."
            if works == 1
            else f"Go back to the {works} pieces of work that got worse. Make each as good as your first try."
        )
    new = int(asks.get("new", "0"))
    old = works - new
    lines: list[str] = []
    if old:
        pieces = "a piece" if old == 1 else f"{old} pieces"
        each = "it better than it was" if old == 1 else "each better than it was"
        lines.append(f"Go back to {pieces} of work and make {each}.")
    if new:
        pieces = "a new piece" if new == 1 else f"{new} new pieces"
        each = "it again, and do it better" if new == 1 else "each again, and do it better"
        lines.append(f"Do {pieces} of work. Then do {each}.")
    return " ".join(lines)


def _hours(asks: Mapping[str, str]) -> str:
    hours = "1 more hour" if asks["hours"] == "1" else f"{asks['hours']} more hours"
    return f"Work {hours}{_how(asks)}."


def _result(asks: Mapping[str, str]) -> str:
    bound, _, share = asks["share"].partition(" ")
    percent = f"{(Decimal(share) * 100).normalize():f}"
    need = f"{_BOUNDS[bound]}{percent} percent"
    if "never" in asks:
        return f"The {asks['never']} try at the task {asks['task']} counts. It was not {need}."
    return f"Do the task {asks['task']}. You need a score of {need}{_how(asks)}."


_BOUNDS = {"at_least": "at least ", "at_most": "at most ", "equal": ""}


def _parts(asks: Mapping[str, str]) -> str:
    lines: list[str] = []
    if "required" in asks:
        lines.append(f"You must show these parts: {asks['required']}.")
    if "points" in asks:
        points = "1 more point" if asks["points"] == "1" else f"{asks['points']} more points"
        lines.append(f"Show parts that give {points}.")
    if "children" in asks:
        lines.append(f"Show more of the parts. You still need {asks['children']}.")
    return " ".join(lines)


def _looked_at(asks: Mapping[str, str]) -> str:
    count, level = int(asks.get("observations", "1")), _level(asks)
    new = int(asks.get("new", "0"))
    old = count - new
    lines: list[str] = []
    if old:
        pieces = "a piece" if old == 1 else f"{old} pieces"
        lines.append(f"Ask a second person to rate {pieces} of your work{level}.")
    if new:
        pieces = "a new piece" if new == 1 else f"{new} new pieces"
        lines.append(f"Have two people rate {pieces} of work{level}{_how(asks)}.")
    return " ".join(lines)


def _observations(asks: Mapping[str, str]) -> str:
    count, level, how = asks.get("observations", "1"), _level(asks), _how(asks)
    one = count == "1"
    pieces = "one more piece" if one else f"{count} more pieces"
    if "distinct" in asks:
        what = _ASKS[asks["distinct"]][0 if one else 1]
        to = "to" if asks["distinct"] in {"evaluator", "provider"} else "in"
        return f"Show it {to} {'one' if one else count} more {what}{level}{how}."
    if "facet" in asks:
        return f"Show {pieces} of work {_FACETS[asks['facet']]}{level}{how}."
    return f"Show {pieces} of work{level}{how}."


def _level(asks: Mapping[str, str]) -> str:
    if "below" in asks:
        return f" below {asks['below']}"
    return f" at {asks['at_least']} or better" if "at_least" in asks else ""


def _how(asks: Mapping[str, str]) -> str:
    """Say which work counts, where not every kind does."""
    kind = asks["kind"].replace("_", " ").replace("|", " or ") if "kind" in asks else ""
    text = f", as {kind}" if kind else ""
    if "purpose" in asks:
        text += f", as {asks['purpose'].replace('|', ' or ')} work"
    if "rigour" in asks:
        text += f", in a task of band {asks['rigour']} or harder"
    return text


_WISHES: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "newer": lambda asks: f"Show it once more{_level(asks)}{_how(asks)}.",
    "estimate": _again,
    "revision": _revised,
    "hours": _hours,
    "credential": lambda asks: (
        f"Earn this card or license: {asks['credential'].replace('|', ' or ')}."
    ),
    "task": _result,
    "required": _parts,
    "points": _parts,
    "children": _parts,
    "second_rater": _looked_at,
}
"""What says something else than "more work", by what is asked for."""


def exact(verdict: Verdict) -> str:
    """Explain to an auditor: every requirement, every piece of evidence, by id."""
    lines = [
        f"competency {verdict.competency}: {verdict.state} on {verdict.on.isoformat()}",
        f"policy {verdict.policy}, sha256 {verdict.policy_digest}",
        f"estimate {_or_none(verdict.estimate)}, level {_or_none(verdict.level)}",
        f"met first at {_or_none(verdict.since)}, due {_or_none(verdict.due_at)}",
    ]
    for finding in verdict.findings:
        lines.extend(_lines(finding, "  "))
    lines.append(f"counted: {', '.join(map(str, verdict.counted)) or 'nothing'}")
    lines.extend(_left_out(one) for one in verdict.not_counted)
    return "\n".join(lines)


def _or_none(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "none" if value is None else str(value)


def _lines(finding: Finding, indent: str) -> list[str]:
    mark = "met" if finding.met else "not met"
    line = f"{indent}{finding.rule}: {mark}, found {finding.found or 'nothing'}, needed {finding.needed}"
    if finding.evidence:
        line += f", by {', '.join(map(str, finding.evidence))}"
    inner = [each for part in finding.parts for each in _lines(part, indent + "  ")]
    return [line, *inner]


def _left_out(one: NotCounted) -> str:
    return f"not counted: {one.evidence}, {one.reason}" + (f" ({one.detail})" if one.detail else "")
