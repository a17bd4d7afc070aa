"""Answers on demand: the learner's own facts, folded at the moment of asking.

Right also where the live views are behind, since none is read. Two clocks: `as_of` is what the
ledger knew (a position or a time of recording), `on` is what was true (a time of occurring).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock
from typing import Any, NamedTuple

from ledger.clock import Clock, utc_now
from ledger.domain.catalogue import Recorded
from ledger.domain.evidence import Alignment
from ledger.domain.ids import CompetencyId, EvidenceId, LearnerId, Position
from ledger.errors import (
    BeyondLogError,
    ErasedError,
    RefusedError,
    UnknownCompetencyError,
    UnknownEvidenceError,
    UnknownLearnerError,
    UnknownPolicyError,
)
from ledger.service import Ledger
from projections.authority import aware
from projections.history import History, told
from projections.learner import LearnerRecord
from projections.lines import CompetencyLine, EvidenceLine, Mastery, Transcript
from projections.mastery import Bench
from projections.observing import Observed
from projections.people import about_learners, in_order
from projections.policies import Judge, PolicyDocument, compile_policy, parse
from projections.registry import Registry
from projections.remembering import Reading, Remembered
from projections.transcript import competency_line, evidence_line, judged_line, transcript_of

REGISTRIES_KEPT_MAX = 16
CLOCK_SKEW = timedelta(minutes=1)

AsOf = Position | int | datetime | None
On = date | datetime | None
PolicyChoice = str | PolicyDocument | Mapping[str, Any] | Judge | None


class Asked(NamedTuple):
    """What a question means: the log up to `position`, at the moment `on`, by this policy.

    `now`: all that is known is meant, and not what was known at some moment.
    """

    position: Position
    on: datetime
    registry: Registry
    policy: Judge | None
    now: bool


class Answers:
    """Answers questions about learners; thread-safe.

    `facts_kept_max` bounds the facts of learners asked about lately that stay folded in memory.
    """

    def __init__(self, ledger: Ledger, *, clock: Clock = utc_now, facts_kept_max: int = 0) -> None:
        self._log, self._clock = ledger.log, clock
        self._remembered = Remembered(ledger.log, facts_max=facts_kept_max)
        self._lock = Lock()
        self._facts: list[Recorded] = []  # reference facts up to `_known`
        self._known = Position(0)
        self._registries: dict[int, Registry] = {}  # by how many reference facts they fold

    def registry(self, *, as_of: AsOf = None) -> Registry:
        """Give what evidence is read against, now or as of a position or a time."""
        return self._registry(self._position(as_of))

    def mastery(
        self, learner: LearnerId, *, as_of: AsOf = None, on: On = None, policy: PolicyChoice = None
    ) -> Mastery:
        """Judge every competency that some evidence bears on.

        Raises:
            UnknownLearnerError: the ledger has no such learner.
            ErasedError: the learner was erased.
            UnknownPolicyError: no such policy was published.
            InvalidDocumentError: `policy` is a document that is not sound.
        """
        asked = self.asked(as_of=as_of, on=on, policy=policy)
        reading = self.reading(learner, asked)
        verdicts = reading.verdicts(on=asked.on, policy=asked.policy)
        return Mastery(
            reading.record.learner, asked.position, asked.on,
            tuple(judged_line(one, asked.registry) for one in verdicts.values()),
        )  # fmt: skip

    def mastery_of(
        self, learner: LearnerId, competency: str, *, as_of: AsOf = None, on: On = None,
        policy: PolicyChoice = None,
    ) -> CompetencyLine:  # fmt: skip
        """Judge one competency, named by URI, identifier or code, with the evidence about it.

        Raises:
            UnknownLearnerError: the ledger has no such learner.
            ErasedError: the learner was erased.
            UnknownCompetencyError: nothing of that name was published, and no evidence names it.
            RefusedError: several frameworks have that code.
            UnknownPolicyError: no such policy was published.
            InvalidDocumentError: `policy` is a document that is not sound.
        """
        asked = self.asked(as_of=as_of, on=on, policy=policy)
        reading = self.reading(learner, asked)
        name = self._meant(competency, reading.observed)
        verdict = Bench(reading.observed, on=asked.on, policy=asked.policy).judge(name)
        return competency_line(verdict, reading.observed)

    def transcript(
        self, learner: LearnerId, *, as_of: AsOf = None, on: On = None, policy: PolicyChoice = None
    ) -> Transcript:
        """Give the whole record: competencies by strand, credentials, hours, credits, enrolments.

        Raises:
            UnknownLearnerError: the ledger has no such learner.
            ErasedError: the learner was erased.
            UnknownPolicyError: no such policy was published.
            InvalidDocumentError: `policy` is a document that is not sound.
        """
        asked = self.asked(as_of=as_of, on=on, policy=policy)
        reading = self.reading(learner, asked)
        verdicts = reading.verdicts(on=asked.on, policy=asked.policy)
        return transcript_of(reading.observed, verdicts, position=asked.position, on=asked.on)

    def history(
        self, learner: LearnerId, *, as_of: AsOf = None, on: On = None, policy: PolicyChoice = None
    ) -> History:
        """Tell the record step by step: each fact, and what it changed.

        Raises:
            UnknownLearnerError: the ledger has no such learner.
            ErasedError: the learner was erased.
            UnknownPolicyError: no such policy was published.
            InvalidDocumentError: `policy` is a document that is not sound.
        """
        asked = self.asked(as_of=as_of, on=on, policy=policy)
        identities = asked.registry.identities
        everybody = set(identities.everybody(learner))
        before = [one for one in identities.kin(learner) - everybody if self._log.holds_key(one)]
        facts = in_order([
            self._facts_of(learner, everybody, asked.position),
            *(self._log.stream(one, until=asked.position) for one in before),
        ])  # fmt: skip
        return told(
            identities.person(learner), about_learners(facts), self._reference(asked.position),
            position=asked.position, on=asked.on, policy=asked.policy, merged=everybody,
        )  # fmt: skip

    def evidence(
        self, learner: LearnerId, evidence: EvidenceId, *, as_of: AsOf = None
    ) -> EvidenceLine:
        """Give one piece of evidence as it stands.

        Raises:
            UnknownLearnerError: the ledger has no such learner.
            ErasedError: the learner was erased.
            UnknownEvidenceError: the learner has no such evidence.
        """
        asked = self.asked(as_of=as_of)
        record = self.reading(learner, asked).record
        piece = record.pieces.get(evidence)
        if piece is None:
            raise UnknownEvidenceError(evidence)
        return evidence_line(piece, asked.registry, revises=record.revises(piece))

    def record(self, learner: LearnerId, position: Position) -> LearnerRecord:
        """Fold a learner's record as it stood at a position.

        Raises:
            UnknownLearnerError: the ledger has no such learner.
            ErasedError: the learner was erased.
        """
        everybody = self._registry(position).identities.everybody(learner)
        facts = self._facts_of(learner, everybody, position)
        return LearnerRecord.fold(everybody[0], about_learners(facts))

    def reading(self, learner: LearnerId, asked: Asked) -> Reading:
        """Read a record: a kept one and what is newer, or, as of another moment, all of it.

        Raises:
            UnknownLearnerError: the ledger has no such learner.
            ErasedError: the learner was erased.
        """
        if asked.now:
            kept = self._remembered.reading(learner, asked.position, asked.registry)
            if kept is not None:
                return kept
        found = Reading(self.record(learner, asked.position), asked.registry)
        return self._remembered.keep(found) if asked.now else found

    def asked(self, *, as_of: AsOf = None, on: On = None, policy: PolicyChoice = None) -> Asked:
        """Make out what a question means; nothing said means all that is known, now.

        Raises:
            BeyondLogError: `as_of` lies ahead of all that is known.
            UnknownPolicyError: no such policy was published.
            InvalidDocumentError: `policy` is a document that is not sound.
        """
        position = self._position(as_of)
        registry = self._registry(position)
        return Asked(
            position, self._moment(as_of, on, position), registry, _judge(registry, policy),
            now=as_of is None,
        )  # fmt: skip

    # -- inside -----------------------------------------------------------------------------

    def _position(self, as_of: AsOf) -> Position:
        if isinstance(as_of, datetime):
            if aware(as_of) > self._clock() + CLOCK_SKEW:
                raise BeyondLogError(f"the time {as_of.isoformat()}")
            return self._log.position_at(aware(as_of))
        head = self._log.head()
        if as_of is not None and as_of > head:
            raise BeyondLogError(f"position {as_of}")
        return head if as_of is None else Position(max(0, as_of))

    def _moment(self, as_of: AsOf, on: On, position: Position) -> datetime:
        if isinstance(on, datetime):
            return aware(on)
        if on is not None:
            return datetime.combine(on, time.max, UTC)
        if as_of is None:
            return self._clock()
        if isinstance(as_of, datetime):
            return aware(as_of)
        return self._log.recorded_at(position) if position else datetime.min.replace(tzinfo=UTC)

    def _facts_of(
        self, learner: LearnerId, streams: Collection[LearnerId], position: Position
    ) -> list[Recorded]:
        facts = in_order([self._log.stream(one, until=position) for one in streams])
        # Known since then only: an empty record, unlike somebody never heard of.
        if not about_learners(facts or self._log.stream(learner)):
            raise UnknownLearnerError(learner)
        # Asked last: a key may be gone since the facts were read.
        if not all(map(self._log.holds_key, streams)):
            raise ErasedError(learner)
        return facts

    def _meant(self, name: str, observed: Observed) -> CompetencyId:
        """Find the competency that a name means: published by now, or named by some evidence."""
        for registry in (observed.registry, self.registry()):
            resolved = registry.resolve(Alignment(competency=name))
            if resolved is not None:
                return resolved.competency
        if CompetencyId(name) in observed.lines:
            return CompetencyId(name)
        coded = self.registry().frameworks.coded(name)
        shown = coded.intersection(observed.lines)
        if len(coded) > 1 and len(shown) != 1:
            raise RefusedError(f"{name} is a code in several frameworks; give the competency's URI")
        for found in shown or coded:
            return found
        raise UnknownCompetencyError(name)

    def _registry(self, position: Position) -> Registry:
        facts = self._reference(position)
        count = len(facts)
        with self._lock:
            found = self._registries.get(count)
            if found is None:
                # Folded anew, never added to: another thread may be reading the one before.
                found = Registry.fold(facts)
                if len(self._registries) >= REGISTRIES_KEPT_MAX:
                    oldest = min(self._registries)
                    del self._registries[oldest]
                self._registries[count] = found
            return found

    def _reference(self, position: Position) -> list[Recorded]:
        with self._lock:
            if position > self._known:
                self._facts += self._log.reference(after=self._known, until=position)
                self._known = position
            end = bisect_right(self._facts, position, key=lambda one: one.position)
            return self._facts[:end]


def _judge(registry: Registry, policy: PolicyChoice) -> Judge | None:
    if policy is None or isinstance(policy, Judge):
        return policy
    if isinstance(policy, PolicyDocument):
        return compile_policy(policy)
    if isinstance(policy, str) and not policy.lstrip().startswith("{"):
        found = registry.adoptions.judge(policy)
        if found is None:
            raise UnknownPolicyError(policy)
        return found
    return compile_policy(parse(policy))
