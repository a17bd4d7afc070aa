"""`mastery learner`: what somebody has shown, and why."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from api.cli.session import (
    UsageError,
    provider_named,
    screen,
    session,
    show_json,
    show_rows,
    uuid_of,
)
from api.cli.teaching import command, group
from api.cli.times import as_of, time_of
from ledger.domain.evidence import Identifier
from ledger.domain.identity import ANY_PROVIDER, is_for_everybody
from ledger.domain.ids import LearnerId, ProviderId
from ledger.errors import UnknownLearnerError
from ledger.service import Ledger
from projections.answers import Answers
from projections.lines import JudgedLine

app = group("learner", "What a learner has shown, and why.")

Who = Annotated[
    str, typer.Argument(help="The ledger's id, or PROVIDER:ID by a provider's own id for them.")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="What was known: at a position or a time.")
]
On = Annotated[str | None, typer.Option("--on", help="What was true: at a time or date.")]
Policy = Annotated[str | None, typer.Option(help="Id or digest of a policy to judge by.")]
Value = Annotated[str, typer.Argument(help="The name's value, exactly.")]
Kind = Annotated[str, typer.Option("--type", help="id, account, mbox, ssid, email, ...")]
System = Annotated[str | None, typer.Option(help="Who issued it, such as a home page.")]
Whose = Annotated[str | None, typer.Option(help="Name or id of the provider whose name it is.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, all of it.")]


@command(app, "mastery")
def mastery(
    context: typer.Context,
    learner: Who,
    *,
    competency: Annotated[
        str | None,
        typer.Argument(help="URI, identifier or code of one competency; all, where absent."),
    ] = None,
    known: AsOf = None,
    on: On = None,
    policy: Policy = None,
    plain: Json = False,
) -> None:
    """Judge a learner's competencies, with every reason.

    Examples:
        mastery learner mastery 6f1f6c1e-0f0b-4b53-9a0f-0a4e1c7b8d21
        mastery learner mastery "Northside LMS:S-100231" --on 2026-06-30
        mastery learner mastery "Northside LMS:S-100231" --as-of 10412 --policy strict-welding
    """
    moment, when = as_of(known), time_of(on)
    with session(context).answers() as (ledger, answers):
        who = learner_named(ledger, answers, learner)
        if competency is not None:
            one = answers.mastery_of(who, competency, as_of=moment, on=when, policy=policy)
            lines = [JudgedLine(one.name, one.verdict)]
        else:
            lines = list(answers.mastery(who, as_of=moment, on=when, policy=policy).competencies)
    if plain:
        show_json(lines)
        return
    for line in lines:
        _show(line)
    if not lines:
        screen.out("no evidence bears on any competency")


def _show(line: JudgedLine) -> None:
    verdict = line.verdict
    heading = Text(f"{line.name.code or ''} {line.name.statement}".strip(), style="bold")
    screen.print(heading, Text(verdict.state.replace("_", " ")))
    level = f", {verdict.level}" if verdict.level else ""
    screen.out(f"  policy {verdict.policy}, estimate {verdict.estimate}{level}")
    for finding in verdict.findings:
        met = "met    " if finding.met else "not met"
        screen.out(f"  {met}  {finding.rule}: {finding.found} of {finding.needed}")
    screen.out(f"  counted {len(verdict.counted)}, not counted {len(verdict.not_counted)}")
    for one in verdict.not_counted:
        detail = f" ({one.detail})" if one.detail else ""
        screen.out(f"    {one.evidence} {one.reason.replace('_', ' ')}{detail}")
    for missing in verdict.missing:
        screen.out(f"  missing  {missing.text}")


@command(app, "transcript")
def transcript(
    context: typer.Context,
    learner: Who,
    *,
    known: AsOf = None,
    on: On = None,
    policy: Policy = None,
    plain: Json = False,
) -> None:
    """Show the whole record: competencies by strand, credentials, hours, credits.

    Example:
        mastery learner transcript "Northside LMS:S-100231" --on 2026-06-30
    """
    moment, when = as_of(known), time_of(on)
    with session(context).answers() as (ledger, answers):
        who = learner_named(ledger, answers, learner)
        found = answers.transcript(who, as_of=moment, on=when, policy=policy)
    if plain:
        show_json(found)
        return
    screen.out(f"{', '.join(found.names) or 'learner'} {found.learner}")
    screen.out(f"as known at position {found.position}, as true on {found.on:%Y-%m-%d %H:%M %Z}")
    rows = [
        (
            strand.strand,
            f"{line.name.code or ''} {line.name.statement}".strip(),
            line.verdict.state.replace("_", " "),
            line.verdict.level or "",
            str(len(line.evidence)),
        )
        for strand in found.strands
        for line in strand.competencies
    ]
    show_rows(("strand", "competency", "state", "level", "evidence"), rows)
    for credential in found.credentials:
        held = "holds" if credential.valid else "does not hold"
        screen.out(f"credential {credential.name or credential.credential}: {held}")
    for hours in found.work_based_learning:
        where = ", ".join(filter(None, (hours.activity, hours.setting, hours.employer)))
        screen.out(f"hours {hours.hours} {where}")
    for credit in found.credits:
        also = f" at {credit.record}, by clause {credit.clause} of {credit.agreement}"
        kind = f" {credit.credit_type}" if credit.credit_type else ""
        screen.out(f"credits {credit.credits}{kind}{also if credit.agreement else ''}")


@command(app, "history")
def history(
    context: typer.Context,
    learner: Who,
    *,
    known: AsOf = None,
    on: On = None,
    policy: Policy = None,
    plain: Json = False,
) -> None:
    """Tell the record step by step, in the order the ledger learnt of it.

    Example:
        mastery learner history "Northside LMS:S-100231"
    """
    moment, when = as_of(known), time_of(on)
    with session(context).answers() as (ledger, answers):
        who = learner_named(ledger, answers, learner)
        found = answers.history(who, as_of=moment, on=when, policy=policy)
    if plain:
        show_json(found)
        return
    for step in found.steps:
        place = f"{step.position:>8}" if step.position is not None else "    time"
        screen.out(f"{place}  {step.recorded_at:%Y-%m-%d %H:%M:%S}  {step.text}")
        for change in step.changes:
            name = change.name.code or change.name.statement
            screen.out(f"{'':30}{name}: {change.before} -> {change.after}")


@command(app, "find")
def find(
    context: typer.Context,
    value: Value,
    *,
    kind: Kind = "id",
    system: System = None,
    provider: Whose = None,
) -> None:
    """Go from a name to the ledger's id, which every other command takes.

    A name that some system issued means the same learner whoever sends it: say --system, or one of
    the types mbox, email, openid and ssid. Any other means somebody to its provider only.

    Examples:
        mastery learner find S-100231 --provider "Northside LMS"
        mastery learner find 7004411 --type ssid
        mastery learner find jdoe --type account --system https://sis.example.org
    """
    name = Identifier(type=kind, value=value, system=system)
    with session(context).answers() as (ledger, answers):
        _, found = named_by(ledger, answers, name, provider=provider)
        screen.out(str(answers.registry().identities.person(found)))


def named_by(
    ledger: Ledger, answers: Answers, name: Identifier, *, provider: str | None
) -> tuple[ProviderId | None, LearnerId]:
    """Find whose name it is, and the learner whom it means.

    Raises:
        UsageError: it is a provider's own, and no provider is said, or none of that name.
        UnknownLearnerError: it means nobody.
    """
    whose = provider_of_name(answers, name, provider)
    found = ledger.learners.find(whose or ANY_PROVIDER, (name,))
    if found is None:
        raise UnknownLearnerError("of that name")
    return whose, found


def provider_of_name(answers: Answers, name: Identifier, provider: str | None) -> ProviderId | None:
    """Find whose name it is; None for one that means the same from everybody.

    Raises:
        UsageError: it is a provider's own, and no provider is said, or none of that name.
    """
    if provider is None and not is_for_everybody(name):
        why = f"a name of type {name.type} is a provider's own: say --provider or --system"
        raise UsageError(why)
    return None if provider is None else provider_named(answers, provider)


def learner_named(ledger: Ledger, answers: Answers, text: str) -> LearnerId:
    """Find a learner by id, or as PROVIDER:ID.

    Raises:
        UsageError: there is none.
    """
    before, colon, own = text.rpartition(":")
    if not colon:
        return LearnerId(uuid_of(text, "learner"))
    for provider, fact in answers.registry().providers.items():
        if before in {fact.name, str(provider)}:
            found = ledger.learners.find(ProviderId(provider), (Identifier(type="id", value=own),))
            if found is not None:
                return found
            raise UsageError(f"{before} knows no learner {own}")
    raise UsageError(f"there is no provider {before}")
