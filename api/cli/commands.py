"""Which commands there are, and where: a module is imported when its command is asked for.

Together they need the web framework, the pages, the projections and the demonstration, which take
seconds to import; `mastery --help` needs none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
import typer.main

from api.cli.teaching import TeachingGroup, command, group


class Place(NamedTuple):
    """Where a command or a group of commands is, and the first sentence of its help."""

    module: str
    name: str
    teaches: str


COMMANDS: Mapping[str, Place] = {
    "demo": Place(
        "demo", "demo",
        "Fill a ledger with sample learners, show what it knows, and serve it until Ctrl-C.",
    ),
    "serve": Place("running", "serve", "Serve the ledger over HTTP until Ctrl-C or SIGTERM."),
    "engine": Place(
        "running", "engine",
        "Follow the log and keep the live views, until Ctrl-C or SIGTERM.",
    ),
    "relay": Place(
        "downstream", "relay",
        "Send facts and changes of mastery to Kafka, each once, until Ctrl-C or SIGTERM.",
    ),
    "consume": Place(
        "downstream", "consume",
        "Take evidence from the topic evidence.submitted, until Ctrl-C or SIGTERM.",
    ),
    "work": Place(
        "downstream", "work",
        "Keep the live views as one of several workers, until Ctrl-C or SIGTERM.",
    ),
    "webhooks": Place(
        "downstream", "webhooks",
        "Deliver changes of mastery to subscribed URLs, until Ctrl-C or SIGTERM.",
    ),
    "import": Place(
        "sending", "import_files",
        "Record the evidence in files: JSON, NDJSON, CSV, or xAPI statements.",
    ),
    "translate": Place(
        "sending", "translate",
        "Show what a file would become, as one JSON object a line, without a database.",
    ),
    "check": Place("checking", "check", "Read the whole log again and prove it."),
    "rebuild": Place(
        "checking", "rebuild",
        "Build the views anew from the log, beside those in use, then switch.",
    ),
    "rejects": Place("checking", "rejects", "List what was refused, and why."),
    "settings": Place("settings", "settings", "List every setting with the value it has now."),
    "framework": Place("framework", "app", "Frameworks of competencies."),
    "provider": Place("provider", "app", "Providers and their authority."),
    "token": Place("token", "app", "Issue, list and revoke tokens."),
    "policy": Place("policy", "app", "When a competency counts as mastered."),
    "crosswalk": Place(
        "equivalence", "app", "What evidence counts for elsewhere, and who agreed to it."
    ),
    "assessment": Place(
        "equivalence", "assessments", "Instruments on record, and who vouches for them."
    ),
    "pathway": Place("pathway", "app", "Programmes of study, and how far a learner is on one."),
    # The module that adds the last commands of the group to those of `learner`.
    "learner": Place("learner_identity", "app", "What a learner has shown, and why."),
    "report": Place("report", "app", "Lists and figures over many learners."),
}  # fmt: skip


class Commands(TeachingGroup):
    """The root of all commands; shows them without importing them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name them in the order of the table."""
        _ = ctx
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command; None if there is none of that name."""
        _ = ctx
        place = COMMANDS.get(cmd_name)
        return None if place is None else _imported(cmd_name, place)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List them, with what each does."""
        _ = ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.teaches) for name, place in COMMANDS.items()])


def _imported(name: str, place: Place) -> Any:
    found = getattr(import_module(f"api.cli.{place.module}"), place.name)
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    alone = group("mastery", "")
    command(alone, name)(found)
    return typer.main.get_group(alone).commands[name]
