"""What a policy sees: one piece of evidence, on one competency.

An observation carries what was said and, in `excluded`, why it may not count whatever the
policy says. Policies add reasons of their own (out of window, older attempt, ...).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from ledger.domain.evidence import Context, EvidenceKind, Facet, Result
from ledger.domain.ids import CompetencyId, EvidenceId, Position, ProviderId

Exclusion = Literal[
    "withdrawn",
    "activity",  # participation, seat time, a learner's own words: never a judgement
    "no_result",  # nothing in it says how well it went
    "not_final",  # in progress, provisional, exempt
    "outside_authority",
    "provider_suspended",
    "unknown_competency",
    "unverified",
    "invalid_result",  # outside its own bounds, or a level its own scale does not have
    "not_yet_occurred",
    "credential_expired",
    "unvalidated_assessment",
    "contested",
    "set_aside",  # a contest was decided against it
    "awaiting_second_rater",
    "not_equivalent",
    # from here on, the policy's own reasons
    "older_attempt",
    "out_of_window",
    "below_rigour_band",
    "kind_not_counted",
    "not_on_scale",
    "not_a_new_situation",
]


class Observation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alignment of one piece of evidence, as the record stands at some position.

    `position` is that of the fact that says it now (the correction, if corrected), and
    `first_position` that of the evidence itself. Order by `(occurred_at, first_position)`:
    arrival order decides nothing. `result` is the alignment's own, or else the evidence's.
    """

    evidence: EvidenceId
    competency: CompetencyId
    position: Position
    first_position: Position
    kind: EvidenceKind
    occurred_at: datetime
    recorded_at: datetime
    provider: ProviderId
    evaluator: str | None = None
    result: Result | None = None
    weight: Decimal = Decimal(1)
    context: Context = Context()
    facets: tuple[Facet, ...] = ("performance",)
    revises: EvidenceId | None = None
    hours: Decimal | None = None
    credential: str | None = None
    valid_until: datetime | None = None
    rigour: int | None = None  # the band of the instrument or task; None: not known
    confirmed_by: tuple[str, ...] = ()  # other evaluators who looked at the work and agreed
    via: tuple[
        str, ...
    ] = ()  # the crosswalks over which it counts here; empty: it is aligned itself
    broader: bool = False
    """Excluded as `not_equivalent` only because this competency covers more than its own."""
    corrected: bool = False
    excluded: Exclusion | None = None
    excluded_detail: str = ""
