"""`mastery demo`: an empty machine becomes a ledger with two hundred sample learners."""

from __future__ import annotations

import logging
import shutil
import socket
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from pydantic import SecretStr
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.cli.session import UsageError, screen, session
from api.demo import report
from api.demo.deliveries import Delivery, Sample, sample
from api.demo.play import PROVIDERS, Clock, Played, Player
from api.demo.story import CODE
from api.web import directory
from ledger.config import Settings
from ledger.service import Ledger
from projections.answers import Answers
from projections.engine import Engine
from projections.lines import CompetencyLine, Transcript

SEED = 2026
LABEL = "demonstration"
MARKER = "demo.json"
FOLDER = Path("mastery-demo")


class _Marker(msgspec.Struct):
    """What the folder of a demonstration remembers of itself."""

    seed: int
    until: date
    token: str
    filled: bool = False


def demo(
    context: typer.Context,
    *,
    folder: Annotated[Path, typer.Option(help="Where the demonstration keeps its data.")] = FOLDER,
    stop: Annotated[
        bool, typer.Option("--exit", help="Stop after the report instead of serving.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Throw the folder's demonstration away first.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Other seeds make up other people.")] = SEED,
) -> None:
    """Fill a ledger with sample learners, show what it knows, and serve it until Ctrl-C.

    Five providers deliver 10,000 pieces of evidence about 200 learners in their own formats. All
    of it lives in one folder with a PostgreSQL of its own; the MASTERY_DATABASE_URL of a real
    ledger is never touched. A second run goes on with the same data at once.

    Examples:
        mastery demo
        mastery demo --exit
        mastery demo --fresh --seed 7
    """
    started = time.monotonic()
    settings = _settings(session(context).settings, folder)
    if fresh:
        _throw_away(folder)
    marker = _read(folder)
    clock = Clock()
    screen.print("[bold]Mastery Ledger[/bold], a demonstration")
    logging.getLogger("ledger").setLevel(logging.ERROR)  # the key of sample data needs no back-up
    with Ledger.open(settings, clock=clock) as ledger:
        _done(f"a ledger in {folder}/, with a PostgreSQL of its own", since=started)
        if marker is None:
            marker = _Marker(seed, date.today(), ledger.access.issue("auditor", label=LABEL))  # noqa: DTZ011  the demo's days end today, by the clock of whoever watches
            _write(folder, marker)
        made = sample(seed=marker.seed, until=marker.until)
        player = Player(ledger, clock, made)
        player.set_up()
        if marker.filled:
            clock.played = None
            screen.print("  the sample learners of the last run are here; --fresh makes new ones")
        else:
            _fill(ledger, player, made, folder)
            marker.filled = True
            _write(folder, marker)
        _catch_up(ledger, settings)
        _show(ledger, player, made)
        _where_next(folder, marker, stop=stop, seconds=time.monotonic() - started)
        if not stop:
            _serve(ledger, settings)


# -- filling --------------------------------------------------------------------------------


def _fill(ledger: Ledger, player: Player, made: Sample, folder: Path) -> None:
    _done(
        f"{made.programme.title}: {len(made.programme.skills)} competencies; the default policy; "
        f"{len(PROVIDERS)} providers with authority"
    )
    started, before = time.monotonic(), ledger.log.head()
    played: list[Played] = []
    with _bar(len(made.deliveries)) as coming:
        for one in player.play(coming):
            _keep_file(folder, one.delivery)
            played.append(one)
    seconds, facts = time.monotonic() - started, ledger.log.head() - before
    _done(
        f"{len(played)} files became {facts:,} facts, each file committed for good before the "
        f"next was opened ({facts / seconds:,.0f} facts/s)", since=started,
    )  # fmt: skip
    screen.print(report.heading("What five providers delivered, over two school years"))
    screen.print(report.delivered(played))
    refusals = [refusal for one in played for refusal in one.refusals]
    screen.print(
        report.heading(f"What was refused: {len(refusals)} items; the rest of each file stands")
    )
    screen.print(report.refused(refusals))


