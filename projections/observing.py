"""A learner's evidence as observations: what a policy is given, one list per competency.

Order is by `(occurred_at, first_position)`; arrival order decides nothing. What may not count,
whatever a policy says, carries its reason in `excluded`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from ledger.domain.evidence import JUDGED_KINDS, Alignment, Evidence, Result
from ledger.domain.ids import CompetencyId, EvidenceId, FrameworkId, Position
from projections.authority import Authority, Excluded, aware
from projections.frameworks import Resolved
from projections.learner import LearnerRecord, Piece
from projections.policies.observation import Observation
from projections.policies.ordering import in_order
from projections.policies.periods import moment_after
from projections.registry import Registry
from projections.widening import attested, widen

_NO_RESULT = Result()
_ONE = Decimal(1)


class Line:
    """The observations on one competency, oldest occurrence first."""

    __slots__ = ("framework", "position", "seen")

    def __init__(self, framework: FrameworkId | None, seen: Sequence[Observation]) -> None:
        self.framework = framework
        self.seen = in_order(seen)
        self.position = Position(max([one.position for one in seen]))
        """Of the last evidence or correction among them."""

    def insert(self, observation: Observation) -> None:
        """Put in what a piece of evidence says that was not here before."""
        if not self.seen.put(observation):
            self.seen = in_order([*self.seen, observation])
        self.position = max(self.position, observation.position)

    def remove(self, evidence: EvidenceId) -> None:
        """Take out what a piece of evidence said."""
        self.seen = in_order([seen for seen in self.seen if seen.evidence != evidence])
        self.position = max((seen.position for seen in self.seen), default=Position(0))

    def at(self, on: datetime) -> Sequence[Observation]:
        """Give the observations with what time alone excludes at that moment."""
        if self._is_timeless(on):
            return self.seen
        return [_timed(observation, on) for observation in self.seen]

    def turns_after(self, on: datetime) -> datetime | None:
        """Give the next moment at which time alone changes what counts here."""
        if self._is_timeless(on):
            return None
        moments = [seen.occurred_at for seen in self.seen if seen.occurred_at > on]
        for seen in self.seen:
            if seen.valid_until is not None and seen.valid_until >= on:
                expired = moment_after(seen.valid_until)
                moments += [expired] if expired is not None else []
        return min(moments, default=None)

    def _is_timeless(self, on: datetime) -> bool:
        return not self.seen or (not self.seen.expiring and self.seen[-1].occurred_at <= on)


class Observed:
    """A record read through a registry; kept up to date piece by piece."""

    __slots__ = ("_bears_on", "lines", "mixed", "record", "registry")

    def __init__(self, record: LearnerRecord, registry: Registry) -> None:
        self.record, self.registry = record, registry
        self.lines: dict[CompetencyId, Line] = {}
        self._bears_on: dict[EvidenceId, tuple[CompetencyId, ...]] | None = None
        self.mixed = False  # whether evidence on one competency names it in several frameworks
        self.reread()

    def reread(self) -> set[CompetencyId]:
        """Read everything anew, as after a change of the registry; give what it is about."""
        before = set(self.lines)
        self._bears_on = None
        found = self._gathered(self.record.pieces.values())
        self.lines = {name: Line(*known) for name, known in found.items()}
        return before.union(self.lines)

    def join(self, pieces: Iterable[Piece]) -> None:
        """Read pieces that are new to the record, many at once."""
        self._bears_on = None
        for name, (framework, new) in self._gathered(pieces).items():
            line = self.lines.get(name)
            self.lines[name] = Line(framework, [*line.seen, *new] if line is not None else new)
            self._set_framework(name)

    def touch(self, changed: Iterable[EvidenceId]) -> set[CompetencyId]:
        """Read some evidence anew; give the competencies it bears on, or bore on before."""
        bears_on = self._known_bearings()
        touched: set[CompetencyId] = set()
        for evidence in changed:
            piece = self.record.pieces.get(evidence)
            if piece is None:
                continue
            found = observe(piece, self.record, self.registry)
            names = tuple(observation.competency for observation, _ in found)
            before = bears_on.get(evidence, ())
            for competency in before:
                self.lines[competency].remove(evidence)
            for observation, framework in found:
                line = self.lines.get(observation.competency)
                if line is None or not line.seen:
                    self.lines[observation.competency] = Line(framework, (observation,))
                else:
                    line.insert(observation)
            bears_on[evidence] = names
            touched.update(before, names)
            if before:
                for competency in {*before, *names}:
                    self._set_framework(competency)
        return touched

    def _set_framework(self, competency: CompetencyId) -> None:
        """Let the evidence that was recorded first say of which framework a line is."""
        line = self.lines[competency]
        if line.seen:
            first = min(line.seen, key=lambda seen: seen.first_position)
            read = observe(self.record.pieces[first.evidence], self.record, self.registry)
            named = (of for one, of in read if one.competency == competency)
            line.framework = next(named, line.framework)

    def _gathered(
        self, pieces: Iterable[Piece]
    ) -> dict[CompetencyId, tuple[FrameworkId | None, list[Observation]]]:
        """Give what pieces say, by competency; the framework is that of the first."""
        record, registry = self.record, self.registry
        found: dict[CompetencyId, tuple[FrameworkId | None, list[Observation]]] = {}
        widens = registry.widens
        for piece in pieces:
            read = (
                observe(piece, record, registry)
                if widens or piece.remarks
                else _read(piece, piece.evidence.alignments, record, registry)
            )
            for observation, framework in read:
                known = found.get(observation.competency)
                if known is None:
                    found[observation.competency] = framework, [observation]
                else:
                    known[1].append(observation)
                    if known[0] != framework:
                        self.mixed = True
        return found

    def _known_bearings(self) -> dict[EvidenceId, tuple[CompetencyId, ...]]:
        """Give what each piece bears on; made out at the first touch, as a rebuild needs it never."""
        if self._bears_on is None:
            bearings: dict[EvidenceId, tuple[CompetencyId, ...]] = {}
            for competency, line in self.lines.items():
                for seen in line.seen:
                    bearings[seen.evidence] = (*bearings.get(seen.evidence, ()), competency)
            self._bears_on = bearings
        return self._bears_on

    def competencies(self) -> list[CompetencyId]:
        """List the competencies that some evidence bears on."""
        return [competency for competency, line in self.lines.items() if line.seen]

    def position_of(self, competency: CompetencyId) -> Position:
        """Give the position of the last evidence or correction on a competency; 0 without any."""
        line = self.lines.get(competency)
        return line.position if line is not None else Position(0)

    def at(self, competency: CompetencyId, on: datetime) -> Sequence[Observation]:
        """Give the observations on one competency at a moment."""
        line = self.lines.get(competency)
        return line.at(on) if line else ()


def observations(
    record: LearnerRecord, registry: Registry, on: datetime
) -> Mapping[CompetencyId, Sequence[Observation]]:
    """Read a whole record: per competency, in order of occurrence, with reasons for exclusion.

    Evidence on a competency that no framework has is listed under the name it was given.
    """
    observed = Observed(record, registry)
    return {name: observed.at(name, on) for name in observed.competencies()}


def observe(
    piece: Piece, record: LearnerRecord, registry: Registry
) -> list[tuple[Observation, FrameworkId | None]]:
    """Read one piece: one observation per competency (of two alignments to one, the first).

    More than one where a second rater differs; and where a crosswalk leads, on others too.
    """
    if registry.widens or piece.remarks:
        read = _read(piece, attested(piece, registry), record, registry)
        return widen(read, piece, registry)
    return _read(piece, piece.evidence.alignments, record, registry)


def _read(
    piece: Piece, alignments: Sequence[Alignment], record: LearnerRecord, registry: Registry
) -> list[tuple[Observation, FrameworkId | None]]:
    resolve = registry.frameworks.resolve
    if len(alignments) == 1:
        return [_observation(piece, alignments[0], resolve(alignments[0]), record, registry)]
    found: dict[CompetencyId, tuple[Observation, FrameworkId | None]] = {}
    for alignment in alignments:
        read = _observation(piece, alignment, resolve(alignment), record, registry)
        found.setdefault(read[0].competency, read)
    return list(found.values())


def _observation(  # noqa: PLR0917  once per observation of a rebuild: keywords cost
    piece: Piece, alignment: Alignment, resolved: Resolved | None, record: LearnerRecord,
    registry: Registry,
) -> tuple[Observation, FrameworkId | None]:  # fmt: skip
    evidence = piece.evidence
    result = evidence.result if alignment.result is None else alignment.result
    occurred_at = evidence.occurred_at
    if occurred_at.tzinfo is None:
        occurred_at = aware(occurred_at)
    excluded = _excluded(piece, resolved, result, occurred_at, registry.authority)
    evaluator, credential = evidence.evaluator, evidence.credential
    until = None if credential is None else credential.valid_until
    reviser = evidence.revises is not None or evidence.revises_external is not None
    observation = Observation(
        evidence=piece.id,
        competency=CompetencyId(alignment.competency) if resolved is None else resolved.competency,
        position=piece.position,
        first_position=piece.first_position,
        kind=evidence.kind,
        occurred_at=occurred_at,
        recorded_at=piece.recorded_at,
        provider=piece.provider,
        evaluator=None if evaluator is None else evaluator.id,
        result=result,
        weight=alignment.weight,
        context=evidence.context,
        facets=evidence.facets,
        revises=record.revises(piece) if reviser else None,
        hours=evidence.hours,
        credential=None if credential is None else credential.id,
        valid_until=None if until is None else aware(until),
        corrected=bool(piece.earlier),
        excluded=None if excluded is None else excluded[0],
        excluded_detail="" if excluded is None else excluded[1],
    )
    return observation, None if resolved is None else resolved.framework


def _excluded(  # noqa: PLR0917  the same
    piece: Piece, resolved: Resolved | None, result: Result | None, occurred_at: datetime,
    authority: Authority,
) -> Excluded | None:  # fmt: skip
    evidence = piece.evidence
    if piece.withdrawn_position is not None:
        return "withdrawn", piece.withdrawn_reason
    if evidence.kind not in JUDGED_KINDS:
        return "activity", "participation and the learner's own words are shown, never judged"
    if resolved is None:
        return "unknown_competency", "no framework that was published has it"
    verification = evidence.verification
    if not verification.verified or verification.status in UNSOUND:
        return "unverified", f"{verification.method}: {verification.status}"
    standing = authority.standing(piece.provider, evidence.kind, resolved, occurred_at)
    return standing or _unusable(evidence, result or _NO_RESULT)


UNSOUND = frozenset({"revoked", "suspended"})


def _unusable(evidence: Evidence, result: Result) -> Excluded | None:
    if result.status != "final":
        return "not_final", f"the result is {result.status.replace('_', ' ')}"
    # A credential says by being awarded that its holder met it; no score is expected of it.
    says_nothing = result.score is None and result.level is None and result.success is None
    if says_nothing and evidence.kind != "credential":
        return "no_result", "nothing in it says how well it went"
    return None


def _timed(observation: Observation, on: datetime) -> Observation:
    if observation.excluded is not None:
        return observation
    if observation.occurred_at > on:
        return replace(observation, excluded="not_yet_occurred", excluded_detail="")
    until = observation.valid_until
    if until is not None and until < on:
        detail = f"it was valid until {until.isoformat()}"
        return replace(observation, excluded="credential_expired", excluded_detail=detail)
    return observation
