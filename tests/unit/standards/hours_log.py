"""A supervisor's log of hours as CSV, and its mapping: what the tests of CSV read."""

from __future__ import annotations

import json
from typing import Any

from ledger.domain.evidence import Evidence
from ledger.standards.csv_mapping import CsvMapping, read_mapping
from ledger.standards.csv_rows import read_csv
from ledger.standards.translation import Translation, collect

MAPPING: dict[str, Any] = {
    "mapper": "hours/1",
    "item": {
        "id": "{No}",
        "kind": "work_based_learning",
        "learner": {"id": "{Student}", "name": "{First} {Last}"},
        "occurred_at": "{Day}",
        "hours": "{Hours}",
        "alignments": [
            {"competency": "W.1", "result": {"level": "{W1}", "scale": ["Low", "High"]}},
            {"competency": "W.2", "result": {"level": "{W2}", "scale": ["Low", "High"]}},
        ],
        "context": {"site": "{Site}", "equipment": "{Tools}"},
    },
    "times": {"/occurred_at": {"format": "%m/%d/%Y", "zone": "America/Chicago"}},
    "values": {"W2": {"1": "Low", "2": "High", "-": None}},
    "lists": {"Tools": "/"},
    "ignore": ["Bus"],
}
HEADER = "No,Student,First,Last,Day,Hours,W1,W2,Site,Tools,Bus,Mood\r\n"
ROW = "1,S-1,Ana,Ruiz,03/02/2026,7.5,High,2,Plant 2,saw/drill,12,good\r\n"


def mapping(**changes: object) -> CsvMapping:
    return read_mapping(json.dumps({**MAPPING, **changes}).encode())


def read(text: str | bytes, using: CsvMapping | None = None) -> Translation:
    data = text.encode() if isinstance(text, str) else text
    return collect(read_csv([data], using or mapping(), file_name="log.csv"))


def row(**changes: str) -> str:
    cells = dict(zip(HEADER.strip().split(","), ROW.strip().split(","), strict=True)) | changes
    return ",".join(cells.values()) + "\r\n"


def only(translation: Translation) -> Evidence:
    assert translation.refused == ()
    ((_, submission),) = translation.submissions
    return submission.evidence