@contextmanager
def _bar(files: int) -> Generator[Callable[[Delivery], None]]:
    bar = Progress(
        TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=screen, transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task("", total=files)

        def coming(delivery: Delivery) -> None:
            name = PROVIDERS[delivery.source].name
            bar.update(task, advance=1, description=f"{delivery.at:%Y-%m-%d}  {name:<25}")

        yield coming


def _keep_file(folder: Path, delivery: Delivery) -> None:
    path = folder / "incoming" / delivery.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(delivery.data)


def _catch_up(ledger: Ledger, settings: Settings) -> None:
    started = time.monotonic()
    facts = Engine(ledger, settings).catch_up()
    seconds = max(time.monotonic() - started, 1e-6)
    if facts:
        screen.print()
        _done(f"the live views follow: {facts:,} facts ({facts / seconds:,.0f}/s)", since=started)


# -- showing --------------------------------------------------------------------------------


def _show(ledger: Ledger, player: Player, made: Sample) -> None:
    answers, maya = Answers(ledger), made.people[0]
    learner = player.find(maya)
    assert learner is not None, "the story's learner is in every sample"
    counted = directory.counts(ledger)
    screen.print(report.heading("What the ledger says of everybody"))
    screen.print(f"{counted.learners} learners, {counted.evidence:,} pieces of evidence:", end=" ")
    screen.print(report.states(counted.states))
    screen.print(report.heading(f"Transcript of {maya.name}"))
    found = answers.transcript(learner)
    screen.print(report.transcript(found))
    screen.print(report.heading("One verdict, with every reason"))
    screen.print(report.verdict(answers.mastery_of(learner, made.programme.skill(CODE).uri)))
    unmet = _unmet(found)
    if unmet is not None:
        screen.print(report.heading("And one that is still open"))
        screen.print(report.verdict(unmet))


def _unmet(found: Transcript) -> CompetencyLine | None:
    """Pick the open verdict that says most."""
    lines = [line for strand in found.strands for line in strand.competencies]
    unmet = [line for line in lines if line.verdict.state == "in_progress"]
    return max(unmet, key=lambda line: len(line.verdict.not_counted), default=None)


def _where_next(folder: Path, marker: _Marker, *, stop: bool, seconds: float) -> None:
    screen.print(report.heading("Where to look"))
    if not stop:
        screen.print(
            f"  token for signing in (an auditor's, may read all): [bold]{marker.token}[/bold]"
        )
    screen.print(f"  the files as the providers sent them: {folder / 'incoming'}/")
    screen.print(f"  the same ledger on the command line:  {_program()} --data-dir {folder} --help")
    screen.print("  a first hour with it:                 docs/tutorial.md")
    screen.print(f"\ndone in {seconds:.0f} s", style="bright_black")


def _program() -> str:
    """Give the path of this program, as one can type it where it is not on the PATH."""
    found = Path(sys.executable).with_name("mastery")
    if not found.exists():
        return "mastery"
    here = Path.cwd()
    return str(found.relative_to(here) if found.is_relative_to(here) else found)


def _serve(ledger: Ledger, settings: Settings) -> None:
    from api.server import serve  # slow, and --exit needs no web server

    port = settings.port if _is_free(settings.host, settings.port) else 0
    serve(
        ledger, settings.model_copy(update={"port": port}),
        ready=lambda address: screen.print(
            f"\n[bold]{address}[/bold]  pages for people; {address}/docs for programs; Ctrl-C stops"
        ),
    )  # fmt: skip
    screen.print("stopped; mastery demo goes on with the same data")


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


# -- the folder -----------------------------------------------------------------------------


def _settings(given: Settings, folder: Path) -> Settings:
    nothing = SecretStr("")
    return given.model_copy(
        update={"data_dir": folder, "database_url": nothing, "master_key": nothing}
    )


def _read(folder: Path) -> _Marker | None:
    path = folder / MARKER
    if path.is_file():
        return msgspec.json.decode(path.read_bytes(), type=_Marker)
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} holds something else than a demonstration; say --folder")
    return None


def _write(folder: Path, marker: _Marker) -> None:
    path = folder / MARKER
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(marker))


def _throw_away(folder: Path) -> None:
    if _read(folder) is not None:
        shutil.rmtree(folder)


def _done(what: str, *, since: float | None = None) -> None:
    took = "" if since is None else f"[bright_black]{time.monotonic() - since:.1f} s[/]"
    screen.print(f"  [green]done[/] {what} {took}")
