"""CSV as it comes: any of four delimiters, quoted newlines, a BOM, UTF-8 or Windows-1252.

Cuts a stream of lines into records and keeps each record's bytes. A stray quote spoils one
line, not the rest of the file: reading goes on at the next line.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger.errors import InvalidDocumentError, Reject

RECORD_LINES_MAX = 200  # of one record; an open quote is noticed after as many
RECORD_BYTES_MAX = 262_144
DELIMITERS = (",", ";", "\t", "|")

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n,;|"  # a row without a cell
_SEP = re.compile(rb'"?sep=(.)"?\s*', re.IGNORECASE)  # what Excel takes as the delimiter's name
_TEXT_CELL = re.compile(r'="((?:[^"]|"")*)"')
_NOT_TEXT = {
    b"\xff\xfe": "is UTF-16",
    b"\xfe\xff": "is UTF-16",
    b"PK\x03\x04": "is a workbook (.xlsx) or another zip file, not CSV",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "is a workbook (.xls), not CSV",
}
_SAVED_AS_TEXT = "a text file in UTF-8; in Excel: Save As, CSV UTF-8"


class Record(NamedTuple):
    """Row `row` of a file (the header is row 1) as a spreadsheet counts; `fault` if unreadable."""

    row: int
    raw: bytes
    cells: tuple[str, ...] = ()
    fault: str = ""


def text_of(raw: bytes) -> str:
    """Decode UTF-8, or else Windows-1252, which is what spreadsheets write.

    Raises:
        ValueError: neither.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def cell_text(cell: str) -> str:
    """Give what a cell shows: `="00123"`, which keeps zeros in Excel, is 00123."""
    cell = cell.strip()
    found = _TEXT_CELL.fullmatch(cell)
    return found[1].replace('""', '"').strip() if found else cell


def text_to_repair(raw: bytes) -> str:
    """Decode what may be neither: a byte that is no letter is shown as U+FFFD."""
    try:
        return text_of(raw)
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def lines_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Cut chunks into lines with their ends: \n, \r\n, or \r alone.

    A line longer than a record may be is cut, so that memory stays bounded.
    """
    rest = b""
    for chunk in chunks:
        *complete, rest = (rest + chunk).splitlines(keepends=True) or [b""]
        yield from complete
        if rest.endswith(b"\n") or len(rest) > RECORD_BYTES_MAX:
            yield rest
            rest = b""
    if rest:
        yield rest


def check_text(first: bytes, file_name: str) -> None:
    """Check by its first line that a file is text.

    Raises:
        InvalidDocumentError: it is a workbook, or UTF-16.
    """
    found = next((why for start, why in _NOT_TEXT.items() if first.startswith(start)), None)
    if found is None and b"\0" in first:
        found = "is UTF-16, or no text at all"
    if found is not None:
        raise InvalidDocumentError(file_name, [Reject(file_name, found, _SAVED_AS_TEXT)])


class Reader:
    """Reads records from lines; `header` is the first that is not blank.

    A line `sep=;` before it names the delimiter, and is no row, as in Excel.

    Raises:
        InvalidDocumentError: a workbook, UTF-16, or a delimiter that is not the mapping's.
    """

    def __init__(
        self,
        lines: Iterable[bytes],
        *,
        columns: Iterable[str],
        delimiter: str | None,
        file_name: str = "CSV file",
    ) -> None:
        self._lines = iter(lines)
        self._again: deque[bytes] = deque()  # lines to be read once more after a stray quote
        self._held: list[bytes] = []
        self._row = 0
        first = self._first_line()
        check_text(first, file_name)
        if said := _SEP.fullmatch(first):
            delimiter = _agreed(text_to_repair(said[1]), delimiter, file_name)
            first = self._first_line()
        self._again.append(first)
        self.delimiter = delimiter or _likeliest(text_to_repair(first), columns)
        self._cells = self._start()
        self.header = next(self.records(), Record(self._row + 1, b"", fault="is empty"))

    def _first_line(self) -> bytes:
        for line in self._lines:
            text = line.removeprefix(_BOM)
            if text.strip(_BLANK):
                return text
            self._row += 1
        return b""

    def _start(self) -> Iterator[list[str]]:
        return iter(csv.reader(self._feed(), delimiter=self.delimiter, strict=True))

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, b"")
            if not line:
                return
            self._held.append(line)
            if len(self._held) > RECORD_LINES_MAX or len(line) > RECORD_BYTES_MAX:
                raise ValueError("has a quote that never closes, or is too long")
            yield text_of(line)

    def records(self) -> Iterator[Record]:
        """Give the records that are not blank, with their rows."""
        while True:
            try:
                cells = next(self._cells)
            except StopIteration:
                return
            except (csv.Error, ValueError) as error:
                yield self._spoilt(_reason(error))
                continue
            self._row += 1
            raw = b"".join(self._held)
            self._held.clear()
            if any(cell.strip() for cell in cells):
                yield Record(self._row, raw, tuple(cells))

    def _spoilt(self, fault: str) -> Record:
        """Give up the first line of what was begun, and read the others again."""
        first, *others = self._held
        self._held.clear()
        self._again.extendleft(reversed(others))
        self._cells = self._start()
        self._row += 1
        return Record(self._row, first, fault=fault)


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "is neither UTF-8 nor Windows-1252"
    if isinstance(error, csv.Error):
        return f"is not a row of CSV: {error}"
    return str(error)


def _agreed(said: str, delimiter: str | None, file_name: str) -> str:
    if said not in DELIMITERS or said != (delimiter or said):
        expected = repr(delimiter) if delimiter else "one of , ; | or a tab"
        raise InvalidDocumentError(
            file_name,
            [Reject(f"{file_name}:1", f"names {said!r} as its delimiter (sep=)", expected)],
        )
    return said


def _likeliest(header: str, columns: Iterable[str]) -> str:
    wanted = set(columns)

    def found(delimiter: str) -> int:
        try:
            names = next(csv.reader([header], delimiter=delimiter), list[str]())
        except csv.Error:  # reading it as the header says why
            return 0
        return len(wanted.intersection(name.strip() for name in names))

    return max(DELIMITERS, key=found)
