"""How a document is cut into chunks on its way in changes nothing."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidDocumentError
from ledger.standards.array_stream import ArraySplitter
from ledger.standards.csv_text import Reader, Record, lines_of
from ledger.standards.decimals import EXPONENT_MAX, decimal_of
from ledger.standards.items import Item, LineSplitter, read_items
from ledger.standards.json_text import canonical, value_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('"\\[]{},:x\n é', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('"\\]x', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def chunks_of(data: bytes, sizes: list[int]) -> list[bytes]:
    chunks: list[bytes] = []
    for size in sizes:
        chunks.append(data[:size])
        data = data[size:]
    return [*chunks, data]


def fed(splitter: LineSplitter | ArraySplitter, data: bytes, sizes: list[int]) -> list[Item]:
    items = [item for chunk in chunks_of(data, sizes) for item in splitter.feed(chunk)]
    return [*items, *splitter.close()]


SIZES = st.lists(st.integers(0, 9), max_size=40)


@given(st.lists(VALUES, max_size=6), SIZES, st.sampled_from([None, 1]), st.booleans())
def test_an_array_is_cut_like_the_whole(
    values: list[object], sizes: list[int], indent: int | None, ascii_only: bool
) -> None:
    data = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode()
    items = fed(ArraySplitter(), data, sizes)
    assert items == list(read_items(data))
    assert [json.loads(item.raw) for item in items] == values


@given(st.binary(max_size=60), SIZES)
def test_any_bytes_are_cut_alike_however_they_come(data: bytes, sizes: list[int]) -> None:
    for splitter in (LineSplitter, ArraySplitter):
        assert fed(splitter(), data, sizes) == fed(splitter(), data, [])


@given(st.lists(st.binary(max_size=30), max_size=8), SIZES, st.integers(1, 40))
def test_an_overlong_line_is_one_item_with_a_fault(
    lines: list[bytes], sizes: list[int], bytes_max: int
) -> None:
    data = b"\n".join(lines)
    items = fed(LineSplitter(bytes_max=bytes_max), data, sizes)
    assert all(len(item.raw) <= bytes_max for item in items if item.fault is None)
    assert items == fed(LineSplitter(bytes_max=bytes_max), data, [])


CELLS = st.text('a"\n\r,;é \t', max_size=6)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=6), SIZES)
def test_csv_records_do_not_depend_on_chunks(rows: list[list[str]], sizes: list[int]) -> None:
    data = "\r\n".join(",".join(row) for row in rows).encode()
    found = [_records(chunks_of(data, each)) for each in (sizes, [])]
    assert found[0] == found[1]


def _records(chunks: list[bytes]) -> list[Record] | None:
    try:
        reader = Reader(lines_of(chunks), columns=["a"], delimiter=",")
    except InvalidDocumentError:
        return None
    return [reader.header, *reader.records()]


@given(st.decimals(allow_nan=False, allow_infinity=False) | st.integers())
def test_a_number_is_itself_or_refused(number: Decimal | int) -> None:
    try:
        found = decimal_of(number)
    except ValueError:
        return
    assert found == number
    assert abs(found) < 10 ** (EXPONENT_MAX + 1)


@given(VALUES)
def test_canonical_text_says_the_same_and_is_its_own_canonical_text(value: object) -> None:
    text = canonical(value_of(json.dumps(value).encode()))
    assert json.loads(text) == value
    assert canonical(value_of(text)) == text
