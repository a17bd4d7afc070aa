"""The transcript: what a learner has shown, by strand, and all that it rests on.

Strands stay apart: there is no number over technical, academic and employability skills
together, since no policy named one (S0-7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from ledger.domain.ids import CompetencyId, EvidenceId, Position, ProviderId
from projections.articulation import Articulated, articulated
from projections.authority import aware
from projections.crediting import earned, uncredited
from projections.learner import LearnerRecord, Piece
from projections.lines import (
    STRANDS,
    CompetencyLine,
    CompetencyName,
    CredentialLine,
    CreditLine,
    EnrolmentLine,
    EvidenceLine,
    HoursLine,
    JudgedLine,
    ProviderLine,
    Strand,
    Transcript,
    UncreditedLine,
)
from projections.mastery import Verdicts
from projections.observing import Observed
from projections.policies.explain import explained
from projections.policies.verdict import Verdict
from projections.registry import Registry

_HoursKey = tuple[str | None, str | None, str | None]


def transcript_of(
    observed: Observed, verdicts: Verdicts, *, position: Position, on: datetime
) -> Transcript:
    """Lay out a judged record."""
    record, registry = observed.record, observed.registry
    lines = competency_lines(verdicts, observed)
    standing = [
        piece
        for piece in record.pieces.values()
        if piece.withdrawn_position is None and aware(piece.evidence.occurred_at) <= on
    ]
    standing.sort(key=_place)
    refused = uncredited(observed)
    accepted = [piece for piece in standing if piece.id not in refused]
    return Transcript(
        learner=record.learner,
        names=record.names,
        position=position,
        on=on,
        strands=tuple(
            Strand(strand, tuple(line for line in lines if line.name.strand == strand))
            for strand in STRANDS
        ),
        credentials=tuple(_credentials(standing, registry, on, refused)),
        work_based_learning=_hours(accepted),
        credits=(*_credits(accepted), *_elsewhere(accepted, registry)),
        enrolments=tuple(_enrolments(record, registry)),
        unaligned=tuple(
            evidence_line(piece, registry) for piece in standing if not piece.evidence.alignments
        ),
        uncredited=tuple(
            UncreditedLine(piece.id, *refused[piece.id])
            for piece in standing
            if piece.id in refused and _would_credit(piece)
        ),
    )


def _would_credit(piece: Piece) -> bool:
    evidence = piece.evidence
    amounts = (evidence.credential, evidence.hours, evidence.credits)
    return any(one is not None for one in amounts)


def judged_line(verdict: Verdict, registry: Registry) -> JudgedLine:
    """Name the competency of a verdict."""
    return JudgedLine(competency_name(verdict.competency, registry), worded(verdict, registry))


def worded(verdict: Verdict, registry: Registry) -> Verdict:
    """Put into words what is missing, with competencies called by what they say."""
    return explained(verdict, lambda name: competency_name(CompetencyId(name), registry).statement)


def competency_line(verdict: Verdict, observed: Observed) -> CompetencyLine:
    """Give a verdict with every piece of evidence about it."""
    return competency_lines({verdict.competency: verdict}, observed)[0]


def competency_lines(verdicts: Verdicts, observed: Observed) -> list[CompetencyLine]:
    """Give verdicts with their evidence, oldest first; competencies in the order of their codes."""
    record, registry = observed.record, observed.registry
    about: dict[CompetencyId, list[EvidenceLine]] = defaultdict(list)
    crossed = _crossed(observed)
    for piece in sorted(record.pieces.values(), key=_place):
        line = evidence_line(piece, registry, revises=record.revises(piece))
        elsewhere = (name for name, via in crossed.items() if piece.id in via)
        for competency in (*line.competencies, *elsewhere):
            if competency in verdicts:
                about[competency].append(line)
    lines = [
        CompetencyLine(
            competency_name(name, registry),
            worded(verdict, registry),
            tuple(about[name]),
            crossed.get(name, {}),
        )
        for name, verdict in verdicts.items()
    ]
    lines.sort(key=lambda line: (line.name.code or "\uffff", line.name.competency))
    return lines


def _crossed(observed: Observed) -> dict[CompetencyId, dict[EvidenceId, tuple[str, ...]]]:
    """Find what is read on a competency only because a crosswalk leads there."""
    crossed: dict[CompetencyId, dict[EvidenceId, tuple[str, ...]]] = {}
    if observed.registry.equivalences.counts:
        for name, line in observed.lines.items():
            for seen in line.seen:
                if seen.via:
                    crossed.setdefault(name, {})[seen.evidence] = seen.via
    return crossed


def competency_name(competency: CompetencyId, registry: Registry) -> CompetencyName:
    """Describe a competency by the latest version of its framework."""
    found = registry.frameworks.describe(competency)
    if found is None:
        return CompetencyName(competency, competency, None, "unassigned", None, None, None)
    latest = registry.frameworks.latest(found.framework)
    return CompetencyName(
        competency, found.item.statement, found.item.code, found.item.strand or "unassigned",
        found.framework, latest.title if latest else None, found.version,
    )  # fmt: skip


def evidence_line(
    piece: Piece, registry: Registry, *, revises: EvidenceId | None = None
) -> EvidenceLine:
    """Lay out one piece of evidence as it stands."""
    evidence = piece.evidence
    names = (
        (resolved.competency if resolved else CompetencyId(alignment.competency))
        for alignment in evidence.alignments
        for resolved in (registry.resolve(alignment),)
    )
    evaluator = evidence.evaluator
    return EvidenceLine(
        evidence=piece.id, kind=evidence.kind, title=evidence.title,
        occurred_at=evidence.occurred_at, recorded_at=piece.recorded_at,
        position=piece.position, first_position=piece.first_position,
        provider=provider_line(piece.provider, registry),
        evaluator=(evaluator.name or evaluator.id) if evaluator is not None else None,
        result=evidence.result, facets=evidence.facets, competencies=tuple(dict.fromkeys(names)),
        site=evidence.context.site, task=evidence.context.task, hours=evidence.hours,
        revises=revises or evidence.revises,
        external_id=evidence.source.external_id, format=evidence.source.format,
        sha256=evidence.source.sha256, corrections=len(piece.earlier),
        withdrawn=piece.withdrawn_reason if piece.withdrawn_position is not None else None,
    )  # fmt: skip


def provider_line(provider: ProviderId, registry: Registry) -> ProviderLine:
    """Name a provider and its kind."""
    found = registry.providers.get(provider)
    if found is None:
        return ProviderLine(provider, "unknown provider", "other")
    return ProviderLine(provider, found.name, found.kind)


def _place(piece: Piece) -> tuple[datetime, Position]:
    return aware(piece.evidence.occurred_at), piece.first_position


def _credentials(
    pieces: Iterable[Piece], registry: Registry, on: datetime, refused: Collection[EvidenceId]
) -> Iterator[CredentialLine]:
    for piece in pieces:
        credential = piece.evidence.credential
        if credential is None:
            continue
        until = aware(credential.valid_until) if credential.valid_until is not None else None
        yield CredentialLine(
            credential=credential.id, name=credential.name,
            issuer=(credential.issuer.name or credential.issuer.id) if credential.issuer else None,
            awarded_at=piece.evidence.occurred_at, valid_until=until,
            valid=piece.id not in refused and (until is None or on <= until),
            evidence=evidence_line(piece, registry),
        )  # fmt: skip


def _hours(pieces: Iterable[Piece]) -> tuple[HoursLine, ...]:
    found: dict[_HoursKey, list[Piece]] = defaultdict(list)
    for piece in pieces:
        evidence = piece.evidence
        if evidence.kind != "work_based_learning" or evidence.hours is None:
            continue
        work = evidence.work_based_learning
        employer = work.employer if work is not None else None
        key = (
            work.activity if work is not None else None,
            work.setting if work is not None else None,
            (employer.name or employer.id) if employer is not None else None,
        )
        found[key].append(piece)
    return tuple(
        HoursLine(
            *key, sum((piece.evidence.hours or Decimal(0) for piece in some), Decimal(0)),
            tuple(piece.id for piece in some),
        )
        for key, some in found.items()
    )  # fmt: skip


def _credits(pieces: Iterable[Piece]) -> tuple[CreditLine, ...]:
    found: dict[str | None, list[Piece]] = defaultdict(list)
    for piece in pieces:
        if piece.evidence.credits is not None and earned(piece):
            found[piece.evidence.credit_type].append(piece)
    return tuple(
        CreditLine(
            name, sum((piece.evidence.credits or Decimal(0) for piece in some), Decimal(0)),
            tuple(piece.id for piece in some),
        )
        for name, some in found.items()
    )  # fmt: skip


def _elsewhere(accepted: Iterable[Piece], registry: Registry) -> Iterator[CreditLine]:
    """Give what agreements make of the credits of accepted evidence."""
    found: dict[tuple[str | None, str, str, str, str], list[Articulated]] = defaultdict(list)
    for one in articulated(accepted, registry):
        clause = one.clause
        key = (clause.credit_type, clause.record, one.agreement, clause.clause, one.digest)
        found[key].append(one)
    for (credit_type, *under), some in found.items():
        together = sum((one.credits for one in some), Decimal(0))
        yield CreditLine(credit_type, together, tuple(one.piece.id for one in some), *under)


def _enrolments(record: LearnerRecord, registry: Registry) -> Iterator[EnrolmentLine]:
    for one in record.enrolments.values():
        yield EnrolmentLine(
            one.programme, one.course, one.school, one.district, one.state,
            one.starts_on, one.ends_on, provider_line(one.provider, registry),
        )  # fmt: skip
