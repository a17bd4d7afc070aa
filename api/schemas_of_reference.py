"""What stewards send about crosswalks, credentials, instruments, remarks and trials."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import AfterValidator, ConfigDict, Field

from api.schemas import Many, Sent, Why
from ledger.domain.evidence import EvidenceKind, Party, Result
from ledger.domain.facts import (
    CrosswalkPublished,
    ErasureReason,
    MergeReason,
    PartReason,
    UnlinkReason,
)
from ledger.domain.framework import Articulation, Equivalence, Relation, SignOffRole
from ledger.standards.native_fields import Day, End, Id, Moment
from ledger.standards.native_model import IdentifierIn, PartyIn, ResultIn

Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$")]
Weight = Annotated[Decimal, Field(gt=0, le=1, max_digits=9, decimal_places=6)]
Title = Annotated[str, Field(min_length=1, max_length=500)]
Level = Annotated[str, Field(min_length=1, max_length=200)]


def party(given: PartyIn) -> Party:
    """Take over a person or organisation."""
    return msgspec.convert(given, Party)


class LinkIn(Sent):
    """Evidence on `origin` may count for `destination`: this way only.

    `relation` says what the destination is to the origin; "broader" and "related" satisfy
    nothing, and "none" says that nothing there corresponds: it has no destination. Both days are
    inclusive, by when the evidence occurred; with `retroactive`, evidence from before
    `starts_on` counts as well.
    """

    origin: Id
    destination: Id | Literal[""] = ""
    relation: Relation = "exact"
    weight: Weight = Decimal(1)
    kinds: Annotated[tuple[EvidenceKind, ...], Many] = ()
    level_at_least: Level | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    retroactive: bool = False

    def link(self) -> Equivalence:
        """Give it in the ledger's own terms."""
        return Equivalence(**self.model_dump())


class ClauseIn(Sent):
    """Credits of a course also give `rate` credits each of another kind, on another's record.

    `course` is what evidence says in `context.course`; days are as in a link.
    """

    clause: Title = Field(description="Its number in the agreement; credits cite it.")
    course: Id
    record: Title = Field(description="On whose record: a school or a college.")
    credit_type: Title | None = None
    rate: Annotated[Decimal, Field(gt=0, le=100, max_digits=9, decimal_places=6)] = Decimal(1)
    provider: UUID | None = Field(None, description="Who gives the course; anybody, if absent.")
    level_at_least: Level | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    retroactive: bool = False

    def articulation(self) -> Articulation:
        """Give it in the ledger's own terms."""
        return Articulation(**self.model_dump())


class CrosswalkIn(Sent):
    """A crosswalk or agreement; it counts for nothing until every role in `needs` has signed it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "welding-as-physics",
                    "title": "Welding competencies that satisfy physics standards",
                    "links": [
                        {
                            "origin": "https://case.example.org/CFItems/weld-heat",
                            "destination": "https://case.example.org/CFItems/phys-energy",
                            "weight": "0.5",
                            "kinds": ["assessment", "work_based_learning"],
                            "starts_on": "2026-08-01",
                        }
                    ],
                    "authority": "RCW 28A.700.070",
                    "needs": ["academic", "cte"],
                }
            ]
        }
    )

    id: Slug = Field(description="Your name for it; published anew, it needs to be signed anew.")
    title: Title
    links: Annotated[tuple[LinkIn, ...], Field(max_length=5_000)] = ()
    credits: Annotated[tuple[ClauseIn, ...], Many] = ()
    authority: Annotated[str, Field(max_length=2_000)] | None = None
    needs: Annotated[tuple[SignOffRole, ...], Field(min_length=1, max_length=4)] = (
        "academic",
        "cte",
    )

    def fact(self) -> CrosswalkPublished:
        """Give it in the ledger's own terms."""
        return CrosswalkPublished(
            crosswalk=self.id, title=self.title, links=tuple(one.link() for one in self.links),
            authority=self.authority, needs=tuple(dict.fromkeys(self.needs)),
            credits=tuple(one.articulation() for one in self.credits),
        )  # fmt: skip


