from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from ledger.domain.facts import FrameworkPublished
from ledger.domain.framework import Association, Competency, Level, Scale
from ledger.standards.case import read_case
from ledger.standards.strand import strand_of
from ledger.standards.translation import Translation, collect
from tests.unit.standards.samples import PACKAGE, REMOVED, changed, written


def read(document: object) -> Translation:
    return collect(read_case(written(document)))


def published(document: object) -> FrameworkPublished:
    (framework,) = read(document).frameworks
    return framework


def level(**members: object) -> dict[str, object]:
    return members


RUBRIC: dict[str, Any] = {
    "identifier": "r1",
    "CFRubricCriteria": [
        {
            "identifier": "c1",
            "CFItemURI": {"uri": "http://case.example.org/CFItems/i1"},
            "CFRubricCriterionLevels": [
                level(quality="Proficient", score=3.0),
                level(quality="Emerging", score=1),
                level(description="Developing", score="2"),
            ],
        }
    ],
}
WITH_RUBRIC = changed(PACKAGE, "CFRubrics", [RUBRIC])
LEVELS = "CFRubrics/0/CFRubricCriteria/0/CFRubricCriterionLevels"


def test_a_package_becomes_a_framework() -> None:
    framework = published(PACKAGE)
    assert (framework.framework, framework.title) == ("d0", "Welding")
    assert framework.version == sha256(written(PACKAGE)).hexdigest()
    assert framework.adoption_status == "Adopted"
    assert framework.competencies[0] == Competency(
        identifier="i1",
        uri="http://case.example.org/CFItems/i1",
        statement="Make a fillet weld",
        code="W.1",
        type="Technical Skill",
        strand="technical",
        education_levels=("11", "12"),
    )
    assert framework.associations == (
        Association(
            identifier="a1",
            type="isChildOf",
            origin="http://case.example.org/CFItems/i1",
            destination="http://case.example.org/CFDocuments/d0",
            sequence=1,
        ),
    )


def test_addresses_stay_as_written() -> None:
    assert [each.uri[:5] for each in published(PACKAGE).competencies] == ["http:", "https"]


GUIDS = ("0A1B2C3D-0000-4000-8000-00000000000a", "0a1b2c3d-0000-4000-8000-00000000000b")


def linked(origin: object, destination: object) -> Association:
    """The association that a package makes of two links, between two items of it."""
    items = [
        {"identifier": one, "uri": f"https://case.example.org/uri/{one}", "fullStatement": one}
        for one in GUIDS
    ]
    kept = {
        "identifier": "a1",
        "associationType": "isChildOf",
        "originNodeURI": origin,
        "destinationNodeURI": destination,
    }
    document = {"identifier": "d1", "title": "T", "uri": "https://case.example.org/uri/d1"}
    package = {"CFDocument": document, "CFItems": items, "CFAssociations": [kept]}
    return published(package).associations[0]


@pytest.mark.parametrize("link", [
    pytest.param(lambda one: {"identifier": one, "uri": f"urn:uuid:{one}"}, id="a URN"),
    pytest.param(lambda one: {"identifier": one.upper(), "uri": f"https://a.example/{len(one)}"}, id="elsewhere"),
    pytest.param(lambda one: {"uri": f"https://case.example.org/ims/case/v1p0/CFItems/{one}"}, id="where it is fetched"),
    pytest.param(lambda one: f"https://case.example.org/uri/{one.upper()}", id="the case of a GUID"),
])  # fmt: skip
def test_a_link_to_an_item_has_its_address_however_the_exporter_wrote_it(link: Any) -> None:
    found = linked(link(GUIDS[0]), link(GUIDS[1]))
    assert (found.origin, found.destination) == tuple(
        f"https://case.example.org/uri/{one}" for one in GUIDS
    )


def test_a_link_to_what_is_outside_the_package_stays_as_it_was() -> None:
    copy = f"https://other.example/uri/{GUIDS[0]}"
    item = f"http://case.example.org/uri/{GUIDS[0]}"
    outside = "https://other.example/uri/9"
    assert linked(item, {"uri": outside, "identifier": "9"}).destination == outside
    assert linked(item, {"uri": copy, "identifier": GUIDS[0]}).destination == copy  # not itself


def test_a_rubric_becomes_a_scale_from_lowest_to_highest() -> None:
    framework = published(WITH_RUBRIC)
    assert framework.source_format == "case-1.1"
    assert framework.scales == (
        Scale(
            identifier="c1",
            levels=(
                Level(name="Emerging", points=Decimal(1)),
                Level(name="Developing", points=Decimal(2)),
                Level(name="Proficient", points=Decimal("3.0")),
            ),
            applies_to=("http://case.example.org/CFItems/i1",),
        ),
    )


def test_the_package_of_2017_is_read_too() -> None:
    old = changed(
        changed(PACKAGE, "CFItems/0/educationLevel", REMOVED), "CFItems/0/educationalLevel", "06"
    )
    old = changed(old, "CFAssociations/0/originNodeURI", "http://case.example.org/CFItems/i1")
    old = changed(old, "CFAssociations/0/sequenceNumber", "2")
    framework = published(changed(old, "CFItems/0/notes", None))
    assert framework.competencies[0].education_levels == ("06",)
    assert framework.associations[0].sequence == 2


