"""The OpenAPI document says what is true: references resolve, answers and examples fit."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest

from tests.builders import FRAMEWORK, uri
from tests.town import Town

Json = Any


def nodes(part: Json) -> Iterator[dict[str, Json]]:
    """Give every object inside a JSON value."""
    if isinstance(part, dict):
        yield part
        for inside in part.values():
            yield from nodes(inside)
    elif isinstance(part, list):
        for inside in part:
            yield from nodes(inside)


def resolved(document: Json, reference: str) -> Json:
    assert reference.startswith("#/")
    for step in reference[2:].split("/"):
        document = document[step.replace("~1", "/").replace("~0", "~")]
    return document


def fit(document: Json, schema: Json, value: Json) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


def test_every_reference_leads_somewhere(town: Town) -> None:
    document = town.get("/openapi.json")
    references = [node["$ref"] for node in nodes(document) if isinstance(node.get("$ref"), str)]
    assert len(references) > 100
    for reference in references:
        assert resolved(document, reference)


def test_every_schema_is_a_schema(town: Town) -> None:
    document = town.get("/openapi.json")
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_example_fits_its_schema(town: Town) -> None:
    document = town.get("/openapi.json")
    contents = [node for node in nodes(document["paths"]) if {"schema", "example"} <= node.keys()]
    assert len(contents) > 20
    for content in contents:
        fit(document, content["schema"], content["example"])


@pytest.mark.parametrize(
    "path",
    [
        "/health", "/asyncapi.json", "/v1/providers", "/v1/policies", "/v1/frameworks", "/v1/frameworks/{framework}",
        "/v1/crosswalks", "/v1/policies/adoptions", "/v1/changes", "/v1/learners/{learner}/mastery",
        "/v1/learners/{learner}/mastery/{competency}", "/v1/learners/{learner}/transcript",
        "/v1/learners/{learner}/history", "/v1/evidence/{evidence}", "/v1/reports/one-short",
        "/v1/learners/{learner}/explanations/{competency}", "/v1/reports/second-scoring",
    ],
)  # fmt: skip
def test_what_is_answered_fits_what_is_declared(town: Town, path: str) -> None:
    receipt = town.shown(town.provider(), "W1")
    town.changes()
    names = {
        "learner": receipt["learner"], "evidence": receipt["evidence"], "framework": FRAMEWORK,
        "competency": uri("W1"),
    }  # fmt: skip
    document = town.get("/openapi.json")
    (declared,) = [
        content["schema"]
        for name, content in document["paths"][path]["get"]["responses"]["200"]["content"].items()
        if name == "application/json"
    ]
    fit(document, declared, town.get(path.format(**names)))


def test_a_package_as_received_fits_what_is_declared(town: Town) -> None:
    path = "/v1/frameworks/{framework}"
    document = town.get("/openapi.json")
    (declared,) = document["paths"][path]["get"]["responses"]["200"]["content"].values()
    package = town.get(path.format(framework=FRAMEWORK), package=True)
    assert "CFDocument" in package
    fit(document, declared["schema"], package)


class Page(HTMLParser):
    """What a page names, links to, and would load or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.foreign: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if tag == "a" else []
        if tag in {"script", "link", "img", "iframe", "object", "embed"} or "src" in given:
            self.foreign.append(tag)


def test_the_page_of_the_document_is_whole_without_a_script_or_another_site(town: Town) -> None:
    answer = town.steward.get("/docs")
    page, document = Page(answer.text), town.get("/openapi.json")
    assert page.foreign == []
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    operations = {
        one["operationId"] for path in document["paths"].values() for one in path.values()
    }
    schemas = {f"schema-{name}" for name in document["components"]["schemas"]}
    assert sorted(page.ids) == sorted(operations | schemas)
    inside = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert operations <= inside <= set(page.ids)
    assert {link for link in page.links if not link.startswith("#")} == {
        "/openapi.json", "/asyncapi.json",
    }  # fmt: skip
