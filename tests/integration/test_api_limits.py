"""What the service does not take: too much, too deep, or not evidence at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.served import EVIDENCE, NDJSON, Served, item, lines, serving


def test_the_service_takes_items_up_to_its_limits(database: str) -> None:
    limits = {
        "body_bytes_max": 4096,
        "item_bytes_max": 1024,
        "batch_items_max": 3,
        "json_depth_max": 8,
    }
    with serving(database, **limits) as small:
        _, client = small.as_provider()
        many = client.post(EVIDENCE, json=[{"id": str(number)} for number in range(4)])
        assert many.status_code == 413
        large = client.post(EVIDENCE, json=[item(narrative="x" * 5000)])
        assert large.status_code == 413
        assert large.headers["content-type"] == "application/problem+json"
        long = client.post(
            EVIDENCE, content=lines([item(narrative="x" * 2000), item()]), headers=NDJSON
        )
        statuses = [json.loads(line)["status"] for line in long.text.splitlines()]
        assert statuses == ["rejected", "accepted", "complete"]
        deep: Any = 1
        for _ in range(9):
            deep = [deep]
        answer = client.post(EVIDENCE, json=[item(extensions={"deep": deep})])
        assert "nested deeper than 8 levels" in answer.text
        steward = small.as_role("steward").post(
            "/v1/providers", json={"name": "x" * 5000, "kind": "lms"}
        )
        assert steward.status_code == 413


def test_an_array_of_far_too_many_tiny_items_is_refused_before_it_is_cut(served: Served) -> None:
    _, client = served.as_provider()
    body = b"[" + b",".join([b"1"] * 1_000_000) + b"]"
    answer = client.post(EVIDENCE, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(b"", "application/json", 400, id="nothing"),
        pytest.param(b'{"id": ', "application/json", 400, id="cut off"),
        pytest.param(b"[1, 2", "application/json", 400, id="an array cut off"),
        pytest.param(b"\xff\xfe", "application/json", 400, id="not UTF-8"),
        pytest.param(b"[" * 100_000, "application/json", 400, id="nothing but brackets"),
        pytest.param(
            b"[]" * 80 + b'"' + b'\\"' * 500_000, "application/json", 400, id="a string without end"
        ),
        pytest.param(b"<x/>", "application/xml", 415, id="XML"),
    ],
)
def test_a_body_that_is_no_evidence_is_a_problem(
    served: Served, body: bytes, content_type: str, status: int
) -> None:
    _, client = served.as_provider()
    answer = client.post(EVIDENCE, content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
