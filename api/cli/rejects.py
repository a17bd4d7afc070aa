"""The rejects file beside an imported file: repair it, and import it again."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from api.cli.files import why_refused
from ledger.standards.translation import Refused


class RejectsFile:
    """`FILE.rejects.ndjson`: each refused item as received, one a line.

    The reasons stand in `FILE.rejects.txt`, line for line, so that the first file can be imported
    as it is once it is repaired. Neither is made where nothing is refused, and those of an
    earlier import are removed.
    """

    def __init__(self, imported: Path, *, suffix: str = ".ndjson", header: bytes = b"") -> None:
        self.items = imported.with_name(f"{imported.name}.rejects{suffix}")
        self.reasons = imported.with_name(f"{imported.name}.rejects.txt")
        self._header = header
        self._files: tuple[IO[bytes], IO[str]] | None = None
        self.count = 0

    def __enter__(self) -> Self:
        self.items.unlink(missing_ok=True)
        self.reasons.unlink(missing_ok=True)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:  # fmt: skip
        for file in self._files or ():
            file.close()

    def add(self, one: Refused) -> None:
        """Keep one refused item."""
        if self._files is None:
            self._files = (self.items.open("wb"), self.reasons.open("w", encoding="utf-8"))
            self._files[0].write(self._header)
        self.count += 1
        self._files[0].write(_one_line(one.raw) + b"\n")
        self._files[1].write(f"{self.count}: {why_refused(one)}\n")


def _one_line(raw: bytes) -> bytes:
    if b"\n" not in raw:
        return raw
    try:
        return msgspec.json.format(raw, indent=-1)
    except (msgspec.MsgspecError, json.JSONDecodeError):
        return raw.replace(b"\r", b" ").replace(b"\n", b" ")
