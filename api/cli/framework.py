"""`mastery framework`: what learning is judged against."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.files import Reading, existing, why_refused
from api.cli.learner import Json
from api.cli.session import complaints, screen, session, show_json, show_rows
from api.cli.teaching import command, group
from ledger.errors import Reject
from ledger.service import Ledger
from ledger.standards.translation import Refused
from projections.carrying import unmapped

app = group("framework", "Frameworks of competencies.")

REASONS_SHOWN_MAX = 20


@command(app, "import")
def import_frameworks(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="CASE 1.0 or 1.1 packages, or CTDL-ASN.")],
) -> int:
    """Publish CASE packages, each as its framework's new version.

    The same package again changes nothing. Parts that are wrong are left out and listed, with exit
    code 1; the rest stands.

    Example:
        mastery framework import welding.json plumbing.json
    """
    asked = session(context)
    found = [existing(path) for path in files]
    reading = Reading.asked(asked.settings, now=datetime.now(UTC), form=None, mapping=None)
    with asked.ledger() as ledger:
        refused = sum(_import(ledger, path, reading) for path in found)
    return 1 if refused else 0


def _import(ledger: Ledger, path: Path, reading: Reading) -> int:
    refused: list[Refused] = []
    published = 0
    for one in reading.outcomes(path):
        if isinstance(one, Refused):
            refused.append(one)
            continue
        for fact in one.frameworks:
            receipt = ledger.publish_framework(fact, document=one.raw)
            published += 1
            screen.out(
                f"{path}: {'unchanged' if receipt.duplicate else 'published'} {fact.title} "
                f"({fact.framework}), {len(fact.competencies):,} competencies, "
                f"{len(fact.associations):,} associations"
            )
        if not one.frameworks:
            refused.append(Refused(one.index, b"", (Reject("", "is evidence", "a framework"),)))
            break
    if not published:
        complaints.print(f"{path}: no framework in it", markup=False)
    elif refused:
        complaints.print(f"{path}: {len(refused):,} parts left out", markup=False)
    for one in refused[:REASONS_SHOWN_MAX]:
        complaints.print(f"  {why_refused(one)}", markup=False)
    if len(refused) > REASONS_SHOWN_MAX:
        complaints.print(f"  and {len(refused) - REASONS_SHOWN_MAX:,} more", markup=False)
    return len(refused)


@command(app, "migration")
def show_migration(
    context: typer.Context,
    framework: Annotated[str, typer.Argument(help="Identifier or URI of a framework.")],
    *,
    since: Annotated[
        str | None, typer.Option(help="The old version; the one before the latest, if absent.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="The framework that succeeds it; itself, if absent.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List what carries over as well.")
    ] = False,
    plain: Json = False,
) -> None:
    """List what does not carry over from an old version of a framework to its successor.

    Example:
        mastery framework migration c6085394-d7cb-11e8-824f-0242ac160002
    """
    from api.routes.frameworks import migration_of  # the web framework is slow

    with session(context).answers() as (_, answers):
        found = migration_of(answers.registry(), framework, since=since, to=to)
    if plain:
        show_json(found)
        return
    counts = ", ".join(f"{count} {how.replace('_', ' ')}" for how, count in found.counts.items())
    screen.out(f"{found.from_version[:12]} to {found.to_version[:12]}: {counts}")
    rows = [
        (
            one.how.replace("_", " "), one.code or one.competency, one.statement,
            "; ".join(f"{by.relation} by {by.crosswalk}" for by in one.by),
        )
        for one in (found.competencies if everything else unmapped(found))
    ]  # fmt: skip
    show_rows(("", "competency", "statement", "links"), rows)


@command(app, "list")
def list_frameworks(context: typer.Context) -> None:
    """List every framework in its latest version."""
    with session(context).answers() as (_, answers):
        found = answers.registry().frameworks.all_latest()
    rows = [
        (str(fact.framework), str(len(fact.competencies)), fact.version[:12], fact.title)
        for fact in found
    ]
    show_rows(("framework", "competencies", "version", "title"), rows)
