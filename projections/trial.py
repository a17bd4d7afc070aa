"""A trial: a draft policy over the whole ledger, as of a position, changing nothing.

Says who would gain mastery and who would lose it, why, and by group; groups of few people are
held back. The same judging as everywhere, so a trial of the policy in force changes nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from ledger.config import Settings
from ledger.domain.facts import EnrolmentRecorded
from ledger.domain.ids import CompetencyId, FrameworkId, LearnerId, Position
from ledger.errors import Reject
from ledger.service import Ledger
from projections.adoption import ENROLMENT_LEVELS, scopes_of
from projections.learner import LearnerRecord
from projections.mastery import Bench
from projections.observing import Observed
from projections.people import by_person, record_of
from projections.policies.documents import PolicyDocument
from projections.policies.judge import Judge, compile_policy
from projections.policies.verdict import Finding, MasteryState, Verdict
from projections.publication import refuse
from projections.registry import Registry, day_of
from projections.sharing import Progress, Share, share_out, untold
from projections.suppression import CELL_MIN, Table, table

Effect = Literal["gains", "loses", "same"]
GroupBy = Literal["state", "district", "school", "programme"]
NO_GROUP = "(not enrolled)"


@dataclass(frozen=True, slots=True)
class Moved:
    """One learner and competency that the draft judges otherwise.

    `because` names the requirements (of the draft) that are unmet, or, for a gain, that were
    unmet under the policy in force.
    """

    learner: LearnerId
    competency: CompetencyId
    before: MasteryState
    after: MasteryState
    effect: Effect
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What would change. `pairs` counts judged learners × competencies.

    `groups` counts learners by group and by what happens to them over all competencies: a
    learner who loses anything is counted under "loses".
    """

    policy: str
    policy_digest: str
    as_of: Position
    on: datetime
    learners: int
    pairs: int
    gains: int
    loses: int
    groups: Table
    moved: tuple[Moved, ...]
    moved_in_all: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a trial.

    With `framework`, the draft decides only on that framework's competencies. `level` is where it
    would be adopted: the floors set at wider levels hold for it, so at the narrowest level, a
    trial of the policy in force changes nobody. With `scope`, only those enrolled there on the day
    are tried. At most `listed_max` of the moved are listed; all are counted.
    """

    as_of: Position
    on: datetime
    framework: FrameworkId | None = None
    group_by: GroupBy = "school"
    level: str = "programme"
    scope: str = ""
    listed_max: int = 1_000
    cell_min: int = CELL_MIN

    def __post_init__(self) -> None:
        """Refuse a scope at a level on which nobody is enrolled."""
        if self.scope and self.level not in ENROLMENT_LEVELS:
            known = ", ".join(ENROLMENT_LEVELS)
            refuse("trial", [Reject("/scope", f"says nothing at the level {self.level}", known)])

    def is_about(self, record: LearnerRecord) -> bool:
        """Say whether a learner is where the policy would be adopted."""
        enrolled = record.enrolments.values()
        return not self.scope or (self.level, self.scope) in scopes_of(enrolled, day_of(self.on))


def trial(
    ledger: Ledger,
    settings: Settings,
    draft: Judge,
    question: Question,
    *,
    processes: int | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Trial:
    """Judge everybody twice, by the policies in force and by `draft`.

    `processes`, or as many as the settings say, read the log, each a share of the learners.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    several = processes or settings.rebuild_processes
    told = progress if several == 1 else untold
    work = partial(_try_all, document=draft.document, question=question, progress=told)
    tally, as_of = _Tally(question), question.as_of
    found: dict[int, _Tally] = {}
    for place, part in share_out(ledger, settings, work, processes=several):
        found[place] = part
        progress(sum(one.facts for one in found.values()), as_of)
    for place in sorted(found):
        tally.add(found[place])
    return Trial(
        policy=draft.policy,
        policy_digest=draft.digest,
        as_of=as_of,
        on=question.on,
        learners=tally.learners,
        pairs=tally.pairs,
        gains=tally.effects["gains"],
        loses=tally.effects["loses"],
        groups=table(tally.groups, cell_min=question.cell_min),
        moved=tuple(tally.moved),
        moved_in_all=tally.effects["gains"] + tally.effects["loses"] + tally.others,
    )


