"""Whether the service can answer, and how far the views are behind."""

from __future__ import annotations

from typing import Literal

import msgspec
from fastapi import APIRouter, Request, Response

from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import parts

router = APIRouter(tags=["service"], responses=PROBLEMS)


class Health(msgspec.Struct, frozen=True):
    """`head` is the last position of the log; `views` how far the live views are.

    `views` is null before the engine has run once; answers about learners do not depend on it.
    """

    status: Literal["ok"]
    head: int
    views: int | None


@router.get(
    "/health", response_class=JsonBytes, summary="Is it up",
    responses=replies(Health, "It answers.", example={"status": "ok", "head": 10412, "views": 10410}),
)  # fmt: skip
def health(request: Request) -> Response:
    """Say that requests are answered: 503 where PostgreSQL does not answer. Needs no token."""
    asked = parts(request)
    return encoded(Health("ok", asked.ledger.log.head(), asked.feed.reached()))
