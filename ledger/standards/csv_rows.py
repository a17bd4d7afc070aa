"""A CSV file with a mapping becomes submissions; each bad row is refused with row and column.

Every row is filled into the mapping's item of our own JSON and goes through the same door as
that. The row's bytes are kept with the header line, so that a document can be read alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256

from msgspec.structs import replace

from ledger.domain.evidence import Submission
from ledger.errors import Reject
from ledger.standards.csv_fill import CellError, fill, reject_of
from ledger.standards.csv_header import column_names
from ledger.standards.csv_mapping import REJECT_COLUMNS, CsvMapping, columns_at
from ledger.standards.csv_text import Reader, Record, cell_text, lines_of
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
        InvalidDocumentError: a workbook, UTF-16, no header, or the header lacks a column of the
            mapping.
    """
    reader = Reader(
        lines_of(chunks), columns=mapping.columns, delimiter=mapping.delimiter, file_name=file_name
    )
    table = _Table(reader.header, mapping, file_name=file_name)
    for index, record in enumerate(reader.records()):
        yield table.outcome(index, record, now=now)


class _Table:
    """The header and what it means; says what each record becomes."""

    def __init__(self, header: Record, mapping: CsvMapping, *, file_name: str) -> None:
        self._names = column_names(header, mapping, file_name=file_name)
        self._mapping, self._file = mapping, file_name
        self._header = header.raw.rstrip(b"\r\n") + b"\r\n"

    def outcome(self, index: int, record: Record, *, now: datetime | None) -> Outcome:
        """Translate one record."""
        document = self._header + record.raw
        place = f"{self._file}:{record.row}"
        if fault := record.fault or self._width_fault(record):
            return Refused(index, document, (Reject(place, fault, "a row like the header"),))
        row = dict(zip(self._names, map(cell_text, record.cells), strict=False))
        row = {name: cell for name, cell in row.items() if name not in REJECT_COLUMNS}
        try:
            found = translate_native(fill(self._mapping, row), now=now)
        except CellError as error:
            return Refused(index, document, (reject_of(error, place),))
        if not isinstance(found, Submission):
            return Refused(
                index, document, tuple(placed(each, self._mapping, place) for each in found)
            )
        submission = self._sourced(found, document=document, row=record.row)
        return Translated(index, document, (submission,))

    def _width_fault(self, record: Record) -> str:
        width, last = len(self._names), max(_filled(record.cells), default=0)
        if last > width:
            return f"has {last} cells, the header {width}"
        # Where a transfer broke off, what is left may read as a row with other values.
        if len(record.cells) < width and not record.raw.endswith((b"\n", b"\r")):
            return (
                f"ends the file with {len(record.cells)} cells, where the header has {width}, and "
                "without a line end: the file may be cut off"
            )
        return ""

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


def _filled(cells: Iterable[str]) -> Iterator[int]:
    return (at for at, cell in enumerate(cells, 1) if cell.strip())


def placed(reject: Reject, mapping: CsvMapping, place: str) -> Reject:
    """Say which columns are behind a pointer; where none is, the mapping itself is wrong.

    A reject without a pointer is about the row as a whole.
    """
    if not reject.where:
        return reject._replace(where=place)
    if columns := columns_at(mapping, reject.where):
        named = " and ".join(columns[:3])
        return reject._replace(where=f"{place}, column {named}")
    return reject._replace(where=f"{place}, mapping /item{reject.where}")
