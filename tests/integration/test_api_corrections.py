"""Corrections that go back to what was said before, as docs/api.md says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.served import Served, item, serving


@pytest.fixture
def served(migrated: str) -> Iterator[Served]:
    with serving(migrated) as running:
        yield running


def test_going_back_to_earlier_content_needs_another_version(served: Served) -> None:
    _, theirs = served.as_provider()
    evidence = theirs.post("/v1/evidence", json=item()).json()["evidence"]

    def correct(score: int, **others: Any) -> dict[str, Any]:
        said = item(result={"score": score, "max": 100}, **others)
        path = f"/v1/evidence/{evidence}/correction"
        answer = theirs.post(path, json={"reason": "misread", "evidence": said})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def stands() -> str:
        found: str = theirs.get(f"/v1/evidence/{evidence}").json()["evidence"]["result"]["score"]
        return found

    first, second = correct(40), correct(60)
    again = correct(40)
    assert (first["status"], second["status"], again["status"]) == (
        "accepted", "accepted", "duplicate",
    )  # fmt: skip
    assert again["position"] == first["position"]
    assert stands() == "60"
    assert correct(40, version="back")["status"] == "accepted"
    assert stands() == "40"
