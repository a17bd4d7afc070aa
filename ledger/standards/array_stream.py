"""A JSON array of any length, cut into its elements while it comes, in bounded memory.

For files; a body that is held whole is cut by `json_text.elements_of`, which is faster.
"""

from __future__ import annotations

import re

from ledger.errors import Reject
from ledger.standards.items import ITEM_BYTES_MAX, Item, too_long

_COUNTING_BYTES = 64 * 1024
_MARK = re.compile(rb'["\[\]{},]')
_STRING_END = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SPACE = b" \t\r\n"


class ArraySplitter:
    """Cuts chunks of one JSON array into items.

    What an element holds is not checked here. An element longer than `bytes_max` becomes an
    item with a fault without being held whole; so does what follows an array that never ends.

    >>> splitter = ArraySplitter()
    >>> [item.raw for item in splitter.feed(b'[{"id": 1}, {"i')]
    [b'{"id": 1}']
    >>> [item.raw for item in splitter.feed(b'd": 2}]')]
    [b'{"id": 2}']
    """

    def __init__(self, *, bytes_max: int = ITEM_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._buffer = bytearray()  # from the start of the element, as far as it is kept
        self._at = 0  # scanned so far
        self._depth = 0  # 0 before and after the array, 1 between its elements
        self._in_string = False
        self._dropped = 0  # bytes of an overlong element that are not held
        self._index = 0
        self._ended = False

    def feed(self, chunk: bytes) -> list[Item]:
        """Take the next bytes; give the items that are complete now."""
        self._buffer += chunk
        items: list[Item] = []
        while self._scan(items):
            pass
        if self._at > self._bytes_max:
            kept = self._bytes_max // 2
            self._dropped += self._at - kept
            del self._buffer[kept : self._at]
            self._at = kept
        return items

    def close(self) -> list[Item]:
        """Give what is left over: an element that never ended, or text after the array."""
        rest = bytes(self._buffer).strip(_SPACE)
        self._buffer.clear()
        if self._ended and not rest:
            return []
        why = "is after the end of the array" if self._ended else "never ends"
        return [Item(self._index, rest, Reject("", why, "one JSON array"))]

    def _scan(self, items: list[Item]) -> bool:
        """Go on to the next mark; False where more bytes are needed."""
        if self._ended:
            return False
        if self._in_string:
            return self._leave_string()
        found = _MARK.search(self._buffer, self._at)
        if found is None:
            self._at = len(self._buffer)
            return False
        self._at = found.end()
        self._step(found[0], items)
        return True

    def _leave_string(self) -> bool:
        found = _STRING_END.match(self._buffer, self._at)
        if found is not None:
            self._at, self._in_string = found.end(), False
            return True
        tail = len(self._buffer) - len(self._buffer.rstrip(b"\\"))
        # An odd number of backslashes escapes a character that has not come yet.
        self._at = max(self._at, len(self._buffer) - tail % 2)
        return False

    def _step(self, mark: bytes, items: list[Item]) -> None:
        if mark == b'"':
            self._in_string = True
        elif mark in b"[{":
            self._depth += 1
            if self._depth == 1:
                self._forget()
        elif mark in b"]}":
            self._depth -= 1
            if self._depth <= 0:
                self._cut(items, is_last=True)
        elif self._depth == 1:
            self._cut(items, is_last=False)

    def _cut(self, items: list[Item], *, is_last: bool) -> None:
        raw = bytes(self._buffer[: self._at - 1]).strip(_SPACE)
        length = self._at - 1 + self._dropped
        self._ended = is_last
        self._forget()
        if is_last and not raw and not self._index:
            return  # an empty array
        if length > self._bytes_max:
            items.append(too_long(self._index, raw, bytes_max=self._bytes_max))
        else:
            items.append(Item(self._index, raw))
        self._index += 1

    def _forget(self) -> None:
        del self._buffer[: self._at]
        self._at = self._dropped = 0


def is_longer(body: bytes, items_max: int) -> bool:
    """Whether a body is an array of more than `items_max` items; reads no further than it must."""
    if not body.lstrip(b"\xef\xbb\xbf" + _SPACE).startswith(b"["):
        return False
    splitter, count = ArraySplitter(), 0
    for start in range(0, len(body), _COUNTING_BYTES):
        count += len(splitter.feed(body[start : start + _COUNTING_BYTES]))
        if count > items_max:
            return True
    return False
