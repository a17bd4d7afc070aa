"""Rows as PostgreSQL's binary COPY format: one buffer for a whole batch.

Source: PostgreSQL documentation, COPY, "Binary Format". Packing here rather than by a generic
adapter costs about a third per row (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from struct import Struct
from typing import Any, NamedTuple

from psycopg import Cursor
from psycopg.sql import SQL, Identifier

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_FIELDS = Struct(">h")
_LENGTH = Struct(">i")
_INT8 = Struct(">iq")
_NULL = _LENGTH.pack(-1)

Field = bytes | int | None
"""A field as stored: an int is an int8 or a timestamptz, bytes are uuid, bytea or UTF-8 text."""


def pack(rows: Iterable[tuple[Field, ...]]) -> bytes:
    """Lay out rows, header and trailer included."""
    parts: list[bytes] = [HEADER]
    length, int8, add = _LENGTH.pack, _INT8.pack, parts.append
    count = b""
    for row in rows:
        count = count or _FIELDS.pack(len(row))
        add(count)
        for field in row:
            if field is None:
                add(_NULL)
            elif isinstance(field, int):
                add(int8(8, field))
            else:
                add(length(len(field)))
                add(field)
    parts.append(TRAILER)
    return b"".join(parts)


class Target(NamedTuple):
    """Where rows go."""

    schema: str
    table: str
    columns: tuple[str, ...]

    @cache  # noqa: B019  as many as there are tables
    def statement(self) -> bytes:
        """Name table and columns of a binary COPY."""
        text = SQL("COPY {}.{} ({}) FROM STDIN (FORMAT BINARY)").format(
            Identifier(self.schema),
            Identifier(self.table),
            SQL(", ").join(map(Identifier, self.columns)),
        )
        return text.as_bytes(None)


def copy_into(cursor: Cursor[Any], target: Target, rows: Iterable[tuple[Field, ...]]) -> None:
    """Append rows in one COPY.

    Raises:
        psycopg.Error: the server refused a row; the transaction is lost.
    """
    copy_packed(cursor, target, (pack(rows),))


def copy_packed(cursor: Cursor[Any], target: Target, packed: Iterable[bytes]) -> None:
    """Append rows that are laid out already, in pieces, header and trailer included."""
    with cursor.copy(target.statement()) as copy:
        for piece in packed:
            copy.write(piece)
