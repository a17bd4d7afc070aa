"""A CSV file with a mapping becomes submissions; each bad row is refused with row and column.

Every row is filled into the mapping's item of our own JSON and goes through the same door as
that. The row's bytes are kept with the header line, so that a document can be read alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256

from msgspec.structs import replace

from ledger.domain.evidence import Submission
from ledger.errors import InvalidDocumentError, Reject
from ledger.standards.csv_fill import CellError, fill, reject_of
from ledger.standards.csv_mapping import REJECT_COLUMNS, CsvMapping, columns_at
from ledger.standards.csv_text import Reader, Record, lines_of
from ledger.standards.native import translate_native
from ledger.standards.translation import Outcome, Refused, Translated

FORMAT = "csv"
MEDIA_TYPE = "text/csv"


def read_csv(
    chunks: Iterable[bytes],
    mapping: CsvMapping,
    *,
    file_name: str = "file.csv",
    now: datetime | None = None,
) -> Iterator[Outcome]:
    """Translate a CSV file, row by row, in bounded memory.

    `where` in a reject is `<file>:<row>, column <name>`, rows as a spreadsheet counts them.

    Raises:
        InvalidDocumentError: UTF-16, no header, or the header lacks a column of the mapping.
    """
    reader = Reader(lines_of(chunks), columns=mapping.columns, delimiter=mapping.delimiter)
    if reader.header.fault:
        fault = Reject(f"{file_name}:1", reader.header.fault, "a line of column names")
        raise InvalidDocumentError(file_name, [fault])
    table = _Table(reader.header, mapping, file_name=file_name)
    for index, record in enumerate(reader.records()):
        yield table.outcome(index, record, now=now)


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


class _Table:
    """The header and what it means; says what each record becomes."""

    def __init__(self, header: Record, mapping: CsvMapping, *, file_name: str) -> None:
        self._names = tuple(name.strip() for name in header.cells)
        self._mapping, self._file = mapping, file_name
        self._passed = {*mapping.ignore, *REJECT_COLUMNS}
        self._header = header.raw.rstrip(b"\r\n") + b"\r\n"
        if faults := self._header_faults():
            raise InvalidDocumentError(file_name, faults)
        self._names = _told_apart(self._names, passed=self._passed)

    def _header_faults(self) -> list[Reject]:
        counted, where = Counter(self._names), f"{self._file}:1"
        faults: list[Reject] = []
        for column in self._mapping.columns:
            if counted[column] == 0:
                near = get_close_matches(column, self._names, n=1)
                hint = f"is it {near[0]!r}?" if near else ", ".join(filter(None, self._names))
                faults.append(Reject(where, f"has no column {column!r}", hint))
            elif counted[column] > 1:
                faults.append(Reject(where, f"has the column {column!r} twice", "each name once"))
        return faults

    def outcome(self, index: int, record: Record, *, now: datetime | None) -> Outcome:
        """Translate one record."""
        document = self._header + record.raw
        place = f"{self._file}:{record.row}"
        if fault := record.fault or self._width_fault(record):
            return Refused(index, document, (Reject(place, fault, "a row like the header"),))
        row = {name: cell.strip() for name, cell in zip(self._names, record.cells, strict=False)}
        row = {name: cell for name, cell in row.items() if name not in REJECT_COLUMNS}
        try:
            found = translate_native(fill(self._mapping, row), now=now)
        except CellError as error:
            return Refused(index, document, (reject_of(error, place),))
        if not isinstance(found, Submission):
            return Refused(index, document, tuple(self._placed(each, place) for each in found))
        submission = self._sourced(found, document=document, row=record.row)
        return Translated(index, document, (submission,))

    def _width_fault(self, record: Record) -> str:
        extra = [cell for cell in record.cells[len(self._names) :] if cell.strip()]
        width = len(self._names)
        return f"has {width + len(extra)} cells, the header {width}" if extra else ""

    def _placed(self, reject: Reject, place: str) -> Reject:
        """Say which columns are behind a pointer; where none is, the mapping itself is wrong."""
        columns = columns_at(self._mapping, reject.where)
        if columns:
            named = " and ".join(columns[:3])
            return reject._replace(where=f"{place}, column {named}")
        return reject._replace(where=f"{place}, mapping /item{reject.where}")

    def _sourced(self, submission: Submission, *, document: bytes, row: int) -> Submission:
        source = replace(
            submission.evidence.source,
            format=FORMAT,
            mapper=self._mapping.mapper,
            sha256=sha256(document).hexdigest(),
            row=row,
        )
        evidence = replace(submission.evidence, source=source)
        return replace(submission, evidence=evidence, document=document, media_type=MEDIA_TYPE)
