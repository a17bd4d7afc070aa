"""Putting the pages beside the API, over the same ledger."""

from __future__ import annotations

from fastapi import FastAPI

from api.web import entry, evidence, history, learners, operations, transcript
from api.web.replays import Replays
from api.web.session import Sessions

ROUTERS = (
    entry.router, learners.router, transcript.router, history.router, evidence.router,
    operations.router,
)  # fmt: skip


def mount(app: FastAPI, *, session_key: bytes) -> None:
    """Add the pages to an application that has its parts and its guard.

    `session_key` (32 bytes) signs cookies; several processes need the same one.
    """
    app.state.web_sessions = Sessions(session_key)
    app.state.web_replays = Replays()
    for router in ROUTERS:
        app.include_router(router)
