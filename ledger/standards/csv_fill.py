"""One row of a CSV is filled into the mapping's item; what does not fit names its column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ledger.errors import Reject
from ledger.standards.checks import as_array, as_object
from ledger.standards.csv_mapping import PLACE, CsvMapping, example_of, iso_of
from ledger.standards.json_text import pointer

NUMBERS = frozenset(
    {
        "score", "min", "max", "cut", "weight", "points", "points_max", "hours", "credits",
        "attempt",
    }
)  # fmt: skip
"""Members of our own JSON that hold a number."""

_IDS = frozenset({"id", "value", "revises_external"})
_SHORTENED = re.compile(r"-?\d(?:[.,]\d+)?E\+\d+", re.ASCII | re.IGNORECASE)
_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)

Path = tuple[str | int, ...]
Row = Mapping[str, str]


class CellError(ValueError):
    """A cell cannot be understood; `column` says which."""

    def __init__(self, column: str, why: str, expected: str) -> None:
        super().__init__(why)
        self.column, self.why, self.expected = column, why, expected


class _Filled(NamedTuple):
    """A part of the item; `value` is None where it is left out."""

    value: object
    had_columns: bool = False
    had_cells: bool = False


_LEFT_OUT = _Filled(None, had_columns=True)


def fill(mapping: CsvMapping, row: Row) -> dict[str, object]:
    """Fill a row into the mapping's item; columns that item does not name go to extensions.

    Raises:
        CellError: a cell is not one of the mapping's values, not in its time format, not with its
            decimal mark, or an id that lost digits.
    """
    filled = _Filler(mapping, row).part(mapping.item, ())
    item = dict(as_object(filled.value) or {})
    rule = mapping.times.get("/occurred_at")
    if rule is not None and rule.zone is not None and rule.is_day and "occurred_at" in item:
        item.setdefault("occurred_precision", "day")  # the zone's midnight does not show it
    known = {*mapping.columns, *mapping.ignore}
    others = {name: cell for name, cell in row.items() if cell and name not in known}
    if others:
        item["extensions"] = {**(as_object(item.get("extensions")) or {}), "csv": others}
    return item


class _Filler(NamedTuple):
    mapping: CsvMapping
    row: Row

    def part(self, template: object, path: Path) -> _Filled:
        """Fill any part of the template; a part whose columns are all empty is left out."""
        if isinstance(template, str):
            return self._text(template, path)
        held, elements = as_object(template), as_array(template)
        if held is not None:
            parts = {name: self.part(each, (*path, name)) for name, each in held.items()}
            value: object = {name: each.value for name, each in parts.items() if _stays(each)}
            return _joined(value, list(parts.values()))
        if elements is not None:
            filled = [self.part(each, (*path, at)) for at, each in enumerate(elements)]
            return _joined([each.value for each in filled if _stays(each)], filled)
        return _Filled(template)

    def _text(self, template: str, path: Path) -> _Filled:
        names = PLACE.findall(template)
        if not names:
            return _Filled(template)
        cells = {name: self.row.get(name, "") for name in names}
        whole = names[0] if template == f"{{{names[0]}}}" else None
        meanings = None if whole is None else self.mapping.values.get(whole)
        if not any(cells.values()) and "" not in (meanings or ()):
            return _LEFT_OUT
        if whole is not None and meanings is not None:
            return _known(whole, cells[whole], meanings)
        is_ours = path[0] != "extensions"
        if is_ours and path[-1] in _IDS:
            _check_whole(cells)
        text = PLACE.sub(lambda found: cells[found[1]], template).strip()
        if is_ours and path[-1] in NUMBERS:
            text = self._number(text, names[0])
        if whole is not None and whole in self.mapping.lists:
            elements = (part.strip() for part in text.split(self.mapping.lists[whole]))
            return _Filled([part for part in elements if part], True, True)
        return _Filled(self._time(text, names[0], pointer(path)), True, True)

    def _number(self, text: str, column: str) -> str:
        if self.mapping.decimal == ",":
            if "." in text:
                raise CellError(column, f"{text!r} has a point", "a decimal comma, as in 3,5")
            return text.replace(",", ".")
        if _COMMA.fullmatch(text):
            expected = 'a decimal point, as in 3.5, or "decimal": "," in the mapping'
            raise CellError(column, f"{text!r} has a comma", expected)
        return text

    def _time(self, text: str, column: str, where: str) -> str:
        rule = self.mapping.times.get(where)
        if rule is None:
            return text
        try:
            return iso_of(text, rule, where=where)
        except ValueError as error:
            why = f"{text!r} is not a date or time in this format"
            raise CellError(column, why, f"as in {example_of(rule)}") from error


def _known(column: str, cell: str, meanings: Mapping[str, object]) -> _Filled:
    if cell not in meanings:
        raise CellError(column, f"{cell!r} has no meaning here", ", ".join(meanings))
    value = meanings[cell]
    return _LEFT_OUT if value is None else _Filled(value, True, True)


def _check_whole(cells: Row) -> None:
    """Refuse an id that a spreadsheet wrote as 1.23457E+11: many ids would become that one."""
    for column, cell in cells.items():
        if _SHORTENED.fullmatch(cell):
            why = f"{cell!r} is a long number without its last digits, as spreadsheets write it"
            raise CellError(column, why, "all digits, from a column that is formatted as text")


def _stays(filled: _Filled) -> bool:
    return filled.value is not None or not filled.had_columns


def _joined(value: object, parts: list[_Filled]) -> _Filled:
    had_columns = any(each.had_columns for each in parts)
    had_cells = any(each.had_cells for each in parts)
    return _LEFT_OUT if had_columns and not had_cells else _Filled(value, had_columns, had_cells)


def reject_of(error: CellError, place: str) -> Reject:
    """Say which cell it is."""
    return Reject(f"{place}, column {error.column}", error.why, error.expected)
