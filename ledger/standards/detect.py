"""Which format a file is, told by its content, and one way in for all of them.

`translate` is behind `mastery import FILE` and `mastery translate FILE`. Statements and items
of our own pass through one at a time; a framework is one document and is held whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Literal, get_args

from ledger.errors import InvalidDocumentError, Reject
from ledger.standards import native, xapi
from ledger.standards.array_stream import ArraySplitter
from ledger.standards.case import read_case
from ledger.standards.checks import JsonObject, as_object
from ledger.standards.csv_mapping import CsvMapping
from ledger.standards.csv_rows import read_csv
from ledger.standards.csv_text import check_text
from ledger.standards.ctdl_asn import read_ctdl_asn
from ledger.standards.items import ITEM_BYTES_MAX, Item, LineSplitter, read_items
from ledger.standards.json_text import JsonTextError, value_of
from ledger.standards.translation import Outcome
from ledger.standards.xapi_result import RESULT_BYTES_MAX, begins_page, unwrapped

Format = Literal["native", "xapi", "case", "ctdl-asn", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)
Layout = Literal["array", "lines", "whole"]

HEAD_BYTES = 1_048_576  # what is looked at; the first item of a file should end within it
CHUNK_BYTES = 262_144
LOOK_LINES = 100

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_SPACE = b" \t\r\n"
_OURS = frozenset({"kind", "learner", "occurred_at", "alignments"})
_MARKS: dict[bytes, Format] = {  # in a document longer than the head
    b'"CFDocument"': "case",
    b'"CFItems"': "case",
    b'"@graph"': "ctdl-asn",
}


def translate(
    data: bytes | Iterable[bytes],
    *,
    format: Format | None = None,  # noqa: A002 (what the command line calls it)
    mapping: CsvMapping | None = None,
    file_name: str = "file",
    now: datetime | None = None,
    item_bytes_max: int = ITEM_BYTES_MAX,
    unpacked_bytes_max: int | None = None,
) -> Iterator[Outcome]:
    """Translate a file of any format, given whole or in chunks, plain or gzipped.

    `unpacked_bytes_max` bounds what a gzipped one may unpack to.

    Raises:
        InvalidDocumentError: in no known format, CSV without a mapping, or unusable as a whole.
    """
    chunks = _plain([data] if isinstance(data, bytes) else data, bytes_max=unpacked_bytes_max)
    head, chunks = _peek(chunks)
    found = format or ("csv" if mapping is not None else format_of(head))
    if found is None or (found == "csv" and mapping is None):
        check_text(head.split(b"\n", 1)[0], file_name)
    if found is None:
        known = "JSON or NDJSON of evidence or xAPI, CASE, CTDL-ASN, or CSV with a mapping"
        raise InvalidDocumentError(file_name, [Reject("", "is in no known format", known)])
    if found == "csv":
        if mapping is None:
            missing = Reject("", "is CSV, and no mapping says which column is what", "a mapping")
            raise InvalidDocumentError(file_name, [missing])
        return read_csv(chunks, mapping, file_name=file_name, now=now)
    if found == "case":
        return read_case(b"".join(chunks))
    if found == "ctdl-asn":
        return read_ctdl_asn(b"".join(chunks))
    bytes_max = RESULT_BYTES_MAX if begins_page(head) else item_bytes_max
    items = items_of(head, chunks, bytes_max=bytes_max)
    if found == "xapi":
        return xapi.read_xapi(unwrapped(items, bytes_max=item_bytes_max), now=now)
    return native.read_native(items, now=now)


def format_of(head: bytes) -> Format | None:
    """Say which format a file is from its first bytes; None where that cannot be said."""
    text = head.removeprefix(_BOM).lstrip(_SPACE)
    if not text.startswith((b"{", b"[")):
        line = text.split(b"\n", 1)[0]
        return "csv" if any(mark in line for mark in (b",", b";", b"\t", b"|")) else None
    if begins_page(text):
        return "xapi"
    first = _first_object(text)
    if first is None:
        return _format_by_marks(text)
    if first.keys() & {"CFDocument", "CFItems", "CFAssociations", "CFDocuments"}:
        return "case"
    if first.keys() & {"@graph", "decoded_resource"}:
        return "ctdl-asn"
    if first.keys() & {"actor", "verb"}:
        return "xapi"
    return "native" if first.keys() & _OURS else None


def _format_by_marks(text: bytes) -> Format:
    for mark, found in _MARKS.items():
        if mark in text:
            return found
    return "native"


def _first_object(text: bytes) -> JsonObject | None:
    """Give the first element, line, or the one value; None where none ends in time."""
    if text.startswith(b"["):
        for item in ArraySplitter(bytes_max=HEAD_BYTES).feed(text)[:1]:
            return _object(item.raw)
        return None
    for each in (text.split(b"\n", 1)[0], text, *_line_starts(text)):
        if (found := _object(each)) is not None:
            return found
    return None


def _object(text: bytes) -> JsonObject | None:
    try:
        return as_object(value_of(text))
    except JsonTextError:
        return None


def _line_starts(text: bytes) -> list[bytes]:
    """Give the lines that begin with a brace: what a spoilt first line leaves to go by."""
    return [line for line in text.split(b"\n", LOOK_LINES)[1:-1] if line.startswith(b"{")]


def layout_of(head: bytes) -> Layout:
    """Say how a JSON file holds its items: its first line may be spoilt."""
    text = head.removeprefix(_BOM).lstrip(_SPACE)
    if text.startswith(b"["):
        return "array"
    if _object(text.split(b"\n", 1)[0]) is not None:
        return "lines"
    if _object(text) is not None or not any(map(_object, _line_starts(text))):
        return "whole"
    return "lines"


def items_of(
    head: bytes, chunks: Iterable[bytes], *, bytes_max: int = ITEM_BYTES_MAX
) -> Iterator[Item]:
    """Cut a JSON file into items; `head` is the beginning of `chunks`."""
    layout = layout_of(head)
    if layout == "whole":
        yield from read_items(b"".join(chunks), bytes_max=bytes_max)
        return
    is_array = layout == "array"
    splitter = (ArraySplitter if is_array else LineSplitter)(bytes_max=bytes_max)
    for chunk in chunks:
        yield from splitter.feed(chunk)
    yield from splitter.close()


def _peek(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    held: list[bytes] = []
    rest = iter(chunks)
    while sum(map(len, held)) < HEAD_BYTES and (chunk := next(rest, None)) is not None:
        held.append(chunk)
    return b"".join(held), chain(held, rest)


def _plain(chunks: Iterable[bytes], *, bytes_max: int | None) -> Iterator[bytes]:
    """Unpack gzip, told by its first bytes, a bounded piece at a time.

    Members that follow each other are one file (RFC 1952, 2.2), as `cat` of two makes it.
    """
    rest = iter(chunks)
    first = next(rest, b"")
    if not first.startswith(_GZIP):
        yield first
        yield from rest
        return
    unpack, unpacked = zlib.decompressobj(wbits=31), 0
    try:
        for chunk in chain([first], rest):
            packed = chunk
            while packed:
                if unpack.eof:
                    if not (packed := packed.lstrip(b"\0")):
                        break  # padding
                    unpack = zlib.decompressobj(wbits=31)
                part = unpack.decompress(packed, CHUNK_BYTES)
                unpacked += len(part)
                if bytes_max is not None and unpacked > bytes_max:
                    raise InvalidDocumentError("gzip", [Reject("", *_too_much(bytes_max))])
                yield part
                packed = unpack.unconsumed_tail or unpack.unused_data
        yield unpack.flush()
        if not unpack.eof:
            raise InvalidDocumentError("gzip", [Reject("", "ends too early", "a gzip file")])
    except zlib.error as error:
        raise InvalidDocumentError("gzip", [Reject("", str(error), "a gzip file")]) from error


def _too_much(bytes_max: int) -> tuple[str, str]:
    return f"unpacks to more than {bytes_max} bytes", f"at most {bytes_max} bytes"
