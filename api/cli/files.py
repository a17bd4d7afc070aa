"""Files as outcomes: opened in chunks, translated item by item, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from api.cli.session import UsageError
from ledger.config import Settings
from ledger.errors import Reject
from ledger.standards.csv_mapping import CsvMapping, read_mapping
from ledger.standards.detect import CHUNK_BYTES, FORMATS, Format, translate
from ledger.standards.translation import Outcome, Refused

_FORMATS: Mapping[str, Format] = {each: each for each in FORMATS}

Progress = Callable[[int], None]


class Reading(NamedTuple):
    """How files are read: their format (None: told by their content) and, for CSV, the mapping."""

    settings: Settings
    now: datetime
    form: Format | None
    mapping: CsvMapping | None

    @classmethod
    def asked(
        cls, settings: Settings, *, now: datetime, form: str | None, mapping: Path | None
    ) -> Reading:
        """Read the options.

        Raises:
            UsageError: there is no such format, or no such mapping file.
            InvalidDocumentError: the mapping file is not a mapping.
        """
        known = _FORMATS.get(form or "")
        if form is not None and known is None:
            raise UsageError(f"--format {form} is none of {', '.join(FORMATS)}")
        if mapping is None:
            return cls(settings, now, known, None)
        return cls(settings, now, known, read_mapping(existing(mapping).read_bytes()))

    def outcomes(self, path: Path, *, progress: Progress = lambda _done: None) -> Iterator[Outcome]:
        """Translate a file; `progress` hears how many more bytes were read.

        Raises:
            InvalidDocumentError: the file as a whole is unusable.
        """
        return translate(
            _chunks(path, progress),
            format=self.form,
            mapping=self.mapping,
            file_name=path.name,
            now=self.now,
            item_bytes_max=self.settings.item_bytes_max,
        )


def existing(path: Path) -> Path:
    """Give the path of a file that is there.

    Raises:
        UsageError: it is not.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    return path


def _chunks(path: Path, progress: Progress) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
            progress(len(chunk))


def why_refused(one: Refused) -> str:
    """Say in one line what was wrong with an item."""
    return f"item {one.index}: " + "; ".join(map(_reason, one.rejects))


def _reason(reject: Reject) -> str:
    where = f"{reject.where} " if reject.where else ""
    return f"{where}{reject.why}{reject.remedy}"
