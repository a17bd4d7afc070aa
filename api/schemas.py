"""What stewards send: one model a document, unknown members refused."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ledger.domain.evidence import EvidenceKind
from ledger.domain.facts import ProviderKind
from ledger.standards.native_fields import Day, End, Line, LongLine, Moment, Reason
from ledger.standards.native_model import IdentifierIn

Name = Line
Place = Annotated[Line, AfterValidator(str.strip)]
"""Where somebody is enrolled: policies are adopted for it by name, so blanks around it are no part of it."""
Id = LongLine
Why = Reason
Many = Field(max_length=1_000)


class Sent(BaseModel):
    """A document that somebody sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProviderIn(Sent):
    """A new provider. With `all_authority`, it may assert every kind on every framework."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Riverside Welding", "kind": "employer"}]}
    )

    name: Name
    kind: ProviderKind
    all_authority: bool = False


class GrantIn(Sent):
    """What a provider may assert; an empty list means all, and an absent end is open.

    Held against the time the evidence occurred, so a grant may release earlier evidence.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "grant": "wbl-2026",
                    "kinds": ["work_based_learning"],
                    "frameworks": ["c6085394-d7cb-11e8-824f-0242ac160002"],
                    "starts_at": "2026-08-01T00:00:00Z",
                }
            ]
        }
    )

    grant: Name = Field(description="Your name for this grant, for revoking it.")
    kinds: Annotated[tuple[EvidenceKind, ...], Many] = ()
    frameworks: Annotated[tuple[Id, ...], Many] = ()
    competencies: Annotated[tuple[Id, ...], Many] = ()
    starts_at: Moment | None = None
    ends_at: End | None = None
    reason: Why | None = None


class RevocationIn(Sent):
    """The grant ends; what occurred before `ends_at` (now, where absent) still counts."""

    reason: Why
    ends_at: End | None = None


class SuspensionIn(Sent):
    """Nothing that occurs from `starts_at` (now, where absent) on counts until reinstatement."""

    reason: Why
    starts_at: Moment | None = None


class ReinstatementIn(Sent):
    """The suspension ends at `at` (now, where absent)."""

    reason: Why
    at: Moment | None = None


class LearnerRef(Sent):
    """Whom it is about: your id, or identifiers of which any one finds the learner."""

    id: Id | None = None
    identifiers: Annotated[tuple[IdentifierIn, ...], Field(max_length=20)] = ()


class EnrolmentIn(Sent):
    """A learner in a programme, course or school, for some time; both days are included."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "enrolment/771",
                    "learner": {"id": "S-100231"},
                    "programme": "48.0508",
                    "school": "Riverside High",
                    "starts_on": "2025-08-18",
                }
            ]
        }
    )

    id: Id = Field(description="Your id for this enrolment.")
    learner: LearnerRef
    programme: Place | None = None
    course: Place | None = None
    school: Place | None = None
    district: Place | None = None
    state: Place | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None


class DisenrolmentIn(Sent):
    """An enrolment was said by mistake."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "enrolment/771", "reason": "of another Ada"}]}
    )

    id: Id = Field(description="The provider's id for the enrolment.")
    reason: Why
    provider: UUID | None = Field(
        None, description="Whose enrolment it is; a provider's token takes back its own."
    )


class AttributeIn(Sent):
    """One thing that reports tell groups of learners apart by."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
    value: Name = "yes"


class AttributesIn(Sent):
    """Special populations of a learner, for some time; both days are inclusive.

    Sent anew under the same id, it replaces what was said; with no attributes, it takes it back.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "populations/771",
                    "learner": {"id": "S-100231"},
                    "attributes": [
                        {"name": "english_learner"},
                        {"name": "gender", "value": "female"},
                    ],
                    "starts_on": "2025-08-18",
                    "ends_on": "2026-06-30",
                }
            ]
        }
    )

    id: Id = Field(description="Your id for this statement.")
    learner: LearnerRef
    attributes: Annotated[tuple[AttributeIn, ...], Field(max_length=100)]
    starts_on: Day | None = None
    ends_on: Day | None = None


class AdoptionIn(Sent):
    """From `starts_on` on (always, where absent), the policy decides for a scope."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"level": "programme", "scope": "48.0508", "starts_on": "2026-08-01"}]
        }
    )

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="Which version; the latest, where absent."
    )
    level: Literal["everywhere", "framework", "state", "district", "school", "programme"]
    scope: Annotated[
        str, Field(max_length=2_000, pattern=r"^[^\x00-\x1f\x7f]*$"), AfterValidator(str.strip)
    ] = Field("", description="Names the framework, state, ...; empty for everywhere.")
    starts_on: Day | None = None
    reason: Why | None = None
    floor: bool = Field(False, description="Whether narrower levels may not ask for less.")
