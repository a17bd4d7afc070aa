"""The rejects file beside an imported file: repair it, and import it again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import IO

import msgspec
from msgspec.structs import replace

from api.cli.files import why_refused
from ledger.standards.csv_mapping import CsvMapping
from ledger.standards.csv_rejects import write_rejects
from ledger.standards.csv_rows import placed
from ledger.standards.translation import Outcome, Refused, Translated


class RejectsFile:
    """`FILE.rejects.ndjson`, or `FILE.rejects.csv`: what was refused, as it was received.

    A CSV tells the reason in a column of its own, which an import passes over. The reasons of
    NDJSON stand in `FILE.rejects.txt`, line for line. Neither is made where nothing is refused.

    A file that is there is never touched, for somebody may be repairing it: the new ones are then
    `FILE.rejects.1.csv` and `FILE.rejects.1.txt`, or the next number that is free for both.
    """

    def __init__(self, imported: Path, mapping: CsvMapping | None) -> None:
        self._imported, self._mapping = imported, mapping
        self.items: Path
        self.reasons: Path
        self.items, self.reasons = self._named("")
        self._file: IO[bytes] | None = None
        self._why: IO[str] | None = None
        self.left: list[Path] = []
        self.count = 0

    def add(self, refused: Sequence[Refused]) -> None:
        """Keep refused items."""
        if not refused:
            return
        if self._file is None or self._why is None:
            self._file, self._why = self._begun()
        for line in self._lines(refused):
            self._file.write(line)
        for one in refused:
            self.count += 1
            self._why.write(f"{self.count}: {why_refused(one)}\n")

    def placed(
        self, refused: Sequence[Refused], read: Sequence[Outcome], by_ledger: Collection[int]
    ) -> list[Refused]:
        """Say of rows which the ledger refused where they stand, as of those that were not read."""
        if self._mapping is None or not by_ledger:
            return list(refused)
        rows = {
            one.index: submission.evidence.source.row
            for one in read
            if isinstance(one, Translated)
            for submission in one.submissions
        }
        return [self._placed(one, rows) if one.index in by_ledger else one for one in refused]

    def close(self) -> None:
        """Finish the files."""
        for file in (self._file, self._why):
            if file is not None:
                file.close()

    def _placed(self, one: Refused, rows: Mapping[int, int | None]) -> Refused:
        assert self._mapping is not None
        place = f"{self._imported.name}:{rows[one.index]}"
        rejects = tuple(placed(each, self._mapping, place) for each in one.rejects)
        return replace(one, rejects=rejects)

    def _named(self, number: str) -> tuple[Path, Path]:
        stem = f"{self._imported.name}.rejects{number}"
        suffix = ".ndjson" if self._mapping is None else ".csv"
        return self._imported.with_name(stem + suffix), self._imported.with_name(stem + ".txt")

    def _begun(self) -> tuple[IO[bytes], IO[str]]:
        for number in count(1):
            there = [path for path in (self.items, self.reasons) if path.exists()]
            if not there:
                break
            self.left.extend(there)
            self.items, self.reasons = self._named(f".{number}")
        # "x", so that a file which another import makes meanwhile is not written over either.
        return self.items.open("xb"), self.reasons.open("x", encoding="utf-8")

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
