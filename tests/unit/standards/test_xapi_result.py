"""What GET /statements of a record store gives is taken as it is (xAPI 1.0.3 part three, 2.1.3)."""

from __future__ import annotations

import gzip
import json

import pytest

from ledger.standards import xapi
from ledger.standards.detect import format_of, translate
from ledger.standards.items import Item
from ledger.standards.translation import Translation, collect
from ledger.standards.xapi_result import page_of, unwrapped
from tests.unit.standards.samples import EVIDENCE, STATEMENT, written

OTHER = STATEMENT | {"id": "8ced3322-e1a5-411a-a67d-6a735c76f119"}
PAGE = {"statements": [STATEMENT, OTHER], "more": ""}
MORE = {"statements": [STATEMENT], "more": '/xapi/statements?from="2"'}
GONE = [("/more", "says that there are more statements, which are not in it")]


def ids(translation: Translation) -> list[str]:
    return [each.evidence.source.external_id for _, each in translation.submissions]


def faults(translation: Translation) -> list[tuple[str, str]]:
    return [(each.where, each.why) for _, each in translation.rejects]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(written(PAGE), id="statements, then more"),
        pytest.param(written(dict(reversed(PAGE.items()))), id="more, then statements"),
        pytest.param(written({"statements": PAGE["statements"]}), id="statements alone"),
        pytest.param(written(PAGE | {"more": None}), id="more is null"),
        pytest.param(json.dumps(PAGE, indent=2).encode(), id="over many lines"),
        pytest.param(b"\xef\xbb\xbf" + written(PAGE) + b"\n", id="after a BOM, before a new line"),
        pytest.param(gzip.compress(written(PAGE)), id="gzipped"),
        pytest.param(
            b"".join(
                written({"statements": [each], "more": ""}) + b"\n" for each in (STATEMENT, OTHER)
            ),
            id="one a line",
        ),
    ],
)
def test_the_statements_of_a_result_are_taken(data: bytes) -> None:
    translation = collect(translate(data))
    assert (ids(translation), translation.refused) == ([STATEMENT["id"], OTHER["id"]], ())
    assert [at for at, _ in translation.submissions] == [0, 1]


@pytest.mark.parametrize("data", [MORE, dict(reversed(MORE.items()))], ids=["last", "first"])
def test_a_result_that_is_not_all_says_so(data: object) -> None:
    for found in (collect(translate(written(data))), collect(xapi.read_body(written(data)))):
        assert (ids(found), faults(found)) == ([STATEMENT["id"]], GONE)
        assert faults(collect(translate(found.refused[0].raw))) == GONE


def test_a_long_result_is_taken_though_no_statement_may_be_as_long() -> None:
    data = written({"statements": [STATEMENT, OTHER, STATEMENT], "more": ""})
    translation = collect(translate(data, item_bytes_max=len(written(STATEMENT))))
    assert (len(translation.submissions), translation.refused) == (3, ())
    short = collect(translate(data, item_bytes_max=100))
    assert [each.why for _, each in short.rejects] == ["longer than 100 bytes"] * 3


def test_each_statement_is_kept_byte_for_byte() -> None:
    raw = json.dumps(STATEMENT, indent=1).encode()
    ((_, submission),) = collect(translate(b'{"statements": [ %b ]}' % raw)).submissions
    assert submission.document == raw


def test_a_result_longer_than_what_is_looked_at_is_known_by_its_beginning() -> None:
    assert format_of(written(PAGE)[:200]) == "xapi"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(written(STATEMENT), id="a statement"),
        pytest.param(written(EVIDENCE), id="our own JSON"),
        pytest.param(b'{"statements": 1}', id="no array"),
        pytest.param(b'{"statements": [], "took": 3}', id="another member"),
        pytest.param(b'{"more": "a", "statements": [], "more": "b"}', id="more twice"),
        pytest.param(
            b'{"more": "%b", "statements": []}' % (b"a" * 20_000), id="an endless address"
        ),
        pytest.param(b'{"statements": [], "more": "%b"}' % (b"a" * 20_000), id="the same, last"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_anything_else_is_no_result(text: bytes) -> None:
    assert page_of(text) is None


def test_two_arrays_under_one_name_are_not_taken_for_one() -> None:
    twice = b'{"statements": [%b], "statements": [%b]}' % (written(STATEMENT), written(OTHER))
    assert ids(collect(xapi.read_body(twice))) == []


def test_a_spoilt_result_spoils_only_itself() -> None:
    lines = (b'{"statements": [{]}', written(PAGE))
    items = [Item(at, line) for at, line in enumerate(lines)]
    translation = collect(xapi.read_xapi(unwrapped(items)))
    assert ([at for at, _ in translation.rejects], len(ids(translation))) == ([0], 2)
