"""A CASE 1.0 or 1.1 package becomes a framework; what is bad in it is refused one by one.

Outcome 0 is the package; 1, 2, 3, ... are its items, then its associations, then its rubrics.
Addresses stay as written: http and https are made equal where the record is read. But a link
to an item of the package has that item's address, however the exporter wrote it.
Source: 1EdTech CASE 1.1, CFPackage; OpenSALT exports of 2017 write `educationalLevel` as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple, Self

import msgspec

from ledger.domain.facts import FrameworkPublished
from ledger.domain.framework import Association, Competency, Scale
from ledger.domain.ids import FrameworkId
from ledger.errors import Reject
from ledger.standards import case_shapes
from ledger.standards.case_rubric import rubric, scales_of
from ledger.standards.case_shapes import link_address, texts_in
from ledger.standards.checks import Check, JsonObject, as_object, under
from ledger.standards.json_text import (
    JsonTextError,
    canonical,
    elements_of,
    holds_nul,
    members_of,
    nul_rejects,
    pointer,
    value_of,
)
from ledger.standards.strand import strand_of
from ledger.standards.translation import Outcome, Refused, Rejects, Translated

PARTS: Mapping[str, Check] = {
    "CFItems": case_shapes.item,
    "CFAssociations": case_shapes.association,
    "CFRubrics": rubric,
}
_IDENTIFIER_TWICE = "has the identifier of an earlier one"


class _Sorted(NamedTuple):
    good: list[JsonObject]
    refused: list[Refused]


def read_case(data: bytes) -> Iterator[Outcome]:
    """Translate one package: the framework, then a refusal for each part that is bad."""
    try:
        held = members_of(data.removeprefix(b"\xef\xbb\xbf"))
        document = value_of(held.get("CFDocument", msgspec.Raw(b"null")))
        rejects = _whole_faults(held, document)
        lists = {name: _elements(held, name) for name in PARTS} if not rejects else {}
    except JsonTextError as error:
        rejects, document, lists = (error.reject,), None, {}
    if rejects:
        yield Refused(0, data, rejects)
        return
    first, sorted_parts = 1, dict[str, _Sorted]()
    for name, elements in lists.items():
        sorted_parts[name] = _sort(name, elements, first=first)
        first += len(elements)
    framework = _framework(as_object(document) or {}, sorted_parts, data=data)
    yield Translated(0, data, frameworks=(framework,))
    for each in sorted_parts.values():
        yield from each.refused


def _whole_faults(held: Mapping[str, msgspec.Raw], document: object) -> Rejects:
    if "CFDocument" in held:
        rejects = case_shapes.document(document)
        rejects = rejects or (holds_nul(canonical(document)) and nul_rejects(document)) or ()
        return under("CFDocument", rejects)
    found = ", ".join(sorted(held)[:10]) or "nothing"
    expected = "a CFPackage: CFDocument, CFItems, CFAssociations"
    return (Reject("/CFDocument", f"is missing; the document has {found}", expected),)


def _elements(held: Mapping[str, msgspec.Raw], name: str) -> list[msgspec.Raw]:
    raw = bytes(held.get(name, b"[]"))
    try:
        return [] if raw == b"null" else elements_of(raw)
    except JsonTextError as error:
        raise JsonTextError(f"{name}: {error}", "a JSON array") from error


def _sort(name: str, elements: list[msgspec.Raw], *, first: int) -> _Sorted:
    """Check each element; an identifier that came before is refused, since it names two things."""
    check, seen = PARTS[name], set[object]()
    found = _Sorted([], [])
    for at, raw in enumerate(elements):
        try:
            value = value_of(raw)
            rejects = check(value) or (holds_nul(canonical(value)) and nul_rejects(value)) or ()
        except JsonTextError as error:
            value, rejects = None, (error.reject,)
        held = as_object(value) or {}
        if not rejects and held["identifier"] in seen:
            rejects = (Reject("/identifier", _IDENTIFIER_TWICE, "an identifier of its own"),)
        if rejects:
            start = pointer((name, at))
            placed = tuple(each._replace(where=start + each.where) for each in rejects)
            found.refused.append(Refused(first + at, bytes(raw), placed))
        else:
            seen.add(held["identifier"])
            found.good.append(held)
    return found


def _framework(
    document: JsonObject, parts: Mapping[str, _Sorted], *, data: bytes
) -> FrameworkPublished:
    subjects = texts_in(document.get("subject"))
    nodes = _Nodes.of([document, *parts["CFItems"].good])
    scales = (scale for each in parts["CFRubrics"].good for scale in scales_of(each))
    is_newer = str(document.get("caseVersion") or "").startswith("1.1")
    return FrameworkPublished(
        framework=FrameworkId(str(document["identifier"])),
        version=sha256(data).hexdigest(),
        title=str(document["title"]),
        competencies=tuple(_competency(each, subjects) for each in parts["CFItems"].good),
        associations=tuple(_association(each, nodes) for each in parts["CFAssociations"].good),
        scales=tuple[Scale, ...](scales),
        uri=_text(document.get("uri")),
        creator=_text(document.get("creator")),
        adoption_status=_text(document.get("adoptionStatus")),
        source_format="case-1.1" if is_newer or parts["CFRubrics"].good else "case-1.0",
    )


def _competency(item: JsonObject, document_subjects: tuple[str, ...]) -> Competency:
    kind = _text(item.get("CFItemType"))
    return Competency(
        identifier=str(item["identifier"]),
        uri=str(item["uri"]),
        statement=str(item["fullStatement"]),
        code=_text(item.get("humanCodingScheme")),
        type=kind,
        strand=strand_of(kind, texts_in(item.get("subject")), document_subjects),
        education_levels=texts_in(item.get("educationLevel") or item.get("educationalLevel")),
    )


class _Nodes(NamedTuple):
    """The document and its items, by address and by identifier."""

    addresses: frozenset[str]
    by_identifier: Mapping[str, str]

    @classmethod
    def of(cls, held: Iterable[JsonObject]) -> Self:
        by_identifier = {
            str(each["identifier"]).lower(): str(each["uri"]) for each in held if each.get("uri")
        }
        return cls(frozenset(map(_without_scheme, by_identifier.values())), by_identifier)

    def address(self, link: object) -> str:
        """Give the address of what a link means.

        Some exporters give an item one address and write another in the links to it; the
        identifier is the same.
        """
        address = link_address(link)
        if _without_scheme(address) in self.addresses:
            return address
        names = ((as_object(link) or {}).get("identifier"), re.split("[/:#]", address)[-1])
        found = (self.by_identifier.get(str(name).lower()) for name in names)
        return next((uri for uri in found if uri is not None), address)


def _without_scheme(address: str) -> str:
    return re.sub(r"^https?(?=://)", "", address)


def _association(held: JsonObject, nodes: _Nodes) -> Association:
    sequence = held.get("sequenceNumber")
    origin, destination = held["originNodeURI"], held["destinationNodeURI"]
    ends = nodes.address(origin), nodes.address(destination)
    if len(set(map(_without_scheme, ends))) == 1:
        # A copy elsewhere that kept the identifier is no link to itself.
        ends = link_address(origin), link_address(destination)
    return Association(
        identifier=str(held["identifier"]),
        type=str(held["associationType"]),
        origin=ends[0],
        destination=ends[1],
        sequence=None if sequence is None else int(Decimal(str(sequence))),
    )


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
