"""`mastery import` and `mastery translate`: files become evidence, or show what they would become."""

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
from api.cli.files import Reading, existing, why_refused
from api.cli.rejects import RejectsFile
from api.cli.session import (
    UsageError,
    complain_of,
    complaints,
    provider_named,
    screen,
    session,
)
from api.intake import Begun, hand_over, keep, settle
from ledger.domain.ids import ProviderId
from ledger.errors import InvalidDocumentError
from ledger.service import Ledger
from ledger.standards.translation import Outcome, Refused, Translated

GROUP_ITEMS = 1_000
GROUPS_COMMITTING_MAX = 4
REASONS_SHOWN_MAX = 5

Form = Annotated[
    str | None, typer.Option("--format", help="native, xapi or csv; recognised, where absent.")
]
Mapping = Annotated[
    Path | None, typer.Option(help="For CSV: the file that says which column is what.")
]


class _Delivery(NamedTuple):
    """One file on its way into the ledger."""

    ledger: Ledger
    provider: ProviderId
    rejects: RejectsFile
    tally: Tally


def import_files(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files to read, plain or gzipped.")],
    *,
    provider: Annotated[str, typer.Option(help="Name or id of the provider whose files they are.")],
    form: Form = None,
    mapping: Mapping = None,
) -> int:
    """Record the evidence in files: JSON, NDJSON, CSV, or xAPI statements.

    Importing a file twice records nothing twice. What is refused goes to FILE.rejects.ndjson (or
    .csv) as it was received, with the reasons in FILE.rejects.txt: repair it and import it.
    Where such a file is there already, it is left as it is, and the new one is FILE.rejects.1.csv.
    A file that cannot be used as a whole leaves the others to be imported.

    Exit code: 0 everything is in the ledger, 1 something was refused, 2 the call was wrong.

    Examples:
        mastery import attempts.ndjson --provider "Northside LMS"
        mastery import hours.csv --mapping hours.json --provider "Riverside Welding"
        mastery import attempts.ndjson.rejects.ndjson --provider "Northside LMS"
    """
    asked = session(context)
    found = [existing(path) for path in files]
    reading = Reading.asked(asked.settings, now=_now(), form=form, mapping=mapping)
    codes = {0}
    with asked.answers() as (ledger, answers):
        whose = provider_named(answers, provider)
        for path in found:
            rejects = RejectsFile(path, reading.mapping)
            try:
                refused = _import(_Delivery(ledger, whose, rejects, Tally()), path, reading)
                codes.add(1 if refused else 0)
            except (InvalidDocumentError, UsageError) as error:  # the other files stand
                codes.add(complain_of(error))
    return max(codes)


def _import(delivery: _Delivery, path: Path, reading: Reading) -> int:
    started, rejects, tally = time.monotonic(), delivery.rejects, delivery.tally
    try:
        with _bar() as bar:
            task = bar.add_task(path.name, total=path.stat().st_size)
            found = reading.outcomes(path, progress=lambda done: bar.advance(task, done))
            _deliver(delivery, _evidence(found, path))
    finally:
        rejects.close()
        seconds = max(time.monotonic() - started, 1e-6)
        count = tally.accepted + tally.duplicates + tally.rejected
        screen.out(f"{path}: {_counts(tally)} in {seconds:.1f} s ({count / seconds:,.0f}/s)")
    if tally.awaited:
        screen.out(f"  {tally.awaited:,} take back what has not come yet, and wait for it")
    if rejects.count:
        if rejects.left:
            others = f" and {len(rejects.left) - 1} more" if rejects.left[1:] else ""
            complaints.print(f"  left as it was:    {rejects.left[0]}{others}", markup=False)
        with rejects.reasons.open(encoding="utf-8") as reasons:
            for line in islice(reasons, REASONS_SHOWN_MAX):
                complaints.print(f"  {line.rstrip()}", markup=False)
        complaints.print(f"  all the reasons:   {rejects.reasons}", markup=False)
        complaints.print(f"  repair and import: {rejects.items}", markup=False)
    return rejects.count


def _evidence(found: Iterator[Outcome], path: Path) -> Iterator[Outcome]:
    for one in found:
        if isinstance(one, Translated) and one.frameworks:
            raise UsageError(f"{path} is a framework: mastery framework import {path}")
        yield one


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        console=complaints, transient=True,
    )  # fmt: skip


def _deliver(delivery: _Delivery, found: Iterator[Outcome]) -> None:
    """Hand over group after group; the next is translated while the last ones are committed."""
    committing: deque[Begun] = deque()
    while group := list(islice(found, GROUP_ITEMS)):
        committing.append(hand_over(delivery.ledger, delivery.provider, group))
        if len(committing) >= GROUPS_COMMITTING_MAX:
            _finish(delivery, committing.popleft())
    while committing:
        _finish(delivery, committing.popleft())


def _finish(delivery: _Delivery, begun: Begun) -> None:
    recorded = begun.recorded.result() if begun.recorded else []
    withdrawn = [(index, future.result()) for index, future in begun.withdrawn]
    found = settle(begun.translations, recorded, withdrawn)
    refused = delivery.rejects.placed(found.refused, begun.translations, found.errors)
    finished = found._replace(refused=refused)
    delivery.tally.add(finished.answers)
    keep(delivery.ledger, delivery.provider, finished)
    delivery.rejects.add(finished.refused)  # last: there may be no place for a file


def _counts(tally: Tally) -> str:
    return (
        f"{tally.accepted:,} accepted, {tally.duplicates:,} duplicates, {tally.rejected:,} rejected"
    )


def translate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to read, plain or gzipped.")],
    *,
    form: Form = None,
    mapping: Mapping = None,
    limit: Annotated[int, typer.Option(help="Show at most this many items; 0 for all.")] = 10,
) -> int:
    """Show what a file would become, as one JSON object a line, without a database.

    Rejects are written to the standard error. Exit code 1 when something would be rejected.

    Examples:
        mastery translate statements.json
        mastery translate hours.csv --mapping hours.json --limit 0 > evidence.ndjson
    """
    settings = session(context).settings
    reading = Reading.asked(settings, now=_now(), form=form, mapping=mapping)
    shown = refused = 0
    for one in reading.outcomes(existing(file)):
        if isinstance(one, Refused):
            refused += 1
            complaints.print(why_refused(one), markup=False)
            continue
        if not limit or shown < limit:
            _show(one)
        shown += 1
    complaints.print(f"{shown:,} would be taken, {refused:,} rejected", markup=False)
    return 1 if refused else 0


def _show(one: Translated) -> None:
    found: Sequence[object] = [
        *({"learner": each.learner, "evidence": each.evidence} for each in one.submissions),
        *({"withdrawal": each._asdict()} for each in one.withdrawals),
        *({"framework": each} for each in one.frameworks),
    ]
    for each in found:
        screen.out(msgspec.json.encode(each).decode(), highlight=False)


def _now() -> datetime:
    return datetime.now(UTC)
