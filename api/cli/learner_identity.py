"""`mastery learner merge`, `unmerge`, `unlink`, `disenrol`, `erase`: a steward's word on who a learner is."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.learner import (
    Kind,
    System,
    Value,
    Who,
    Whose,
    app,
    learner_named,
    named_by,
    provider_of_name,
)
from api.cli.session import provider_named, screen, session
from api.cli.teaching import command
from ledger.domain.evidence import Identifier
from ledger.domain.facts import (
    EnrolmentWithdrawn,
    ErasureReason,
    IdentityFreed,
    MergeReason,
    PartReason,
    UnlinkReason,
)
from ledger.domain.ids import LearnerId
from ledger.errors import ErasedError
from ledger.store.tasks import NOBODY
from projections import merging

__all__ = ["app"]


@command(app, "merge")
def merge(
    context: typer.Context,
    learner: Who,
    *,
    into: Annotated[str, typer.Option(help="Whom they are one person with, named as LEARNER is.")],
    reason: Annotated[MergeReason, typer.Option(help="Stays on record.")] = "same_person",
) -> None:
    """Say that two learners are one person: what is on record of LEARNER is read as the other's.

    Nothing that was recorded moves: `mastery learner unmerge` takes them apart again. What was
    known as of an earlier position stays apart.

    Example:
        mastery learner merge "Harbor College:9931" --into "Northside LMS:S-100231"
    """
    with session(context).answers() as (ledger, answers):
        who, whom = (learner_named(ledger, answers, one) for one in (learner, into))
        receipt = merging.merge(ledger, answers, who, whom, reason=reason)
    again = "was merged before" if receipt.duplicate else "merged"
    screen.out(f"{again}, at position {receipt.position}")


@command(app, "unmerge")
def unmerge(
    context: typer.Context,
    learner: Annotated[str, typer.Argument(help="The ledger's id of the learner who was merged.")],
    *,
    reason: Annotated[PartReason, typer.Option(help="Stays on record.")] = "mistaken",
) -> None:
    """Say that a learner is nobody else after all: what is on record of them is theirs again.

    Example:
        mastery learner unmerge 6f1f6c1e-0f0b-4b53-9a0f-0a4e1c7b8d21
    """
    with session(context).answers() as (ledger, answers):
        who = learner_named(ledger, answers, learner)
        receipt = merging.unmerge(ledger, answers, who, reason=reason)
    again = "was parted before" if receipt.duplicate else "parted"
    screen.out(f"{again}, at position {receipt.position}")


@command(app, "unlink")
def unlink(
    context: typer.Context,
    value: Value,
    *,
    kind: Kind = "id",
    system: System = None,
    provider: Whose = None,
    reason: Annotated[UnlinkReason, typer.Option(help="Stays on record.")] = "mistaken",
) -> None:
    """Say that a name is not of the learner whom it means: who is named by it next is somebody new.

    What was recorded under it stays where it is, until its provider withdraws it. A name of somebody
    who was erased is freed, and whose it was is not told.

    Examples:
        mastery learner unlink S-100231 --provider "Northside LMS"
        mastery learner unlink rivera@example.org --type mbox --reason shared
    """
    name = Identifier(type=kind, value=value, system=system)
    with session(context).answers() as (ledger, answers):
        try:
            whose, found = named_by(ledger, answers, name, provider=provider)
            receipt = merging.unlink(ledger, answers, found, name, provider=whose, reason=reason)
            done = f"unlinked from {found}"
        except ErasedError:
            whose = provider_of_name(answers, name, provider)
            receipt = ledger.learners.free(IdentityFreed(provider=whose, reason=reason), name)
            done = "freed: its learner was erased"
    screen.out(f"{done}, at position {receipt.position}")


@command(app, "disenrol")
def disenrol(
    context: typer.Context,
    enrolment: Annotated[str, typer.Argument(help="The provider's id for the enrolment.")],
    *,
    provider: Annotated[str, typer.Option(help="Name or id of the provider who said it.")],
    reason: Annotated[str, typer.Option(help="Why it was a mistake; the history shows it.")],
) -> None:
    """Withdraw an enrolment that was said by mistake: from here on it counts nowhere.

    One that has ended is no mistake: its provider sends it anew with its last day.

    Example:
        mastery learner disenrol enrolment/771 --provider "Northside LMS" --reason "of another Ada"
    """
    with session(context).answers() as (ledger, answers):
        fact = EnrolmentWithdrawn(
            learner=LearnerId(NOBODY), provider=provider_named(answers, provider),
            external_id=enrolment, by="steward", reason=reason,
        )  # fmt: skip
        receipt = ledger.disenrol(fact)
    again = "was withdrawn before" if receipt.duplicate else "withdrawn"
    screen.out(f"{again}, at position {receipt.position}")


@command(app, "erase")
def erase(
    context: typer.Context,
    learner: Who,
    *,
    reason: Annotated[
        ErasureReason, typer.Option(help="Stays on record; whose it was does not.")
    ] = "requested",
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
) -> None:
    """Destroy a learner's key: nothing that is on record of them can be read any more, by anybody.

    It cannot be undone. Whoever was merged with the learner is erased with them. What arrives about
    them afterwards is refused, and subscribers are told to forget them. A backup of the database
    made before still has the key.

    Example:
        mastery learner erase 6f1f6c1e-0f0b-4b53-9a0f-0a4e1c7b8d21 --reason requested --yes
    """
    with session(context).answers() as (ledger, answers):
        who = learner_named(ledger, answers, learner)
        if not sure:
            typer.confirm(f"Erase the learner {who} for ever?", abort=True)
        receipt = merging.erase(ledger, answers, who, reason=reason)
    again = "was erased before" if receipt.duplicate else "erased"
    screen.out(f"{again}, at position {receipt.position}")
