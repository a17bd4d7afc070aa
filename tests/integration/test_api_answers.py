"""What every HTTP answer has in common, whatever it is about."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.served import Served, item, serving


@pytest.fixture
def served(migrated: str) -> Iterator[Served]:
    with serving(migrated) as running:
        yield running


def safe(answer: httpx.Response) -> tuple[str | None, str | None]:
    return answer.headers.get("x-content-type-options"), answer.headers.get("cache-control")


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/evidence/"), ("GET", "/learners/")])
def test_nobody_is_sent_to_an_address_that_the_sender_named(
    served: Served, method: str, path: str
) -> None:
    client = served.as_role("auditor")
    answer = client.request(method, path, headers={"host": "elsewhere.example"})
    assert (answer.status_code, "location" in answer.headers) == (404, False)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/v1/providers", id="a list"),
        pytest.param("/v1/learners/00000000-0000-4000-8000-000000000001/mastery", id="a problem"),
        pytest.param("/health", id="an open route"),
        pytest.param("/openapi.json", id="a document"),
        pytest.param("/no/such/path", id="no route"),
        pytest.param("/v1/evidence", id="a path that takes POST only"),
    ],
)
def test_head_answers_as_get_without_a_body(served: Served, path: str) -> None:
    client = served.as_role("auditor")
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert whole.content
    differing = {"date"}
    assert {k: v for k, v in head.headers.items() if k not in differing} == {
        k: v for k, v in whole.headers.items() if k not in differing
    }


def test_head_of_a_stream_without_end_ends(served: Served) -> None:
    answer = served.as_role("auditor").head("/v1/changes/stream", timeout=5)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_connection_goes_on_after_head(served: Served) -> None:
    client = served.as_role("auditor")
    for _ in range(3):
        assert client.head("/v1/changes/stream").content == b""
        assert client.get("/v1/providers").status_code == 200


def test_head_does_nothing_where_only_post_is_taken(served: Served) -> None:
    _, theirs = served.as_provider()
    before = served.ledger.log.head()
    assert theirs.head("/v1/evidence").status_code == 405
    assert served.ledger.log.head() == before


def test_json_answers_are_kept_by_nobody_and_taken_for_nothing_else(served: Served) -> None:
    _, theirs = served.as_provider()
    auditor = served.as_role("auditor")
    lines = {"content-type": "application/x-ndjson"}
    answers = [
        theirs.post("/v1/evidence", json=item(1)),
        theirs.post("/v1/evidence", json={"id": "x"}),
        theirs.post("/v1/evidence", content=b"{}\n", headers=lines),
        served.client().post("/v1/evidence", json=item(2)),
        auditor.get("/v1/providers"),
        auditor.get("/v1/changes"),
        auditor.get("/no/such/path"),
    ]
    assert [one.status_code for one in answers] == [201, 400, 200, 401, 200, 200, 404]
    assert {safe(one) for one in answers} == {("nosniff", "no-store")}


@pytest.mark.parametrize("path", ["/openapi.json", "/asyncapi.json"])
def test_documents_that_are_the_same_for_everybody_may_be_cached(served: Served, path: str) -> None:
    answer = served.client().get(path)
    assert answer.status_code == 200
    assert safe(answer) == ("nosniff", None)
