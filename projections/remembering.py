"""Learners asked about lately: their records as folded, so that an answer reads only newer facts.

Thread-safe without holding anybody up: what is kept never changes. Newer facts are folded into a
copy, which takes its place. Whose data key was destroyed is forgotten at the next question.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from msgspec.structs import replace

from ledger.domain.ids import LearnerId, Position
from ledger.store.reader import LogReader
from projections.lasting import lasts_until
from projections.learner import LearnerRecord
from projections.mastery import Bench, Verdicts
from projections.observing import Observed
from projections.policies.judge import Judge
from projections.registry import Registry


class _Judged(NamedTuple):
    """Verdicts as of `on`, which say the same before `until`; None is for ever."""

    on: datetime
    until: datetime | None
    verdicts: Verdicts


class Reading:
    """One record, read through a registry. Neither changes any more."""

    __slots__ = ("_judged", "observed")

    def __init__(self, record: LearnerRecord, registry: Registry) -> None:
        self.observed = Observed(record, registry)
        self._judged: _Judged | None = None

    @property
    def record(self) -> LearnerRecord:
        """The record that was read."""
        return self.observed.record

    def verdicts(self, *, on: datetime, policy: Judge | None = None) -> Verdicts:
        """Judge every competency, as a bench does; the same again where time allows it."""
        if policy is not None:
            return Bench(self.observed, on=on, policy=policy).judge_all()
        found = self._judged
        if found is not None and found.on <= on and (found.until is None or on < found.until):
            if found.on == on:
                return found.verdicts
            return {name: replace(one, on=on) for name, one in found.verdicts.items()}
        bench = Bench(self.observed, on=on)
        verdicts = bench.judge_all()
        self._judged = _Judged(on, lasts_until(bench), verdicts)
        return verdicts


class Remembered:
    """Readings of learners, the least lately asked about let go first.

    `facts_max` bounds the facts folded into all of them together; 0 keeps none.
    """

    def __init__(self, log: LogReader, *, facts_max: int) -> None:
        self._log, self._facts_max = log, facts_max
        self._lock = Lock()
        self._kept: OrderedDict[LearnerId, Reading] = OrderedDict()
        self._facts = 0

    def reading(self, learner: LearnerId, position: Position, registry: Registry) -> Reading | None:
        """Give a learner's record as of the head of the log that the question found.

        None where nothing is kept, what is kept is ahead of `position`, or the person is several
        learners, merged: the caller folds.
        """
        everybody = registry.identities.everybody(learner)
        if len(everybody) > 1:
            for one in everybody:
                self._drop(one)
            return None
        found = self._get(learner)
        if found is None:
            return None
        if not self._log.holds_key(learner):
            self._drop(learner)
            return None
        record = found.record
        if record.position > position:
            return None
        newer = self._log.stream(learner, past=record.version, until=position)
        if newer:
            record = record.copy()
            for recorded in newer:
                record.apply(recorded)
            if record.erased:
                self._drop(learner)
                return None
        elif found.observed.registry is registry:
            return found
        return self.keep(Reading(record, registry))

    def keep(self, reading: Reading) -> Reading:
        """Keep a reading of one stream, if it is not too long to be kept."""
        learner, size = reading.record.learner, reading.record.facts
        if reading.observed.registry.identities.others(learner):
            return reading
        with self._lock:
            self._forget(learner)
            if size <= self._facts_max:
                self._kept[learner] = reading
                self._facts += size
            while self._facts > self._facts_max:
                self._forget(next(iter(self._kept)))
        return reading

    # -- inside -----------------------------------------------------------------------------

    def _get(self, learner: LearnerId) -> Reading | None:
        with self._lock:
            found = self._kept.get(learner)
            if found is not None:
                self._kept.move_to_end(learner)
            return found

    def _drop(self, learner: LearnerId) -> None:
        with self._lock:
            self._forget(learner)

    def _forget(self, learner: LearnerId) -> None:
        gone = self._kept.pop(learner, None)
        if gone is not None:
            self._facts -= gone.record.facts
