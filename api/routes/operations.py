"""For operators and integrators: metrics of this process, and the contract of the topics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.auth import Operations
from api.openapi import PROBLEMS, JsonBytes, replies
from api.parts import Parts, parts
from consumers import contract, metrics, outbox

router = APIRouter(tags=["service"], responses=PROBLEMS)

_CONTRACT = contract.encoded()


@router.get(
    "/metrics", response_class=Response, summary="Metrics, as Prometheus reads them",
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)  # fmt: skip
def show_metrics(request: Request, _caller: Operations) -> Response:
    """Say how far log, views and feed are, and count what this process did; nobody is named."""
    _measure(parts(request))
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


@router.get(
    "/asyncapi.json", response_class=JsonBytes, summary="The contract of the Kafka topics",
    responses=replies(
        dict[str, Any], "An AsyncAPI 3 document, with the JSON Schema of each payload."
    ),
)  # fmt: skip
def asyncapi() -> Response:
    """Give the AsyncAPI 3 document; needs no token."""
    return JsonBytes(_CONTRACT)


def _measure(asked: Parts) -> None:
    with outbox.connected(asked.ledger.conninfo) as connection:
        metrics.LOG_POSITION.set(outbox.facts_head(connection))
        metrics.FEED_SEQUENCE.set(outbox.changes_head(connection))
    metrics.VIEWS_POSITION.set(asked.feed.reached() or 0)
    metrics.DEAD_LETTERS.set(asked.ledger.webhooks.dead_letter_count())
