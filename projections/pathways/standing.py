"""Where a learner stands on a published pathway, as of any moment, under any policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.domain.ids import LearnerId, Position
from ledger.errors import UnknownPathwayError
from projections.answers import Answers, AsOf, On, PolicyChoice
from projections.mastery import judge_all
from projections.pathways.audit import Audit
from projections.pathways.documents import parse
from projections.pathways.progress import progress


@dataclass(frozen=True, slots=True)
class Standing:
    """An audit, and what it saw: the pathway's digest, the log's position, the moment."""

    learner: LearnerId
    pathway: str
    title: str
    digest: str
    position: Position
    on: datetime
    audit: Audit


def standing(
    answers: Answers, learner: LearnerId, pathway: str, *,
    as_of: AsOf = None, on: On = None, policy: PolicyChoice = None,
) -> Standing:  # fmt: skip
    """Audit a learner on a pathway, by the words in which it stood at that position.

    Raises:
        UnknownLearnerError: the ledger has no such learner.
        UnknownPathwayError: no such pathway was published by then.
        UnknownPolicyError: no such policy was published.
    """
    asked = answers.asked(as_of=as_of, on=on, policy=policy)
    found = asked.registry.pathways.get(pathway)
    if found is None:
        raise UnknownPathwayError(pathway)
    document = parse(found.document)
    record = answers.record(learner, asked.position)
    verdicts = judge_all(record, asked.registry, on=asked.on, policy=asked.policy)
    audit = progress(document, record, verdicts, asked.registry, on=asked.on)
    return Standing(learner, pathway, document.title, found.digest, asked.position, asked.on, audit)
