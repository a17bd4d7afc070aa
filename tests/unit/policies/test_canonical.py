"""The one text of a document: a number has one spelling, and pointers lead to where a fault is."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import InvalidDocumentError, Reject
from projections.policies import canonical, digest, json_schema, parse
from projections.policies.reading import DOCUMENT_LENGTH_MAX
from tests.unit.policies.cases import raw

Json = dict[str, Any]
EXTRA = {"above_max": "extra_credit"}


def points(value: Any) -> str:
    """The points of a bar, as the canonical text spells them."""
    rule = {"rule": "estimate_at_least", "points": value}
    document = parse(raw(rule, results=EXTRA, any_evidence=True))
    spelt: str = json.loads(canonical(document))["requirement"]["points"]
    return spelt


def refused(data: Any) -> list[Reject]:
    with pytest.raises(InvalidDocumentError) as refusal:
        parse(data)
    assert str(refusal.value).startswith("policy: ")
    return list(refusal.value.rejects)


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        ("3", "3"), ("3.0", "3"), ("3.50", "3.5"), ("100", "100"), ("100.00", "100"), ("1E+2", "100"), ("1E-3", "0.001"),
        ("0.10", "0.1"), (".5", "0.5"), ("1000000000", "1000000000"), ("3.123456789012", "3.123456789012"),
        ("3.1234567890120", "3.123456789012"), ("2.5000000000000000", "2.5"),
    ],
)  # fmt: skip
def test_a_number_has_one_spelling(value: str, spelt: str) -> None:
    assert points(value) == points(Decimal(value)) == spelt


@pytest.mark.parametrize("zero", ["0", "-0", "0.00", "-0.00", "0E+3", "-0E-5"])
def test_zero_has_no_sign_and_no_size(zero: str) -> None:
    document = parse(raw(results={"passed": 3, "failed": Decimal(zero)}))
    assert json.loads(canonical(document))["results"]["failed"] == "0"


@pytest.mark.parametrize(
    "value", ["3.1234567890123", "1000000000.1", "1000000001", "-1000000001", "NaN", "Infinity"]
)
def test_a_number_too_fine_or_too_large_has_none(value: str) -> None:
    rule = {"rule": "estimate_at_least", "points": value}
    assert [one.where for one in refused(raw(rule, results=EXTRA))] == ["/requirement/points"]


def test_the_canonical_text_is_small_sorted_and_without_what_goes_without_saying() -> None:
    document = parse(raw(title="Größe", counting={"future": "excluded"}, description=""))
    levels = ",".join(
        f'{{"name":"{name}","points":"{place}"}}'
        for place, name in enumerate(("Beginning", "Developing", "Proficient", "Advanced"), 1)
    )
    assert canonical(document) == (
        '{"estimate":{"method":"highest"},"id":"test","requirement":{"rule":"estimate_at_least"},'
        f'"results":{{"failed":"1","passed":"3"}},"scale":{{"levels":[{levels}],'
        '"mastery_level":"Proficient"},"title":"Größe"}'
    )
    assert digest(document) == hashlib.sha256(canonical(document).encode("utf-8")).hexdigest()


def test_names_in_the_text_are_those_of_the_schema() -> None:
    rule = {"rule": "result_of", "which": "exam", "share": "0.5", "is": "at_most"}
    assert json.loads(canonical(parse(raw(rule))))["requirement"] == rule
    schema: Any = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "is" in schema["$defs"]["ResultOf"]["properties"]


BAD = {"rule": "estimate_at_least", "level": "Godlike"}
GOOD = {"rule": "estimate_at_least"}


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        pytest.param(BAD, "", id="at the top"),
        pytest.param({"rule": "all_of", "rules": [GOOD, BAD]}, "/rules/1", id="all_of"),
        pytest.param({"rule": "any_of", "rules": [BAD, GOOD]}, "/rules/0", id="any_of"),
        pytest.param({"rule": "at_least", "n": 1, "of": [GOOD, GOOD, BAD]}, "/of/2", id="at_least"),
        pytest.param({"rule": "within", "period": "P1D", "inner": BAD}, "/inner", id="within"),
        pytest.param(
            {"rule": "all_of", "rules": [{"rule": "at_least", "n": 1, "of": [GOOD, {"rule": "within", "period": "P1D", "inner": {"rule": "any_of", "rules": [GOOD, BAD]}}]}]},
            "/rules/0/of/1/inner/rules/1", id="deep inside",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_pointed_at_wherever_it_is(rule: Json, where: str) -> None:
    levels = "Beginning, Developing, Proficient, Advanced"
    assert refused(raw(rule)) == [
        Reject(f"/requirement{where}/level", "the scale has no level 'Godlike'", levels)
    ]


@pytest.mark.parametrize(
    ("change", "where", "expected"),
    [
        pytest.param({"requirement": {"rule": "vibes"}}, "/requirement", "'estimate_at_least'", id="a rule"),
        pytest.param({"counting": {"future": "maybe"}}, "/counting/future", "'excluded' or 'counted'", id="a word"),
        pytest.param({"a/b~c": 1}, "/a~1b~0c", "", id="a name with a slash and a tilde"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [{"rule": "kind", "which": ["x"]}]}}, "/requirement/rules/0/which/0", "'assessment'", id="inside"),
        pytest.param({"requirement": {"rule": "within", "inner": {"rule": "facet", "which": "transfer"}}}, "/requirement/period", "", id="missing"),
        pytest.param({"scale": {"levels": ["x"], "mastery_points": 1}}, "/scale/levels/0", "", id="no object"),
        pytest.param({"scale": "x"}, "/scale", "", id="no object at all"),
    ],
)  # fmt: skip
def test_a_misspelling_is_pointed_at_and_says_what_was_expected(
    change: Json, where: str, expected: str
) -> None:
    found = refused({**raw(), **change})[0]
    assert found.where == where
    assert expected in found.expected
    assert bool(found.expected) is bool(expected)
    assert found.why


@pytest.mark.parametrize(("levels", "deep"), [(32, False), (33, True)])
def test_a_document_may_be_nested_32_deep(levels: int, *, deep: bool) -> None:
    inside: Any = 1
    for _ in range(levels - 1):
        inside = [inside]
    (found,) = refused({**raw(), "colour": inside})
    assert (found.where == "/colour") is not deep
    assert ("nested more than 32 deep" in found.why) is deep


def test_a_document_in_bytes_is_utf_8_and_its_numbers_are_exact() -> None:
    rule = {"rule": "estimate_at_least", "points": 7}
    text = json.dumps(raw(rule, results=EXTRA)).replace("7", "100000000.123456789012")
    document = parse(text.encode())
    assert json.loads(canonical(document))["requirement"]["points"] == "100000000.123456789012"
    assert parse(text) == document
    assert refused(text.encode("utf-16"))[0].where == ""
    assert refused(b"{")[0].where == ""


def test_a_document_may_be_as_long_as_the_limit() -> None:
    text = json.dumps(raw())
    padding = " " * (DOCUMENT_LENGTH_MAX - len(text))
    assert parse(text + padding) == parse(text)
    assert "longer than 1048576 characters" in refused(text + padding + " ")[0].why


def test_every_document_fault_is_told_at_once() -> None:
    rule = {"rule": "all_of", "rules": [BAD, {"rule": "kind", "which": ["credential"]}]}
    found = refused(raw(rule, counting={"kinds": ["assessment"]}))
    assert [one.where for one in found] == [
        "/requirement/rules/0/level",
        "/requirement/rules/1/which/0",
    ]
