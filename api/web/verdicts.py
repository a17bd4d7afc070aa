"""Verdicts in plain words: what was asked for, what was found, and what would be enough."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from api.web.words import KINDS, day, plain
from ledger.domain.evidence import Result
from ledger.domain.ids import EvidenceId
from projections.lines import CompetencyLine, EvidenceLine
from projections.policies.verdict import Finding, Missing, Verdict

Results = Mapping[tuple[EvidenceId, str], Result]
"""How a piece of evidence went on one competency, where it says so."""

_DISTINCT: Mapping[str, tuple[str, str]] = {
    "context": ("situation", "situations"),
    "provider": ("provider", "providers"),
    "evaluator": ("evaluator", "evaluators"),
    "site": ("site", "sites"),
    "task": ("task", "tasks"),
    "task_family": ("family of tasks", "families of tasks"),
    "equipment": ("kind of equipment", "kinds of equipment"),
    "course": ("course", "courses"),
    "assessment": ("assessment", "assessments"),
}
_FACETS: Mapping[str, str] = {
    "performance": "a performance",
    "explanation": "an explanation in the learner's own words",
    "transfer": "the skill used in a new setting",
    "revision": "a revision of earlier work",
    "reflection": "a reflection",
}
_POINTS_AND_NAME = re.compile(r"-?[\d.]+ \((.+)\)")
_UNITS = {"D": "day", "W": "week", "M": "month", "Y": "year", "H": "hour"}


class FindingShown(NamedTuple):
    """One requirement as a sentence; `found` is what there is, `links` what it rests on."""

    met: bool
    asked: str
    found: str
    parts: tuple[FindingShown, ...]
    evidence: tuple[EvidenceLine, ...]


class Counted(NamedTuple):
    """A piece of evidence, and how it went on this competency."""

    line: EvidenceLine
    result: Result | None


class LeftOut(NamedTuple):
    """A piece of evidence that did not count."""

    line: EvidenceLine
    result: Result | None
    reason: str
    detail: str


class CompetencyShown(NamedTuple):
    """A competency as the transcript shows it.

    `said` is the verdict in one sentence. `missing` is for those who read a record; `steps` are
    the verdict's own words to the learner.
    """

    line: CompetencyLine
    said: str
    findings: tuple[FindingShown, ...]
    counted: tuple[Counted, ...]
    left_out: tuple[LeftOut, ...]
    missing: tuple[str, ...]
    steps: tuple[str, ...]


def shown(line: CompetencyLine, results: Results) -> CompetencyShown:
    """Prepare one competency for its page."""
    verdict = line.verdict
    known = {one.evidence: one for one in line.evidence}
    went = {
        one.evidence: results.get((one.evidence, verdict.competency), one.result)
        for one in line.evidence
    }
    missing = missing_texts(verdict.missing)
    return CompetencyShown(
        line=line,
        said=_said(verdict, missing),
        findings=tuple(_finding(one, known) for one in verdict.findings),
        counted=tuple(Counted(known[one], went[one]) for one in verdict.counted if one in known),
        left_out=tuple(
            LeftOut(known[one.evidence], went[one.evidence], one.reason, one.detail)
            for one in verdict.not_counted
            if one.evidence in known
        ),
        missing=missing,
        steps=tuple(dict.fromkeys(one.text for one in verdict.missing if one.text)),
    )


def _said(verdict: Verdict, missing: tuple[str, ...]) -> str:
    """Put a verdict into one sentence, which paper shows without what unfolds."""
    number = len(set(verdict.counted))
    pieces = {0: "No evidence counts", 1: "1 piece of evidence counts"}.get(
        number, f"{number} pieces of evidence count"
    )
    if verdict.state == "mastered":
        since = f"Since {day(verdict.since)}. " if verdict.since else ""
        until = f" It holds until {day(verdict.due_at)} or longer." if verdict.due_at else ""
        return f"{since}{pieces}.{until}"
    return f"{pieces}. Missing: {'; '.join(missing)}." if missing else f"{pieces}."


def _finding(finding: Finding, known: Mapping[EvidenceId, EvidenceLine]) -> FindingShown:
    return FindingShown(
        finding.met,
        asked_text(finding),
        _found_text(finding),
        tuple(_finding(part, known) for part in finding.parts),
        tuple(known[one] for one in finding.evidence if one in known),
    )


def asked_text(finding: Finding) -> str:
    """Say what a requirement asks for."""
    name, _, of = finding.rule.partition(":")
    say = _ASKED.get(name)
    if say is not None:
        return say(finding.needed, of, len(finding.parts))
    return plain(finding.rule.replace(":", " ")) + (f": {finding.needed}" if finding.needed else "")


def _asked_kind(need: str, of: str, _parts: int) -> str:
    kinds = " or ".join(KINDS.get(one, one).lower() for one in of.split("|"))
    return f"At least {_many(need, 'piece', 'pieces')} of evidence of kind {kinds}"


def _asked_improved(need: str, of: str, _parts: int) -> str:
    if of == "kept":
        return "No work ended below where it began"
    return f"At least {_many(need.split(' ', 1)[0], 'work', 'works')} improved"


_ASKED: Mapping[str, Callable[[str, str, int], str]] = {
    "all_of": lambda _need, _of, parts: f"All {parts} of these" if parts > 1 else "This",
    "any_of": lambda _need, _of, parts: f"One of these {parts}" if parts > 1 else "This",
    "at_least": lambda need, _of, parts: f"At least {need} of these {parts}",
    "within": lambda _need, of, _parts: f"Within {period_text(of)}",
    "estimate_at_least": lambda need, _of, _parts: f"The level is {_number(need)} or higher",
    "observations_at_least": lambda need, _of, _parts: (
        f"At least {_many(need, 'rating', 'ratings')} at the level asked for"
    ),
    "observations_below": lambda need, _of, _parts: (
        f"At least {_many(need, 'rating', 'ratings')} below the level asked for"
    ),
    "distinct": lambda need, of, _parts: f"At least {_many(need, *_DISTINCT.get(of, (of, of)))}",
    "kind": _asked_kind,
    "facet": lambda need, of, _parts: f"At least {need} with {_FACETS.get(of, of)}",
    "hours_at_least": lambda need, _of, _parts: f"At least {_many(need, 'hour', 'hours')}",
    "credential": lambda _need, _of, _parts: "One of the named credentials",
    "confirmed_by_second_rater": lambda need, _of, _parts: (
        f"At least {_many(need, 'work', 'works')} that two people rated"
    ),
    "expires_after": lambda need, _of, _parts: f"New enough: it holds for {period_text(need)}",
    "improved": _asked_improved,
}
"""What each kind of requirement asks for, from what it needs, of what, and how many parts it has."""


def _found_text(finding: Finding) -> str:
    name = finding.rule.partition(":")[0]
    if name in {"all_of", "any_of", "at_least"}:
        return f"{finding.found} of {len(finding.parts)} met"
    if name == "expires_after":
        return f"until {_day(finding.found)}"
    if name == "improved":
        return finding.found.replace("raised", "improved").replace("fallen", "fell")
    if name == "within":
        return ""
    return f"found: {_number(finding.found) if finding.found else 'none'}"


def missing_texts(missing: Sequence[Missing]) -> tuple[str, ...]:
    """Say the least that would meet a policy.

    One piece of evidence may meet several requirements at once, so those that ask for more of it
    are said together.
    """
    texts: list[str] = []
    more: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for one in missing:
        asks = one.asks
        if say := next((_MISSING[name] for name in _MISSING if name in asks), None):
            texts.append(say(asks))
        else:
            more.setdefault((asks.get("at_least", ""), asks.get("within", "")), []).append(asks)
    texts += [_more_text(some, *bar) for bar, some in more.items()]
    return tuple(dict.fromkeys(texts))


def _points(asks: Mapping[str, str]) -> str:
    return (
        f"{_many(asks['points'], 'more point', 'more points')} from the competencies below this one"
    )


_MISSING: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "estimate": lambda asks: f"results that bring the level to {_number(asks['estimate'])}",
    "hours": lambda asks: _many(asks["hours"], "more hour", "more hours"),
    "newer": lambda _asks: "one newer piece of evidence that meets the policy",
    "revision": lambda asks: (
        f"{_many(asks.get('works', '1'), 'revision', 'revisions')}"
        + (" better than" if asks["revision"] == "better" else " at least as good as")
        + " the first attempt"
    ),
    "credential": lambda asks: f"one of these credentials: {asks['credential'].replace('|', ', ')}",
    "required": lambda asks: (
        f"mastery of {asks['required']}" + (f", and {_points(asks)}" if "points" in asks else "")
    ),
    "points": _points,
    "children": lambda asks: f"{asks['children']} more of the competencies below this one",
    "task": lambda asks: f"a result in {asks['task']}, {plain(asks.get('share', '')).lower()}",
}
"""What says something else than "more evidence"."""


def _more_text(some: Sequence[Mapping[str, str]], at_least: str, within: str) -> str:
    number = max(int(asks.get("observations", "1")) for asks in some)
    text = "one more piece of evidence" if number == 1 else f"{number} more pieces of evidence"
    text += f", rated {_number(at_least)} or higher" if at_least else ""
    text += f", within {period_text(within)}" if within else ""
    others = [
        _DISTINCT.get(asks["distinct"], (asks["distinct"],) * 2)[number > 1]
        for asks in some
        if "distinct" in asks
    ]
    if others:
        other = "other" if number > 1 else "another"
        text += f", from {' and '.join(f'{other} {name}' for name in dict.fromkeys(others))}"
    traits = list(dict.fromkeys(trait for asks in some if (trait := _trait(asks))))
    if traits:
        text += f", {'one of them ' if number > 1 else ''}{' and '.join(traits)}"
    return text


def _trait(asks: Mapping[str, str]) -> str:
    if "facet" in asks:
        return f"with {_FACETS.get(asks['facet'], asks['facet'])}"
    if "kind" in asks:
        kinds = " or ".join(KINDS.get(kind, kind).lower() for kind in asks["kind"].split("|"))
        return f"of kind {kinds}"
    return "confirmed by a second rater" if asks.get("second_rater") else ""


def period_text(period: str) -> str:
    """Read an ISO 8601 duration such as P3Y; what is not of that form is shown as it is."""
    date, _, time = period.removeprefix("P").partition("T")
    words: list[str] = []
    digits = ""
    for character in date + time:
        if character.isdigit():
            digits += character
        elif character in _UNITS and digits:
            words.append(_many(digits, _UNITS[character], _UNITS[character] + "s"))
            digits = ""
        else:
            return period
    return " and ".join(words) or period


def _day(text: str) -> str:
    try:
        return day(datetime.fromisoformat(text))
    except ValueError:
        return text


def _many(number: str, one: str, many: str) -> str:
    return f"{_number(number)} {one if number == '1' else many}"


def _number(text: str) -> str:
    """Write a number without idle zeros; of a level with its points, "3 (Proficient)", the name."""
    named = _POINTS_AND_NAME.fullmatch(text)
    if named:
        return named[1]
    whole, point, rest = text.partition(".")
    if point and whole.lstrip("-").isdigit() and rest.isdigit():
        return f"{whole}.{rest}".rstrip("0").rstrip(".")
    return text
