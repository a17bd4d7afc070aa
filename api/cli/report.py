"""`mastery report`: the action lists, and how far those who judge agree."""

from __future__ import annotations

import sys
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, NamedTuple

import typer

from api.cli.learner import AsOf, Json, On
from api.cli.session import UsageError, provider_named, screen, session, show_json, show_rows
from api.cli.teaching import command, group
from api.cli.times import as_of, time_of
from projections.adoption import ENROLMENT_LEVELS
from projections.answers import Answers
from projections.disparity import compared, disparity
from projections.moderation import Agreement
from projections.reports import Scope, moderation, not_improved_list, one_short_list
from projections.sampling import SHARE_PERCENT, Wanted, second_scoring

app = group("report", "Lists and figures over many learners.")

DRIFT_DAYS = 90
Level = Annotated[
    str | None,
    typer.Option(help=f"Only those enrolled there: {', '.join(ENROLMENT_LEVELS)}; with --scope."),
]
Name = Annotated[str, typer.Option("--scope", help="Which state, district, ...")]


class _Asked(NamedTuple):
    known: str | None
    on: str | None
    level: str | None
    name: str

    def scope(self, answers: Answers) -> Scope:
        name = self.name.strip()
        if (self.level is None) != (not name):
            raise UsageError("--level and --scope go together")
        if self.level is not None and self.level not in ENROLMENT_LEVELS:
            raise UsageError(f"--level {self.level} is none of {', '.join(ENROLMENT_LEVELS)}")
        question = answers.asked(as_of=as_of(self.known), on=time_of(self.on))
        return Scope(question.position, question.on, self.level, name)


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
        (
            str(one.learner),
            one.competency,
            " ".join(dict.fromkeys(each.text for each in one.missing)),
        )
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


@command(app, "second-scoring")
def second_scores(
    context: typer.Context, *,
    share: Annotated[
        float, typer.Option(min=0.000001, max=100, help="How much is drawn, in percent.")
    ] = float(SHARE_PERCENT),
    provider: Annotated[
        str | None, typer.Option(help="Name or id of a provider: only its work.")
    ] = None,
    evaluator: Annotated[
        str | None, typer.Option(help="Only work that this evaluator rated first.")
    ] = None,
    awaiting: Annotated[
        bool, typer.Option("--awaiting", help="List only what nobody has scored a second time.")
    ] = False,
    level: Level = None, name: Name = "", known: AsOf = None, on: On = None, plain: Json = False,
) -> None:  # fmt: skip
    """List the work drawn for a second score: by a digest of its id, so the same for everybody.

    Examples:
        mastery report second-scoring --share 5 --awaiting
        mastery report second-scoring --provider "Riverside Welding" --evaluator T-17
    """
    with session(context).answers() as (ledger, answers):
        scope = _Asked(known, on, level, name).scope(answers)
        whose = provider_named(answers, provider) if provider is not None else None
        wanted = Wanted(Decimal(str(share)), whose, evaluator, awaiting)
        found = second_scoring(ledger.log, scope, wanted, limit=sys.maxsize)
    if plain:
        show_json(found)
        return
    for one in found.raters:
        screen.out(
            f"{one.evaluator} of {one.provider}: {one.works} rated, {one.drawn} drawn,"
            f" {one.scored} scored again"
        )
    rows = [
        (str(one.evidence), str(one.learner), one.evaluator, ", ".join(one.scored_by) or "awaits")
        for one in found.items
    ]
    show_rows(("evidence", "learner", "rated by", "scored again by"), rows)


@command(app, "disparity")
def compare_groups(
    context: typer.Context, *,
    by: Annotated[
        str, typer.Option(help="An attribute's name, or: state, district, school, programme.")
    ],
    competency: Annotated[
        str | None, typer.Option(help="Only this competency: URI or identifier.")
    ] = None,
    framework: Annotated[str | None, typer.Option(help="Only this framework's.")] = None,
    level: Level = None, name: Name = "", known: AsOf = None, on: On = None, plain: Json = False,
) -> None:  # fmt: skip
    """Compare groups of learners in each competency: who mastered it, on how much evidence.

    Small numbers of people are held back, and so is what would reveal them by subtraction.

    Example:
        mastery report disparity --by english_learner --level district --scope "Riverside"
    """
    from api.routes.reports import Disparities  # the web framework is slow

    with session(context).answers() as (ledger, answers):
        scope = _Asked(known, on, level, name).scope(answers)
        asked = compared(answers.registry(), by, framework, competency)
        found = list(disparity(ledger.log, scope, asked))
    if plain:
        show_json(Disparities.of(scope, found))
        return
    figures = ("learners", "mastered", "evidence", "second_scored", "agreed", "disputed")
    for one in found:
        screen.out(one.competency)
        cells = [
            (each.name, *(_held(getattr(each, name)) for name in figures)) for each in one.groups
        ]
        show_rows((by, *(name.replace("_", " ") for name in figures)), cells)


def _held(figure: int | None) -> str:
    return "held back" if figure is None else str(figure)


def _figures(found: Agreement) -> tuple[str, str, str, str]:
    figures = (found.exact, found.kappa, found.leniency)
    exact, kappa, leniency = ("" if one is None else f"{one:.3f}" for one in figures)
    return str(found.pairs), exact, kappa, leniency
