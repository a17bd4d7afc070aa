"""`mastery report`: the action lists, and how far those who judge agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, NamedTuple

import typer

from api.cli.learner import AsOf, Json, On
from api.cli.session import UsageError, screen, session, show_json, show_rows
from api.cli.teaching import command, group
from api.cli.times import as_of, time_of
from projections.adoption import LEVELS
from projections.answers import Answers
from projections.moderation import Agreement
from projections.policies.explain import wanted
from projections.reports import Scope, moderation, not_improved_list, one_short_list

app = group("report", "Lists and figures over many learners.")

DRIFT_DAYS = 90
Level = Annotated[
    str | None,
    typer.Option(help=f"Only those enrolled there: {', '.join(LEVELS[2:])}; with --scope."),
]
Name = Annotated[str, typer.Option("--scope", help="Which state, district, ...")]


class _Asked(NamedTuple):
    known: str | None
    on: str | None
    level: str | None
    name: str

    def scope(self, answers: Answers) -> Scope:
        if (self.level is None) != (not self.name):
            raise UsageError("--level and --scope go together")
        if self.level is not None and self.level not in LEVELS[2:]:
            raise UsageError(f"--level {self.level} is none of {', '.join(LEVELS[2:])}")
        question = answers.asked(as_of=as_of(self.known), on=time_of(self.on))
        return Scope(question.position, question.on, self.level, self.name)


@command(app, "one-short")
def one_short(
    context: typer.Context, *, level: Level = None, name: Name = "",
    known: AsOf = None, on: On = None, plain: Json = False,
) -> None:  # fmt: skip
    """List learners whom one more observation would bring to mastery, and what it must bring.

    Example:
        mastery report one-short --level school --scope "Riverside High"
    """
    with session(context).answers() as (ledger, answers):
        found = list(one_short_list(ledger.log, _Asked(known, on, level, name).scope(answers)))
    if plain:
        show_json(found)
        return
    rows = [
        (str(one.learner), one.competency, " ".join(dict.fromkeys(map(wanted, one.missing))))
        for one in found
    ]
    show_rows(("learner", "competency", "what to do"), rows)


@command(app, "not-improved")
def not_improved(
    context: typer.Context, *, level: Level = None, name: Name = "",
    known: AsOf = None, on: On = None, plain: Json = False,
) -> None:  # fmt: skip
    """List completed work with feedback that no revision has made better.

    Example:
        mastery report not-improved --level district --scope "Riverside"
    """
    with session(context).answers() as (ledger, answers):
        found = list(not_improved_list(ledger.log, _Asked(known, on, level, name).scope(answers)))
    if plain:
        show_json(found)
        return
    rows = [(str(one.learner), str(one.evidence), one.why.replace("_", " ")) for one in found]
    show_rows(("learner", "evidence", "why"), rows)


@command(app, "moderation")
def compare(
    context: typer.Context, *,
    since: Annotated[
        str | None,
        typer.Option(help=f"From when drift is looked for; {DRIFT_DAYS} days back, if absent."),
    ] = None,
    level: Level = None, name: Name = "", known: AsOf = None, on: On = None, plain: Json = False,
) -> None:  # fmt: skip
    """Compare first with second scores: exact agreement, weighted kappa, leniency, drift.

    Example:
        mastery report moderation --since 2026-01-01
    """
    with session(context).answers() as (ledger, answers):
        scope = _Asked(known, on, level, name).scope(answers)
        moment = time_of(since) or scope.on - timedelta(days=DRIFT_DAYS)
        found = moderation(ledger.log, scope, since=moment)
    if plain:
        show_json(found)
        return
    rows = [("all", "", *_figures(found.overall))]
    rows += [(one.provider, one.evaluator, *_figures(one.agreement)) for one in found.raters]
    show_rows(("provider", "evaluator", "pairs", "exact", "kappa", "leniency"), rows)
    for drift in found.drifting:
        screen.out(f"drifts: {drift.evaluator} of {drift.provider}, by {drift.change:+.2f} levels")


def _figures(found: Agreement) -> tuple[str, str, str, str]:
    figures = (found.exact, found.kappa, found.leniency)
    exact, kappa, leniency = ("" if one is None else f"{one:.3f}" for one in figures)
    return str(found.pairs), exact, kappa, leniency