def test_a_whole_number_is_one_however_json_writes_it() -> None:
    found = published(changed(PACKAGE, "CFAssociations/0/sequenceNumber", 20.0))
    assert found.associations[0].sequence == 20


@pytest.mark.parametrize(
    ("path", "value", "index", "where", "why"),
    [
        pytest.param("CFItems/1/fullStatement", REMOVED, 2, "/CFItems/1/fullStatement", "is missing",
                     id="item without words"),
        pytest.param("CFItems/1/fullStatement", " ", 2, "/CFItems/1/fullStatement",
                     "is not text that is not empty", id="item with a blank"),
        pytest.param("CFItems/0/uri", "i1", 1, "/CFItems/0/uri", "is not a URI", id="no address"),
        pytest.param("CFItems/1", 7, 2, "/CFItems/1", "is not an object", id="a number for an item"),
        pytest.param("CFItems/1/identifier", "i1", 2, "/CFItems/1/identifier",
                     "has the identifier of an earlier one", id="one name for two"),
        pytest.param("CFAssociations/0/associationType", "isCousinOf", 3,
                     "/CFAssociations/0/associationType", "is not an association type", id="cousin"),
        pytest.param("CFAssociations/0/originNodeURI", {}, 3, "/CFAssociations/0/originNodeURI/uri",
                     "is missing", id="from nowhere"),
        pytest.param("CFAssociations/0/sequenceNumber", "first", 3,
                     "/CFAssociations/0/sequenceNumber", "is not a whole number", id="first"),
        pytest.param(f"{LEVELS}/0", {"score": 3}, 4, f"/{LEVELS}/0", "has no name", id="nameless level"),
        pytest.param(f"{LEVELS}/0", {"quality": "x"}, 4, f"/{LEVELS}",
                     "has a level without an order", id="level of no rank"),
        pytest.param(f"{LEVELS}/0/score", 1, 4, f"/{LEVELS}", "has two levels of one rank", id="tie"),
        pytest.param(LEVELS, [], 4, f"/{LEVELS}", "has too few elements", id="no levels"),
        pytest.param("CFItems/1/fullStatement", "a\0", 2, "/CFItems/1/fullStatement",
                     "holds the character U+0000", id="NUL"),
    ],
)  # fmt: skip
def test_a_bad_part_is_refused_and_the_rest_stands(
    path: str, value: object, index: int, where: str, why: str
) -> None:
    translation = read(changed(WITH_RUBRIC, path, value))
    assert [(at, each.where, each.why) for at, each in translation.rejects] == [(index, where, why)]
    (framework,) = translation.frameworks
    parts = (*framework.competencies, *framework.associations, *framework.scales)
    assert len(parts) == 3


def test_a_refused_part_keeps_its_own_bytes() -> None:
    body = b'{"CFDocument": {"identifier": "d", "title": "t"}, "CFItems": [ {"a" : 1.0} ]}'
    (refused,) = collect(read_case(body)).refused
    assert refused.raw == b'{"a" : 1.0}'


@pytest.mark.parametrize(
    ("body", "where", "why"),
    [
        pytest.param(b'{"CFItems": []}', "/CFDocument",
                     "is missing; the document has CFItems", id="a list of items"),
        pytest.param(b'{"CFDocument": {"title": "t"}}', "/CFDocument/identifier", "is missing",
                     id="a document without a name"),
        pytest.param(b'{"CFDocument": null}', "/CFDocument", "is not an object", id="null"),
        pytest.param(b'{"CFDocument": {"identifier": "d", "title": "t"}, "CFItems": {}}', "",
                     "CFItems: Expected `array`, got `object`", id="items that are no list"),
        pytest.param(b"[]", "", "Expected `object`, got `array`", id="an array"),
        pytest.param(b'{"CFDocument": ', "", "Input data was truncated", id="half a package"),
    ],
)  # fmt: skip
def test_what_is_no_package_is_refused_as_a_whole(body: bytes, where: str, why: str) -> None:
    translation = collect(read_case(body))
    assert translation.frameworks == ()
    assert [(at, each.where, each.why) for at, each in translation.rejects] == [(0, where, why)]
    assert translation.refused[0].raw == body


@pytest.mark.parametrize(
    ("kind", "subjects", "document_subjects", "strand"),
    [
        pytest.param("Technical Skill", [], [], "technical", id="by type"),
        pytest.param("Standard", ["Math"], [], "academic", id="by the item's subject"),
        pytest.param(
            None, [], ["Career and Technical Education"], "technical", id="by the document's"
        ),
        pytest.param("Work Habit", ["Math"], [], "dispositions", id="type before subject"),
        pytest.param(None, ["Math", "CTE"], [], None, id="subjects that disagree"),
        pytest.param("Standard", ["Welding"], [], None, id="words that are not listed"),
    ],
)
def test_a_strand_is_never_guessed(
    kind: str | None, subjects: list[str], document_subjects: list[str], strand: str | None
) -> None:
    assert strand_of(kind, subjects, document_subjects) == strand
