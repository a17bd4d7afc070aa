"""`mastery framework`: what learning is judged against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.files import why_refused
from api.cli.session import UsageError, complaints, screen, session
from ledger.service import Ledger
from ledger.standards.case import read_case
from ledger.standards.translation import Refused

app = typer.Typer(
    name="framework", help="Frameworks of competencies.", no_args_is_help=True,
    rich_markup_mode=None,
)  # fmt: skip

REASONS_SHOWN_MAX = 20


@app.command("import")
def import_frameworks(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="CASE 1.0 or 1.1 packages (JSON).")],
) -> int:
    """Publish CASE packages, each as its framework's new version.

    The same package again changes nothing. Parts that are wrong are left out and listed, with exit
    code 1; the rest stands.

    \\b
    Example:
        mastery framework import welding.json plumbing.json
    """
    for path in files:
        if not path.is_file():
            raise UsageError(f"there is no file {path}")
    refused = 0
    with session(context).ledger() as ledger:
        for path in files:
            refused += _import(ledger, path)
    return 1 if refused else 0


def _import(ledger: Ledger, path: Path) -> int:
    data = path.read_bytes()
    first, *others = read_case(data)
    refused = [one for one in (first, *others) if isinstance(one, Refused)]
    if not isinstance(first, Refused):
        (fact,) = first.frameworks
        receipt = ledger.publish_framework(fact, document=data)
        said = "unchanged" if receipt.duplicate else "published"
        screen.out(
            f"{path}: {said} {fact.title} ({fact.framework}): {len(fact.competencies):,} competencies, "
            f"{len(fact.associations):,} associations, {len(refused)} parts left out"
        )
    else:
        complaints.print(f"{path}: refused", markup=False)
    for one in refused[:REASONS_SHOWN_MAX]:
        complaints.print(f"  {why_refused(one)}", markup=False)
    if len(refused) > REASONS_SHOWN_MAX:
        complaints.print(f"  and {len(refused) - REASONS_SHOWN_MAX} more", markup=False)
    return len(refused)


@app.command("list")
def list_frameworks(context: typer.Context) -> None:
    """List every framework in its latest version."""
    table = Table("framework", "competencies", "version", "title", box=None, pad_edge=False)
    with session(context).answers() as (_, answers):
        for fact in answers.registry().frameworks.all_latest():
            table.add_row(
                fact.framework, str(len(fact.competencies)), fact.version[:12], fact.title
            )
    screen.print(table)
