from __future__ import annotations

import gzip
import json

import pytest

from ledger.errors import InvalidDocumentError
from ledger.standards.csv_mapping import read_mapping
from ledger.standards.detect import Format, format_of, items_of, layout_of, translate
from ledger.standards.items import Item
from ledger.standards.translation import collect
from tests.unit.standards.samples import EVIDENCE, PACKAGE, STATEMENT, written

PRETTY = json.dumps(EVIDENCE, indent=2).encode()
LINES = written(EVIDENCE) + b"\n" + written(EVIDENCE) + b"\n"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        pytest.param(written(EVIDENCE), "native", id="one item"),
        pytest.param(PRETTY, "native", id="one item over many lines"),
        pytest.param(written([EVIDENCE]), "native", id="an array of items"),
        pytest.param(b"\xef\xbb\xbf \n" + LINES, "native", id="lines after a BOM"),
        pytest.param(written([STATEMENT] * 2)[:-30], "xapi", id="the beginning of statements"),
        pytest.param(written(STATEMENT) + b"\n", "xapi", id="a line of statements"),
        pytest.param(written(PACKAGE), "case", id="a CASE package"),
        pytest.param(written(PACKAGE)[:200], "case", id="the beginning of a CASE package"),
        pytest.param(b'{"CFItems": []}', "case", id="a part of CASE, to be told so"),
        pytest.param(b'{"@graph": []}', "ctdl-asn", id="a graph"),
        pytest.param(b"[]", "native", id="an empty array"),
        pytest.param(b"a;b\n1;2\n", "csv", id="semicolons"),
        pytest.param(b'{"@context": "x", "type": "Profile"}', None, id="other JSON"),
        pytest.param(b"# Notes\n", None, id="prose"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_the_format_is_told_by_content(head: bytes, found: Format | None) -> None:
    assert format_of(head) == found


@pytest.mark.parametrize(
    ("text", "layout", "count"),
    [
        pytest.param(PRETTY, "whole", 1, id="one value over many lines"),
        pytest.param(LINES, "lines", 2, id="lines"),
        pytest.param(b"\xef\xbb\xbf" + written([EVIDENCE] * 2), "array", 2, id="array after a BOM"),
        pytest.param(written([EVIDENCE] * 3), "array", 3, id="array"),
    ],
)
def test_items_are_cut_as_the_file_holds_them(text: bytes, layout: str, count: int) -> None:
    assert layout_of(text) == layout
    chunks = [text[at : at + 7] for at in range(0, len(text), 7)]
    items = list(items_of(text, chunks))
    assert [item.index for item in items] == list(range(count))
    assert all(json.loads(item.raw) == EVIDENCE for item in items)


@pytest.mark.parametrize(
    ("data", "submissions", "frameworks"),
    [
        pytest.param(written([EVIDENCE, STATEMENT]), 1, 0, id="the first item decides"),
        pytest.param(written([STATEMENT]), 1, 0, id="statements"),
        pytest.param(gzip.compress(LINES), 2, 0, id="gzipped lines"),
        pytest.param(gzip.compress(LINES) * 2, 4, 0, id="two gzipped files, one after the other"),
        pytest.param(gzip.compress(LINES) + bytes(512), 2, 0, id="gzip that is padded"),
        pytest.param(written(PACKAGE), 0, 1, id="a framework"),
    ],
)
def test_one_way_in_for_every_format(data: bytes, submissions: int, frameworks: int) -> None:
    translation = collect(translate(data, file_name="x"))
    assert (len(translation.submissions), len(translation.frameworks)) == (submissions, frameworks)


def test_a_format_that_is_said_is_not_doubted() -> None:
    translation = collect(translate(written(STATEMENT), format="native", file_name="x"))
    assert len(translation.refused) == 1


def test_csv_goes_in_by_its_mapping() -> None:
    mapping = read_mapping(
        b'{"mapper": "m/1", "item": {"id": "{n}", "kind": "activity",'
        b' "learner": {"id": "{n}"}, "occurred_at": "2026-03-02"}}'
    )
    assert len(collect(translate(b"n\n1\n2\n", mapping=mapping)).submissions) == 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"a,b\n1,2\n", "no mapping says which column is what", id="CSV alone"),
        pytest.param(b"PK\x03\x04,", "is a workbook", id="a workbook"),
        pytest.param("a,b".encode("utf-16"), "is UTF-16", id="UTF-16"),
        pytest.param(b"# Notes\n", "is in no known format", id="prose"),
        pytest.param(gzip.compress(LINES * 99)[:-20], "ends too early", id="half a gzip"),
        pytest.param(gzip.compress(LINES) + b"more", "incorrect header", id="gzip, then no gzip"),
        pytest.param(b"\x1f\x8bnothing", "unknown compression method", id="no gzip"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, why: str) -> None:
    with pytest.raises(InvalidDocumentError, match=why):
        collect(translate(data, file_name="x"))


def test_the_original_bytes_of_a_pretty_item_are_kept() -> None:
    assert list(items_of(PRETTY, [PRETTY])) == [Item(0, PRETTY)]


def test_a_spoilt_first_line_spoils_only_itself() -> None:
    data = written(EVIDENCE)[:40] + b"\n" + LINES
    translation = collect(translate(data, file_name="x"))
    assert ([at for at, _ in translation.rejects], len(translation.submissions)) == ([0], 2)
