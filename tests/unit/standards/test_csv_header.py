from __future__ import annotations

import json

import pytest

from tests.unit.standards.hours_log import HEADER, ROW, mapping, only, read

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
