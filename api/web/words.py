"""The words that pages use for what facts and verdicts name by codes.

A code that is not known here, from a newer program, is shown with spaces for its underscores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from ledger.domain.evidence import Precision, Result

STATES: Mapping[str, tuple[str, str]] = {
    "mastered": ("Mastered", "The policy is met."),
    "in_progress": ("In progress", "There is evidence, and something is still missing."),
    "no_evidence": ("No evidence", "Nothing that counts has been recorded."),
    "lapsed": ("Lapsed", "It was met once, and has expired."),
    "contested": ("Contested", "People disagree about the evidence."),
    "unconfirmed": ("Unconfirmed", "It waits for a second rater."),
    "observed": ("Observed", "There is evidence; nothing is passed or failed here."),
}
"""Label and meaning, in the order in which pages count them."""

STRANDS: Mapping[str, str] = {
    "technical": "Technical skills",
    "academic": "Academic standards",
    "employability": "Employability skills",
    "dispositions": "Dispositions",
    "unassigned": "Without a strand",
}
STRAND_NOTES: Mapping[str, str] = {
    "technical": "What the occupation asks for.",
    "academic": "What school standards ask for, shown through the same work.",
    "employability": "What every workplace asks for.",
    "dispositions": "Habits of mind and conduct.",
    "unassigned": "The framework does not say where these belong.",
}

KINDS: Mapping[str, str] = {
    "assessment": "Assessment",
    "credential": "Credential",
    "work_based_learning": "Work-based learning",
    "activity": "Activity",
}
PROVIDER_KINDS: Mapping[str, str] = {
    "lms": "Learning platform",
    "assessment_vendor": "Assessment vendor",
    "credential_issuer": "Credential issuer",
    "employer": "Employer",
    "college": "College",
    "school": "School",
    "district": "District",
    "nonprofit": "Non-profit",
    "state": "State",
    "other": "Other",
}
REASONS: Mapping[str, str] = {
    "withdrawn": "The provider took it back.",
    "activity": "Taking part is recorded, and is no judgement of skill.",
    "no_result": "Nothing in it says how well it went.",
    "not_final": "Its result is not final.",
    "outside_authority": "The provider was not authorised to judge this, at that time.",
    "provider_suspended": "The provider was suspended at that time.",
    "unknown_competency": "No published framework has this competency.",
    "unverified": "It could not be verified.",
    "invalid_result": "Its result lies outside its own scale.",
    "not_yet_occurred": "It lies after the day asked about.",
    "credential_expired": "The credential has expired.",
    "unvalidated_assessment": "The assessment is not validated.",
    "contested": "People disagree about it.",
    "set_aside": "It was looked at again and set aside.",
    "awaiting_second_rater": "It waits for a second rater.",
    "not_equivalent": "It is not close enough to this competency.",
    "older_attempt": "A later or better attempt at the same task counts instead.",
    "out_of_window": "It is too old for this policy.",
    "below_rigour_band": "The task is not demanding enough for this policy.",
    "kind_not_counted": "This policy does not count this kind of evidence.",
    "not_on_scale": "Its result cannot be placed on the policy's scale.",
    "not_a_new_situation": "It shows the same situation as evidence that counts already.",
}
ROLES: Mapping[str, str] = {
    "provider": "Provider",
    "reader": "Reader",
    "auditor": "Auditor",
    "steward": "Steward",
    "operator": "Operator",
}


def plain(code: str) -> str:
    """Read a code as words."""
    text = code.replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:]


def word(table: Mapping[str, str]) -> Callable[[str | None], str]:
    """Make a filter that looks a code up."""
    return lambda code: table.get(code or "") or plain(code or "")


def count(number: int, one: str, many: str = "") -> str:
    """Say how many: "1 fact", "12,345 facts"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def amount(number: Decimal | float | None) -> str:
    """Write a number without trailing zeros or exponent."""
    if number is None:
        return ""
    text = f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def mean_days(seconds: int, number: int) -> str:
    """Say how many days each took, on average: "1 day", "2.5 days"; nothing where there is none."""
    if not number:
        return ""
    days = round(seconds / number / 86_400, 1)
    return f"{amount(days)} {'day' if days == 1 else 'days'}"


def day(moment: datetime | date | None) -> str:
    """Write a day: "3 March 2026"; a moment's day is the one where it happened."""
    return "" if moment is None else f"{moment.day} {moment:%B %Y}"


def instant(moment: datetime | None) -> str:
    """Write a moment in UTC: "3 March 2026, 16:15 UTC"."""
    if moment is None:
        return ""
    there = moment.astimezone(UTC)
    return f"{day(there)}, {there:%H:%M} UTC"


def happened(moment: datetime, precision: Precision = "instant") -> str:
    """Write when something occurred, no finer than it is known."""
    if precision == "month":
        return f"{moment:%B %Y}"
    if precision == "term":
        return f"term of {moment:%B %Y}"
    return day(moment)


def machine(moment: datetime | date | None) -> str:
    """Write a moment for a `time` element."""
    return "" if moment is None else moment.isoformat()


def outcome(result: Result | None) -> str:
    """Write a result on its own scale: "Proficient", "87.5 of 100", "passed"."""
    if result is None:
        return ""
    said: list[str] = [result.level] if result.level is not None else []
    if result.score is not None:
        of = f" of {amount(result.max)}" if result.max is not None else ""
        said.append(f"{amount(result.score)}{of}")
    if not said and result.success is not None:
        said.append("passed" if result.success else "not passed")
    if result.status != "final":
        said.append(plain(result.status).lower())
    return ", ".join(said)


def web_address(text: str | None) -> str | None:
    """Give an address that is safe to link: http or https, with a host; None for any other."""
    try:
        parts = urlsplit(text or "")
    except ValueError:
        return None
    return text if parts.scheme in {"http", "https"} and parts.hostname else None


def state_label(code: str) -> str:
    """Name a state."""
    return STATES[code][0] if code in STATES else plain(code)


def state_note(code: str) -> str:
    """Say what a state means."""
    return STATES[code][1] if code in STATES else ""


def strand_note(code: str) -> str:
    """Say what a strand holds."""
    return STRAND_NOTES.get(code, "")


FILTERS: Mapping[str, Callable[..., object]] = {
    "amount": amount,
    "count": count,
    "day": day,
    "happened": happened,
    "instant": instant,
    "kind": word(KINDS),
    "machine": machine,
    "mean_days": mean_days,
    "outcome": outcome,
    "plain": plain,
    "provider_kind": word(PROVIDER_KINDS),
    "reason": word(REASONS),
    "role": word(ROLES),
    "state": state_label,
    "state_note": state_note,
    "strand": word(STRANDS),
    "strand_note": strand_note,
    "web_address": web_address,
}
