"""Help that keeps its lines: examples are shown as they are typed, not wrapped into a paragraph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

Command = TypeVar("Command", bound=Callable[..., Any])
EXIT_USAGE = 2
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class TeachingCommand(TyperCommand):
    """A command whose help is its docstring, line for line."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write the lines as they stand."""
        _ = ctx
        _write(self.help, formatter)


class TeachingGroup(TyperGroup):
    """A group whose help keeps its lines."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Without a command, show which there are."""
        if not args:
            typer.echo(ctx.get_help())
            ctx.exit(EXIT_USAGE)
        return super().parse_args(ctx, args)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write the lines as they stand."""
        _ = ctx
        _write(self.help, formatter)


def _write(text: str | None, formatter: Any) -> None:
    formatter.write("\n")
    for line in (text or "").strip().splitlines():
        formatter.write(f"  {line}".rstrip() + "\n")


def group(name: str, teaches: str, *, shown_by: type[TeachingGroup] = TeachingGroup) -> typer.Typer:
    """Make a group of commands."""
    return typer.Typer(
        name=name, help=teaches, cls=shown_by, rich_markup_mode=None,
        add_completion=False, pretty_exceptions_enable=False, context_settings=HELP_OPTIONS,
    )  # fmt: skip


def command(app: typer.Typer, name: str) -> Callable[[Command], Command]:
    """Add a command to a group; its docstring is its help."""
    return app.command(name, cls=TeachingCommand, context_settings=HELP_OPTIONS)
