"""Judging: observations and a moment in, a verdict with every reason out.

Pure and total. Evidence is taken in the order it occurred; arrival order decides nothing.
Ends are inclusive: what holds until a moment still holds at it (periods.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, NotRequired, TypedDict

from ledger.domain.ids import CompetencyId, PolicyId
from projections.policies.compiling import Compiler, parts_of
from projections.policies.composing import ComposedRule
from projections.policies.counting import Counter
from projections.policies.documents import PolicyDocument, digest
from projections.policies.estimates import Bayesian
from projections.policies.numbers import to_decimal, to_units
from projections.policies.observation import Observation
from projections.policies.ordering import Ordered, in_order
from projections.policies.periods import moment_after, parse_period
from projections.policies.points import Exchange
from projections.policies.requirements import (
    ConfirmedBySecondRater,
    CredentialHeld,
    HoursAtLeast,
    Within,
)
from projections.policies.selecting import limits
from projections.policies.tally import Tally, sooner
from projections.policies.verdict import Finding, MasteryState, Missing, Standing, Verdict

NO_CHILDREN: Mapping[CompetencyId, MasteryState] = {}

_PILES = frozenset({"contested", "awaiting_second_rater", "credential_expired"})
"""Reasons under which evidence may come to count later: the state may depend on it."""

_DECISIONS = ("contested", "contested_above", "contested_below")
"""How disputes may end: all that is contested stands, or one side of mastery does."""

_NO_EVIDENCE = frozenset({"children", "points", "required", "never"})
"""What is asked for under these names is no further evidence on the competency itself."""


class Case(TypedDict):
    """What a judge is asked about, besides the observations."""

    competency: CompetencyId
    on: datetime
    children: NotRequired[Mapping[CompetencyId, MasteryState]]


class Base(NamedTuple):
    """What the counted evidence says, before anything that is in dispute or awaited."""

    state: MasteryState
    tally: Tally
    met: bool
    expires_at: datetime | None  # the last moment of an unexpired mastery


class Judge:
    """One policy, ready to judge: made once, used for any learner and competency."""

    __slots__ = ("_confirms", "_counter", "_estimator", "_expires_after", "_fades", "_level", "_limits", "_mastery",
                 "_mastery_name", "_requirement", "_unconfirmed", "digest", "document", "policy")  # fmt: skip

    def __init__(self, document: PolicyDocument) -> None:
        self.document, self.policy, self.digest = document, PolicyId(document.id), digest(document)
        rules = [rule for _, rule in parts_of(document.requirement)]
        compiler = Compiler(document)
        self._requirement = compiler.requirement(document.requirement)
        self._estimator, self._level = compiler.estimator, compiler.level
        self._counter = Counter(
            document,
            Exchange(document.scale, document.results),
            hours=any(isinstance(rule, HoursAtLeast) for rule in rules),
            credentials=any(isinstance(rule, CredentialHeld) for rule in rules),
            chances=isinstance(document.estimate, Bayesian) and document.estimate.opportunities,
        )
        self._mastery = to_units(document.scale.mastery)
        period = document.expiry.expires_after
        self._expires_after = None if period is None else parse_period(period)
        self._fades = document.expiry.half_life_days is not None or any(
            isinstance(rule, Within) for rule in rules
        )
        self._confirms = any(isinstance(rule, ConfirmedBySecondRater) for rule in rules)
        self._limits, self._mastery_name = limits(document.counting), compiler.named(self._mastery)
        self._unconfirmed = document.counting.awaiting_second_rater == "unconfirmed"

    def __call__(
        self,
        observations: Sequence[Observation],
        *,
        competency: CompetencyId,
        on: datetime,
        children: Mapping[CompetencyId, MasteryState] = NO_CHILDREN,
    ) -> Verdict:
        """Judge one learner on one competency at the moment `on` (aware).

        `observations` are the learner's on this competency, in any order; `children` are the
        states of the competencies it is made of.
        """
        found, base = self._judged(observations, competency, on, children)
        tally, finding = base.tally, self._requirement.find(base.tally)
        return Verdict(
            competency, found.state, self.policy, self.digest, on, found.estimate, found.level,
            self._findings(base, finding), tally.counted(), tuple(tally.not_counted),
            self._missing(base, finding), found.since, found.due_at,
        )  # fmt: skip

    def standing(
        self,
        observations: Sequence[Observation],
        *,
        competency: CompetencyId,
        on: datetime,
        children: Mapping[CompetencyId, MasteryState] = NO_CHILDREN,
    ) -> Standing:
        """Judge as a call does, without reasons, in half the time: for views."""
        return self._judged(observations, competency, on, children)[0]

    def _judged(
        self,
        observations: Sequence[Observation],
        competency: CompetencyId,
        on: datetime,
        children: Mapping[CompetencyId, MasteryState],
    ) -> tuple[Standing, Base]:
        ordered = in_order(observations)
        base = self._base(ordered, on, children)
        state, turns_at = self._state(base, ordered)
        estimate, level = None, None
        units = base.tally.estimate(self._estimator)
        if units is not None:
            estimate, level = to_decimal(units), self._level(units)
        since = self._since(base) if state in {"mastered", "lapsed"} else None
        if turns_at is not None:
            turns_at = self._due_at(base, state, turns_at, ordered)
        standing = Standing(
            competency, state, self.policy, self.digest, estimate, level, since, turns_at
        )
        return standing, base

    def _base(
        self,
        ordered: Ordered,
        on: datetime,
        children: Mapping[CompetencyId, MasteryState],
        also: Collection[str] = (),
    ) -> Base:
        tally = self._counter.tally(ordered, on=on, children=children, also=also)
        if also and "awaiting_second_rater" in also:
            tally.assume_confirmed = True
        if self._requirement.met(tally):
            expires_at = self._expires_at(tally)
            expired = expires_at is not None and on > expires_at
            return Base("lapsed" if expired else "mastered", tally, True, expires_at)
        if self._fades and tally.seen and self._requirement.prefixes(tally) >> len(tally.seen) - 1:
            # Met when the last evidence came in, and not now: nothing but time passed.
            return Base("lapsed", tally, False, None)
        begun = tally.seen or any(one != "no_evidence" for one in children.values())
        return Base("in_progress" if begun else "no_evidence", tally, False, None)

    def _expires_at(self, tally: Tally) -> datetime | None:
        if self._expires_after is None or not tally.seen:
            return None
        passing = tally.at_least(self._mastery)
        newest = tally.seen[passing[-1] if passing else -1]
        return self._expires_after.after(newest.occurred_at)

    def _state(
        self,
        base: Base,
        ordered: Ordered,
    ) -> tuple[MasteryState, datetime | None]:
        """Give the state, and when time alone may next change it."""
        state, excluded, children = base.state, base.tally.excluded, base.tally.children
        turns_at = self._turns_at(base)
        if not self._confirms and _PILES.isdisjoint(excluded):
            return state, turns_at

        def supposing(also: str) -> MasteryState:
            nonlocal turns_at
            other = self._base(ordered, base.tally.on, children, (also,))
            turns_at = sooner(turns_at, self._turns_at(other))
            return other.state

        if "credential_expired" in excluded and state not in {"mastered", "lapsed"}:
            state = "lapsed" if supposing("credential_expired") in {"mastered", "lapsed"} else state
        if "contested" in excluded:
            others = [supposing(also) for also in _DECISIONS]
            if any((other == "mastered") != (state == "mastered") for other in others):
                return "contested", turns_at
        awaited = "awaiting_second_rater" in excluded or (self._confirms and bool(base.tally.seen))
        if state != "mastered" and awaited and self._unconfirmed:
            state = "unconfirmed" if supposing("awaiting_second_rater") == "mastered" else state
        return state, turns_at

    def _turns_at(self, base: Base) -> datetime | None:
        turns_at = base.tally.turns_at
        if base.expires_at is None and not self._fades:
            return turns_at
        if base.expires_at is not None and base.tally.on <= base.expires_at:
            turns_at = sooner(turns_at, moment_after(base.expires_at))
        return sooner(turns_at, self._requirement.turns_at(base.tally)) if self._fades else turns_at

    def _due_at(
        self,
        base: Base,
        state: MasteryState,
        turns_at: datetime,
        ordered: Ordered,
    ) -> datetime | None:
        """Follow the moments at which something turns to the first that changes the state."""
        if self._only_expiry(base):
            return turns_at
        children = base.tally.children
        while True:
            later, next_turn = self._state(self._base(ordered, turns_at, children), ordered)
            if later != state:
                return turns_at
            if next_turn is None:
                return None
            turns_at = next_turn

    def _only_expiry(self, base: Base) -> bool:
        """Whether nothing but the end of this mastery lies ahead: then it is not judged again."""
        tally = base.tally
        return (
            base.state == "mastered"
            and not self._fades
            and tally.turns_at is None
            and _PILES.isdisjoint(tally.excluded)
        )

    def _findings(self, base: Base, finding: Finding) -> tuple[Finding, ...]:
        composed = isinstance(self._requirement, ComposedRule) and finding.rule == "all_of"
        findings = finding.parts if composed else (finding,)
        if base.expires_at is None:
            return findings
        fresh = base.tally.on <= base.expires_at
        until = base.expires_at.isoformat()
        period = self.document.expiry.expires_after or ""
        return (*findings, Finding("expires_after", fresh, until, period))

    def _missing(self, base: Base, finding: Finding) -> tuple[Missing, ...]:
        if not base.met:
            missing = self._requirement.missing(base.tally, finding)
        elif base.state == "lapsed":
            asks = {"observations": "1", "newer": "yes", "at_least": self._mastery_name}
            missing = (Missing("expires_after", "", asks),)
        else:
            return ()
        return tuple(map(self._limited, missing)) if self._limits else missing

    def _limited(self, one: Missing) -> Missing:
        """Add what evidence has to be like to count at all, where something asks for evidence."""
        looked_at = "second_rater" in one.asks and "new" not in one.asks
        if looked_at or not one.asks.keys().isdisjoint(_NO_EVIDENCE):
            return one
        return Missing(one.rule, one.text, {**self._limits, **one.asks})

    def _since(self, base: Base) -> datetime | None:
        """Give when the evidence that counts now, taken in order, first met the requirement."""
        bits = self._requirement.prefixes(base.tally)
        first = (bits & -bits).bit_length() - 1
        return base.tally.seen[first].occurred_at if first >= 0 else None


def compile_policy(document: PolicyDocument) -> Judge:
    """Make a document ready to judge. It is assumed to be sound, as `parse` makes sure."""
    return Judge(document)