def _try_all(
    ledger: Ledger, settings: Settings, share: Share, *,
    document: PolicyDocument, question: Question, progress: Progress,
) -> _Tally:  # fmt: skip
    registry = Registry.fold(ledger.log.reference(until=question.as_of))
    draft, tally = compile_policy(document), _Tally(question)
    for stream in by_person(
        ledger.log, registry.identities,
        until=question.as_of, facts_max=settings.rebuild_batch_facts_max,
        after=share.after, last=share.last,
    ):  # fmt: skip
        tally.facts += len(stream)
        record = record_of(stream, registry.identities)
        if record is not None:
            _try(record, registry, draft, tally=tally)
        if tally.learners % 100 == 0:
            progress(tally.facts, question.as_of)
    return tally


class _Tally:
    """Counts as the trial goes on; memory does not grow with the log."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.facts = 0
        self.learners = 0
        self.pairs = 0
        self.others = 0  # another state, but neither gained nor lost
        self.effects: Counter[Effect] = Counter()
        self.groups: Counter[tuple[str, str]] = Counter()
        self.moved: list[Moved] = []

    def add(self, other: _Tally) -> None:
        """Count what was counted of other learners, who come after these."""
        self.facts += other.facts
        self.learners += other.learners
        self.pairs += other.pairs
        self.others += other.others
        self.effects.update(other.effects)
        self.groups.update(other.groups)
        self.moved += other.moved[: self.question.listed_max - len(self.moved)]

    def group(self, enrolments: Iterable[EnrolmentRecorded]) -> str:
        scopes = scopes_of(enrolments, day_of(self.question.on))
        names = sorted(name for level, name in scopes if level == self.question.group_by)
        return names[0] if names else NO_GROUP


def _try(
    record: LearnerRecord,
    registry: Registry,
    draft: Judge,
    *,
    tally: _Tally,
) -> None:
    if record.erased or record.closed or not tally.question.is_about(record):
        return
    observed = Observed(record, registry)
    effects: set[Effect] = set()
    tally.learners += 1
    for before, after in _pairs(observed, draft, tally.question):
        tally.pairs += 1
        if before.state == after.state:
            continue
        effect = _effect(before, after)
        effects.add(effect)
        if effect == "same":
            tally.others += 1
        else:
            tally.effects[effect] += 1
        if len(tally.moved) < tally.question.listed_max:
            unmet = after if effect == "loses" else before
            tally.moved.append(
                Moved(
                    record.learner, before.competency, before.state, after.state, effect,
                    tuple(_unmet(unmet.findings)),
                )
            )  # fmt: skip
    overall = next((one for one in ("loses", "gains") if one in effects), "same")
    tally.groups[tally.group(record.enrolments.values()), overall] += 1


def _pairs(
    observed: Observed, draft: Judge, question: Question
) -> Iterator[tuple[Verdict, Verdict]]:
    live = Bench(observed, on=question.on)
    drafted = Bench(observed, on=question.on, policy=draft, level=question.level)
    framework = question.framework
    for competency in sorted(live.competencies() | drafted.competencies()):
        line = observed.lines.get(competency)
        if framework is None or (line is not None and line.framework == framework):
            yield live.judge(competency), drafted.judge(competency)


def _effect(before: Verdict, after: Verdict) -> Effect:
    if after.state == "mastered":
        return "gains"
    return "loses" if before.state == "mastered" else "same"


def _unmet(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.met:
            continue
        if finding.parts:
            yield from _unmet(finding.parts)
        else:
            yield f"{finding.rule}: {finding.found} of {finding.needed}"
