"""JSON text to values and back: decimals stay decimals, and every fault is a `Reject`.

Not here: what a value means. A float never arises; `1.10` becomes `Decimal("1.10")`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import cast

import msgspec

from ledger.errors import Reject

JsonValue = object
"""None, bool, int, Decimal, str, list of these, or dict from str to these."""

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_CANONICAL = msgspec.json.Encoder(order="sorted", decimal_format="number")
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_AFTER_NAME = b'":'
_SPACE_AFTER_QUOTE = re.compile(rb'"[ \n\t\r]')
_ESCAPED = (b"\\u0022", b"\\u003a", b"\\u003A")
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class JsonTextError(ValueError):
    """The bytes are not the JSON that was asked for; `reject` says why."""

    def __init__(self, why: str, expected: str = "JSON in UTF-8 (RFC 8259)") -> None:
        super().__init__(why)
        self.reject = Reject("", why, expected)


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: {error.reason}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, InvalidOperation):
        return "a number is out of range"
    return str(error)


def value_of(text: bytes | bytearray | memoryview | msgspec.Raw) -> JsonValue:
    """Decode one JSON text.

    Raises:
        JsonTextError: malformed, not UTF-8, nested too deeply, or a number out of range.
    """
    try:
        return _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, InvalidOperation) as error:
        raise JsonTextError(_reason(error)) from error


def elements_of(text: bytes) -> list[msgspec.Raw]:
    """Cut a JSON array into the exact bytes of each element.

    Raises:
        JsonTextError: not one JSON array.
    """
    try:
        return _ELEMENTS.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise JsonTextError(_reason(error), "a JSON array") from error


def members_of(text: bytes) -> dict[str, msgspec.Raw]:
    """Cut a JSON object into the exact bytes of each member.

    Raises:
        JsonTextError: not one JSON object.
    """
    try:
        return _MEMBERS.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise JsonTextError(_reason(error), "a JSON object") from error


def canonical(value: JsonValue) -> bytes:
    """Write a value with sorted keys and no spaces, so that equal content is equal bytes.

    Numbers are written as they were: 1.10 stays 1.10, and is other content than 1.1.

    Raises:
        JsonTextError: nested too deeply.
    """
    try:
        return _CANONICAL.encode(value)
    except RecursionError as error:
        raise JsonTextError("nested too deeply") from error


def digest_of(canonical_text: bytes) -> bytes:
    """SHA-256 of canonical text: what tells a resend from a conflict."""
    return sha256(canonical_text).digest()


def pointer(path: Sequence[str | int]) -> str:
    """Write a path as a JSON pointer (RFC 6901); the whole document is ""."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


def holds_nul(canonical_text: bytes) -> bool:
    """Whether canonical text may hold U+0000, which PostgreSQL text cannot; cheap, may overstate."""
    return b"\\u0000" in canonical_text


def text_rejects(text: bytes | None, canonical_text: bytes, value: JsonValue) -> tuple[Reject, ...]:
    """Name every place of a decoded text that says what cannot be kept, or not which of two.

    `text` is as received; None where nothing is to be learnt from it. A string with U+0000 cannot
    be stored; of a member that is named twice in one object, decoders keep one, and no two agree
    on which (RFC 8259, section 4).
    """
    if holds_nul(canonical_text) and (rejects := nul_rejects(value)):
        return rejects
    if text is None or not _may_repeat(text, canonical_text):
        return ()
    return _repeat_rejects(text)


def _may_repeat(text: bytes, canonical_text: bytes) -> bool:
    """Whether some object may name a member twice; cheap, may overstate, never understates.

    Names are counted by what follows them. That is the same in both texts, unless the text puts
    space behind a quote, or writes a quote or a colon as a number.
    """
    if text.count(_AFTER_NAME) != canonical_text.count(_AFTER_NAME):
        return True
    if b"\\" in text and any(each in text for each in _ESCAPED):
        return True
    return _SPACE_AFTER_QUOTE.search(text) is not None


class _Repeating(dict[str, object]):
    """An object that named members more than once."""

    repeated: tuple[str, ...] = ()


def _object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = _Repeating(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.repeated = tuple(name for name in found if names.count(name) > 1)
    return found


def _repeat_rejects(text: bytes) -> tuple[Reject, ...]:
    try:
        value: object = json.loads(text, object_pairs_hook=_object_of, parse_float=str)
    except (ValueError, RecursionError):
        return ()  # Python's limits are narrower in places; what is malformed was told before
    return tuple(
        Reject(pointer((*path, name)), "is named twice", "each member of an object once")
        for path, held in _objects(value, ())
        for name in held.repeated
    )


def _objects(
    value: object, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], _Repeating]]:
    if isinstance(value, _Repeating):
        yield path, value
        for name, each in value.items():
            yield from _objects(each, (*path, name))
    elif isinstance(value, list):
        for at, each in enumerate(cast("list[object]", value)):
            yield from _objects(each, (*path, at))


def nul_rejects(value: JsonValue) -> tuple[Reject, ...]:
    """Name every place where a string holds U+0000."""
    return tuple(
        Reject(pointer(path), "holds the character U+0000", "text without U+0000")
        for path in _places_of_nul(value, ())
    )


def _places_of_nul(
    value: JsonValue, path: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, str):
        if "\0" in value:
            yield path
    elif isinstance(value, list):
        for at, each in enumerate(cast("list[JsonValue]", value)):
            yield from _places_of_nul(each, (*path, at))
    elif isinstance(value, Mapping):
        for key, each in cast("Mapping[str, JsonValue]", value).items():
            if "\0" in key:
                yield (*path, key)
            yield from _places_of_nul(each, (*path, key))
