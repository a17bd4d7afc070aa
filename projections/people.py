"""The log as people: each learner's stream, and with it those of all who were merged into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from uuid import UUID

from ledger.domain.catalogue import Recorded
from ledger.domain.identities import Identities
from ledger.domain.ids import LearnerId, Position
from ledger.store.reader import LEARNER_TOPICS, LogReader
from projections.learner import LearnerRecord


def by_person(
    log: LogReader, identities: Identities, *, until: Position, facts_max: int,
    after: UUID | None = None, last: UUID | None = None,
) -> Iterator[list[Recorded]]:  # fmt: skip
    """Read every stream whole, in the order of ids, up to a position: for a rebuild, or a report.

    As `LogReader.by_learner` does, but who was merged is read with whom they were merged into.
    """
    streams = log.by_learner(until=until, facts_max=facts_max, after=after, last=last)
    if not identities.merged():
        yield from streams
        return
    for stream in streams:
        learner = LearnerId(stream[0].stream)
        if identities.is_merged(learner):
            continue
        others = identities.others(learner)
        joined = log.streams(sorted(others), until=until) if others else {}
        yield in_order([stream, *joined.values()])


def about_learners(facts: Iterable[Recorded]) -> list[Recorded]:
    """Leave out what is in a learner's stream and not of the record: who was merged."""
    return [one for one in facts if one.topic in LEARNER_TOPICS]


def record_of(stream: Sequence[Recorded], identities: Identities) -> LearnerRecord | None:
    """Fold the record of the person whose stream `by_person` gave; None, if it is nobody's."""
    facts = about_learners(stream)
    if not facts:
        return None
    return LearnerRecord.fold(identities.person(LearnerId(facts[0].stream)), facts)


def of_person(
    learner: LearnerId, identities: Identities, streams: Mapping[UUID, Sequence[Recorded]]
) -> list[Recorded]:
    """Give the facts of a person's record; none, where the learner was merged into another."""
    if identities.is_merged(learner):
        return []
    return about_learners(in_order([streams[one] for one in identities.everybody(learner)]))


def in_order(streams: Sequence[Sequence[Recorded]]) -> list[Recorded]:
    """Put the facts of several streams in the order of the log."""
    if len(streams) == 1:
        return list(streams[0])
    return sorted(chain.from_iterable(streams), key=lambda one: one.position)
