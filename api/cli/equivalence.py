"""`mastery crosswalk`: what else counts, and who agreed to it."""

from __future__ import annotations

import typer

from api.cli.session import session, show_json, show_rows
from api.cli.teaching import command, group
from api.routes.equivalences import crosswalk_out

app = group("crosswalk", "What evidence counts for elsewhere, and who agreed to it.")


@command(app, "list")
def list_crosswalks(context: typer.Context) -> None:
    """List every crosswalk: whether it counts, who signed, and whom it waits for."""
    with session(context).answers() as (_, answers):
        found = list(answers.registry().equivalences.crosswalks())
    rows = [
        (
            published.crosswalk,
            "counts" if standing.counts() else "withdrawn" if standing.withdrawn else "waits",
            ", ".join(standing.signed) or "nobody",
            ", ".join(role for role in published.needs if role not in standing.signed),
            published.title,
        )
        for published, standing in found
    ]
    show_rows(("crosswalk", "", "signed by", "waits for", "title"), rows)


@command(app, "show")
def show(
    context: typer.Context,
    crosswalk: str = typer.Argument(help="Id of a crosswalk."),
) -> None:
    """Print a crosswalk with its links and signatures, as JSON."""
    with session(context).answers() as (_, answers):
        found = crosswalk_out(answers.registry(), crosswalk)
    show_json(found)
