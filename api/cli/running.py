"""`mastery serve` and `mastery engine`: the long-running commands."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.session import screen, session
from consumers import metrics
from consumers.reporting import reporting

NO_PORT = -1


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="Address to listen on; MASTERY_HOST, where absent.")
    ] = "",
    *,
    port: Annotated[
        int, typer.Option(help="Port to listen on, 0 for any free one; MASTERY_PORT, where absent.")
    ] = NO_PORT,
    processes: Annotated[
        int, typer.Option(min=0, help="Processes that answer; MASTERY_SERVE_PROCESSES, where 0.")
    ] = 0,
    with_engine: Annotated[
        bool, typer.Option("--engine/--no-engine", help="Keep the live views here too.")
    ] = True,
    with_pages: Annotated[
        bool, typer.Option("--pages/--no-pages", help="Serve the pages for people.")
    ] = True,
) -> None:
    """Serve the ledger over HTTP until Ctrl-C or SIGTERM.

    Without MASTERY_DATABASE_URL it starts a PostgreSQL of its own in MASTERY_DATA_DIR. It listens
    on this machine only, unless told otherwise: put a proxy that ends TLS in front.

    Examples:
        mastery serve
        mastery serve --port 9000 --no-engine      # and `mastery engine` elsewhere
        mastery serve --processes 4                # on four cores
        MASTERY_DATABASE_URL=postgresql://ledger@db/ledger mastery serve --host 0.0.0.0
    """
    from api.server import serve as run  # other commands need no web server

    asked = session(context)
    given: dict[str, object] = {"host": host} if host else {}
    given |= {"port": port} if port != NO_PORT else {}
    given |= {"serve_processes": processes} if processes else {}
    listening = asked.settings.model_copy(update=given)
    with asked.ledger() as ledger, reporting(ledger.conninfo, "serve"):
        run(
            ledger, listening, engine=with_engine, pages=with_pages,
            ready=lambda address: screen.out(f"listening on {address}"),
        )  # fmt: skip
    screen.out("stopped")


def engine(context: typer.Context) -> None:
    """Follow the log and keep the live views, until Ctrl-C or SIGTERM.

    `mastery serve` does so itself, unless told not to. Several engines may run: one writes, and
    another goes on when it ends.

    Example:
        mastery engine
    """
    from api.server import follow  # other commands need no web server

    asked = session(context)
    with (
        asked.ledger() as ledger, metrics.served(asked.settings.metrics_port),
        reporting(ledger.conninfo, "engine"),
    ):  # fmt: skip
        screen.out("following the log")
        follow(ledger, asked.settings)
    screen.out("stopped")
