from __future__ import annotations

import json
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import InvalidDocumentError
from ledger.standards.csv_mapping import read_mapping
from ledger.standards.csv_rejects import write_rejects
from tests.unit.standards.hours_log import HEADER, MAPPING, ROW, mapping, only, read, row

DEMO = Path(__file__).parents[3] / "demo"


def test_a_row_becomes_evidence_as_the_mapping_says() -> None:
    translation = read(HEADER + ROW)
    evidence = only(translation)
    assert evidence.occurred_at.isoformat() == "2026-03-02T00:00:00-06:00"
    assert evidence.occurred_precision == "day"
    assert evidence.hours == Decimal("7.5")
    assert [
        (each.competency, each.result and each.result.level) for each in evidence.alignments
    ] == [
        ("W.1", "High"),
        ("W.2", "High"),
    ]
    assert evidence.context.equipment == ("saw", "drill")
    assert translation.submissions[0][1].learner_name == "Ana Ruiz"


def test_the_row_is_kept_with_its_header() -> None:
    ((_, submission),) = read(HEADER + ROW).submissions
    assert submission.document == (HEADER + ROW).encode()
    assert submission.evidence.source.sha256 == sha256((HEADER + ROW).encode()).hexdigest()
    assert (submission.evidence.source.mapper, submission.evidence.source.row) == ("hours/1", 2)


def test_a_column_that_the_mapping_does_not_name_is_kept() -> None:
    assert json.loads(only(read(HEADER + ROW)).extensions or "") == {"csv": {"Mood": "good"}}


@pytest.mark.parametrize(
    ("cells", "competencies"),
    [
        pytest.param({"W1": ""}, ["W.2"], id="an empty cell"),
        pytest.param({"W2": "-"}, ["W.1"], id="a value that means nothing"),
        pytest.param({"W1": "", "W2": " "}, [], id="all of them"),
    ],
)
def test_a_skill_that_was_not_seen_is_not_asserted(
    cells: dict[str, str], competencies: list[str]
) -> None:
    evidence = only(read(HEADER + row(**cells)))
    assert [each.competency for each in evidence.alignments] == competencies


@pytest.mark.parametrize(
    ("cells", "where", "why"),
    [
        pytest.param({"Day": "2026-03-02"}, "column Day",
                     "'2026-03-02' is not a date or time in this format", id="date in another format"),
        pytest.param({"Day": "02/30/2026"}, "column Day",
                     "'02/30/2026' is not a date or time in this format", id="30 February"),
        pytest.param({"Day": ""}, "column Day", "is missing", id="no date"),
        pytest.param({"Student": ""}, "column Student", "names nobody", id="no learner"),
        pytest.param({"Hours": "seven"}, "column Hours", "is not a number", id="hours in words"),
        pytest.param({"Hours": "-1"}, "column Hours", "is out of range", id="negative hours"),
        pytest.param({"W1": "Middling"}, "column W1", "is not on the scale", id="level off the scale"),
        pytest.param({"W2": "3"}, "column W2", "'3' has no meaning here", id="unknown value"),
        pytest.param({"No": ""}, "column No", "is missing", id="no id"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named_by_row_and_column(cells: dict[str, str], where: str, why: str) -> None:
    translation = read(HEADER + ROW + row(**cells) + row(No="3"))
    if where == "column Student":
        where = "column Student and First and Last"
    assert [(at, each.where, each.why) for at, each in translation.rejects] == [
        (1, f"log.csv:3, {where}", why)
    ]
    assert [index for index, _ in translation.submissions] == [0, 2]


def test_a_fault_in_the_mapping_is_not_blamed_on_a_column() -> None:
    item = {**MAPPING["item"], "evaluatr": "x"}
    ((_, reject),) = read(HEADER + ROW, mapping(item=item)).rejects
    assert reject.where == "log.csv:2, mapping /item/evaluatr"


@pytest.mark.parametrize(
    "delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"]
)
def test_the_delimiter_is_the_one_that_yields_the_columns(delimiter: str) -> None:
    assert only(read((HEADER + ROW).replace(",", delimiter))).hours == Decimal("7.5")


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), id="UTF-8 with a BOM"),
        pytest.param(lambda text: text.encode("cp1252"), id="Windows-1252"),
        pytest.param(
            lambda text: text.replace("\r\n", "\r").encode(), id="line ends of an old Mac"
        ),
        pytest.param(lambda text: ("\n\n" + text).encode(), id="blank lines before"),
    ],
)
def test_a_spreadsheets_encoding_is_read(encoded: Any) -> None:
    text = HEADER + row(First="José")
    ((_, submission),) = read(encoded(text)).submissions
    assert submission.learner_name == "José Ruiz"


def test_utf_16_is_told_what_to_do() -> None:
    with pytest.raises(InvalidDocumentError, match="UTF-16"):
        read((HEADER + ROW).encode("utf-16"))


def test_a_quoted_newline_is_one_row() -> None:
    translation = read(HEADER + row(Mood='"good,\r\nmostly"') + "\r\n" + row(No="2", Hours="x"))
    assert json.loads(translation.submissions[0][1].evidence.extensions or "") == {
        "csv": {"Mood": "good,\r\nmostly"}
    }
    assert translation.rejects[0][1].where == "log.csv:4, column Hours"


def test_a_stray_quote_spoils_one_row() -> None:
    bad = row(No="2", Mood='"good')
    translation = read(HEADER + ROW + bad + "".join(row(No=str(at)) for at in range(3, 900)))
    assert [(at, each.where) for at, each in translation.rejects] == [(1, "log.csv:3")]
    assert translation.refused[0].raw == (HEADER + bad).encode()
    assert len(translation.submissions) == 898


