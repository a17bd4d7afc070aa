"""`mastery settings`: what is set, and what each setting means."""

from __future__ import annotations

import typer
from pydantic import SecretStr

from api.cli.session import screen, session
from ledger.config import PREFIX, Settings

HIDDEN = "(set, not shown)"


def settings(context: typer.Context) -> None:
    """List every setting with the value it has now.

    A setting is an environment variable; docs/settings.md says what each means. Secrets are not
    shown. A connection string may hold a password, so it is a secret too.

    Example:
        MASTERY_PORT=9000 mastery settings
    """
    found = session(context).settings
    for name in Settings.model_fields:
        screen.out(f"{PREFIX}{name.upper()}={_shown(getattr(found, name))}")


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else ""
    return str(value)
