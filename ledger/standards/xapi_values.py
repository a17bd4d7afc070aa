"""The small values of xAPI: IRIs, ids, language maps, times, durations, scores.

Source: xAPI 1.0.3 part two, 2.2 and 4; IEEE 9274.1.1 (xAPI 2.0).
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from ledger.domain import wording
from ledger.standards import moments
from ledger.standards.checks import (
    FINE,
    Check,
    anything,
    as_object,
    fault,
    map_of,
    matching,
    members,
    text,
    under,
)
from ledger.standards.decimals import decimal_of
from ledger.standards.translation import Rejects

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAILTO = re.compile(r"mailto:[^@\s]+@[^@\s]+", re.IGNORECASE)
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SHA2 = re.compile(r"[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128}")
_LANGUAGE = re.compile(
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(?:-[A-Za-z]{4})?"
    r"(?:-(?:[A-Za-z]{2}|\d{3}))?(?:-(?:[A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*"
    r"(?:-[A-WYZa-wyz0-9](?:-[A-Za-z0-9]{2,8})+)*(?:-x(?:-[A-Za-z0-9]{1,8})+)?"
    r"|x(?:-[A-Za-z0-9]{1,8})+|i-[A-Za-z0-9]{2,8}(?:-[A-Za-z0-9]{2,8})*"
)
HOURS_BEYOND = Decimal(10**9)
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}W|(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)"
)
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;.*)?")

iri = matching(_IRI.fullmatch, "an IRI with a scheme")
uuid = matching(_UUID.fullmatch, "a UUID")
mailto = matching(_MAILTO.fullmatch, "a mailto: IRI with an address")
# A record store that lacks somebody's name says "": all of them would be one learner.
seen = matching(wording.is_seen, "text that is not blank")
sha1 = matching(_SHA1.fullmatch, "the 40 hex digits of a SHA-1")
sha2 = matching(_SHA2.fullmatch, "the hex digits of a SHA-2")
language = matching(_LANGUAGE.fullmatch, "an RFC 5646 language tag")
media_type = matching(_MEDIA_TYPE.fullmatch, "a media type")
language_map: Check = map_of(language, text)
extensions: Check = map_of(iri, anything)
duration = matching(
    lambda value: len(value) > 1 and _DURATION.fullmatch(value) and value != "P",
    "an ISO 8601 duration, such as PT1H30M",
)

TIMESTAMP_EXPECTED = "an ISO 8601 time, such as 2026-03-02T10:15:00Z"


def moment(value: str) -> datetime:
    """Read a timestamp; one without an offset is in UTC, as the specification says.

    Raises:
        ValueError: not a timestamp, or with the offset -00:00, which is not allowed.
    """
    if value.endswith(("-00:00", "-0000", "-00")) and "T" in value.upper():
        raise ValueError("has the offset -00:00")
    if _NO_ZONE.fullmatch(value):
        return moments.moment(f"{value}Z")
    if moments.is_day(value):
        raise ValueError("is a date without a time")
    return moments.moment(value)


def timestamp(value: object) -> Rejects:
    """Take a timestamp (4.5 of part two)."""
    if not isinstance(value, str):
        return fault("is not a string", TIMESTAMP_EXPECTED)
    try:
        moment(value)
    except ValueError as error:
        return fault(str(error), TIMESTAMP_EXPECTED)
    return FINE


def number(value: object) -> Rejects:
    """Take a JSON number of a sane size; a string is none."""
    if isinstance(value, str):
        return fault("is not a number", "a JSON number")
    try:
        decimal_of(value)
    except ValueError as error:
        return fault(str(error), "a JSON number")
    return FINE


def count(value: object) -> Rejects:
    """Take a whole number from 0."""
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return FINE if whole else fault("is not a whole number", "a whole number from 0")


_score_members = members(optional={"scaled": number, "raw": number, "min": number, "max": number})


def score(value: object) -> Rejects:
    """Take a score: scaled from -1 to 1, raw from min to max (2.4.5.1 of part two)."""
    if rejects := _score_members(value):
        return rejects
    held = {name: decimal_of(each) for name, each in (as_object(value) or {}).items()}
    scaled, raw, low, high = (held.get(name) for name in ("scaled", "raw", "min", "max"))
    if scaled is not None and not -1 <= scaled <= 1:
        return under("scaled", fault(f"is {scaled}", "from -1 to 1"))
    if low is not None and high is not None and high <= low:
        return under("max", fault(f"{high} is not above min {low}", f"more than {low}"))
    if raw is not None and low is not None and raw < low:
        return under("raw", fault(f"{raw} is below min {low}", f"at least {low}"))
    if raw is not None and high is not None and raw > high:
        return under("raw", fault(f"{raw} is above max {high}", f"at most {high}"))
    return FINE


def hours_of(value: object) -> Decimal | None:
    """Give a duration in hours to four places; None where years or months make it vague.

    One of more hours than can be counted is `HOURS_BEYOND`, which no check of plausibility lets by.
    """
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    weeks, years, months, days, hours, minutes, seconds = (
        Decimal((part or "0").replace(",", ".")) for part in found.groups()
    )
    if years or months:
        return None
    try:
        whole = weeks * 168 + days * 24 + hours + minutes / 60 + seconds / 3600
        return whole.quantize(Decimal("0.0001"))
    except ArithmeticError:  # thousands of digits
        return HOURS_BEYOND
