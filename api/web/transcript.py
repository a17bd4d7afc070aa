"""One learner's transcript: strands apart, each competency with a verdict that unfolds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.moments import AtMoment, Moment
from api.parts import Parts, parts
from api.web import words
from api.web.rendering import PageRoute, page
from api.web.session import RecordsVisitor
from api.web.verdicts import CompetencyShown, Results, shown
from ledger.domain.ids import LearnerId
from projections.lines import Strand, Transcript

router = APIRouter(route_class=PageRoute, include_in_schema=False)


class StrandShown(NamedTuple):
    """A strand with how many of its competencies are in which state."""

    strand: str
    competencies: tuple[CompetencyShown, ...]
    counts: tuple[tuple[str, int], ...]


class PolicyShown(NamedTuple):
    """A policy that decided on some competency of the page."""

    policy: str
    digest: str
    title: str
    description: str


@router.get("/learners/{learner}")
def transcript(request: Request, _visitor: RecordsVisitor, learner: UUID, at: AtMoment) -> Response:
    """Show the record as it stands, or as it was known and true at some moment."""
    asked, who = parts(request), LearnerId(learner)
    found = asked.answers.transcript(who, as_of=at.as_of, on=at.on, policy=at.policy)
    results = _results(asked, found)
    strands = [_strand(one, results) for one in found.strands if one.competencies]
    context = {
        "record": found, "strands": strands, "policies": _policies(asked, found, strands),
        "at": at, "is_now": at == Moment(None, None, None), "printed_at": asked.clock(),
        "hours": sum(line.hours for line in found.work_based_learning),
        "credits": sum(line.credits for line in found.credits if line.agreement is None),
    }  # fmt: skip
    return page(request, "transcript.html", context)


def _results(asked: Parts, found: Transcript) -> Results:
    """Find how each piece of evidence went on each competency: it may say so for one by one."""
    registry = asked.answers.registry(as_of=found.position)
    record = asked.answers.record(found.learner, found.position)
    return {
        (piece.id, resolved.competency if resolved else alignment.competency): alignment.result
        for piece in record.pieces.values()
        for alignment in piece.evidence.alignments
        for resolved in (registry.resolve(alignment),)
        if alignment.result is not None
    }


def _strand(strand: Strand, results: Results) -> StrandShown:
    return StrandShown(
        strand.strand,
        tuple(shown(line, results) for line in strand.competencies),
        state_counts([line.verdict.state for line in strand.competencies]),
    )


def state_counts(states: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Count states, in the order in which pages show them."""
    return tuple((state, states.count(state)) for state in words.STATES)


def _policies(asked: Parts, found: Transcript, strands: Sequence[StrandShown]) -> list[PolicyShown]:
    adoptions = asked.answers.registry(as_of=found.position).adoptions
    named = {
        (one.line.verdict.policy, one.line.verdict.policy_digest): None
        for strand in strands
        for one in strand.competencies
    }
    policies: list[PolicyShown] = []
    for policy, digest in named:
        judge = adoptions.judge(digest)
        document = judge.document if judge is not None else None
        policies.append(
            PolicyShown(
                policy,
                digest,
                document.title if document is not None else policy,
                document.description if document is not None else "",
            )
        )
    return policies
