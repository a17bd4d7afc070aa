"""Which CASE objects can be taken: the members that the ledger reads, and no more than those.

CASE documents of ten years and many exporters differ in what the ledger does not read, so
other members are passed over (the package itself is kept byte for byte).
"""

from __future__ import annotations

import re
from decimal import Decimal

from ledger.standards.checks import (
    FINE,
    Check,
    array_of,
    as_array,
    as_object,
    fault,
    matching,
    members,
    text,
)
from ledger.standards.translation import Rejects

TYPES = frozenset(
    {
        "isChildOf",
        "isParentOf",
        "isPeerOf",
        "isPartOf",
        "exactMatchOf",
        "precedes",
        "isRelatedTo",
        "replacedBy",
        "exemplar",
        "hasSkillLevel",
        "isTranslationOf",
    }
)

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")

name = matching(str.strip, "text that is not empty")
address = matching(_ADDRESS.fullmatch, "a URI")


def absent_or(check: Check) -> Check:
    """Take null as absent, as exporters write it."""
    return lambda value: FINE if value is None else check(value)


def association_type(value: object) -> Rejects:
    """Take a CASE association type, or an extension `ext:`."""
    if isinstance(value, str) and (value in TYPES or value.startswith("ext:")):
        return FINE
    return fault("is not an association type", ", ".join(sorted(TYPES)) + ", or ext: and a name")


_link = members({"uri": address}, others=True)


def link(value: object) -> Rejects:
    """Take a LinkURI object, or its address alone as older exporters write it."""
    return address(value) if isinstance(value, str) else _link(value)


def link_address(value: object) -> str:
    """Give the address of a well formed link."""
    held = as_object(value)
    return str(value if held is None else held["uri"])


_texts = array_of(text)


def texts(value: object) -> Rejects:
    """Take an array of strings, or one string."""
    return FINE if isinstance(value, str) else _texts(value)


def texts_in(value: object) -> tuple[str, ...]:
    """Give the strings of a well formed member; none where it is absent."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(each) for each in as_array(value) or ())


document = members(
    {"identifier": name, "title": name},
    {
        "uri": absent_or(address),
        "creator": absent_or(text),
        "adoptionStatus": absent_or(text),
        "caseVersion": absent_or(text),
        "subject": absent_or(texts),
    },
    others=True,
)
item = members(
    {"identifier": name, "uri": address, "fullStatement": name},
    {
        "humanCodingScheme": absent_or(text),
        "CFItemType": absent_or(text),
        "educationLevel": absent_or(texts),
        "educationalLevel": absent_or(texts),
        "subject": absent_or(texts),
    },
    others=True,
)


def whole_number(value: object) -> Rejects:
    """Take a JSON integer, or its digits as text, as OpenSALT wrote in 2017."""
    if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) <= 15:
        return FINE
    if isinstance(value, Decimal):
        whole = abs(value) < 2**53 and value == int(value)
    else:
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
    return FINE if whole else fault("is not a whole number", "a whole number")


association = members(
    {
        "identifier": name,
        "associationType": association_type,
        "originNodeURI": link,
        "destinationNodeURI": link,
    },
    {"sequenceNumber": absent_or(whole_number)},
    others=True,
)
