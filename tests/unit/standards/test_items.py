from __future__ import annotations

import pytest

from ledger.errors import InvalidDocumentError, Reject
from ledger.standards.array_stream import ArraySplitter
from ledger.standards.items import Item, LineSplitter, decoded, read_items, read_lines


def test_an_element_is_kept_byte_for_byte() -> None:
    body = b'\xef\xbb\xbf [ {"a" : 1.0,  "b":[ ]} ,2, "x,]" ]\n'
    assert [item.raw for item in read_items(body)] == [b'{"a" : 1.0,  "b":[ ]}', b"2", b'"x,]"']


def test_one_value_is_one_item() -> None:
    assert list(read_items(b' {"a": 1} \n')) == [Item(0, b'{"a": 1}')]


def test_an_empty_body_is_refused() -> None:
    with pytest.raises(InvalidDocumentError, match="empty"):
        list(read_items(b" \n"))


def test_an_element_over_the_limit_is_refused_alone() -> None:
    items = list(read_items(b'[1, "' + b"x" * 50 + b'", 3]', bytes_max=20))
    assert [item.fault is None for item in items] == [True, False, True]


def test_a_lone_surrogate_is_the_fault_of_its_own_item() -> None:
    items = list(read_items(b'[{"a": 1}, {"b": "x\\ud800"}, 3]'))
    assert [item.raw for item in items] == [b'{"a": 1}', b'{"b": "x\\ud800"}', b"3"]
    assert isinstance(decoded(items[1]), Reject)
    with pytest.raises(InvalidDocumentError):
        list(read_items(b'["x\\ud800", 3'))


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity"])
def test_a_number_that_is_none_is_the_fault_of_its_own_item(number: bytes) -> None:
    items = list(read_items(b'[{"a": 1}, {"b": ' + number + b"}, 3]"))
    assert [item.raw for item in items] == [b'{"a": 1}', b'{"b": ' + number + b"}", b"3"]
    assert [isinstance(decoded(item), Reject) for item in items] == [False, True, False]


def test_lines_end_in_either_way_and_blank_ones_do_not_count() -> None:
    items = list(read_lines([b"\xef\xbb\xbf1\r\n\r\n  \n2\n3"]))
    assert [(item.index, item.raw) for item in items] == [(0, b"1"), (1, b"2"), (2, b"3")]


def test_a_line_over_the_limit_is_refused_and_not_held() -> None:
    splitter = LineSplitter(bytes_max=10)
    items = [item for _ in range(1_000) for item in splitter.feed(b"x" * 1_000)]
    items += splitter.feed(b"\n12\n")
    assert [item.fault is None for item in items] == [False, True]
    assert len(items[0].raw) <= 11
    assert items[1] == Item(1, b"12")


def test_an_array_element_over_the_limit_is_refused_and_not_held() -> None:
    splitter = ArraySplitter(bytes_max=1_000)
    items = splitter.feed(b'[1, "')
    items += [item for _ in range(1_000) for item in splitter.feed(b"x" * 1_000)]
    items += splitter.feed(b'", 3]') + splitter.close()
    assert [(item.index, item.fault is None) for item in items] == [
        (0, True),
        (1, False),
        (2, True),
    ]
    assert len(items[1].raw) < 4_096


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b'[1, {"a": 2}', "never ends", id="cut off"),
        pytest.param(b"[1] 2", "is after the end of the array", id="something after"),
    ],
)
def test_an_array_that_does_not_end_well_says_so(text: bytes, why: str) -> None:
    splitter = ArraySplitter()
    items = [*splitter.feed(text), *splitter.close()]
    assert items[0] == Item(0, b"1")
    assert items[-1].fault is not None
    assert items[-1].fault.why == why
