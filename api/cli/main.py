"""`mastery`: the one console command."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from api.cli.commands import Commands
from api.cli.session import (
    EXIT_FAILED,
    Session,
    UsageError,
    complain,
    complain_of,
    settings_with,
)
from api.cli.teaching import group
from ledger.collecting import look_seldom
from ledger.errors import InvalidDocumentError, LedgerError

EXIT_STOPPED = 130

HELP = """\
A ledger of learning: evidence in, mastery out, and a reason for every answer.

See it at work, with sample learners:
    mastery demo

Start one on an empty machine (it brings its own PostgreSQL):
    mastery serve

Let a provider submit, and take in a file of its evidence:
    mastery provider add "Riverside Welding" --kind employer --all-authority
    mastery import hours.csv --mapping hours.json --provider "Riverside Welding"

See what a learner has shown, and why:
    mastery learner mastery LEARNER

Settings are MASTERY_ variables: `mastery settings` lists them.
"""

app = group("mastery", HELP, shown_by=Commands)


@app.callback()
def before(
    context: typer.Context,
    database_url: Annotated[
        str | None,
        typer.Option(help="PostgreSQL of the ledger, in place of MASTERY_DATABASE_URL."),
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option(help="Data folder, in place of MASTERY_DATA_DIR.")
    ] = None,
) -> None:
    """Read the settings; the command itself comes next."""
    env: Mapping[str, str] = context.obj
    context.obj = Session(settings_with(env, database_url=database_url, data_dir=data_dir))


def run(arguments: Sequence[str] | None = None, *, env: Mapping[str, str]) -> int:
    """Run one command and give its exit code: 0 done, 1 failed or something refused, 2 usage."""
    try:
        found = app(arguments, prog_name="mastery", standalone_mode=False, obj=env)
    except TyperException as error:
        return complain(error.format_message() or "see --help", error.exit_code)
    except (UsageError, InvalidDocumentError) as error:
        return complain_of(error)
    except LedgerError as error:
        return complain(str(error), EXIT_FAILED)
    except OSError as error:
        if error.filename is None:
            raise  # about no file that was named
        return complain(f"{error.filename}: {error.strerror}", EXIT_FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return complain("stopped", EXIT_STOPPED)
    return found if isinstance(found, int) else 0


def main() -> None:
    """Run the command of this process."""
    look_seldom()
    sys.exit(run(env=os.environ))
