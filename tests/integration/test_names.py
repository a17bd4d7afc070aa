"""Names, labels, reasons and ids that say nothing, or that no page can show, are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.errors import InvalidDocumentError
from tests.ledgers import opened
from tests.served import Served, item, serving

CONTROL = "holds a control character"
BAD = [
    pytest.param(" ", "is blank", id="blank"),
    pytest.param("a\0b", CONTROL, id="U+0000"),
    pytest.param("a\x1bb", CONTROL, id="escape"),
]


@pytest.fixture
def served(migrated: str) -> Iterator[Served]:
    with serving(migrated) as running:
        yield running


@pytest.mark.parametrize(("text", "why"), BAD)
def test_over_http_every_body_names_the_member(served: Served, text: str, why: str) -> None:
    steward = served.as_role("steward")
    provider, theirs = served.as_provider()
    at = f"/v1/providers/{provider}"
    webhook = {"url": "https://93.184.216.34/", "label": text}
    refused: list[tuple[Any, str, dict[str, Any], str]] = [
        (steward, "/v1/providers", {"name": text, "kind": "lms"}, "/name"),
        (steward, f"{at}/grants", {"grant": text}, "/grant"),
        (steward, f"{at}/grants", {"grant": "g", "reason": text}, "/reason"),
        (steward, f"{at}/suspension", {"reason": text}, "/reason"),
        (theirs, "/v1/enrolments", {"id": text, "learner": {"id": "S-1"}}, "/id"),
        (theirs, "/v1/enrolments", {"id": "e", "learner": {"id": "S-1"}, "school": text}, "/school"),
        (steward, "/v1/webhooks", webhook, "/label"),
    ]  # fmt: skip
    for client, path, body, pointer in refused:
        answer = client.post(path, json=body)
        assert answer.status_code == 400, (path, answer.text)
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["reason"]) == (pointer, why), path


@pytest.mark.parametrize("text", [" ", "a\x1bb"])
def test_evidence_is_not_withdrawn_for_no_reason(served: Served, text: str) -> None:
    _, theirs = served.as_provider()
    sent = theirs.post("/v1/evidence", json=item()).json()["evidence"]
    answer = theirs.post(f"/v1/evidence/{sent}/withdrawal", json={"reason": text})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/reason"


@pytest.mark.parametrize(("text", "why"), BAD)
def test_a_token_s_label_is_looked_at_by_whoever_issues_it(
    migrated: str, text: str, why: str
) -> None:
    with (
        opened(migrated) as ledger,
        pytest.raises(InvalidDocumentError, match=f"token: /label: {why}"),
    ):
        ledger.access.issue("reader", label=text)
