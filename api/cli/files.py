"""Files of evidence: which format one is, and its items as outcomes, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from api.cli.session import UsageError
from api.intake import bounded
from ledger.config import Settings
from ledger.errors import Reject
from ledger.standards import native, xapi
from ledger.standards.items import Item, LineSplitter, decoded, read_items
from ledger.standards.translation import Outcome, Refused

Form = Literal["native", "xapi", "csv", "case"]
FORMS: tuple[Form, ...] = get_args(Form)
CHUNK_BYTES = 256 * 1024
LOOK_BYTES = 1024 * 1024  # the first item must end within these for its format to be seen

Progress = Callable[[int], None]


class EvidenceFile(NamedTuple):
    """A file, what its items are, and whether it holds one item a line."""

    path: Path
    form: Form
    lines: bool


def recognise(path: Path, *, form: str | None = None) -> EvidenceFile:
    """Look at a file's beginning and say what it is; `form` settles it.

    Raises:
        UsageError: there is no such file, or it is in no known format.
    """
    known = next((each for each in FORMS if each == form), None)
    if form is not None and known is None:
        raise UsageError(f"--format {form} is none of {', '.join(FORMS)}")
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if known == "csv" or (known is None and path.suffix.lower() in {".csv", ".tsv"}):
        return EvidenceFile(path, "csv", lines=False)
    with path.open("rb") as file:
        head = file.read(LOOK_BYTES)
    first, lines = _first(head, path)
    found = known or _form_of(first)
    if found is None:
        raise UsageError(f"{path}: neither JSON, NDJSON nor CSV; say --format")
    return EvidenceFile(path, found, lines)


def _first(head: bytes, path: Path) -> tuple[object, bool]:
    """Give the first item, decoded, and whether it is a line of its own."""
    line = next(iter(LineSplitter(bytes_max=LOOK_BYTES).feed(head + b"\n")), None)
    value = decoded(line) if line is not None else None
    named = path.suffix.lower() in {".ndjson", ".jsonl"}
    if isinstance(value, dict):
        return value, True
    if named:
        return {}, True
    try:
        item = next(read_items(path.read_bytes(), bytes_max=LOOK_BYTES), None)
    except Exception as error:
        raise UsageError(f"{path}: {error}") from error
    return (decoded(item) if item is not None else None), False


def _form_of(value: object) -> Form | None:
    if not isinstance(value, dict):
        return None
    if "CFDocument" in value:
        return "case"
    return "xapi" if {"actor", "verb"} <= value.keys() else "native"


def outcomes(
    file: EvidenceFile, settings: Settings, *, now: datetime, progress: Progress
) -> Iterator[Outcome]:
    """Translate a file item by item; `progress` hears how many bytes are done.

    Raises:
        InvalidDocumentError: the file as a whole is unusable.
    """
    translate = partial(xapi.outcome_of if file.form == "xapi" else native.outcome_of, now=now)
    for item in _items(file, settings, progress):
        yield translate(bounded(item, settings.json_depth_max))


def _items(file: EvidenceFile, settings: Settings, progress: Progress) -> Iterator[Item]:
    bytes_max = settings.item_bytes_max
    if not file.lines:
        data = file.path.read_bytes()
        yield from read_items(data, bytes_max=bytes_max)
        progress(len(data))
        return
    splitter = LineSplitter(bytes_max=bytes_max)
    with file.path.open("rb") as opened:
        while chunk := opened.read(CHUNK_BYTES):
            yield from splitter.feed(chunk)
            progress(len(chunk))
    yield from splitter.close()


def why_refused(one: Refused) -> str:
    """Say in one line what was wrong with an item."""
    return f"item {one.index}: " + "; ".join(map(_reason, one.rejects))


def _reason(reject: Reject) -> str:
    where = f"{reject.where} " if reject.where else ""
    expected = f" (expected {reject.expected})" if reject.expected else ""
    return f"{where}{reject.why}{expected}"
