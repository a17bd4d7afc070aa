from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import Reject
from ledger.standards.csv_fill import NUMBERS
from tests.unit.standards.hours_log import HEADER, MAPPING, ROW, mapping, only, read, row
from tests.unit.standards.own_shape import places_of

LEARNERS = {"identifiers": [{"type": "ssid", "value": "{Student}"}]}


def refused(cells: dict[str, str], **changes: object) -> Reject:
    (found,) = read(HEADER + row(**cells), mapping(**changes)).rejects
    return found[1]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        pytest.param('="00123"', "00123", id="as Excel is told to keep zeros"),
        pytest.param('"=""00123"""', "00123", id="quoted as CSV asks"),
        pytest.param('"=""8""""x"""', '8"x', id="a quote within"),
        pytest.param("=00123", "=00123", id="no such cell"),
    ],
)
def test_excels_cell_of_text_is_its_text(cell: str, said: str) -> None:
    assert only(read(HEADER + row(No=cell))).source.external_id == said


@pytest.mark.parametrize(
    ("column", "item"),
    [
        pytest.param("No", {}, id="a message"),
        pytest.param("No", {"id": "hours/{No}"}, id="a part of a message's id"),
        pytest.param("Student", {}, id="a learner"),
        pytest.param("Student", {"learner": LEARNERS}, id="one of a learner's identifiers"),
    ],
)
@pytest.mark.parametrize("cell", ["1.23457E+11", '"1,23457E+11"', "1e+11"])
def test_an_id_that_lost_digits_is_refused(column: str, item: dict[str, Any], cell: str) -> None:
    fault = refused({column: cell}, item={**MAPPING["item"], **item})
    assert fault.where == f"log.csv:2, column {column}"
    assert fault.why.endswith("is a long number without its last digits, as spreadsheets write it")
    assert fault.expected == "all digits, from a column that is formatted as text"


def test_what_only_looks_like_a_shortened_number_is_an_id() -> None:
    assert only(read(HEADER + row(No="12E+3"))).source.external_id == "12E+3"
    assert only(read(HEADER + row(Site="1.2E+11"))).context.site == "1.2E+11"


def test_decimal_commas_are_read_where_the_mapping_says_so() -> None:
    item = {**MAPPING["item"], "title": "{Hours}", "result": {"score": "{Bus}", "max": 20}}
    using = mapping(item=item, decimal=",", ignore=[])
    evidence = only(read(HEADER + row(Hours='"7,25"', Bus="12"), using))
    assert evidence.result is not None
    assert (evidence.hours, evidence.result.score) == (Decimal("7.25"), Decimal(12))
    assert evidence.title == "7,25"


@pytest.mark.parametrize(
    ("decimal", "cell", "why", "expected"),
    [
        pytest.param(".", '"7,25"', "'7,25' has a comma",
                     'a decimal point, as in 3.5, or "decimal": "," in the mapping',
                     id="a comma, of which the mapping says nothing"),
        pytest.param(",", "1.250", "'1.250' has a point", "a decimal comma, as in 3,5",
                     id="a point, which may part thousands"),
    ],
)  # fmt: skip
def test_the_other_decimal_mark_is_refused(
    decimal: str, cell: str, why: str, expected: str
) -> None:
    fault = refused({"Hours": cell}, decimal=decimal)
    assert fault == Reject("log.csv:2, column Hours", why, expected)


def test_two_commas_are_no_number() -> None:
    assert refused({"Hours": '"1,2,3"'}, decimal=",").why == "is not a number"


def test_a_mark_in_a_member_of_ones_own_is_kept() -> None:
    item = {**MAPPING["item"], "extensions": {"hours": "{Hours}", "id": "{No}"}, "id": "{Mood}"}
    del item["hours"]
    evidence = only(read(HEADER + row(Hours='"7,5"', No="1.2E+11"), mapping(item=item)))
    assert evidence.extensions == '{"hours":"7,5","id":"1.2E+11"}'


def test_the_numbers_are_those_of_our_own_json() -> None:
    kinds = (["number", "string"], ["integer", "string"])
    assert {place.rpartition("/")[2] for place in places_of(lambda s: s.get("type") in kinds)} == (
        NUMBERS
    )


def test_a_point_is_read_without_being_asked_for() -> None:
    assert only(read(HEADER + ROW)).hours == Decimal("7.5")


@pytest.mark.parametrize(
    ("cell", "success"),
    [
        pytest.param("x", True, id="a cross"),
        pytest.param("", False, id="blank, which the mapping gives a meaning"),
    ],
)
def test_a_blank_cell_means_what_the_mapping_says(cell: str, success: bool) -> None:
    item = {**MAPPING["item"], "result": {"success": "{Bus}"}}
    using = mapping(item=item, values={**MAPPING["values"], "Bus": {"x": True, "": False}})
    result = only(read(HEADER + row(Bus=cell), using)).result
    assert result is not None
    assert result.success is success


@pytest.mark.parametrize("left", ["2,Ana,Ruiz", "2", "2,Ana,Ruiz,S-1,03/02/2026,7."])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_last_row_that_is_short_and_has_no_end_may_be_cut_off(left: str, end: str) -> None:
    whole = (HEADER + ROW).replace("\r\n", end)
    translation = read(whole + left)
    (reject,) = (each for _, each in translation.rejects)
    assert reject.where == "log.csv:3"
    assert reject.why.endswith("without a line end: the file may be cut off")
    ended = read(whole + left + end)
    assert "cut off" not in str(ended.rejects)


def test_a_whole_last_row_needs_no_end() -> None:
    assert len(read((HEADER + ROW).rstrip("\r\n")).submissions) == 1
