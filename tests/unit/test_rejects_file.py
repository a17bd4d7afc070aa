from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.rejects import RejectsFile
from ledger.errors import Reject
from ledger.standards.csv_mapping import CsvMapping
from ledger.standards.translation import Refused
from tests.unit.standards.hours_log import HEADER, ROW, mapping

REFUSED = Refused(0, (HEADER + ROW).encode(), (Reject("a:2", "is wrong"),))


def imported(folder: Path, using: CsvMapping | None, *refused: Refused) -> RejectsFile:
    """Import a file once, as far as its rejects are concerned."""
    rejects = RejectsFile(folder / "a", using)
    rejects.add(refused)
    rejects.close()
    return rejects


@pytest.mark.parametrize(
    ("using", "suffix"),
    [pytest.param(None, ".ndjson", id="NDJSON"), pytest.param(mapping(), ".csv", id="CSV")],
)
def test_a_repair_that_was_begun_is_never_written_over(
    using: CsvMapping | None, suffix: str, tmp_path: Path
) -> None:
    first = imported(tmp_path, using, REFUSED)
    first.items.write_text("half repaired")
    second = imported(tmp_path, using, REFUSED)
    third = imported(tmp_path, using, REFUSED)
    assert first.items.read_text() == "half repaired"
    assert [each.items.name for each in (first, second, third)] == [
        f"a.rejects{suffix}", f"a.rejects.1{suffix}", f"a.rejects.2{suffix}",
    ]  # fmt: skip
    assert (first.left, second.left) == ([], [first.items, first.reasons])
    assert third.reasons.name == "a.rejects.2.txt"


def test_a_repair_stays_where_nothing_is_refused_any_more(tmp_path: Path) -> None:
    first = imported(tmp_path, mapping(), REFUSED)
    second = imported(tmp_path, mapping())
    assert first.items.exists()
    assert (second.count, second.left) == (0, [])


def test_the_number_is_free_for_the_reasons_too(tmp_path: Path) -> None:
    (tmp_path / "a.rejects.1.txt").write_text("kept")
    imported(tmp_path, mapping(), REFUSED).items.unlink()
    again = imported(tmp_path, mapping(), REFUSED)
    assert (again.items.name, again.reasons.name) == ("a.rejects.2.csv", "a.rejects.2.txt")
    assert (tmp_path / "a.rejects.1.txt").read_text() == "kept"
