"""The rejects file beside an imported file: repair it, and import it again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import msgspec

from api.cli.files import why_refused
from ledger.standards.csv_mapping import CsvMapping
from ledger.standards.csv_rejects import write_rejects
from ledger.standards.translation import Refused


class RejectsFile:
    """`FILE.rejects.ndjson`, or `FILE.rejects.csv`: what was refused, as it was received.

    A CSV tells the reason in a column of its own, which an import passes over. The reasons of
    NDJSON stand in `FILE.rejects.txt`, line for line. Neither is made where nothing is refused, and
    those of an earlier import are removed.
    """

    def __init__(self, imported: Path, mapping: CsvMapping | None) -> None:
        suffix = ".ndjson" if mapping is None else ".csv"
        self.items = imported.with_name(f"{imported.name}.rejects{suffix}")
        self.reasons = imported.with_name(f"{imported.name}.rejects.txt")
        self._mapping = mapping
        self._file: IO[bytes] | None = None
        self._why: IO[str] | None = None
        self.count = 0
        self.items.unlink(missing_ok=True)
        self.reasons.unlink(missing_ok=True)

    def add(self, refused: Sequence[Refused]) -> None:
        """Keep refused items."""
        if not refused:
            return
        if self._file is None or self._why is None:
            self._file, self._why = self.items.open("wb"), self.reasons.open("w", encoding="utf-8")
        for line in self._lines(refused):
            self._file.write(line)
        for one in refused:
            self.count += 1
            self._why.write(f"{self.count}: {why_refused(one)}\n")

    def close(self) -> None:
        """Finish the files."""
        for file in (self._file, self._why):
            if file is not None:
                file.close()

    def _lines(self, refused: Sequence[Refused]) -> Sequence[bytes]:
        if self._mapping is None:
            return [_one_line(one.raw) + b"\n" for one in refused]
        lines = [line.encode() for line in write_rejects(refused, self._mapping)]
        return lines[1:] if self.count else lines  # the header stands there once


def _one_line(raw: bytes) -> bytes:
    if b"\n" not in raw:
        return raw
    try:
        return msgspec.json.format(raw, indent=-1)
    except msgspec.MsgspecError:
        return raw.replace(b"\r", b" ").replace(b"\n", b" ")
