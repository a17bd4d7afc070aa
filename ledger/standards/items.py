"""A body or file becomes items: the exact bytes of each thing in it, in order.

One JSON value, a JSON array, or one value a line (NDJSON). Not here: what an item means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from ledger.errors import InvalidDocumentError, Reject
from ledger.standards.json_text import JsonTextError, elements_of, value_of

ITEM_BYTES_MAX = 1_048_576
LINES_TYPES = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/jsonlines",
        "text/x-ndjson",
    }
)

_OF_ONE_ITEM = re.compile(rb"\\u[dD][89a-fA-F]|NaN|Infinity")
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_KEPT_OF_TOO_LONG = 4_096  # bytes; the rest of a too long item is not held in memory


class Item(Struct, frozen=True):
    """Thing number `index` (from 0) of a document, as received.

    `fault` is set where its bytes already cannot be taken (too long); `raw` then holds only
    the beginning.
    """

    index: int
    raw: bytes
    fault: Reject | None = None


def too_long(index: int, raw: bytes, *, bytes_max: int) -> Item:
    """Build the item that stands for one longer than the limit."""
    why = f"longer than {bytes_max} bytes"
    fault = Reject("", why, f"an item of at most {bytes_max} bytes")
    return Item(index, raw[:_KEPT_OF_TOO_LONG], fault)


def is_lines(content_type: str) -> bool:
    """Whether a Content-Type means one JSON value a line."""
    return content_type.partition(";")[0].strip().lower() in LINES_TYPES


def is_array(body: bytes) -> bool:
    """Whether a body is an array of items, not one."""
    return body.removeprefix(_BOM).lstrip(_SPACE).startswith(b"[")


def read_items(
    body: bytes, content_type: str = "application/json", *, bytes_max: int = ITEM_BYTES_MAX
) -> Iterator[Item]:
    """Cut a body into items: one value, the elements of an array, or lines.

    Raises:
        InvalidDocumentError: the body is empty, or is an array that is not JSON as a whole.
    """
    if is_lines(content_type):
        splitter = LineSplitter(bytes_max=bytes_max)
        yield from splitter.feed(body)
        yield from splitter.close()
        return
    text = body.removeprefix(_BOM).strip(_SPACE)
    if not text:
        raise InvalidDocumentError("body", [Reject("", "empty", "one JSON object or an array")])
    if not text.startswith(b"["):
        yield _sized(0, text, bytes_max=bytes_max)
        return
    try:
        elements = elements_of(text)
    except JsonTextError as error:
        apart = _cut_apart(text, bytes_max=bytes_max)
        if not apart:
            raise InvalidDocumentError("body", [error.reject]) from error
        yield from apart
        return
    for index, element in enumerate(elements):
        yield _sized(index, bytes(element), bytes_max=bytes_max)


def _cut_apart(text: bytes, *, bytes_max: int) -> list[Item]:
    """Cut an array where a lone surrogate, or a number that is none, may stand in the way.

    The first is JSON by its grammar (RFC 8259, section 8.2), the second what many libraries write
    for a missing number (section 6 has none): the fault of one item alone. Else give none.
    """
    if not _OF_ONE_ITEM.search(text):
        return []
    from ledger.standards.array_stream import ArraySplitter  # noqa: PLC0415  it imports this

    splitter = ArraySplitter(bytes_max=bytes_max)
    items = splitter.feed(text)
    return [] if splitter.close() else items


def _sized(index: int, raw: bytes, *, bytes_max: int) -> Item:
    return Item(index, raw) if len(raw) <= bytes_max else too_long(index, raw, bytes_max=bytes_max)


def read_lines(chunks: Iterable[bytes], *, bytes_max: int = ITEM_BYTES_MAX) -> Iterator[Item]:
    """Cut a stream of chunks into one item a line; holds one chunk and one line at a time."""
    splitter = LineSplitter(bytes_max=bytes_max)
    for chunk in chunks:
        yield from splitter.feed(chunk)
    yield from splitter.close()


class LineSplitter:
    r"""Cuts chunks into lines, for synchronous and asynchronous streams alike.

    Blank lines are passed over and not counted. A line longer than `bytes_max` becomes an item
    with a fault, without being held whole.

    >>> splitter = LineSplitter()
    >>> [item.raw for item in splitter.feed(b'{"id": 1}\n{"i')]
    [b'{"id": 1}']
    >>> [item.raw for item in splitter.feed(b'd": 2}')] + [i.raw for i in splitter.close()]
    [b'{"id": 2}']
    """

    def __init__(self, *, bytes_max: int = ITEM_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._parts: list[bytes] = []  # the line begun, in pieces: joining once is linear
        self._length = 0
        self._index = 0
        self._first = True

    def feed(self, chunk: bytes) -> list[Item]:
        """Take the next bytes; give the items that are complete now."""
        *complete, rest = chunk.split(b"\n")
        items: list[Item] = []
        for line in complete:
            self._hold(line)
            items.extend(self._flush())
        self._hold(rest)
        return items

    def close(self) -> list[Item]:
        """Give the last line, where no newline ended it."""
        return list(self._flush())

    def _hold(self, piece: bytes) -> None:
        room = self._bytes_max + 1 - self._length  # one more than allowed shows that it is too long
        if piece and room > 0:
            self._parts.append(piece[:room])
        self._length += len(piece)

    def _flush(self) -> Iterator[Item]:
        if not self._length:
            return
        overlong = self._length > self._bytes_max
        line = b"".join(self._parts)
        self._parts.clear()
        self._length = 0
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        stripped = line.strip(_SPACE)
        if overlong:
            yield too_long(self._index, line, bytes_max=self._bytes_max)
        elif stripped:
            yield Item(self._index, stripped)
        else:
            return
        self._index += 1


def decoded(item: Item) -> object | Reject:
    """Decode an item's JSON; a fault is given back, not raised."""
    if item.fault is not None:
        return item.fault
    try:
        return value_of(item.raw)
    except JsonTextError as error:
        return error.reject
