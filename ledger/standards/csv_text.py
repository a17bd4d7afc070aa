"""CSV as it comes: any of four delimiters, quoted newlines, a BOM, UTF-8 or Windows-1252.

Cuts a stream of lines into records and keeps each record's bytes. A stray quote spoils one
line, not the rest of the file: reading goes on at the next line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger.errors import InvalidDocumentError, Reject

RECORD_LINES_MAX = 200  # of one record; an open quote is noticed after as many
RECORD_BYTES_MAX = 262_144
DELIMITERS = (",", ";", "\t", "|")

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


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


class Reader:
    """Reads records from lines; `header` is the first that is not blank."""

    def __init__(self, lines: Iterable[bytes], *, columns: Iterable[str], delimiter: str | None):
        self._lines = iter(lines)
        self._again: deque[bytes] = deque()  # lines to be read once more after a stray quote
        self._held: list[bytes] = []
        self._row = 0
        first = self._first_line()
        self.delimiter = delimiter or _likeliest(text_of(first), columns)
        self._cells = self._start()
        self.header = next(self.records(), Record(0, b"", fault="is empty"))

    def _first_line(self) -> bytes:
        first = next((line for line in self._lines if line.strip()), b"")
        if first.startswith(_UTF_16):
            fault = Reject("", "is UTF-16", "CSV saved as UTF-8")
            raise InvalidDocumentError("CSV file", [fault])
        first = first.removeprefix(_BOM)
        self._again.append(first)
        return first

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


def _likeliest(header: str, columns: Iterable[str]) -> str:
    wanted = set(columns)

    def found(delimiter: str) -> int:
        names = next(csv.reader([header], delimiter=delimiter), list[str]())
        return len(wanted.intersection(name.strip() for name in names))

    return max(DELIMITERS, key=found)
