"""One learner's record: the fold over the facts of one stream, or of several that were merged.

Total: a fact it does not know is carried past. In place: copying a thousand entries for each of
a thousand facts would make a fold quadratic, so whoever folds owns the record. The same facts in
the same order make an equal record, wherever the fold stopped and went on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from ledger.domain.catalogue import SEALED_TOPICS, Recorded, UnknownFact
from ledger.domain.evidence import Evidence
from ledger.domain.facts import (
    AttributesRecorded,
    ContestResolved,
    EnrolmentRecorded,
    EnrolmentWithdrawn,
    EvidenceConfirmed,
    EvidenceContested,
    EvidenceCorrected,
    EvidenceRecorded,
    EvidenceWithdrawn,
    Fact,
    IdentityUnlinked,
    LearnerErased,
    LearnerIdentified,
)
from ledger.domain.identity import ANY_PROVIDER, identity_parts
from ledger.domain.ids import EvidenceId, LearnerId, Position, ProviderId

_DIGITS = re.compile(r"(\d+)")
_NOWHERE = Position(0)
_NOBODY_YET = datetime.min.replace(tzinfo=UTC)

VersionKey = tuple[tuple[int, int, str], ...]
Remark = EvidenceConfirmed | EvidenceContested | ContestResolved
ExternalName = tuple[int, str]
"""A provider (as a number, whose hash costs a tenth of a UUID's) and its own id for a thing."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider said before it said otherwise: held from `position` to `ended_position`."""

    position: Position
    recorded_at: datetime
    evidence: Evidence
    ended_position: Position


@dataclass(slots=True)
class Piece:
    """One piece of evidence as it stands.

    `position` and `recorded_at` are of the fact whose content holds now; `first_position` is
    of the evidence itself. `earlier` keeps what held before, oldest first.
    """

    id: EvidenceId
    provider: ProviderId
    first_position: Position
    position: Position
    recorded_at: datetime
    evidence: Evidence
    earlier: tuple[Said, ...] = ()
    newest: VersionKey | None = None
    withdrawn_position: Position | None = None
    withdrawn_reason: str = ""
    remarks: tuple[Remark, ...] = ()


@dataclass(slots=True)
class LearnerRecord:
    """All that the ledger holds about one learner, up to `position`."""

    learner: LearnerId
    version: int = 0
    position: Position = _NOWHERE
    recorded_at: datetime = _NOBODY_YET
    facts: int = 0
    withdrawn: int = 0
    corrected: int = 0
    pieces: dict[EvidenceId, Piece] = field(default_factory=dict[EvidenceId, Piece])
    enrolments: dict[ExternalName, EnrolmentRecorded] = field(
        default_factory=dict[ExternalName, EnrolmentRecorded]
    )
    attributes: dict[ExternalName, AttributesRecorded] = field(
        default_factory=dict[ExternalName, AttributesRecorded]
    )
    identities: list[LearnerIdentified] = field(default_factory=list[LearnerIdentified])
    by_external: dict[ExternalName, EvidenceId] = field(
        default_factory=dict[ExternalName, EvidenceId]
    )
    revised_by: dict[ExternalName, tuple[EvidenceId, ...]] = field(
        default_factory=dict[ExternalName, tuple[EvidenceId, ...]]
    )
    erased: bool = False
    erased_as: set[LearnerId] = field(default_factory=set[LearnerId])
    """Of a person who was merged: the learners whose erasure is on record."""
    closed: bool = False
    """Some fact could not be opened: its key is gone, and that it was erased comes later."""

    @classmethod
    def fold(cls, learner: LearnerId, facts: Iterable[Recorded]) -> Self:
        """Fold facts, oldest first, into a new record."""
        record = cls(learner)
        for recorded in facts:
            record.apply(recorded)
        return record

    def apply(self, recorded: Recorded) -> tuple[EvidenceId, ...]:
        """Take over the next fact; give the evidence that may read differently now."""
        if self.erased:
            self._note_erasure(recorded)
            return ()
        self.version = recorded.version
        self.position = recorded.position
        self.recorded_at = recorded.recorded_at
        self.facts += 1
        fact = recorded.fact
        match fact:
            case EvidenceRecorded():
                return self._record(fact, recorded)
            case EvidenceCorrected():
                return self._correct(fact, recorded)
            case EvidenceWithdrawn(id=evidence, reason=reason):
                piece = self.pieces.get(evidence)
                if piece is None or piece.withdrawn_position is not None:
                    return ()
                piece.withdrawn_position, piece.withdrawn_reason = recorded.position, reason
                self.withdrawn += 1
                return (evidence,)
            case EvidenceConfirmed() | EvidenceContested() | ContestResolved():
                piece = self.pieces.get(fact.id)
                if piece is None:
                    return ()
                piece.remarks = (*piece.remarks, fact)
                return (fact.id,)
            case _:
                self._note(fact)
                self._note_erasure(recorded)
        return ()

    @property
    def names(self) -> tuple[str, ...]:
        """List the learner's names, the one given last first. Personal."""
        found = [identity.name for identity in reversed(self.identities) if identity.name]
        return tuple(dict.fromkeys(found))

    def revises(self, piece: Piece) -> EvidenceId | None:
        """Find the earlier work that a piece improves, within this learner's record."""
        evidence = piece.evidence
        if evidence.revises is not None or evidence.revises_external is None:
            return evidence.revises
        found = self.by_external.get((piece.provider.int, evidence.revises_external))
        return found if found != piece.id else None

    def join(self, part: LearnerRecord) -> list[Piece]:
        """Take in evidence of the same learner that was read apart; give what is new here."""
        new = [piece for piece in part.pieces.values() if piece.id not in self.pieces]
        self.closed = self.closed or part.closed
        for piece in new:
            self.pieces[piece.id] = piece
            external = piece.provider.int, piece.evidence.source.external_id
            self.by_external.setdefault(external, piece.id)
        return new

    def copy(self) -> LearnerRecord:
        """Give a record that can be folded on without changing this one."""
        twin = copy(self)
        twin.pieces = {name: copy(piece) for name, piece in self.pieces.items()}
        twin.enrolments, twin.attributes = dict(self.enrolments), dict(self.attributes)
        twin.identities, twin.erased_as = list(self.identities), set(self.erased_as)
        twin.by_external, twin.revised_by = dict(self.by_external), dict(self.revised_by)
        return twin

    def _note(self, fact: Fact) -> None:
        """Take over what is not about evidence; carry past what is not known."""
        match fact:
            case EnrolmentRecorded():
                self.enrolments[fact.provider.int, fact.external_id] = fact
            case EnrolmentWithdrawn():
                self.enrolments.pop((fact.provider.int, fact.external_id), None)
            case AttributesRecorded():
                self.attributes[fact.provider.int, fact.external_id] = fact
            case LearnerIdentified():
                self.identities.append(fact)
            case IdentityUnlinked():
                self._unlink(fact)
            case LearnerErased():
                self._forget()
            case UnknownFact(topic=topic):
                self.closed = self.closed or topic in SEALED_TOPICS
            case _:
                pass

    def _unlink(self, fact: IdentityUnlinked) -> None:
        parts = identity_parts(fact.provider or ANY_PROVIDER, fact.identifier)
        self.identities = [
            one for one in self.identities if identity_parts(one.provider, one.identifier) != parts
        ]

    def _note_erasure(self, recorded: Recorded) -> None:
        if isinstance(recorded.fact, LearnerErased):
            self.erased_as.add(LearnerId(recorded.stream))

    def _forget(self) -> None:
        """Hold nothing any more: what a reader could still open counts no longer either."""
        self.erased = True
        self.withdrawn = self.corrected = 0
        self.identities.clear()
        for held in (
            self.pieces, self.enrolments, self.attributes, self.by_external, self.revised_by
        ):  # fmt: skip
            held.clear()

    def _record(self, fact: EvidenceRecorded, recorded: Recorded) -> tuple[EvidenceId, ...]:
        evidence, position = fact.evidence, recorded.position
        piece = Piece(fact.id, fact.provider, position, position, recorded.recorded_at, evidence)
        if self.pieces.setdefault(fact.id, piece) is not piece:
            return ()
        provider = fact.provider.int
        name = (provider, evidence.source.external_id)
        self.by_external.setdefault(name, fact.id)
        if evidence.revises_external is not None:
            self._await(fact.id, (provider, evidence.revises_external))
        waiting = self.revised_by.get(name, ()) if self.revised_by else ()
        # One that says it revises itself waits for nothing.
        return (fact.id, *(one for one in waiting if one != fact.id))

    def _correct(self, fact: EvidenceCorrected, recorded: Recorded) -> tuple[EvidenceId, ...]:
        piece = self.pieces.get(fact.id)
        if piece is None or piece.withdrawn_position is not None:
            return ()
        if not _supersedes(fact.evidence, piece):
            return ()
        said = Said(piece.position, piece.recorded_at, piece.evidence, recorded.position)
        piece.earlier = (*piece.earlier, said)
        piece.position, piece.recorded_at = recorded.position, recorded.recorded_at
        piece.evidence = fact.evidence
        self.corrected += 1
        if fact.evidence.revises_external is not None:
            self._await(fact.id, (piece.provider.int, fact.evidence.revises_external))
        return (fact.id,)

    def _await(self, evidence: EvidenceId, name: ExternalName) -> None:
        waiting = self.revised_by.get(name, ())
        if evidence not in waiting:
            self.revised_by[name] = (*waiting, evidence)


def _supersedes(evidence: Evidence, piece: Piece) -> bool:
    """Say whether a correction holds; one that names no version was meant by hand, and does."""
    version = evidence.source.external_version
    if version is None:
        return True
    found = version_key(version)
    newest = piece.newest
    if newest is None:
        first = (piece.earlier[0] if piece.earlier else piece).evidence.source.external_version
        newest = version_key(first) if first is not None else None
    if newest is not None and found < newest:
        return False
    piece.newest = found
    return True


def version_key(version: str) -> VersionKey:
    """Order a provider's version names: numbers by value (2 before 10), the rest as text."""
    return tuple(
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part)
        for part in _DIGITS.split(version)
        if part
    )
