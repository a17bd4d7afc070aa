"""A CTDL-ASN graph (Credential Engine) becomes a framework; bad competencies are refused.

Outcome 0 is the framework; 1, 2, 3, ... are the nodes of the graph. Statements may be plain
text, a language map, or a JSON-LD value; the first text in English is taken, else the first.
Source: https://credreg.net/ctdlasn/terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from ledger.domain.facts import FrameworkPublished
from ledger.domain.framework import Association, Competency
from ledger.domain.ids import FrameworkId
from ledger.errors import Reject
from ledger.standards.checks import JsonObject, as_array, as_object
from ledger.standards.json_text import (
    JsonTextError,
    canonical,
    elements_of,
    holds_nul,
    members_of,
    nul_rejects,
    value_of,
)
from ledger.standards.translation import Outcome, Refused, Rejects, Translated

FORMAT = "ctdl-asn"

ALIGNMENTS: Mapping[str, str] = {
    "ceasn:isChildOf": "isChildOf",
    "ceasn:isTopChildOf": "isChildOf",
    "ceasn:exactAlignment": "exactMatchOf",
    "ceasn:majorAlignment": "isRelatedTo",
    "ceasn:minorAlignment": "isRelatedTo",
    "ceasn:broadAlignment": "isRelatedTo",
    "ceasn:narrowAlignment": "isRelatedTo",
}


class _Node(NamedTuple):
    """A node of the graph: its bytes as received, and what they say ({} if not an object)."""

    raw: bytes
    held: JsonObject


class _Graph(NamedTuple):
    where: str  # pointer to the array of nodes
    nodes: list[_Node]


def read_ctdl_asn(data: bytes) -> Iterator[Outcome]:
    """Translate one graph: the framework, then a refusal for each competency that is bad.

    A node that comes twice and says the same is one node, as in JSON-LD.
    """
    try:
        graph = _graph(data)
        frameworks = [node.held for node in graph.nodes if _is(node.held, "CompetencyFramework")]
        rejects = _framework_faults(frameworks, graph)
    except JsonTextError as error:
        yield Refused(0, data, (error.reject,))
        return
    if rejects:
        yield Refused(0, data, rejects)
        return
    good: list[JsonObject] = []
    refused: list[Refused] = []
    seen: dict[str, Competency] = {}
    for at, node in enumerate(graph.nodes):
        if not _is(node.held, "Competency"):
            continue
        if faults := _competency_faults(node.held, seen):
            start = f"{graph.where}/{at}"
            placed = tuple(each._replace(where=start + each.where) for each in faults)
            refused.append(Refused(at + 1, node.raw, placed))
        else:
            seen[str(node.held["@id"])] = _competency(node.held)
            good.append(node.held)
    competencies = tuple(seen.values())
    framework = _framework(frameworks[0], competencies, _links(good), data=data)
    yield Translated(0, data, frameworks=(framework,))
    yield from refused


def _graph(data: bytes) -> _Graph:
    held, where = members_of(data.removeprefix(b"\xef\xbb\xbf")), ""
    if "decoded_resource" in held:  # an envelope of the registry
        held, where = members_of(bytes(held["decoded_resource"])), "/decoded_resource"
    if "@graph" not in held:
        found = ", ".join(sorted(held)[:10]) or "nothing"
        raise JsonTextError(f"has no @graph, only {found}", "a JSON-LD graph of competencies")
    nodes = map(bytes, elements_of(bytes(held["@graph"])))
    return _Graph(f"{where}/@graph", [_Node(raw, _object(value_of(raw))) for raw in nodes])


def _framework_faults(frameworks: list[JsonObject], graph: _Graph) -> Rejects:
    if len(frameworks) != 1:
        kinds = sorted({kind for node in graph.nodes for kind in _types(node.held)})
        why = f"has {len(frameworks)} frameworks among {', '.join(kinds) or 'nothing'}"
        return (Reject(graph.where, why, "one ceasn:CompetencyFramework"),)
    if not _text(frameworks[0].get("ceasn:name")) or not _address(frameworks[0].get("@id")):
        return (Reject(graph.where, "has a framework without a name", "ceasn:name and @id"),)
    return _nul_faults(frameworks[0])


def _nul_faults(held: JsonObject) -> Rejects:
    return nul_rejects(held) if holds_nul(canonical(held)) else ()


def _competency_faults(held: JsonObject, seen: Mapping[str, Competency]) -> Rejects:
    address = held.get("@id")
    if not isinstance(address, str) or not address.strip():
        return (Reject("/@id", "is missing", "required"),)
    if not _text(held.get("ceasn:competencyText")):
        return (Reject("/ceasn:competencyText", "is missing", "the competency in words"),)
    if address in seen and seen[address] != _competency(held):
        return (Reject("/@id", "came before and said otherwise", "an @id of its own"),)
    return _nul_faults(held)


def _links(good: list[JsonObject]) -> tuple[Association, ...]:
    found = {each.identifier: each for held in good for each in _associations(held)}
    return tuple(found.values())


def _framework(
    node: JsonObject,
    competencies: tuple[Competency, ...],
    associations: tuple[Association, ...],
    *,
    data: bytes,
) -> FrameworkPublished:
    return FrameworkPublished(
        framework=FrameworkId(_identifier(node)),
        version=sha256(data).hexdigest(),
        title=_text(node.get("ceasn:name")),
        competencies=competencies,
        associations=associations,
        uri=_address(node.get("@id")),
        creator=_text(node.get("ceasn:publisherName")) or None,
        adoption_status=_last(node.get("ceasn:publicationStatusType")),
        source_format=FORMAT,
    )


def _competency(node: JsonObject) -> Competency:
    levels = _addresses(node.get("ceasn:educationLevelType"))
    return Competency(
        identifier=_identifier(node),
        uri=str(node["@id"]),
        statement=_text(node.get("ceasn:competencyText")),
        code=_text(node.get("ceasn:codedNotation")) or None,
        type=_text(node.get("ceasn:competencyCategory")) or None,
        education_levels=tuple(filter(None, map(_last, levels))),
    )


def _associations(node: JsonObject) -> Iterator[Association]:
    origin = str(node["@id"])
    number = _text(node.get("ceasn:listID"))
    for term, kind in ALIGNMENTS.items():
        for destination in _addresses(node.get(term)):
            is_place = kind == "isChildOf" and number.isdecimal() and len(number) < 10
            yield Association(
                identifier=str(uuid5(NAMESPACE_URL, f"{origin} {kind} {destination}")),
                type=kind,
                origin=origin,
                destination=destination,
                sequence=int(number) if is_place else None,
            )


def _object(value: object) -> JsonObject:
    return as_object(value) or {}


def _types(node: JsonObject) -> list[str]:
    kinds = node.get("@type")
    return [str(each) for each in as_array(kinds) or ([kinds] if kinds else [])]


def _is(node: JsonObject, name: str) -> bool:
    return f"ceasn:{name}" in _types(node)


def _identifier(node: JsonObject) -> str:
    """Give the CTID; without one, the node's address names it."""
    return _text(node.get("ceterms:ctid")) or str(node["@id"])


def _text(value: object) -> str:
    """Give a text however JSON-LD writes it; "" where there is none."""
    held, elements = as_object(value), as_array(value)
    if elements:
        return _text(elements[0])
    if held is not None:
        english = (each for tag, each in held.items() if tag.lower().startswith("en"))
        return _text(held.get("@value") or next(english, next(iter(held.values()), "")))
    return value.strip() if isinstance(value, str) else ""


def _addresses(value: object) -> list[str]:
    each = [value] if as_array(value) is None else as_array(value) or []
    return [found for found in map(_address, each) if found is not None]


def _address(value: object) -> str | None:
    held = as_object(value)
    address = value if held is None else held.get("@id")
    return address if isinstance(address, str) and address.strip() else None


def _last(value: object) -> str | None:
    """Give the last step of a term's address: audLevel/BeginnerLevel is BeginnerLevel."""
    address = _address(value)
    return address.rstrip("/").rpartition("/")[2] if address else None
