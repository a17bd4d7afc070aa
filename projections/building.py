"""Filling the tables of a new generation: whole records, each pair judged once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor

from ledger.domain.catalogue import Recorded
from ledger.domain.ids import LearnerId
from projections import packing
from projections.learner import LearnerRecord
from projections.mastery import standings_of
from projections.observing import Observed
from projections.people import about_learners
from projections.registry import Registry
from projections.rows import Counts, count, earlier_rows_of, learner_row, mastery_row, rows_of


class Builder:
    """Folds whole streams and keeps their rows until they are written by COPY."""

    def __init__(self, registry: Registry, *, on: datetime) -> None:
        self._registry, self._on = registry, on
        self._observations: list[bytes] = []
        self._mastery: list[bytes] = []
        self._learners: list[bytes] = []
        self.counts: Counts = {}
        """What each provider sent."""
        self.facts = 0
        """Facts whose rows are not written yet."""

    def add(self, stream: Sequence[Recorded]) -> None:
        """Fold the stream of one person; one that is not a learner's adds nothing."""
        self.facts += len(stream)
        facts = about_learners(stream)
        if not facts:
            return
        learner = self._registry.identities.person(LearnerId(facts[0].stream))
        record = LearnerRecord(learner)
        for recorded in facts:
            record.apply(recorded)
            count(self.counts, recorded.fact, recorded.recorded_at)
        if record.erased or record.closed:
            return
        observed = Observed(record, self._registry)
        if (
            self._registry.widens
            or observed.mixed
            or any(piece.remarks for piece in record.pieces.values())
        ):
            # What others say, or what it counts for elsewhere, is read too, and is no row of its own.
            for piece in record.pieces.values():
                rows = rows_of(learner, piece, self._registry)
                self._observations += map(packing.observation, rows)
        else:
            self._observations += packing.observations(record, observed)
        if record.corrected:
            for piece in record.pieces.values():
                rows = earlier_rows_of(learner, piece, self._registry)
                self._observations += map(packing.observation, rows)
        for standing in standings_of(observed, on=self._on).values():
            self._mastery.append(packing.mastery(mastery_row(observed, standing)))
        self._learners.append(packing.learner(learner_row(record)))

    def write(self, cursor: Cursor[Any], generation: int) -> None:
        """COPY the rows kept so far."""
        packing.copy_observations(cursor, generation, self._observations)
        packing.copy_mastery(cursor, generation, self._mastery)
        packing.copy_learners(cursor, generation, self._learners)
        for rows in (self._observations, self._mastery, self._learners):
            rows.clear()
        self.facts = 0
