"""`mastery import` and `mastery translate`: files become evidence, or what they would become."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from api.answers import Tally
from api.cli.files import EvidenceFile, outcomes, recognise, why_refused
from api.cli.rejects import RejectsFile
from api.cli.session import UsageError, complaints, provider_named, screen, session
from api.intake import Begun, hand_over, keep, settle
from ledger.config import Settings
from ledger.domain.evidence import Submission
from ledger.domain.ids import ProviderId
from ledger.errors import LedgerError
from ledger.service import Ledger
from ledger.standards.translation import Outcome, Refused

GROUP_ITEMS = 1_000
GROUPS_COMMITTING_MAX = 4
REASONS_SHOWN_MAX = 5

Files = Annotated[list[Path], typer.Argument(help="Files to read.")]
Form = Annotated[
    str | None, typer.Option("--format", help="native, xapi or csv; recognised, where absent.")
]
Mapping = Annotated[Path | None, typer.Option(help="For CSV: says which column is what.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import")(import_files)
    app.command("translate")(translate)


class _Delivery(NamedTuple):
    """One provider's way into one ledger."""

    ledger: Ledger
    settings: Settings
    provider: ProviderId


def import_files(
    context: typer.Context,
    files: Files,
    provider: Annotated[str, typer.Option(help="Name or id of the provider whose files they are.")],
    form: Form = None,
    mapping: Mapping = None,
) -> int:
    """Record the evidence in files: JSON, NDJSON, CSV, or xAPI statements.

    Importing a file twice records nothing twice. What is refused goes to FILE.rejects.ndjson, as it
    was received, with the reasons in FILE.rejects.txt: repair it and import it.

    Exit code: 0 everything is in the ledger, 1 something was refused, 2 the call was wrong.

    \\b
    Examples:
        mastery import attempts.ndjson --provider "Northside LMS"
        mastery import hours.csv --mapping hours.json --provider "Riverside Welding"
        mastery import statements.json.rejects.ndjson --provider "Northside LMS"
    """
    asked = session(context)
    recognised = [recognise(path, form=form) for path in files]
    refused = 0
    with asked.answers() as (ledger, answers):
        delivery = _Delivery(ledger, asked.settings, provider_named(answers, provider))
        for file in recognised:
            refused += _import(delivery, file, mapping)
    return 1 if refused else 0


def _import(delivery: _Delivery, file: EvidenceFile, mapping: Path | None) -> int:
    tally, started = Tally(), time.monotonic()
    with RejectsFile(file.path) as rejects, _bar() as bar:
        task = bar.add_task(file.path.name, total=file.path.stat().st_size)
        found = _outcomes(file, delivery.settings, mapping, bar, task)
        try:
            _deliver(delivery, found, rejects, tally)
        except LedgerError as error:
            complaints.print(f"{file.path}: stopped after {_counts(tally)}", markup=False)
            raise error from error
    seconds = max(time.monotonic() - started, 1e-6)
    count = tally.accepted + tally.duplicates + tally.rejected
    screen.out(f"{file.path}: {_counts(tally)} in {seconds:.1f} s ({count / seconds:,.0f}/s)")
    if rejects.count:
        with rejects.reasons.open(encoding="utf-8") as reasons:
            for line in islice(reasons, REASONS_SHOWN_MAX):
                complaints.print(f"  {line.rstrip()}", markup=False)
        complaints.print(f"  repair and import: {rejects.items}", markup=False)
        complaints.print(f"  all the reasons:   {rejects.reasons}", markup=False)
    return rejects.count


def _outcomes(
    file: EvidenceFile, settings: Settings, mapping: Path | None, bar: Progress, task: int
) -> Iterator[Outcome]:
    _ = mapping
    return outcomes(
        file, settings, now=datetime.now(UTC), progress=lambda done: bar.advance(task, done)
    )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        console=complaints, transient=True,
    )  # fmt: skip


def _deliver(
    delivery: _Delivery, found: Iterator[Outcome], rejects: RejectsFile, tally: Tally
) -> None:
    """Hand over group after group; the next is translated while the last ones are committed."""
    committing: deque[Begun] = deque()
    while group := list(islice(found, GROUP_ITEMS)):
        committing.append(hand_over(delivery.ledger, delivery.provider, group))
        if len(committing) >= GROUPS_COMMITTING_MAX:
            _finish(delivery, committing.popleft(), rejects, tally)
    while committing:
        _finish(delivery, committing.popleft(), rejects, tally)


def _finish(delivery: _Delivery, begun: Begun, rejects: RejectsFile, tally: Tally) -> None:
    recorded = begun.recorded.result() if begun.recorded else []
    withdrawn = [(index, future.result()) for index, future in begun.withdrawn]
    finished = settle(begun.translations, recorded, withdrawn)
    tally.add(finished.answers)
    for one in finished.refused:
        rejects.add(one)
    keep(delivery.ledger, delivery.provider, finished.refused)


def _counts(tally: Tally) -> str:
    return (
        f"{tally.accepted:,} accepted, {tally.duplicates:,} duplicates, {tally.rejected:,} rejected"
    )


def translate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to read.")],
    form: Form = None,
    mapping: Mapping = None,
    limit: Annotated[int, typer.Option(help="Show at most this many items; 0 for all.")] = 10,
) -> int:
    """Show what a file would become, as one JSON object a line, without a database.

    Rejects are written to the standard error. Exit code 1 when something would be rejected.

    \\b
    Examples:
        mastery translate statements.json
        mastery translate hours.csv --mapping hours.json --limit 0 > evidence.ndjson
    """
    settings = session(context).settings
    recognised = recognise(file, form=form)
    if recognised.form == "case":
        raise UsageError(f"{file} is a CASE package: mastery framework import {file}")
    found = outcomes(recognised, settings, now=datetime.now(UTC), progress=lambda _done: None)
    _ = mapping
    shown = refused = 0
    for one in found:
        if isinstance(one, Refused):
            refused += 1
            complaints.print(why_refused(one), markup=False)
            continue
        if not limit or shown < limit:
            _show(one.submissions, [each._asdict() for each in one.withdrawals])
        shown += 1
    complaints.print(f"{shown:,} would be taken, {refused:,} rejected", markup=False)
    return 1 if refused else 0


def _show(submissions: Sequence[Submission], withdrawals: Sequence[object]) -> None:
    for submission in submissions:
        plain = {"learner": submission.learner, "evidence": submission.evidence}
        screen.out(msgspec.json.encode(plain).decode(), highlight=False)
    for withdrawal in withdrawals:
        screen.out(msgspec.json.encode({"withdrawal": withdrawal}).decode(), highlight=False)
