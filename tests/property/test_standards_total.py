"""Whatever comes in, every item ends as exactly one outcome and nothing raises."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.evidence import Submission
from ledger.errors import InvalidDocumentError
from ledger.standards import native, xapi
from ledger.standards.case import read_case
from ledger.standards.csv_mapping import CsvMapping, read_mapping
from ledger.standards.csv_rejects import write_rejects
from ledger.standards.csv_rows import read_csv
from ledger.standards.ctdl_asn import read_ctdl_asn
from ledger.standards.detect import translate
from ledger.standards.items import Item
from ledger.standards.json_text import value_of
from ledger.standards.translation import Outcome, Refused, Translated, collect
from tests.unit.standards.samples import EVIDENCE, PACKAGE, STATEMENT

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["2026-03-02", "2026-03-02T10:15:00Z", "http://x.y/z", "mailto:a@b.c", "Agent"]
    )
)
NAMES = st.text(max_size=5) | st.sampled_from(sorted({*EVIDENCE, *STATEMENT, *PACKAGE}))
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
MAPPING: CsvMapping = read_mapping(
    b'{"mapper": "m/1", "item": {"id": "{a}", "kind": "activity", "learner": {"id": "{b}"},'
    b' "occurred_at": "{c}", "hours": "{d}"}, "times": {"/occurred_at": {"format": "%d.%m.%Y"}}}'
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(place for step, each in inner for place in places_in(each, (*path, step)))]


@st.composite
def mutations(draw: st.DrawFn, document: dict[str, Any]) -> Any:
    """Draw a valid document with one to three places set to anything, or taken out."""
    mutated = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        *steps, last = draw(st.sampled_from([place for place in places_in(mutated) if place]))
        held = mutated
        for step in steps:
            held = held[step]
        if draw(st.booleans()) and isinstance(held, dict):
            del held[last]
            if not mutated:
                return mutated
        else:
            held[last] = draw(JSON)
    return mutated


def encoded(value: object) -> bytes:
    return json.dumps(value).encode("utf-8", "replace")


def check_one(item: Item, outcome: Translated | Refused) -> None:
    assert (outcome.index, outcome.raw) == (item.index, item.raw)
    if isinstance(outcome, Refused):
        assert outcome.rejects
        assert all(
            reject.why and (not reject.where or reject.where[0] == "/")
            for reject in outcome.rejects
        )
    else:
        assert outcome.submissions or outcome.withdrawals


@given(JSON | mutations(EVIDENCE))
def test_any_json_is_evidence_or_is_refused(value: object) -> None:
    item = Item(7, encoded(value))
    check_one(item, native.outcome_of(item))


@given(JSON | mutations(EVIDENCE))
def test_a_decoded_value_is_judged_like_its_text(value: object) -> None:
    found = native.translate_native(value_of(encoded(value)))
    assert isinstance(found, Submission) or found


@given(JSON | mutations(STATEMENT))
@settings(max_examples=300)
def test_any_json_is_a_statement_or_is_refused(value: object) -> None:
    item = Item(7, encoded(value))
    check_one(item, xapi.outcome_of(item))


@given(
    st.binary(max_size=60)
    | st.builds(bytes.__add__, st.sampled_from([b"[", b'{"', b"{"]), st.binary())
)
def test_any_bytes_are_refused_or_understood(data: bytes) -> None:
    item = Item(0, data)
    for read in (native.outcome_of, xapi.outcome_of):
        check_one(item, read(item))
    for read_document in (read_case, read_ctdl_asn):
        assert collect(read_document(data)).refused


@given(JSON | mutations(PACKAGE))
def test_each_part_of_a_package_is_taken_or_refused_once(value: object) -> None:
    translation = collect(read_case(encoded(value)))
    outcomes: list[Outcome] = [*translation.translated, *translation.refused]
    assert len({each.index for each in outcomes}) == len(outcomes)
    for framework in translation.frameworks:
        assert isinstance(value, dict)
        parts = sum(
            len(value.get(name) or ()) for name in ("CFItems", "CFAssociations", "CFRubrics")
        )
        taken = len(framework.competencies) + len(framework.associations)
        assert taken + len(translation.refused) == parts


@given(JSON)
def test_any_graph_is_taken_or_refused(value: object) -> None:
    for document in (value, {"@graph": value}):
        translation = collect(read_ctdl_asn(encoded(document)))
        assert translation.translated or translation.refused


@given(st.lists(st.lists(st.text(max_size=8), max_size=6), max_size=8), st.binary(max_size=30))
def test_any_csv_is_read_row_by_row(rows: list[list[str]], tail: bytes) -> None:
    text = "a,b,c,d\n" + "\n".join(",".join(cells) for cells in rows)
    translation = collect(read_csv([text.encode("utf-8", "replace") + tail], MAPPING))
    outcomes: list[Outcome] = [*translation.translated, *translation.refused]
    assert sorted(each.index for each in outcomes) == list(range(len(outcomes)))
    again = "".join(write_rejects(translation.refused, MAPPING))
    if translation.refused:
        assert again.startswith("a,b,c,d,rejected_row,rejected_because")


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused_whole(data: bytes) -> None:
    with suppress(InvalidDocumentError):
        outcomes = list(translate(data))
        assert all(isinstance(each, Translated | Refused) for each in outcomes)
