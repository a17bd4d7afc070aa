"""How far a learner is on a pathway: from a judged record to an audit.

A competency counts while it is mastered, a credential while it is in force, hours and credits
where nobody took them back and the provider had the authority to assert them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal

from ledger.domain.evidence import JUDGED_KINDS, Alignment
from ledger.domain.ids import CompetencyId
from projections.articulation import Articulated, articulated
from projections.authority import aware
from projections.crediting import earned, uncredited
from projections.learner import LearnerRecord, Piece
from projections.mastery import Verdicts
from projections.observing import Observed
from projections.pathways.audit import Audit, Item, audit, holdings
from projections.pathways.documents import Competencies, PathwayDocument
from projections.registry import Registry
from projections.transcript import competency_name


def progress(
    document: PathwayDocument,
    record: LearnerRecord,
    verdicts: Verdicts,
    registry: Registry,
    *,
    on: datetime,
) -> Audit:
    """Lay a learner's record against a pathway, at a moment."""
    document = _with_one_name_each(document, registry)
    items = items_of(record, verdicts, registry, on=on, names=competencies_of(document))
    return audit(
        document, items, lambda name: competency_name(CompetencyId(name), registry).statement
    )


def _with_one_name_each(document: PathwayDocument, registry: Registry) -> PathwayDocument:
    """Call every competency by the ledger's own name: by two names it would count twice."""

    def meant(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_meant(name, registry) for name in names))

    requirements = tuple(
        one.model_copy(update={"of": meant(one.of)}) if isinstance(one, Competencies) else one
        for one in document.requirements
    )
    gates = tuple(
        gate.model_copy(update={"opens": meant(gate.opens), "needs": meant(gate.needs)})
        for gate in document.gates
    )
    return document.model_copy(update={"requirements": requirements, "gates": gates})


def competencies_of(document: PathwayDocument) -> frozenset[str]:
    """Give the names by which a pathway calls competencies."""
    required = (one.of for one in document.requirements if isinstance(one, Competencies))
    gates = (names for gate in document.gates for names in (gate.opens, gate.needs))
    return frozenset(name for names in (*required, *gates) for name in names)


def items_of(
    record: LearnerRecord,
    verdicts: Verdicts,
    registry: Registry,
    *,
    on: datetime,
    names: Collection[str] = (),
) -> tuple[Item, ...]:
    """List what a learner holds at a moment; competencies under those `names` that mean them."""
    not_theirs = uncredited(Observed(record, registry))
    standing = [
        piece
        for piece in record.pieces.values()
        if piece.withdrawn_position is None
        and piece.id not in not_theirs
        and piece.evidence.kind in JUDGED_KINDS
        and aware(piece.evidence.occurred_at) <= on
    ]
    return holdings(
        {
            "competency": _mastered(verdicts, registry, names),
            "credential": _credentials(standing, on),
            "hours": _hours(standing),
            "credit": _credits(standing),
            "elsewhere": _elsewhere(standing, registry),
        }
    )


def _mastered(verdicts: Verdicts, registry: Registry, names: Collection[str]) -> Iterator[Item]:
    for name in sorted(names):
        verdict = verdicts.get(_meant(name, registry))
        if verdict is not None and verdict.state == "mastered":
            yield Item("competency", name, evidence=verdict.counted)


def _meant(name: str, registry: Registry) -> CompetencyId:
    meant = registry.resolve(Alignment(competency=name))
    return meant.competency if meant else CompetencyId(name)


def _credentials(standing: list[Piece], on: datetime) -> Iterator[Item]:
    held: dict[str, Piece] = {}
    for piece in standing:
        credential = piece.evidence.credential
        if credential is None:
            continue
        until = credential.valid_until
        if until is None or aware(until) >= on:
            held.setdefault(credential.id, piece)
    for name, piece in held.items():
        yield Item("credential", name, evidence=(piece.id,))


def _hours(standing: list[Piece]) -> Iterator[Item]:
    for piece in standing:
        evidence, wbl = piece.evidence, piece.evidence.work_based_learning
        if evidence.hours is not None and evidence.hours > 0:
            yield Item(
                "hours", str(piece.id), evidence.hours, evidence=(piece.id,),
                setting=wbl.setting if wbl is not None else None,
                activity=wbl.activity if wbl is not None else None,
            )  # fmt: skip


def _credits(standing: list[Piece]) -> Iterator[Item]:
    """One item per course and type: a course taken up twice gives its credits once."""
    best: dict[tuple[str, str | None], tuple[Decimal, Piece]] = {}
    for piece in standing:
        evidence = piece.evidence
        if evidence.credits is None or evidence.credits <= 0 or not earned(piece):
            continue
        key = (evidence.context.course or str(piece.id), evidence.credit_type)
        before = best.get(key)
        if before is None or evidence.credits > before[0]:
            best[key] = (evidence.credits, piece)
    for (course, credit_type), (amount, piece) in best.items():
        yield Item("credit", course, amount, credit_type=credit_type, evidence=(piece.id,))


def _elsewhere(standing: list[Piece], registry: Registry) -> Iterator[Item]:
    """One item per clause: a course taken up twice gives its credits once there as well."""
    best: dict[tuple[str, str], Articulated] = {}
    for one in articulated(standing, registry):
        before = best.get(key := (one.agreement, one.clause.clause))
        if before is None or one.credits > before.credits:
            best[key] = one
    for one in best.values():
        yield Item(
            "credit", one.clause.course, one.credits, credit_type=one.clause.credit_type,
            agreement=one.agreement, evidence=(one.piece.id,),
        )  # fmt: skip
