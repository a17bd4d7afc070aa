"""`mastery pathway`: programmes of study, and how far a learner is on one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.files import existing
from api.cli.learner import AsOf, Json, On, Policy, Who, learner_named
from api.cli.session import screen, session, show_json, show_rows
from api.cli.teaching import command, group
from api.cli.times import as_of, time_of
from ledger.domain.streams import stream_of
from projections.pathways.documents import parse
from projections.pathways.standing import Standing, standing
from projections.publication import pathway_fact

app = group("pathway", "Programmes of study, and how far a learner is on one.")


@command(app, "publish")
def publish(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Pathway document (JSON).")],
    by: Annotated[str | None, typer.Option(help="Who publishes it.")] = None,
) -> None:
    """Publish a version of a pathway; the version published last is the one that is audited.

    Example:
        mastery pathway publish welding.json --by "State CTE office"
    """
    document = parse(existing(file).read_bytes())
    with session(context).answers() as (ledger, answers):
        fact = pathway_fact(document, answers.registry(), by=by)
        receipt = ledger.record_reference(stream_of(fact), fact, key=(fact.pathway,))
    said = "unchanged" if receipt.duplicate else "published"
    screen.out(f"{said} {fact.pathway} {fact.digest}")


@command(app, "list")
def list_pathways(context: typer.Context) -> None:
    """List every pathway in its latest version."""
    with session(context).answers() as (_, answers):
        found = answers.registry().pathways.values()
    rows = [(one.pathway, one.digest, parse(one.document).title) for one in found]
    show_rows(("pathway", "digest", "title"), rows)


@command(app, "audit")
def audit(
    context: typer.Context,
    learner: Who,
    pathway: Annotated[str, typer.Argument(help="Id of a pathway.")],
    *,
    known: AsOf = None,
    on: On = None,
    policy: Policy = None,
    plain: Json = False,
) -> None:
    """Lay a learner's record against a pathway: what is met, what is missing, which gates are open.

    Examples:
        mastery pathway audit "Northside LMS:S-100231" welding-technology
        mastery pathway audit "Northside LMS:S-100231" welding-technology --on 2026-06-30
    """
    moment, when = as_of(known), time_of(on)
    with session(context).answers() as (ledger, answers):
        who = learner_named(ledger, answers, learner)
        found = standing(answers, who, pathway, as_of=moment, on=when, policy=policy)
    if plain:
        show_json(found)
        return
    _show(found)


def _show(found: Standing) -> None:
    done = "complete" if found.audit.complete else "not complete"
    screen.out(f"{found.title}: {done} on {found.on:%Y-%m-%d %H:%M %Z}")
    rows = [
        (
            "met" if one.met else "not met",
            one.title,
            f"{one.have.normalize():f} of {one.need.normalize():f}",
            one.missing,
        )
        for one in found.audit.requirements
    ]
    show_rows(("", "requirement", "has", "missing"), rows)
    for gate in found.audit.gates:
        waits = f", waits for {', '.join(gate.waits_for)}" if gate.waits_for else ""
        screen.out(f"gate {gate.id}: {'open' if gate.open else 'closed'}{waits}")
    if not found.audit.exact:
        screen.out("not every way to deal out what is held was tried")
