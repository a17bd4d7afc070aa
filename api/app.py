"""The application: routes over one ledger."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI

from api import handlers, openapi, reference
from api.auth import Guard
from api.intake import Intake
from api.parts import Parts
from api.quick import QuickApp
from api.routes import ROUTERS, STREAMING
from api.tail import Tail
from ledger.clock import Clock, utc_now
from ledger.config import Settings
from ledger.service import Ledger
from projections.answers import Answers
from projections.feed import Feed


def create_app(
    ledger: Ledger,
    settings: Settings,
    *,
    answers: Answers,
    clock: Clock = utc_now,
) -> FastAPI:
    """Put the routes over a ledger; the caller opens and closes it."""
    app = QuickApp(
        title="Mastery Ledger",
        version=version("mastery-ledger"),
        description=openapi.DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        # To an address made of the Host header, which is the sender's to choose.
        redirect_slashes=False,
        # Looked for at every request; what operators see of this service is at /metrics.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.parts = Parts(
        ledger=ledger,
        answers=answers,
        feed=Feed(ledger),
        tail=Tail(ledger.conninfo),
        intake=Intake(ledger, settings, clock),
        settings=settings,
        clock=clock,
    )
    app.state.guard = Guard(ledger.access.holder)
    handlers.install(app)
    openapi.install(app)
    app.add_route("/docs", reference.reference, include_in_schema=False)
    for router in STREAMING:
        app.include_router(router)
    for router in ROUTERS:
        app.include_router(router, max_body_size=settings.body_bytes_max)
    return app
