"""`mastery provider`: who may submit evidence, about what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, get_args

import typer

from api.cli.session import UsageError, provider_named, screen, session, show_rows
from api.cli.teaching import command, group
from api.cli.times import time_of
from ledger.domain.evidence import EvidenceKind
from ledger.domain.facts import (
    AuthorityGranted,
    AuthorityRevoked,
    ProviderKind,
    ProviderReinstated,
    ProviderSuspended,
)
from ledger.domain.ids import FrameworkId
from ledger.domain.sayings import ProviderFact
from projections.publication import order_fault, refuse

app = group("provider", "Providers and their authority.")

KINDS: Mapping[str, ProviderKind] = {each: each for each in get_args(ProviderKind)}
EVIDENCE_KINDS: Mapping[str, EvidenceKind] = {each: each for each in get_args(EvidenceKind)}
ALL_AUTHORITY = "all"

Named = Annotated[str, typer.Argument(help="Name or id of the provider.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the fact.")]
At = Annotated[str | None, typer.Option(help="RFC 3339 time, or a date; now, where absent.")]


@command(app, "add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name, as people know it.")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")],
    all_authority: Annotated[
        bool, typer.Option(help="Let everything it submits count, on any framework.")
    ] = False,
) -> None:
    """Register a provider and print a token for it, this once.

    Without authority its evidence is kept, and does not count until authority is granted.

    Examples:
        mastery provider add "Riverside Welding" --kind employer --all-authority
        mastery provider add "State Assessments" --kind assessment_vendor
    """
    known = KINDS.get(kind)
    if known is None:
        raise UsageError(f"--kind {kind} is none of {', '.join(KINDS)}")
    with session(context).ledger() as ledger:
        provider = ledger.register_provider(name, known)
        if all_authority:
            ledger.record_about_provider(AuthorityGranted(provider=provider, grant=ALL_AUTHORITY))
        token = ledger.access.issue("provider", label=name, provider=provider)
    screen.out(f"provider {provider}")
    screen.out(f"token    {token}")
    screen.out("Keep the token now: it is shown this once, and only its hash is stored.")


@command(app, "list")
def list_providers(context: typer.Context) -> None:
    """List every provider with its id and kind."""
    with session(context).answers() as (_, answers):
        found = answers.registry().providers
    rows = [(str(provider), fact.kind, fact.name) for provider, fact in found.items()]
    show_rows(("provider", "kind", "name"), rows)


@command(app, "grant")
def grant(
    context: typer.Context,
    name: Named,
    *,
    grant: Annotated[str, typer.Option(help="Your name for this grant, for revoking it.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(EVIDENCE_KINDS)}; all, where absent."),
    ] = None,
    framework: Annotated[
        list[str] | None, typer.Option(help="Framework identifier; all, where absent.")
    ] = None,
    competency: Annotated[
        list[str] | None, typer.Option(help="Competency URI; all, where absent.")
    ] = None,
    starts_at: Annotated[str | None, typer.Option(help="Evidence from this time on.")] = None,
    ends_at: Annotated[str | None, typer.Option(help="Evidence up to this time.")] = None,
) -> None:
    """Let a provider's evidence count; options may be repeated.

    Authority is held against the time the evidence occurred, so a grant that starts earlier
    releases what was kept without it.

    Example:
        mastery provider grant "Riverside Welding" --grant wbl-2026
            --kind work_based_learning --starts-at 2026-08-01
    """
    kinds: list[EvidenceKind] = [
        EVIDENCE_KINDS[each] for each in kind or () if each in EVIDENCE_KINDS
    ]
    if len(kinds) != len(kind or ()):
        raise UsageError(f"--kind must be one of {', '.join(EVIDENCE_KINDS)}")
    with session(context).answers() as (ledger, answers):
        fact = AuthorityGranted(
            provider=provider_named(answers, name),
            grant=grant,
            kinds=tuple(kinds),
            frameworks=tuple(map(FrameworkId, framework or ())),
            competencies=tuple(competency or ()),
            starts_at=time_of(starts_at),
            ends_at=time_of(ends_at),
        )
        refuse("grant", order_fault(fact.starts_at, fact.ends_at, "/ends_at"))
        screen.out(f"position {ledger.record_about_provider(fact).position}")


@command(app, "authority")
def authority(context: typer.Context, name: Named) -> None:
    """List what a provider was granted, and when it was suspended."""
    with session(context).answers() as (_, answers):
        held = answers.registry().authority.held(provider_named(answers, name))
    rows = [
        (
            one.grant, ", ".join(one.kinds) or "all",
            ", ".join((*one.frameworks, *one.competencies)) or "all",
            *map(_day, (one.starts_at, one.ends_at, one.revoked_at)),
        )
        for one in held.grants
    ]  # fmt: skip
    rows += [
        ("suspended", "", "", _day(one.starts_at), _day(one.ends_at), "")
        for one in held.suspensions
    ]
    show_rows(("grant", "kinds", "about", "from", "to", "revoked from"), rows)


@command(app, "revoke")
def revoke(
    context: typer.Context,
    name: Named,
    *,
    grant: Annotated[str, typer.Option(help="Which grant.")],
    reason: Reason,
    ends_at: At = None,
) -> None:
    """End a grant; what occurred before its end still counts.

    Example:
        mastery provider revoke "Riverside Welding" --grant wbl-2026 --reason "contract ended"
    """
    with session(context).answers() as (ledger, answers):
        provider = provider_named(answers, name)
        fact: ProviderFact = AuthorityRevoked(
            provider=provider, grant=answers.registry().authority.granted(provider, grant),
            ends_at=time_of(ends_at) or _now(), reason=reason,
        )  # fmt: skip
        screen.out(f"position {ledger.record_about_provider(fact).position}")


@command(app, "suspend")
def suspend(context: typer.Context, name: Named, reason: Reason, starts_at: At = None) -> None:
    """Let nothing count that occurs from a time on, until reinstatement."""
    with session(context).answers() as (ledger, answers):
        fact = ProviderSuspended(
            provider=provider_named(answers, name),
            starts_at=time_of(starts_at) or _now(),
            reason=reason,
        )
        screen.out(f"position {ledger.record_about_provider(fact).position}")


@command(app, "reinstate")
def reinstate(context: typer.Context, name: Named, reason: Reason, at: At = None) -> None:
    """End a suspension; what occurred during it still does not count."""
    with session(context).answers() as (ledger, answers):
        fact = ProviderReinstated(
            provider=provider_named(answers, name), at=time_of(at) or _now(), reason=reason
        )
        screen.out(f"position {ledger.record_about_provider(fact).position}")


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment is not None else ""


def _now() -> datetime:
    return datetime.now(UTC)
