"""What every command works with: the settings, the ledger, and a screen to write to."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import msgspec
import typer
from rich.console import Console

from api.cli.teaching import EXIT_USAGE
from ledger.config import Settings
from ledger.domain.ids import ProviderId
from ledger.errors import InvalidDocumentError, UnknownProviderError

if TYPE_CHECKING:
    from ledger.service import Ledger
    from projections.answers import Answers

Processes = Annotated[
    int | None,
    typer.Option(
        min=1, max=64, help="Processes that share the log; else as many as the settings say."
    ),
]

EXIT_FAILED = 1

screen = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


class UsageError(Exception):
    """The command was called in a way that cannot be meant; exit code 2."""


def complain(sentence: str, code: int) -> int:
    """Say on the standard error what was wrong, and give the exit code."""
    complaints.print(f"mastery: {sentence}", markup=False)
    return code


def complain_of(error: UsageError | InvalidDocumentError) -> int:
    """Say what was wrong with the call, or with a document as a whole."""
    if isinstance(error, UsageError):
        return complain(str(error), EXIT_USAGE)
    for reject in error.rejects[1:]:
        place = reject.where or "(document)"
        complaints.print(f"  {place}: {reject.why}{reject.remedy}", markup=False)
    remedy = error.rejects[0].remedy if error.rejects else ""
    return complain(f"{error}{remedy}", EXIT_FAILED)


class Session:
    """The settings of this call; a ledger is opened by the commands that need one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @contextmanager
    def ledger(self) -> Generator[Ledger]:
        """Open the ledger for one command."""
        from ledger.service import Ledger  # help, usage and files need no database
        from ledger.store.database import once_up

        # A process that starts while the server goes down waits for it, as one that runs does.
        given = self.settings
        with once_up(lambda: Ledger.open(given), timeout_s=given.append_retry_s) as ledger:
            yield ledger

    @contextmanager
    def answers(self) -> Generator[tuple[Ledger, Answers]]:
        """Open the ledger, with what it means."""
        from projections.answers import Answers  # seldom needed, slow to import

        with self.ledger() as ledger:
            yield ledger, Answers(ledger)


def session(context: typer.Context) -> Session:
    """Give the session of this call."""
    found = context.find_object(Session)
    assert found is not None
    return found


def settings_with(
    env: Mapping[str, str], *, database_url: str | None, data_dir: str | None
) -> Settings:
    """Read the settings, with what was given as options before them.

    Raises:
        SettingError: a setting is unknown or cannot be read.
    """
    given = {"MASTERY_DATABASE_URL": database_url, "MASTERY_DATA_DIR": data_dir}
    return Settings.read({**env, **{name: text for name, text in given.items() if text}})


def provider_named(answers: Answers, name: str) -> ProviderId:
    """Find a provider by name or id.

    Raises:
        UnknownProviderError: there is none.
    """
    for provider, fact in answers.registry().providers.items():
        if fact.name == name or str(provider) == name.lower():
            return provider
    raise UnknownProviderError(name)


def uuid_of(text: str, what: str) -> UUID:
    """Read an id.

    Raises:
        UsageError: it is not one.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise UsageError(f"{text} is not a {what} id (a UUID)") from error


def show_rows(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows under their names, in columns that other programs can split at two spaces."""
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    for row in (names, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        screen.out("  ".join(cells).rstrip(), highlight=False)


def show_json(value: object) -> None:
    """Write a value as indented JSON, for other programs to read."""
    screen.out(msgspec.json.format(msgspec.json.encode(value), indent=2).decode(), highlight=False)
