"""Reading learners into memory: whole, or as far as what comes next needs them.

A plain piece of evidence bears on what it is aligned to, and on what crosswalks tie to that. So of
a learner that is not in memory the evidence on those competencies is read, found by the view of
observations, and not a record of years. What may reach further (a correction, a revision, an
aligned credential, a policy that looks at children) has the learner read whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from psycopg import Cursor

from ledger.domain.facts import (
    AttributesRecorded,
    EnrolmentRecorded,
    EnrolmentWithdrawn,
    EvidenceRecorded,
    Fact,
    IdentityUnlinked,
    LearnerIdentified,
)
from ledger.domain.ids import CompetencyId, LearnerId, Position
from ledger.store.reader import LogReader
from projections import statements
from projections.held import Held, Shelf
from projections.learner import LearnerRecord
from projections.observing import Observed
from projections.people import about_learners, of_person
from projections.registry import Registry
from projections.rows import LearnerRow, Pair, competencies_of

WHOLE_READ_MAX = 200  # whole records read at once, where many are needed
PARTS_READ_MAX = 1_000

Need = set[CompetencyId] | None
"""The competencies on which a learner's evidence is needed; None: all there is."""
Needs = dict[LearnerId, Need]
Pairs = dict[LearnerId, dict[CompetencyId, Pair]]


def touched_by(fact: Fact, registry: Registry) -> Need:
    """Say on which competencies a learner's evidence is needed to take in a fact."""
    match fact:
        case EvidenceRecorded(evidence=evidence) if evidence.revises_external is None:
            return registry.bearing_on(competencies_of(evidence, registry))
        case EnrolmentRecorded() | EnrolmentWithdrawn():
            return None if registry.adoptions.by_enrolment else set()
        case LearnerIdentified() | IdentityUnlinked() | AttributesRecorded():
            return set()
        case _:
            return None


def add_need(needs: Needs, learner: LearnerId, need: Need) -> None:
    """Add what one fact needs to what the facts before it need."""
    before = needs.setdefault(learner, set())
    needs[learner] = None if need is None or before is None else before | need


class Fetcher:
    """Reads learners onto a shelf, as they stand in one generation of the views."""

    def __init__(self, log: LogReader, generation: int, shelf: Shelf) -> None:
        self._log, self._generation, self._shelf = log, generation, shelf

    def fetch(
        self, cursor: Cursor[Any], needs: Mapping[LearnerId, Need], registry: Registry, *,
        until: Position,
    ) -> None:  # fmt: skip
        """Read what is needed and not held, as it stands at a position."""
        whole: list[LearnerId] = []
        parts: dict[LearnerId, set[CompetencyId]] = {}
        for learner, need in needs.items():
            held = self._shelf.get(learner)
            if held is not None and held.knows(need):
                continue
            if need is None or registry.identities.others(learner):
                whole.append(learner)
            else:
                parts[learner] = need - held.known if held is not None and held.known else need
        for some in cut(parts, PARTS_READ_MAX):
            wanted = {learner: parts[learner] for learner in some}
            whole += self._read_parts(cursor, wanted, registry, until)
        for some in cut(whole, WHOLE_READ_MAX):
            self._read_whole(cursor, some, registry, until)

    # -- inside -----------------------------------------------------------------------------

    def _read_whole(
        self, cursor: Cursor[Any], learners: list[LearnerId], registry: Registry, until: Position
    ) -> None:
        pairs = _by_learner(learners, self._ask(cursor, "pairs", learners=learners))
        identities = registry.identities
        wanted = [one for learner in learners for one in identities.everybody(learner)]
        streams = self._log.streams(wanted, until=until)
        for learner in learners:
            record = LearnerRecord.fold(learner, of_person(learner, identities, streams))
            self._shelf.put(Held(Observed(record, registry), pairs[learner]))

    def _read_parts(
        self, cursor: Cursor[Any], wanted: Mapping[LearnerId, set[CompetencyId]],
        registry: Registry, until: Position,
    ) -> list[LearnerId]:  # fmt: skip
        """Read some competencies of each; give those that must be read whole instead.

        A piece that revises another is held together with it by the provider's own names, and
        that other may be about anything. One that the directory does not have was erased.
        """
        directory = self._directory(cursor, list(wanted))
        local = {
            one: need
            for one, need in wanted.items()
            if (row := directory.get(one)) is not None and not row.revises
        }
        learners = list(local)
        named = [(learner, one) for learner, need in local.items() for one in need]
        asked = {"learner": [one for one, _ in named], "competency": [one for _, one in named]}
        places = [place for (place,) in self._ask(cursor, "places", **asked)] if named else []
        pairs = _by_learner(learners, self._ask(cursor, "some_pairs", **asked) if named else [])
        streams = self._log.parts(learners, places, until=until)
        for learner, need in local.items():
            part = LearnerRecord.fold(learner, about_learners(streams[learner]))
            held = self._shelf.get(learner)
            if held is None:
                row = directory[learner]
                self._shelf.put(Held.part(part, row, registry, known=need, pairs=pairs[learner]))
            else:
                self._shelf.grew(held.join(part, pairs[learner], known=need))
        return [one for one in wanted if one not in local]

    def _directory(
        self, cursor: Cursor[Any], learners: list[LearnerId]
    ) -> dict[LearnerId, LearnerRow]:
        rows = self._ask(cursor, "directory", learners=learners)
        return {row[0]: LearnerRow(*row) for row in rows}

    def _ask(self, cursor: Cursor[Any], name: str, **parameters: object) -> list[tuple[Any, ...]]:
        cursor.execute(statements.query(name, generation=self._generation), parameters)
        return cursor.fetchall()


def _by_learner(learners: Sequence[LearnerId], rows: Iterable[tuple[Any, ...]]) -> Pairs:
    pairs: Pairs = {learner: {} for learner in learners}
    for learner, competency, state, due_at in rows:
        pairs[learner][competency] = Pair(state, due_at)
    return pairs


def cut(learners: Iterable[LearnerId], size: int) -> Iterator[list[LearnerId]]:
    """Give some at a time."""
    left = iter(learners)
    while some := list(islice(left, size)):
        yield some