class SignatureIn(Sent):
    """One of the roles whose consent a crosswalk needs gives it."""

    role: SignOffRole
    by: PartyIn
    signed_at: Moment


class CrosswalkWithdrawalIn(Sent):
    """One of these roles takes its consent back: nothing rests on the crosswalk any more."""

    role: SignOffRole
    by: PartyIn
    reason: Why


class CredentialAlignmentIn(Sent):
    """Whoever was awarded this credential in this time has shown these competencies."""

    credential: Id = Field(description="Achievement id, CTID, or the id or name its provider uses.")
    competencies: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1_000)]
    level: Level | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    authority: Annotated[str, Field(max_length=2_000)] | None = None


class AssessmentIn(Sent):
    """An instrument; until somebody validates it, what it shows is kept and does not count."""

    id: Id = Field(description="What `context.assessment` of evidence says.")
    title: Title
    competencies: Annotated[tuple[Id, ...], Many] = ()
    cut: Annotated[Decimal, Field(max_digits=20)] | None = None
    rigour_band: Annotated[int, Field(strict=True, ge=0, le=100)] | None = None
    version: Annotated[str, Field(max_length=200)] | None = None


class ValidationIn(Sent):
    """Somebody vouches for an instrument from `starts_at` until `ends_at` (open, where absent)."""

    by: PartyIn
    starts_at: Moment | None = None
    ends_at: End | None = None


class ConfirmationIn(Sent):
    """A second rater looked at the same work; `result` is their own, where they differ."""

    evaluator: PartyIn
    occurred_at: Moment
    result: ResultIn | None = None
    competency: Id | None = Field(None, description="On which alignment; all, where absent.")

    def own_result(self) -> Result | None:
        """Give the second rater's result in the ledger's own terms."""
        return None if self.result is None else msgspec.convert(self.result, Result)


class ContestIn(Sent):
    """Somebody entitled to says that it is wrong."""

    by: PartyIn
    reason: Why


class ResolutionIn(Sent):
    """A contest is decided: the evidence stands, or it no longer counts."""

    by: PartyIn
    outcome: Literal["stands", "set_aside"]
    reason: Why


class TrialIn(Sent):
    """A policy to try: a document, or the id or digest of a published one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"policy": "strict-welding", "on": "2026-06-30", "group_by": "school"}]
        }
    )

    policy: dict[str, Any] | Annotated[str, Field(min_length=1, max_length=200)]
    as_of: Annotated[str, Field(max_length=100)] | int | None = Field(
        None, description="What was known: a position of the log, or a time."
    )
    on: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="What was true: a time or a date."
    )
    framework: Id | None = Field(None, description="Try it on this framework's competencies only.")
    group_by: Literal["state", "district", "school", "programme"] = "school"
    level: Literal["everywhere", "framework", "state", "district", "school", "programme"] = Field(
        "programme",
        description="Where it would be adopted: floors that are set at wider levels hold.",
    )
    scope: Annotated[str, Field(max_length=500), AfterValidator(str.strip)] = Field(
        "",
        description="Which state, district, school or programme; only those enrolled there count.",
    )
    listed_max: Annotated[int, Field(ge=0, le=10_000)] = 1_000


class MergeIn(Sent):
    """Whom a learner is one person with."""

    into: Annotated[UUID, Field(description="The learner that the person goes by from now on.")]
    reason: MergeReason


class UnmergeIn(Sent):
    """Why a learner is nobody else after all."""

    reason: PartReason


class UnlinkIn(Sent):
    """A name that is not the learner's."""

    identifier: IdentifierIn
    provider: Annotated[
        UUID | None,
        Field(description="Whose name it is; absent for one that means the same from everybody."),
    ] = None
    reason: UnlinkReason


class ErasureIn(Sent):
    """Why a learner's record is destroyed; it stays on record, so there is no text of one's own."""

    reason: ErasureReason
