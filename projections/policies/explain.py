"""A verdict in words: plain ones for a learner or parent, exact ones for an auditor.

Judging makes no prose; it is made here, for the few verdicts that somebody reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

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

_FACETS: Mapping[str, str] = {
    "performance": "that shows you doing it",
    "explanation": "where you tell how you think",
    "transfer": "in a way that is new to you",
    "revision": "that you made better",
    "reflection": "where you look back on what you did",
}


def explained(verdict: Verdict) -> Verdict:
    """Give the verdict with the text of everything that is missing."""
    missing = tuple(msgspec.structs.replace(one, text=wanted(one)) for one in verdict.missing)
    return msgspec.structs.replace(verdict, missing=missing)


def plain(verdict: Verdict) -> str:
    """Explain to a learner or parent, in short words and sentences."""
    lines = [_STATES[verdict.state]]
    if verdict.state == "mastered" and verdict.due_at is not None:
        lines.append(f"This holds until {_day(verdict.due_at)}.")
    if verdict.state != "no_evidence":
        lines.append(_counted(len(verdict.counted)))
    if verdict.state != "mastered" and verdict.missing:
        lines.append("What you can do next:")
        lines.extend(f"- {text}" for text in dict.fromkeys(map(wanted, verdict.missing)))
    reasons = dict.fromkeys(_REASONS[one.reason] for one in verdict.not_counted)
    if reasons:
        lines.append("Some work did not count:")
        lines.extend(f"- {reason[:1].upper()}{reason[1:]}." for reason in reasons)
    return "\n".join(lines)


def _counted(count: int) -> str:
    return "One piece of work counts." if count == 1 else f"{count} pieces of work count."


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def wanted(missing: Missing) -> str:
    """Say the least that would meet a requirement, as something to do."""
    text = _wanted(missing.asks)
    if "within" in missing.asks:
        text = f"{text.removesuffix('.')}, and do it now: old work does not count."
    return text


def _wanted(asks: Mapping[str, str]) -> str:
    if "newer" in asks:
        return "Show it once more."
    if "estimate" in asks:
        return f"Do it once more and reach {asks['estimate']}."
    if "revision" in asks:
        return _REVISIONS[asks["revision"]]
    if "hours" in asks:
        return f"Work {asks['hours']} more hours."
    if "credential" in asks:
        return f"Earn this card or license: {asks['credential'].replace('|', ' or ')}."
    if "task" in asks:
        return f"Do the task {asks['task']}. You need a score of {asks['share'].replace('_', ' ')}."
    if "children" in asks:
        return _children(asks)
    return _observations(asks)


_REVISIONS = {
    "better": "Go back to a piece of work and make it better than it was.",
    "as_good": "Go back to your last work and make it as good as your first.",
}


def _children(asks: Mapping[str, str]) -> str:
    if "required" in asks:
        return f"You must show these parts: {asks['required']}."
    return f"Show more of the parts. You still need {asks['children']}."


def _observations(asks: Mapping[str, str]) -> str:
    count = asks.get("observations", "1")
    one = count == "1"
    pieces = "one more piece" if one else f"{count} more pieces"
    if "second_rater" in asks:
        return f"Ask a second person to look at {pieces} of your work."
    level = f" at {asks['at_least']} or better" if "at_least" in asks else ""
    if "below" in asks:
        level = f" below {asks['below']}"
    if "distinct" in asks:
        what = _ASKS[asks["distinct"]][0 if one else 1]
        if asks["distinct"] in {"evaluator", "provider"}:
            return f"Show it to {count if not one else 'one'} more {what}{level}."
        return f"Show it in {count if not one else 'one'} more {what}{level}."
    if "facet" in asks:
        return f"Show {pieces} of work {_FACETS[asks['facet']]}{level}."
    if "kind" in asks:
        return f"Show {pieces} of work{level}, as {asks['kind'].replace('_', ' ').replace('|', ' or ')}."
    return f"Show {pieces} of work{level}."


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
