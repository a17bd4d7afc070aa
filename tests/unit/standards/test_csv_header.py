from __future__ import annotations

import json

import pytest

from ledger.errors import InvalidDocumentError, Reject
from tests.unit.standards.hours_log import HEADER, ROW, mapping, only, read, row

START, FIRST = HEADER.strip().removesuffix(",Mood"), ROW.strip().removesuffix(",good")


@pytest.mark.parametrize(
    ("header", "cells", "kept"),
    [
        pytest.param(
            "Note,Note", "a,b", {"Note": "a", "Note (column 13)": "b"}, id="two names alike"
        ),
        pytest.param("Note,,", "a,b,c", {"Note": "a", "column 13": "b", "column 14": "c"},
                     id="two blank names"),
        pytest.param(",column 12", "a,b", {"column 12 (column 12)": "a", "column 12": "b"},
                     id="a name that says a column"),
        pytest.param("Note,Note,Note (column 13)", "a,b,c",
                     {"Note": "a", "Note (column 13) (column 13)": "b", "Note (column 13)": "c"},
                     id="a name that says it was doubled"),
        pytest.param("Note,Note,,", "a,,,", {"Note": "a"}, id="nothing below"),
        pytest.param("Bus,Bus,rejected_row,rejected_row", "a,b,c,d", None, id="ignored"),
    ],
)  # fmt: skip
def test_no_cell_hides_another(header: str, cells: str, kept: dict[str, str] | None) -> None:
    evidence = only(read(f"{START},{header}\n{FIRST},{cells}\n"))
    found = None if evidence.extensions is None else json.loads(evidence.extensions)["csv"]
    assert found == kept


def test_a_column_without_a_name_can_be_ignored_by_its_place() -> None:
    using = mapping(ignore=["Bus", "column 12"])
    assert only(read(f"{START},\n{FIRST},x\n", using)).extensions is None


def refused(data: str | bytes, **changes: object) -> list[Reject]:
    with pytest.raises(InvalidDocumentError) as raised:
        read(data, mapping(**changes))
    assert str(raised.value).startswith("log.csv:")
    return list(raised.value.rejects)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        pytest.param(b"No,\x81\n", "is neither UTF-8 nor Windows-1252", id="no letters"),
        pytest.param(b"No," + b"x" * 140_000 + b"\n", "is not a row of CSV: field larger than field "
                     "limit (131072)", id="a field too long"),
        pytest.param(b"x" * 300_000, "has a quote that never closes, or is too long", id="no lines"),
        pytest.param(b"sep=\x81\nNo\n", "names '\ufffd' as its delimiter (sep=)", id="sep="),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_read_is_a_fault_of_the_file(header: bytes, why: str) -> None:
    assert [fault.why for fault in refused(header)] == [why]


def test_capitals_that_differ_are_one_fault() -> None:
    assert refused(HEADER.replace("Day,Hours", "DAY,hours") + ROW) == [
        Reject(
            "log.csv:1",
            "writes 'DAY', 'hours' where the mapping has 'Day', 'Hours'",
            "capitals alike in both; change the header or the mapping",
        )
    ]


def test_a_column_that_is_missing_is_looked_for_among_those_that_nobody_asked_for() -> None:
    (fault,) = refused(HEADER.replace("W1", "W1 ok").replace("Mood", "W 1") + ROW)
    assert (fault.why, fault.expected) == ("has no column 'W1'", "is it 'W 1'?")


def test_a_file_of_something_else_is_one_fault() -> None:
    (fault,) = refused("Zeug,Geld\nx,7\n")
    assert fault.why.startswith("has no columns 'No', 'Student', 'First', 'Last', 'Day', 'Hours',")
    assert fault.expected == "the mapping's names; the header has 'Zeug', 'Geld'"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"PK\x03\x04\x14\x00\x06\x00", "is a workbook (.xlsx) or another zip file, "
                     "not CSV", id="xlsx"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "is a workbook (.xls), not CSV",
                     id="xls"),
        pytest.param((HEADER + ROW).encode("utf-16"), "is UTF-16", id="UTF-16"),
        pytest.param((HEADER + ROW).encode("utf-16-le"), "is UTF-16, or no text at all",
                     id="UTF-16 that does not say so"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_told_how_to_save_it(data: bytes, why: str) -> None:
    expected = "a text file in UTF-8; in Excel: Save As, CSV UTF-8"
    assert refused(data) == [Reject("log.csv", why, expected)]


@pytest.mark.parametrize("said", ["sep=;\r\n", "\ufeffsep=;\n", '"SEP=;"\r\n', "\n\nsep=;\n"])
def test_excels_first_line_names_the_delimiter_and_is_no_row(said: str) -> None:
    blanks = said.count("\n\n") * 2
    translation = read(said + (HEADER + ROW + row(Hours="x")).replace(",", ";"))
    (submission,) = (each for _, each in translation.submissions)
    assert submission.evidence.source.row == 2 + blanks
    assert submission.document == (HEADER + ROW).replace(",", ";").encode()
    assert translation.rejects[0][1].where == f"log.csv:{3 + blanks}, column Hours"


def test_excels_first_line_may_name_a_tab() -> None:
    assert only(read("sep=\t\r\n" + (HEADER + ROW).replace(",", "\t"))).hours == 7.5


@pytest.mark.parametrize(
    ("said", "delimiter", "expected"),
    [
        pytest.param("^", None, "one of , ; | or a tab", id="none that is known"),
        pytest.param(";", ",", "','", id="another than the mapping's"),
    ],
)
def test_a_delimiter_that_cannot_be_is_one_fault(
    said: str, delimiter: str | None, expected: str
) -> None:
    why = f"names {said!r} as its delimiter (sep=)"
    found = refused(f"sep={said}\n" + HEADER + ROW, delimiter=delimiter)
    assert found == [Reject("log.csv:1", why, expected)]


@pytest.mark.parametrize(
    ("above", "rows"),
    [
        pytest.param("\n \r\n", 2, id="blank lines"),
        pytest.param(",,,,\n,,\n\n", 3, id="rows of blank cells"),
        pytest.param("\ufeff\n", 1, id="a blank line with a byte order mark"),
    ],
)
def test_rows_above_the_header_are_counted_as_a_spreadsheet_does(above: str, rows: int) -> None:
    translation = read(above + HEADER + ROW + row(Hours="x"))
    assert translation.submissions[0][1].evidence.source.row == 2 + rows
    assert translation.rejects[0][1].where == f"log.csv:{3 + rows}, column Hours"
    (fault,) = refused(above + HEADER.replace("Hours", "Hrs"))
    assert fault.where == f"log.csv:{1 + rows}"


def test_blank_rows_above_do_not_hide_the_delimiter() -> None:
    assert only(read(";;;\n" + (HEADER + ROW).replace(",", ";"))).hours == 7.5
