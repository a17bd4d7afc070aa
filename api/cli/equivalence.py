"""`mastery crosswalk`: what else counts, and who agreed to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from api.agreements import Desk
from api.cli.files import existing
from api.cli.session import screen, session, show_json, show_rows
from api.cli.teaching import command, group
from api.cli.times import time_of
from api.schemas_of_reference import CrosswalkIn, CrosswalkWithdrawalIn, SignatureIn
from ledger.errors import InvalidDocumentError, Reject
from ledger.standards.json_text import JsonTextError, pointer, value_of

app = group("crosswalk", "What evidence counts for elsewhere, and who agreed to it.")
assessments = group("assessment", "Instruments on record, and who vouches for them.")

Document = TypeVar("Document", bound=BaseModel)
Which = Annotated[str, typer.Argument(help="Id of a crosswalk.")]
Role = Annotated[str, typer.Option(help="For which role: academic, cte, state or college.")]
By = Annotated[str, typer.Option(help="Who says so: an id, kept with the fact.")]


@command(app, "publish")
def publish(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Crosswalk or agreement (JSON).")],
) -> None:
    """Publish a crosswalk, or new words for one. It counts once every role it needs has signed.

    Example:
        mastery crosswalk publish welding-as-physics.json
    """
    given = _read(CrosswalkIn, value=_json(existing(file).read_bytes()))
    with session(context).answers() as (ledger, answers):
        receipt = Desk(ledger, answers).publish(given)
    said = "unchanged" if receipt.duplicate else "published"
    screen.out(f"{said} {given.id}, position {receipt.position}")


@command(app, "sign")
def sign(
    context: typer.Context, crosswalk: Which, *, role: Role, by: By,
    at: Annotated[str | None, typer.Option(help="When; now, where absent.")] = None,
) -> None:  # fmt: skip
    """Record the consent of one role to these very words; new words need a new signature.

    Example:
        mastery crosswalk sign welding-as-physics --role academic --by "physics board"
    """
    signed_at = time_of(at) or datetime.now(UTC)
    given = _read(
        SignatureIn, value={"role": role, "by": {"id": by}, "signed_at": signed_at.isoformat()}
    )
    with session(context).answers() as (ledger, answers):
        receipt = Desk(ledger, answers).sign(crosswalk, given)
    said = "unchanged" if receipt.duplicate else "signed"
    screen.out(f"{said} {crosswalk}, position {receipt.position}")


@command(app, "withdraw")
def withdraw(
    context: typer.Context, crosswalk: Which, *, role: Role, by: By,
    reason: Annotated[str, typer.Option(help="Why; kept with the fact.")],
) -> None:  # fmt: skip
    """Take one role's consent back, and list who rested on it, on what, and what became of it.

    Example:
        mastery crosswalk withdraw welding-as-physics --role academic --by "physics board"
            --reason "the standard was revised"
    """
    value = {"role": role, "by": {"id": by}, "reason": reason}
    given = _read(CrosswalkWithdrawalIn, value=value)
    with session(context).answers() as (ledger, answers):
        receipt, found = Desk(ledger, answers).withdraw(crosswalk, given)
    said = "unchanged" if receipt.duplicate else "withdrawn"
    screen.out(f"{said} {crosswalk}, position {receipt.position}")
    rows = [(str(one.learner), one.competency, one.before, one.after) for one in found.rested]
    show_rows(("learner", "competency", "before", "after"), rows)
    for one in found.credits:
        screen.out(f"{one.learner} had {one.credits} credits at {one.record}, clause {one.clause}")


@command(app, "list")
def list_crosswalks(context: typer.Context) -> None:
    """List every crosswalk: whether it counts, who signed, and whom it waits for."""
    with session(context).answers() as (_, answers):
        found = list(answers.registry().equivalences.crosswalks())
    rows = [
        (
            published.crosswalk,
            "counts" if standing.counts() else "withdrawn" if standing.withdrawn else "waits",
            ", ".join(standing.signed) or "nobody",
            ", ".join(role for role in published.needs if role not in standing.signed),
            published.title,
        )
        for published, standing in found
    ]
    show_rows(("crosswalk", "", "signed by", "waits for", "title"), rows)


@command(app, "show")
def show(
    context: typer.Context,
    crosswalk: Which,
) -> None:
    """Print a crosswalk with its links and signatures, as JSON."""
    from api.routes.equivalences import crosswalk_out  # the web framework is slow

    with session(context).answers() as (_, answers):
        found = crosswalk_out(answers.registry(), crosswalk)
    show_json(found)


@command(assessments, "list")
def list_assessments(context: typer.Context) -> None:
    """List every instrument on record, how hard it is, and from when to when it is valid."""
    from api.routes.equivalences import assessments_out  # the web framework is slow

    with session(context).answers() as (_, answers):
        found = assessments_out(answers.registry())
    rows = [
        (
            one.assessment,
            "" if one.rigour_band is None else str(one.rigour_band),
            "; ".join(_time(each.starts_at, each.ends_at) for each in one.validations) or "never",
            one.title,
        )
        for one in found
    ]
    show_rows(("assessment", "rigour", "valid", "title"), rows)


def _time(starts_at: datetime | None, ends_at: datetime | None) -> str:
    start, end = (f"{one:%Y-%m-%d}" if one else "" for one in (starts_at, ends_at))
    return f"{start or '...'} to {end or '...'}"


def _json(data: bytes) -> object:
    # Read by our own decoder: weights come as decimals and pass through no float.
    try:
        return value_of(data)
    except JsonTextError as error:
        raise InvalidDocumentError("crosswalk", (error.reject,)) from error


def _read(kind: type[Document], *, value: object) -> Document:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        rejects = [
            Reject(pointer(one["loc"]), one["msg"])
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidDocumentError("crosswalk", rejects) from error
