"""A policy's answer, with every reason: what was met, what counted, what did not and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from ledger.domain.ids import CompetencyId, EvidenceId, PolicyId
from projections.policies.observation import Exclusion

MasteryState = Literal[
    "no_evidence", "in_progress", "mastered", "lapsed", "contested", "unconfirmed", "observed"
]
"""`observed`: there is evidence, and no policy says what would be enough (dispositions)."""


class Finding(Struct, frozen=True):
    """One requirement, met or not.

    `found` and `needed` are in the requirement's own unit (a level, a number of
    observations, hours). `evidence` is what it rests on. `parts` are those of a composition.
    """

    rule: str
    met: bool
    found: str
    needed: str
    evidence: tuple[EvidenceId, ...] = ()
    parts: tuple[Finding, ...] = ()


class NotCounted(Struct, frozen=True):
    """A piece of evidence that did not count, and why."""

    evidence: EvidenceId
    reason: Exclusion
    detail: str = ""


class Missing(Struct, frozen=True):
    """The smallest thing that would meet an unmet requirement.

    `asks` is the machine form, such as {"observations": "1", "distinct": "site"}. `text` is
    empty until `explain.explained` writes it: judging a million records needs no prose.
    """

    rule: str
    text: str
    asks: Mapping[str, str]


class Standing(Struct, frozen=True):
    """What of a verdict is kept in views: the verdict without its reasons.

    `floors` are the digests of the policies under which it was judged besides its own.
    """

    competency: CompetencyId
    state: MasteryState
    policy: PolicyId
    policy_digest: str
    estimate: Decimal | None
    level: str | None
    since: datetime | None = None
    due_at: datetime | None = None
    floors: tuple[str, ...] = ()


class Verdict(Struct, frozen=True):
    """What one policy says of one learner and one competency, at one moment.

    `estimate` is on the policy's own scale. `since` is when the evidence first met the
    policy (occurred time). `due_at` is when time alone may next change the state.
    """

    competency: CompetencyId
    state: MasteryState
    policy: PolicyId
    policy_digest: str
    on: datetime
    estimate: Decimal | None
    level: str | None
    findings: tuple[Finding, ...]
    counted: tuple[EvidenceId, ...]
    not_counted: tuple[NotCounted, ...]
    missing: tuple[Missing, ...]
    since: datetime | None = None
    due_at: datetime | None = None