def test_short_rows_are_padded_and_wide_ones_refused() -> None:
    short = row(No="2").replace(",12,good", "")
    wide = row(No="3").replace("good", "good,,bad,")
    translation = read(HEADER + short + wide)
    assert len(translation.submissions) == 1
    assert translation.rejects[0][1].why == "has 14 cells, the header 12"


@pytest.mark.parametrize(
    ("header", "why"),
    [
        pytest.param(
            HEADER.replace("Hours", "Hrs"), "has no column 'Hours'", id="a column is missing"
        ),
        pytest.param(
            HEADER.replace("Mood", "Hours"), "has the column 'Hours' twice", id="a column twice"
        ),
        pytest.param("", "is empty", id="nothing at all"),
    ],
)
def test_a_header_that_does_not_fit_refuses_the_file(header: str, why: str) -> None:
    with pytest.raises(InvalidDocumentError) as raised:
        read(header + (ROW if header else ""))
    assert raised.value.rejects[0].where == "log.csv:1"
    assert raised.value.rejects[0].why == why


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        pytest.param({"mapper": ""}, "/mapper", id="a mapping without a name"),
        pytest.param({"itm": {}}, "/itm", id="a misspelt part"),
        pytest.param({"item": {"id": "7"}}, "/item", id="no column at all"),
        pytest.param({"values": {"Wx": {}}}, "/values/Wx", id="values of no column"),
        pytest.param({"lists": {"Tools": ""}}, "/lists/Tools", id="split by nothing"),
        pytest.param({"times": {"/hours": {"format": "%d", "zone": "Mars/Base"}}}, "/times/~1hours/zone",
                     id="no such zone"),
        pytest.param({"times": {"/hours": {"format": "%H:%M"}}}, "/times/~1hours/zone",
                     id="a time without a zone"),
        pytest.param({"times": {"/hour": {"format": "%d"}}}, "/times/~1hour", id="no such place"),
        pytest.param({"times": {"/occurred_at": {"format": "%e.%m.%Y"}}},
                     "/times/~1occurred_at/format", id="a directive that strptime has not"),
        pytest.param({"times": {"/occurred_at": {"format": "%d.%m."}}},
                     "/times/~1occurred_at/format", id="a date without a year would be 1900"),
        pytest.param({"times": {"/occurred_at": {"format": "%Y-%d"}}},
                     "/times/~1occurred_at/format", id="a date without a month would be January"),
        pytest.param({"times": {"/occurred_at": {"format": "%m/%d/%Y %m"}}},
                     "/times/~1occurred_at/format", id="a part named twice"),
        pytest.param({"times": {"/occurred_at": {"format": "%d.%m.%Y %I:%M %z"}}},
                     "/times/~1occurred_at/format", id="two o'clock, morning or afternoon"),
    ],
)  # fmt: skip
def test_a_mapping_says_where_it_is_wrong(changes: dict[str, object], where: str) -> None:
    with pytest.raises(InvalidDocumentError) as raised:
        mapping(**changes)
    assert where in [reject.where for reject in raised.value.rejects]


def test_refused_rows_can_be_repaired_and_imported_again() -> None:
    text = (
        HEADER + ROW + row(No="2", Hours="x", Mood='"so, so"') + row(No="3", Day="?") + row(No="4")
    )
    using = mapping()
    first = read(text, using)
    rejects = "".join(write_rejects(first.refused, using))
    assert rejects.splitlines()[0] == HEADER.strip() + ",rejected_row,rejected_because"
    assert ',3,"column Hours: is not a number' in rejects
    again = read(rejects, using)
    assert "".join(write_rejects(again.refused, using)).count("rejected_row") == 1
    repaired = read(rejects.replace(",x,", ",8,").replace("?", "03/03/2026"), using)
    assert [each.evidence.source.external_id for _, each in repaired.submissions] == ["2", "3"]
    assert repaired.submissions[0][1].evidence.extensions == '{"csv":{"Mood":"so, so"}}'


def test_a_row_with_a_stray_quote_can_be_repaired_too() -> None:
    using = mapping()
    rejects = "".join(write_rejects(read(HEADER + row(Mood='"good'), using).refused, using))
    assert only(read(rejects.replace('"good', "good"), using)).hours == Decimal("7.5")


@pytest.mark.parametrize(("name", "rows"), [("wbl_hours", 15), ("skills_checklist", 12)])
def test_the_demo_files_go_in_whole(name: str, rows: int) -> None:
    using = read_mapping((DEMO / f"{name}.mapping.json").read_bytes())
    translation = read((DEMO / f"{name}.csv").read_bytes(), using)
    assert translation.rejects == ()
    assert len(translation.submissions) == rows


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        pytest.param("José".encode("cp1252"), "José", id="Windows-1252"),
        pytest.param("José".encode(), "José", id="UTF-8"),
        pytest.param(b"Jos\xe9 \x81", "José \ufffd", id="neither: only that byte is lost"),
    ],
)
def test_a_row_with_a_stray_quote_keeps_its_letters(raw: bytes, written: str) -> None:
    using = mapping()
    spoilt = row(First="@", Mood='"good').encode().replace(b"@", raw)
    rejects = "".join(write_rejects(read(HEADER.encode() + spoilt, using).refused, using))
    assert f"1,S-1,{written},Ruiz" in rejects
