"""The list of learners."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.parts import Parts, parts
from api.web import directory, finding, words
from api.web.finding import PAGE_ROWS, Listed
from api.web.rendering import PageRoute, page
from api.web.session import RecordsVisitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/learners")
def learners(
    request: Request,
    _visitor: RecordsVisitor,
    q: Annotated[str, Query(max_length=200)] = "",
    after: UUID | None = None,
) -> Response:
    """List learners by id, or those that a search found; names are opened for these rows only."""
    asked, text = parts(request), q.strip()
    found = finding.search(asked, text) if text else None
    if found is not None:
        rows, further = list(found.rows), None
    else:
        rows = directory.learner_rows(asked.ledger, after=after, limit=PAGE_ROWS + 1)
        further = rows[PAGE_ROWS - 1].learner if len(rows) > PAGE_ROWS else None
        rows = rows[:PAGE_ROWS]
    context = {
        "q": text, "found": found, "listed": _listed(asked, rows),
        "after": after, "further": further,
    }  # fmt: skip
    return page(request, "learners.html", context)


def _listed(asked: Parts, rows: list[directory.Row]) -> list[Listed]:
    ids = [row.learner for row in rows]
    opened = finding.names(asked, ids)
    states = directory.state_counts_of(asked.ledger, ids)
    return [
        Listed(
            row,
            opened.get(row.learner, ()),
            tuple((state, states[row.learner].get(state, 0)) for state in words.STATES),
        )
        for row in rows
    ]
