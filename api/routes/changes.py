"""The feed of changes, for downstream systems: every change of mastery once, in order."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from api.auth import RecordsReader
from api.openapi import PROBLEMS, JsonBytes, encoded, replies
from api.parts import parts
from projections.feed import FeedEntry

router = APIRouter(prefix="/v1", tags=["changes"], responses=PROBLEMS)

PAGE_ITEMS = 500


class ChangesPage(msgspec.Struct, frozen=True):
    """Changes in order; go on with `after` set to `next`, which stays the same at the end."""

    items: list[FeedEntry]
    next: int


@router.get(
    "/changes", response_class=JsonBytes, summary="Read the feed of changes",
    responses=replies(ChangesPage, "Oldest first; an empty page is the end so far."),
)  # fmt: skip
def changes(
    request: Request,
    _caller: RecordsReader,
    after: Annotated[int, Query(ge=0, description="Sequence number of the last change seen.")] = 0,
    limit: Annotated[int, Query(ge=1, description="Most items in the page.")] = PAGE_ITEMS,
) -> Response:
    """Read on after the last change seen; from 0, everything there ever was.

    Keep `next` with what you made of the page, in one transaction, and you see each change once.
    """
    asked = parts(request)
    limit = min(limit, asked.settings.page_items_max)
    items = asked.feed.after(after, limit=limit)
    return encoded(ChangesPage(items, items[-1].sequence if items else after))
