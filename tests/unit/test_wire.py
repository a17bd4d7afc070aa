"""The contract: the published documents are those of the code, valid, and never taken back."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from consumers import contract, submitted
from ledger.standards import detect

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "asyncapi"
Document = dict[str, Any]


def read(path: Path) -> Document:
    return dict(json.loads(path.read_text()))


def test_the_committed_document_is_the_codes() -> None:
    assert (ROOT / "docs" / "asyncapi.json").read_bytes() == contract.encoded(), (
        "run `python -m consumers.contract`"
    )


def test_the_document_is_asyncapi_3() -> None:
    jsonschema.Draft7Validator(read(DATA / "asyncapi-3.0.0.json")).validate(contract.document())


def test_every_reference_in_the_document_leads_somewhere() -> None:
    document = contract.document()

    def follow(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(name := value.get("$ref"), str):
                found: Any = document
                for step in name.removeprefix("#/").split("/"):
                    found = found[step]
            for each in value.values():
                follow(each)
        elif isinstance(value, list):
            for each in value:
                follow(each)

    follow(document)


@pytest.mark.parametrize("name", sorted(contract.schemas()))
def test_every_payload_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(contract.schemas()[name])


def test_nothing_that_was_published_was_taken_back() -> None:
    assert contract.broken(read(DATA / "published-v1.json"), contract.document()) == []


def removed(schemas: Document) -> None:
    del schemas["FeedEntry"]["properties"]["to_state"]


def retyped(schemas: Document) -> None:
    schemas["FeedEntry"]["properties"]["sequence"] = {"type": "string"}


def optional(schemas: Document) -> None:
    schemas["FeedEntry"]["required"].remove("learner")


def other_format(schemas: Document) -> None:
    schemas["FeedEntry"]["properties"]["recorded_at"] = {"type": "string", "format": "date"}


def another_value(schemas: Document) -> None:
    schemas["RejectData"]["properties"]["status"]["enum"].append("lost")


def gone(schemas: Document) -> None:
    del schemas["ReceiptData"]


@pytest.mark.parametrize("change", [removed, retyped, optional, other_format, another_value, gone])
def test_taking_something_back_is_noticed(change: Callable[[Document], None]) -> None:
    before = contract.document()
    now = copy.deepcopy(before)
    change(now["components"]["schemas"])
    assert contract.broken(before, now)


def test_adding_a_field_takes_nothing_back() -> None:
    before = contract.document()
    now = copy.deepcopy(before)
    now["components"]["schemas"]["FeedEntry"]["properties"]["more"] = {"type": "string"}
    assert contract.broken(before, now) == []


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"id": "1", "learner": {"id": "a"}, "kind": "assessment"}, id="ours"),
        pytest.param({"actor": {}, "verb": {}, "learner": 1}, id="xAPI that names a learner"),
        pytest.param({"CFDocument": {}, "learner": 1}, id="CASE that names a learner"),
        pytest.param({"@graph": [], "learner": 1}, id="CTDL that names a learner"),
        pytest.param({"kind": "x", "learner": {"verb": 1}}, id="ours, with a verb inside"),
        pytest.param([{"kind": "x", "learner": {}}], id="an array"),
        pytest.param({"something": "else"}, id="none of these"),
    ],
)
@pytest.mark.parametrize("escaped", [False, True])
def test_the_short_way_to_a_format_ends_where_the_long_one_does(
    value: object, escaped: bool
) -> None:
    text = json.dumps(value)
    if escaped:
        text = text.replace("v", "\\u0076").replace("C", "\\u0043")
    assert submitted._format_of(text.encode()) == detect.format_of(text.encode())
