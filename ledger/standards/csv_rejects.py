"""Refused rows are written back as CSV, with the row and the reason beside each.

Repair the cells and import the file again: the two added columns are passed over, and rows
already in the ledger are not in it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from ledger.errors import Reject
from ledger.standards.csv_mapping import REJECT_COLUMNS, CsvMapping
from ledger.standards.csv_text import Reader, text_to_repair
from ledger.standards.translation import Refused

_ROW = re.compile(r":(\d+)(?:,|$)")


def write_rejects(refused: Iterable[Refused], mapping: CsvMapping) -> Iterator[str]:
    """Give the lines of a rejects file: the header once, then each refused row."""
    is_first = True
    for each in refused:
        lines = each.raw.splitlines(keepends=True)
        reader = Reader(lines, columns=mapping.columns, delimiter=mapping.delimiter)
        names = [name for name in reader.header.cells if name.strip() not in REJECT_COLUMNS]
        kept = [at for at, name in enumerate(reader.header.cells) if name in names]
        if is_first:
            yield _line([*names, *REJECT_COLUMNS], reader.delimiter)
            is_first = False
        why = "; ".join(map(_told, each.rejects))
        found = _ROW.search(each.rejects[0].where)
        row = found[1] if found else ""
        record = next(reader.records(), None)
        if record is None or record.fault:
            spoilt = text_to_repair(each.raw.removeprefix(reader.header.raw))
            yield spoilt.rstrip("\r\n") + reader.delimiter + _line([row, why], reader.delimiter)
        else:
            padded = [*record.cells, *[""] * (len(reader.header.cells) - len(record.cells))]
            yield _line([*(padded[at] for at in kept), row, why], reader.delimiter)


def _told(reject: Reject) -> str:
    column = reject.where.partition(", ")[2]
    return ": ".join(filter(None, (column, reject.why))) + reject.remedy


def _line(cells: list[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
