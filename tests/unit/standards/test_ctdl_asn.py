from __future__ import annotations

from typing import Any

import pytest

from ledger.standards.ctdl_asn import read_ctdl_asn
from ledger.standards.translation import Translation, collect
from tests.unit.standards.samples import REMOVED, changed, written

BASE = "https://credentialengineregistry.org/resources/"
GRAPH: dict[str, Any] = {
    "@context": "https://credreg.net/ctdlasn/schema/context/json",
    "@graph": [
        {
            "@id": f"{BASE}ce-0",
            "@type": "ceasn:CompetencyFramework",
            "ceterms:ctid": "ce-0",
            "ceasn:name": {"es": "Soldadura", "en-US": "Welding"},
            "ceasn:publisherName": {"en-US": ["Example Board"]},
        },
        {
            "@id": f"{BASE}ce-1",
            "@type": ["ceasn:Competency"],
            "ceterms:ctid": "ce-1",
            "ceasn:competencyText": {"en-US": "Make a fillet weld"},
            "ceasn:competencyCategory": {"@language": "en", "@value": "Task"},
            "ceasn:codedNotation": "W.1",
            "ceasn:educationLevelType": f"{BASE}audLevel/BeginnerLevel",
            "ceasn:isTopChildOf": f"{BASE}ce-0",
            "ceasn:listID": "4",
            "ceasn:exactAlignment": [{"@id": "http://example.org/other"}],
        },
        {"@id": f"{BASE}ce-2", "@type": "ceasn:Competency", "ceasn:competencyText": "Read a drawing"},
    ],
}  # fmt: skip


def read(document: object) -> Translation:
    return collect(read_ctdl_asn(written(document)))


def test_a_graph_becomes_a_framework() -> None:
    (framework,) = read(GRAPH).frameworks
    assert (framework.framework, framework.title) == ("ce-0", "Welding")
    assert framework.creator == "Example Board"
    first, second = framework.competencies
    assert (first.identifier, first.code, first.type) == ("ce-1", "W.1", "Task")
    assert first.education_levels == ("BeginnerLevel",)
    assert (second.identifier, second.statement) == (f"{BASE}ce-2", "Read a drawing")
    assert [(each.type, each.sequence) for each in framework.associations] == [
        ("isChildOf", 4),
        ("exactMatchOf", None),
    ]


def test_an_envelope_of_the_registry_is_opened() -> None:
    (framework,) = read({"envelope_id": "e", "decoded_resource": GRAPH}).frameworks
    assert len(framework.competencies) == 2


def test_a_node_that_comes_twice_is_one_node() -> None:
    twice = {**GRAPH, "@graph": [*GRAPH["@graph"], GRAPH["@graph"][2]]}
    translation = read(twice)
    assert translation.rejects == ()
    assert len(translation.frameworks[0].competencies) == 2


def test_a_node_that_comes_twice_and_says_otherwise_is_refused() -> None:
    other = {**GRAPH["@graph"][2], "ceasn:competencyText": "Draw"}
    (index, reject), = read({**GRAPH, "@graph": [*GRAPH["@graph"], other]}).rejects  # fmt: skip
    assert (index, reject.where) == (4, "/@graph/3/@id")


def test_a_competency_without_words_is_refused_alone() -> None:
    translation = read(changed(GRAPH, "@graph/2/ceasn:competencyText", REMOVED))
    assert [(at, each.where) for at, each in translation.rejects] == [
        (3, "/@graph/2/ceasn:competencyText")
    ]
    assert len(translation.frameworks[0].competencies) == 1


@pytest.mark.parametrize(
    ("document", "why"),
    [
        pytest.param({"@id": "x"}, "has no @graph, only @id", id="no graph"),
        pytest.param({"@graph": []}, "has 0 frameworks among nothing", id="empty graph"),
        pytest.param(
            {"@graph": [{"@type": "skos:Concept"}, 4]}, "has 0 frameworks among skos:Concept",
            id="a vocabulary",
        ),
        pytest.param([], "Expected `object`, got `array`", id="an array"),
    ],
)  # fmt: skip
def test_what_is_no_framework_is_refused_as_a_whole(document: object, why: str) -> None:
    translation = read(document)
    assert [each.why for _, each in translation.rejects] == [why]
    assert translation.frameworks == ()
