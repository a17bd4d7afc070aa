"""`mastery token`: who may ask."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import Enum
from typing import Annotated

import typer

from api.cli.learner import Json
from api.cli.session import UsageError, provider_named, screen, session, show_json, show_rows
from api.cli.teaching import command, group

app = group("token", "Issue, list and revoke tokens.")


class RoleName(str, Enum):
    """What a token may do; docs/api.md says what each role opens."""

    provider = "provider"
    reader = "reader"
    auditor = "auditor"
    steward = "steward"
    operator = "operator"


@command(app, "issue")
def issue(
    context: typer.Context,
    role: Annotated[RoleName, typer.Option(help="What it may do.")],
    label: Annotated[str, typer.Option(help="Whom it is for; shown in the access record.")] = "",
    provider: Annotated[
        str | None, typer.Option(help="Name or id; for the role provider, and only for it.")
    ] = None,
) -> None:
    """Make a token and print it, this once. Only its hash is kept.

    provider   submits evidence as one provider, and reads its own
    reader     reads records
    auditor    reads everything, and changes nothing
    steward    also keeps providers, frameworks and policies
    operator   runs the service, and reads no record

    Examples:
        mastery token issue --role auditor --label "State auditor, spring"
        mastery token issue --role provider --provider "Riverside Welding"
    """
    if (role is RoleName.provider) != (provider is not None):
        raise UsageError("--provider goes with --role provider, and only with it")
    with session(context).answers() as (ledger, answers):
        found = provider_named(answers, provider) if provider is not None else None
        token = ledger.access.issue(
            role.value, label=label or provider or role.value, provider=found
        )
    screen.out(token)


@command(app, "list")
def list_tokens(
    context: typer.Context,
    *,
    provider: Annotated[
        str | None, typer.Option(help="Name or id of a provider: only its tokens.")
    ] = None,
    plain: Json = False,
) -> None:
    """List the tokens that were made: whom each is for, and since when it opens nothing.

    Example:
        mastery token list --provider "Riverside Welding"
    """
    with session(context).answers() as (ledger, answers):
        whose = provider_named(answers, provider) if provider is not None else None
        found = ledger.access.issued(whose)
    if plain:
        show_json(found)
        return
    rows = [
        (one.id, one.role, one.label, one.created_at.isoformat(), _since(one.revoked_at))
        for one in found
    ]
    show_rows(("id", "role", "label", "made", "revoked"), rows)


def _since(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()


@command(app, "revoke")
def revoke(
    context: typer.Context,
    given: Annotated[
        str | None,
        typer.Argument(metavar="TOKEN", help="The token; read from the standard input if absent."),
    ] = None,
    *,
    name: Annotated[
        str | None, typer.Option("--id", help="Its id in `mastery token list`, in its place.")
    ] = None,
) -> int:
    """Let a token open nothing any more. Running services notice within seconds.

    Examples:
        mastery token revoke < lost-token.txt
        mastery token revoke --id 2c26b46b68ffc68f
    """
    if given is not None and name is not None:
        raise UsageError("give the token or its --id, not both")
    with session(context).ledger() as ledger:
        if name is not None:
            ledger.access.revoke_named(name)
        elif not ledger.access.revoke(given or sys.stdin.readline().strip()):
            raise UsageError("there is no such token, or it was revoked before")
    screen.out("revoked")
    return 0
