"""`mastery check`, `rebuild` and `rejects`: looking after a ledger."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.files import why_refused
from api.cli.session import Processes, complaints, provider_named, screen, session
from ledger.domain.catalogue import UnknownFact
from ledger.domain.ids import Position
from ledger.errors import SealError
from ledger.service import Ledger
from ledger.standards.translation import Refused
from projections.rebuild import rebuild as build_anew

BATCH_FACTS = 5_000
FAULTS_LISTED_MAX = 100


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=complaints, transient=True,
    )  # fmt: skip


def check(context: typer.Context) -> int:
    """Read the whole log again and prove it.

    Positions have no gaps, times never go back, each stream counts from 1, every header agrees with
    its code, every sealed body opens, and facts and receipts belong together. Exit code 1 when
    anything is wrong.

    Example:
        mastery check
    """
    with session(context).ledger() as ledger, _bar() as bar:
        head = ledger.log.head()
        task = bar.add_task("checking", total=head)
        reader = _Reader()
        while reader.position < head:
            if not reader.read_on(ledger, head):
                break
            bar.update(task, completed=reader.position)
        reader.faults += ledger.log.mismatched(limit=FAULTS_LISTED_MAX)
    for fault in reader.faults:
        complaints.print(f"  {fault}", markup=False)
    screen.out(
        f"{reader.facts:,} facts in {len(reader.versions):,} streams, {len(reader.faults)} faults"
        + (f", {reader.closed:,} bodies erased or of a newer kind" if reader.closed else "")
    )
    return 1 if reader.faults or reader.position < head else 0


class _Reader:
    """Reads facts in order and notes what is wrong with their order."""

    def __init__(self) -> None:
        self.position = Position(0)
        self.facts = self.closed = 0
        self.versions: Counter[object] = Counter()
        self.faults: list[str] = []
        self._recorded_at: datetime | None = None

    def read_on(self, ledger: Ledger, head: Position) -> bool:
        """Read the next batch; False where the log cannot be read on."""
        try:
            batch = ledger.log.after(self.position, limit=BATCH_FACTS, until=head)
        except SealError as error:
            self.faults.append(str(error))
            return False
        if not batch:
            self.faults.append(f"nothing after position {self.position}, of {head}")
            return False
        for fact in batch:
            if fact.position != self.position + 1:
                self.faults.append(f"position {fact.position} follows {self.position}")
            if self._recorded_at is not None and fact.recorded_at < self._recorded_at:
                self.faults.append(f"position {fact.position} was recorded before the one ahead")
            self.versions[fact.stream] += 1
            if fact.version != self.versions[fact.stream]:
                self.faults.append(f"position {fact.position} is version {fact.version}")
            self.closed += isinstance(fact.fact, UnknownFact)
            self.position, self._recorded_at = fact.position, fact.recorded_at
        self.facts += len(batch)
        return True


def rebuild(context: typer.Context, *, processes: Processes = None) -> None:
    """Build the views anew from the log, beside those in use, then switch.

    Safe to interrupt, and while the service runs: readers see the old views until the switch.

    Examples:
        mastery rebuild
        mastery rebuild --processes 4
    """
    asked = session(context)
    with asked.ledger() as ledger, _bar() as bar:
        task = bar.add_task("rebuilding", total=None)
        done = build_anew(
            ledger, asked.settings, processes=processes,
            progress=lambda facts, of: bar.update(task, completed=facts, total=of),
        )  # fmt: skip
    screen.out(
        f"generation {done.generation}: {done.facts:,} facts, {done.changes:,} changes of mastery"
    )


def rejects(
    context: typer.Context,
    provider: Annotated[str, typer.Option(help="Name or id of the provider.")],
    limit: Annotated[int, typer.Option(help="Show at most this many, the latest first.")] = 20,
    originals: Annotated[
        bool, typer.Option("--originals", help="Print the items as received, for repair.")
    ] = False,
) -> None:
    """List what was refused, and why.

    Examples:
        mastery rejects --provider "Northside LMS"
        mastery rejects --provider "Northside LMS" --originals --limit 1000 > repair.ndjson
    """
    with session(context).answers() as (ledger, answers):
        found = ledger.rejects.list(provider_named(answers, provider), limit=limit)
    for kept in found:
        if originals:
            if kept.item.original:  # as received, whatever its encoding
                typer.echo(kept.item.original)
            continue
        index, reasons, original = kept.item
        one = Refused(index, original, reasons)
        screen.out(f"{kept.received_at:%Y-%m-%d %H:%M:%S} {why_refused(one)}")
    if not found:
        complaints.print("nothing was refused", markup=False)
