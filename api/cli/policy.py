"""`mastery policy`: when a competency counts as mastered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer
from rich.progress import Progress

from api.cli.files import existing
from api.cli.learner import AsOf, Json, On
from api.cli.session import (
    Processes,
    UsageError,
    complaints,
    screen,
    session,
    show_json,
    show_rows,
)
from api.cli.teaching import command, group
from api.cli.times import as_of, time_of
from ledger.domain.facts import PolicyAdopted, PolicyPublished
from ledger.domain.ids import FrameworkId, PolicyId
from ledger.errors import UnknownFrameworkError, UnknownPolicyError
from projections.policies import canonical, compile_policy, digest, parse, preset
from projections.policies.files import judge_case, read_case, verdict_json
from projections.policies.presets import PRESETS, preset_settings
from projections.publication import adoption_faults, policy_faults, refuse
from projections.registry import Registry
from projections.trial import GroupBy, Question, trial

if TYPE_CHECKING:
    from api.routes.trials import TrialOut

app = group("policy", "When a competency counts as mastered.")

Level = Literal["everywhere", "framework", "state", "district", "school", "programme"]
GROUPS: Mapping[str, GroupBy] = {each: each for each in get_args(GroupBy)}
LEVELS: Mapping[str, Level] = {each: each for each in get_args(Level)}


@command(app, "publish")
def publish(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Policy document (JSON).")],
    by: Annotated[str | None, typer.Option(help="Who publishes it.")] = None,
) -> None:
    """Publish a version of a policy. It decides nothing until it is adopted.

    Example:
        mastery policy publish strict-welding.json --by "State CTE office"
    """
    document = parse(existing(file).read_bytes())
    fact = PolicyPublished(
        policy=PolicyId(document.id),
        digest=digest(document),
        document=canonical(document),
        published_by=by,
    )
    with session(context).answers() as (ledger, answers):
        refuse("policy", policy_faults(document, answers.registry()))
        receipt = ledger.publish_policy(fact)
    said = "unchanged" if receipt.duplicate else "published"
    screen.out(f"{said} {fact.policy} {fact.digest}")


@command(app, "adopt")
def adopt(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(help="Id (its latest version) or digest of a policy.")],
    *,
    level: Annotated[str, typer.Option(help=f"How wide: {', '.join(LEVELS)}.")] = "everywhere",
    scope: Annotated[str, typer.Option(help="Which framework, state, ...")] = "",
    starts_on: Annotated[
        str | None, typer.Option(help="From which day on; always, if absent.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why; kept with the fact.")] = None,
    floor: Annotated[
        bool, typer.Option("--floor", help="Narrower levels may not ask for less.")
    ] = False,
) -> None:
    """Let a policy decide for a scope. The narrowest adoption in force on the day decides.

    Examples:
        mastery policy adopt strict-welding
        mastery policy adopt strict-welding --level programme --scope 48.0508
            --starts-on 2026-08-01
        mastery policy adopt state-minimum --level state --scope WA --floor
    """
    known = LEVELS.get(level)
    if known is None:
        raise UsageError(f"--level {level} is none of {', '.join(LEVELS)}")
    scope = scope.strip()  # as where learners are enrolled
    if (known == "everywhere") != (not scope):
        raise UsageError("--scope names what --level says; everywhere has none")
    with session(context).answers() as (ledger, answers):
        judge = answers.registry().adoptions.judge(policy)
        if judge is None:
            raise UnknownPolicyError(policy)
        day = _day(starts_on)
        faults = adoption_faults(
            judge, answers.registry(), ledger.log, level=known, scope=scope,
            on=day or datetime.now(UTC).date(),
        )  # fmt: skip
        refuse("policy", faults)
        if judge.digest not in answers.registry().adoptions.published:
            # The shipped default is adopted like any other, so it must be in the log first.
            ledger.publish_policy(
                PolicyPublished(
                    policy=judge.policy, digest=judge.digest, document=canonical(judge.document)
                )
            )
        fact = PolicyAdopted(
            policy=judge.policy,
            digest=judge.digest,
            level=known,
            scope=scope,
            starts_on=day,
            reason=reason,
            floor=floor,
        )
        turn = answers.registry().adoptions.turn(fact)
        screen.out(f"position {ledger.adopt_policy(fact, turn=turn).position}")


def _day(text: str | None) -> date | None:
    moment = time_of(text)
    return moment.date() if moment is not None else None


@command(app, "list")
def list_policies(context: typer.Context) -> None:
    """List every published version, the default that ships with the ledger first."""
    with session(context).answers() as (_, answers):
        adoptions = answers.registry().adoptions
        found = [
            each for each in adoptions.published.values() if each.digest != adoptions.shipped.digest
        ]
    rows = [(str(adoptions.shipped.policy), adoptions.shipped.digest, "(shipped)")]
    rows += [(str(fact.policy), fact.digest, fact.published_by or "") for fact in found]
    show_rows(("policy", "digest", "published by"), rows)


@command(app, "show")
def show(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(help="Id (its latest version) or digest of a policy.")],
) -> None:
    """Print a policy's document, for reading or as the start of another.

    Example:
        mastery policy show demonstrated-mastery > ours.json
    """
    with session(context).answers() as (_, answers):
        text = _document(answers.registry(), policy)
    show_json(json.loads(text))


def _document(registry: Registry, policy: str) -> str:
    judge = registry.adoptions.judge(policy)
    if judge is None:
        raise UnknownPolicyError(policy)
    return canonical(judge.document)


@command(app, "preset")
def show_preset(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(PRESETS)}.")],
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A setting as KEY=VALUE; may be repeated.")
    ] = None,
    listing: Annotated[bool, typer.Option("--settings", help="List the settings instead.")] = False,
) -> None:
    """Print a ready-made policy, with its settings filled in. Needs no database.

    Examples:
        mastery policy preset canvas-n-mastery --set parameter=3 --set mastery_points=4 > ours.json
        mastery policy preset canvas-n-mastery --settings
    """
    if listing:
        for key in preset_settings(name):
            screen.out(key)
        return
    settings: dict[str, object] = {}
    for each in given or ():
        key, equals, value = each.partition("=")
        if not equals:
            raise UsageError(f"--set {each}: write KEY=VALUE")
        settings[key] = value
    show_json(json.loads(canonical(preset(name, settings))))


@command(app, "judge")
def judge(
    policy: Annotated[str, typer.Argument(help="Policy file, or the name of a preset.")],
    observations: Annotated[Path, typer.Argument(help="Observations file (JSON).")],
    on: Annotated[
        str | None,
        typer.Option(
            help="As of when; else the newest evidence, or now if ages in days are given."
        ),
    ] = None,
) -> None:
    """Judge observations in a file by a policy, and print the verdict. Needs no database.

    Examples:
        mastery policy judge ours.json observations.json
        mastery policy judge canvas-latest observations.json --on 2026-06-30
    """
    document = preset(policy) if policy in PRESETS else parse(existing(Path(policy)).read_bytes())
    content = existing(observations).read_bytes()
    case = read_case(content, on=time_of(on), now=datetime.now(UTC))
    show_json(verdict_json(judge_case(compile_policy(document), case)))


@command(app, "trial")
def try_draft(
    context: typer.Context,
    draft: Annotated[str, typer.Argument(help="Policy file, or the id or digest of a policy.")],
    *,
    known: AsOf = None,
    on: On = None,
    framework: Annotated[
        str | None, typer.Option(help="Try it on this framework's competencies only.")
    ] = None,
    group_by: Annotated[str, typer.Option(help=f"Count by: {', '.join(GROUPS)}.")] = "school",
    level: Annotated[
        str, typer.Option(help="Where it would be adopted: floors of wider levels hold.")
    ] = "programme",
    scope: Annotated[
        str, typer.Option(help="Which state, district, school or programme; only who is there.")
    ] = "",
    processes: Processes = None,
    plain: Json = False,
) -> None:
    """Say who would gain and who would lose under a policy. Nothing is changed.

    Examples:
        mastery policy trial draft.json
        mastery policy trial strict-welding --on 2026-06-30 --group-by district
        mastery policy trial draft.json --level school --scope "North High"
    """
    if group_by not in GROUPS or level not in LEVELS:
        raise UsageError(f"--group-by is one of {', '.join(GROUPS)}; --level, {', '.join(LEVELS)}")
    file = Path(draft)
    choice = file.read_text("utf-8") if file.is_file() else draft
    with session(context).answers() as (ledger, answers):
        asked = answers.asked(as_of=as_of(known), on=time_of(on), policy=choice)
        assert asked.policy is not None  # one was given
        question = Question(
            asked.position, asked.on, _framework(asked.registry, framework),
            group_by=GROUPS[group_by], level=level, scope=scope.strip(),
        )  # fmt: skip
        with Progress(console=complaints, transient=True) as bar:
            task = bar.add_task("judging", total=None)
            found = trial(
                ledger, session(context).settings, asked.policy, question, processes=processes,
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            )  # fmt: skip
    from api.routes.trials import TrialOut  # the web framework is slow

    shown = TrialOut.of(found)
    if plain:
        show_json(shown)
        return
    _show_trial(shown)


def _framework(registry: Registry, name: str | None) -> FrameworkId | None:
    found = registry.frameworks.named(name) if name is not None else None
    if name is not None and found is None:
        raise UnknownFrameworkError(name)
    return found


def _show_trial(found: TrialOut) -> None:
    screen.out(
        f"{found.learners} learners, {found.pairs} pairs of learner and competency:"
        f" {found.gains} of them gained, {found.loses} lost"
    )
    table = found.groups
    rows = [
        (name, *("held back" if cell is None else str(cell) for cell in counts))
        for name, counts in zip(table.rows, table.counts, strict=True)
    ]
    show_rows(("", *table.columns), rows)
    for one in found.moved:
        why = "; ".join(one.because)
        screen.out(f"{one.learner} {one.competency}: {one.before} -> {one.after} ({why})")
    if found.moved_in_all > len(found.moved):
        screen.out(f"and {found.moved_in_all - len(found.moved)} more")
