"""The header of a CSV file against its mapping: every column that is named is there, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches

from ledger.errors import InvalidDocumentError, Reject
from ledger.standards.csv_mapping import REJECT_COLUMNS, CsvMapping
from ledger.standards.csv_text import Record


def column_names(header: Record, mapping: CsvMapping, *, file_name: str) -> tuple[str, ...]:
    """Name each column of a file, no two alike but for those that are passed over.

    Raises:
        InvalidDocumentError: it is no header, or a column of the mapping is not there once.
    """
    where = f"{file_name}:{header.row}"
    if header.fault:
        fault = Reject(where, header.fault, "a line of column names")
        raise InvalidDocumentError(file_name, [fault])
    names = tuple(name.strip() for name in header.cells)
    if faults := [*_doubled(names, mapping, where), *_lacking(names, mapping, where)]:
        raise InvalidDocumentError(file_name, faults)
    return _told_apart(names, passed={*mapping.ignore, *REJECT_COLUMNS})


def _doubled(names: tuple[str, ...], mapping: CsvMapping, where: str) -> Iterator[Reject]:
    counted = Counter(names)
    for column in mapping.columns:
        if counted[column] > 1:
            yield Reject(where, f"has the column {column!r} twice", "each name once")


def _lacking(names: tuple[str, ...], mapping: CsvMapping, where: str) -> Iterator[Reject]:
    """Say what is missing; what has the same cause is said once."""
    others = [name for name in names if name and name not in mapping.columns]
    alike = {name.casefold(): name for name in others}
    lacking = [column for column in mapping.columns if column not in names]
    if cased := [column for column in lacking if column.casefold() in alike]:
        found = [alike[column.casefold()] for column in cased]
        why = f"writes {_quoted(found)} where the mapping has {_quoted(cased)}"
        yield Reject(where, why, "capitals alike in both; change the header or the mapping")
    unknown: list[str] = []
    for column in lacking:
        if column in cased:
            continue
        if near := get_close_matches(column, others, n=1):
            yield Reject(where, f"has no column {column!r}", f"is it {near[0]!r}?")
        else:
            unknown.append(column)
    if unknown:
        what = "columns" if unknown[1:] else "column"
        expected = f"the mapping's names; the header has {_quoted(names)}"
        yield Reject(where, f"has no {what} {_quoted(unknown)}", expected)


def _quoted(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(repr(name) for name in names if name)


def _told_apart(names: tuple[str, ...], *, passed: set[str]) -> tuple[str, ...]:
    """Give each column a name of its own, so that no cell hides another.

    A blank name becomes `column 7`, and the second of two alike `Note (column 7)`; those that are
    passed over may be alike.
    """
    told: list[str] = []
    for at, name in enumerate(names, 1):
        is_clear = name and (name in passed or name not in told)
        told.append(name if is_clear else _by_place(name, at, names))
    return tuple(told)


def _by_place(name: str, at: int, names: tuple[str, ...]) -> str:
    found = f"{name} (column {at})" if name else f"column {at}"
    while found in names:
        found = f"{found} (column {at})"
    return found
