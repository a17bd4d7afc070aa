"""Imports of CSV from the command line, on a real database: what is told, and what is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.test_cli import MAPPING, Mastery
from tests.served import item
from tests.unit.standards.samples import PACKAGE

HEADER = "Log no,Student,Day,Hours\n"


@pytest.fixture
def mastery(migrated: str, capfd: pytest.CaptureFixture[str]) -> Mastery:
    return Mastery(migrated, capfd)


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    (tmp_path / "hours.json").write_text(json.dumps(MAPPING))
    return tmp_path / "hours.csv"


def imported(mastery: Mastery, file: Path) -> tuple[int, str, str]:
    mapping = file.parent / "hours.json"
    return mastery("import", file, "--mapping", mapping, "--provider", "Northside")


def test_an_import_says_which_rejects_file_it_left_alone(mastery: Mastery, hours: Path) -> None:
    mastery.provider()
    hours.write_text(HEADER + "1,S-1,2026-03-02,many\n")
    imported(mastery, hours)
    repair = hours.with_name("hours.csv.rejects.csv")
    repair.write_text("half repaired")
    code, _, err = imported(mastery, hours)
    assert (code, repair.read_text()) == (1, "half repaired")
    assert f"left as it was:    {repair} and 1 more\n" in err
    assert f"repair and import: {repair.with_name('hours.csv.rejects.1.csv')}\n" in err


def test_a_rejects_file_that_cannot_be_made_is_told_in_words(mastery: Mastery, hours: Path) -> None:
    mastery.provider()
    long = hours.with_name("h" * 251 + ".csv")  # with .rejects.csv, longer than a name may be
    long.write_text(HEADER + "1,S-1,2026-03-02,many\n")
    code, out, err = imported(mastery, long)
    assert (code, "1 rejected" in out) == (1, True)
    assert err.endswith(".rejects.csv: File name too long\n")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(
            b"Log no,Student,Day,Hrs\n", "hours.csv:1: has no column 'Hours' (is it 'Hrs'?)",
            id="a name that is nearly right",
        ),
        pytest.param(
            b"PK\x03\x04\x14", "hours.csv: is a workbook (.xlsx) or another zip file, not CSV "
            "(expected a text file in UTF-8; in Excel: Save As, CSV UTF-8)", id="a workbook",
        ),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_told_once_with_what_would_be_right(
    mastery: Mastery, hours: Path, data: bytes, said: str
) -> None:
    mastery.provider()
    hours.write_bytes(data)
    code, _, err = imported(mastery, hours)
    assert (code, err.splitlines()[-1]) == (1, f"mastery: {said}")
    assert err.count("mastery:") == 1


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        pytest.param("1,S-1,2026-03-02,4\n1,S-2,2026-03-02,5\n", "hours.csv:3, column Student 1 was "
                     "about a learner whom this delivery does not name", id="another learner"),
        pytest.param("1,S-1,2026-03-02,4\n1,S-1,2026-03-03,4\n",
                     "hours.csv:3 1 was recorded before with other content", id="other content"),
    ],
)  # fmt: skip
def test_a_row_that_the_ledger_refuses_is_named_like_one_that_cannot_be_read(
    mastery: Mastery, hours: Path, rows: str, where: str
) -> None:
    mastery.provider()
    given = json.loads(hours.with_suffix(".json").read_text())
    given["item"]["version"] = "{Hours}"
    hours.with_suffix(".json").write_text(json.dumps(given))
    hours.write_text(HEADER + rows)
    code, out, err = imported(mastery, hours)
    assert (code, "1 accepted, 0 duplicates, 1 rejected" in out) == (1, True)
    assert f"item 1: {where}" in err
    (line,) = hours.with_name("hours.csv.rejects.csv").read_text().splitlines()[1:]
    assert line.split(",")[4] == "3"
    assert "hours.csv:3" in mastery("rejects", "--provider", "Northside")[1]


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        pytest.param(b"PK\x03\x04\x14", 1, "is a workbook", id="a workbook"),
        pytest.param(json.dumps(PACKAGE).encode(), 2, "is a framework", id="a framework"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_the_others_to_be_imported(
    mastery: Mastery, tmp_path: Path, data: bytes, code: int, said: str
) -> None:
    mastery.provider()
    unusable, whole = tmp_path / "a.json", tmp_path / "b.json"
    unusable.write_bytes(data)
    whole.write_text(json.dumps([item(1)]))
    found, out, err = mastery("import", unusable, whole, "--provider", "Northside")
    assert (found, said in err) == (code, True)
    assert f"{whole}: 1 accepted, 0 duplicates, 0 rejected" in out
