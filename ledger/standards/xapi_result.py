"""A StatementResult, which is what `GET /statements` of a record store gives, becomes statements.

Its statements are items as those of an array are. One that says there are more of them ends with
an item that cannot be taken and says so: whoever sent it would believe that it was all.

Source: xAPI 1.0.3 part three, 2.1.3 (GET Statements); part two, 2.5 (Retrieval of Statements).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger.errors import InvalidDocumentError, Reject
from ledger.standards.items import ITEM_BYTES_MAX, Item, read_items, too_long

RESULT_BYTES_MAX = 64 * 1024 * 1024
# What stands around the array is looked for so far from either end: a longer text is not searched,
# as a pattern that repeats remembers each of its steps.
_AROUND_BYTES = 16 * 1024

_MORE = rb'"more"\s*:\s*("(?:[^"\\]|\\.)*"|null)'
_HEAD = re.compile(rb'[\s\xef\xbb\xbf]*\{\s*(?:%b\s*,\s*)?"statements"\s*:\s*(?=\[)' % _MORE)
_TAIL = re.compile(rb"\]\s*(?:,\s*%b\s*)?\}\s*\Z" % _MORE)
_LAST = frozenset({None, b'""', b"null"})


class Page(NamedTuple):
    """The array of statements as received, and as JSON text where more of them are, if so."""

    statements: bytes
    more: bytes | None

    def rest(self, index: int) -> tuple[Item, ...]:
        """Give the item that says what is missing; none where nothing is."""
        if self.more is None:
            return ()
        why = "says that there are more statements, which are not in it"
        fault = Reject("/more", why, "what is at that address of the record store, sent too")
        return (Item(index, b'{"statements":[],"more":%b}' % self.more, fault),)


def begins_page(head: bytes) -> bool:
    """Whether a text begins as a StatementResult does."""
    return _HEAD.match(head, 0, _AROUND_BYTES) is not None


def page_of(text: bytes) -> Page | None:
    """Take a StatementResult apart; None for anything else.

    Its members are found by how it begins and ends: what stands between is read as an array.
    """
    head = _HEAD.match(text, 0, _AROUND_BYTES)
    tail = _TAIL.search(text, max(len(text) - _AROUND_BYTES, 0)) if head else None
    if head is None or tail is None or (head[1] and tail[1]):
        return None
    more = head[1] or tail[1]
    return Page(text[head.end() : tail.start() + 1], None if more in _LAST else more)


def unwrapped(items: Iterable[Item], *, bytes_max: int = ITEM_BYTES_MAX) -> Iterator[Item]:
    """Give items (cut at `RESULT_BYTES_MAX`) with the statements of each StatementResult in its place."""
    count = 0
    for item in items:
        page = page_of(item.raw) if item.fault is None else None
        for each in (item,) if page is None else _items(page, item, bytes_max=bytes_max):
            is_long = each.fault is None and len(each.raw) > bytes_max
            yield (
                too_long(count, each.raw, bytes_max=bytes_max)
                if is_long
                else Item(count, each.raw, each.fault)
            )
            count += 1


def _items(page: Page, item: Item, *, bytes_max: int) -> list[Item]:
    try:
        found = list(read_items(page.statements, bytes_max=bytes_max))
    except InvalidDocumentError as error:
        return [Item(0, item.raw[:bytes_max], error.rejects[0])]
    return [*found, *page.rest(len(found))]
