"""A policy as a document: everything it may say about when a competency counts as mastered.

Defaults never change their meaning: a stored document must say the same for ever, and what
equals a default is left out of the canonical text.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.evidence import Purpose
from ledger.domain.framework import Strand
from projections.policies.clauses import Clause, Count, Duration, Name, Points
from projections.policies.estimates import AnyEstimate
from projections.policies.requirements import AnyRule, DistinctOf, JudgedKind
from projections.policies.scales import ResultClause, ScaleClause

Keep = Literal["all", "latest", "highest", "first"]
CHAIN_MAX = 3  # crosswalks one after another; longer, and nobody could explain what it means


class Attempts(Clause):
    """Which of several attempts at one task counts; the others are `older_attempt`."""

    keep: Keep = "all"
    per: Literal["task", "work", "assessment"] = "task"


class NewSituations(Clause):
    """Only one piece of evidence counts per situation; the rest is `not_a_new_situation`."""

    per: DistinctOf
    keep: Literal["latest", "highest", "first"] = "highest"


class Equivalents(Clause):
    """Which evidence counts that is aligned to another competency, over crosswalks.

    `broader`: whether it counts where its own competency covers less than this one.
    `chain_max`: over how many crosswalks one after another; 0 lets none count. `weight_floor`:
    the least weight, along the chain and of the alignment together. What does not count is
    `not_equivalent`.
    """

    broader: Literal["excluded", "counted"] = "excluded"
    chain_max: Annotated[int, Field(strict=True, ge=0, le=CHAIN_MAX)] = CHAIN_MAX
    weight_floor: Annotated[Points, Field(gt=0, le=1)] | None = None


class Counting(Clause):
    """Which evidence counts. Withdrawn evidence, and what a correction replaced, never does.

    `pool`: results that name the same assessment are questions of one test; each takes the
    test's score, weighted by what each question was worth, as Canvas does. `rigour_floor`:
    evidence from a band below it, or from no known band, does not count. `future`: whether
    evidence dated after the moment asked about counts. `no_result`: see `Bayesian`.
    """

    kinds: Annotated[tuple[JudgedKind, ...], Field(min_length=1)] = (
        "assessment",
        "credential",
        "work_based_learning",
    )
    purposes: tuple[Purpose, ...] = ()  # empty: all
    attempts: Attempts = Attempts()
    new_situations: NewSituations | None = None
    window: Duration | None = None
    rigour_floor: Annotated[int, Field(strict=True, ge=0, le=100)] | None = None
    weight_floor: Annotated[Points, Field(ge=0)] | None = None
    pool: Literal["assessment"] | None = None
    future: Literal["excluded", "counted"] = "excluded"
    equivalents: Equivalents = Equivalents()
    awaiting_second_rater: Literal["unconfirmed", "in_progress"] = "unconfirmed"


class Expiry(Clause):
    """How mastery fades. `expires_after` runs from the newest counted evidence at or above mastery.

    With `half_life`, the estimate's distance from the lowest level halves in that many days
    after the newest counted evidence, counted in whole days.
    """

    expires_after: Duration | None = None
    half_life_days: Count | None = None


class Conflict(Clause):
    """Two people rate the same attempt on both sides of mastery, this many levels apart.

    Without a majority for one side the ratings are contested and count for neither.
    """

    levels_apart: Count = 1


class PolicyDocument(Clause):
    """When a competency counts as mastered. `any_evidence` admits openly that any will do.

    `strands` names whose competencies it is about; empty, all but dispositions, which are passed
    or failed only by a policy that says so.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,98}[a-z0-9])?$")]
    title: Name
    description: Annotated[str, Field(max_length=10_000)] = ""
    language: Literal[1] = 1
    scale: ScaleClause
    results: ResultClause = ResultClause()
    estimate: AnyEstimate
    requirement: AnyRule
    counting: Counting = Counting()
    conflict: Conflict | None = None
    expiry: Expiry = Expiry()
    any_evidence: bool = False
    strands: tuple[Strand, ...] = ()

    def speaks_for(self, strand: Strand | None) -> bool:
        """Say whether it is about competencies of a strand; None is one that nobody named."""
        return strand in self.strands if self.strands else strand != "dispositions"


def canonical(document: PolicyDocument) -> str:
    """Write a document as the one text that it is stored and named by."""
    data = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(document: PolicyDocument) -> str:
    """SHA-256 (hex) of the canonical text."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def json_schema() -> dict[str, object]:
    """Give the JSON Schema (2020-12) of policy documents, for publishing."""
    schema = PolicyDocument.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
