"""What learning is judged against, in the terms of 1EdTech CASE 1.1."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from ledger.domain.evidence import EvidenceKind, Part
from ledger.domain.ids import ProviderId

Strand = Literal["technical", "academic", "employability", "dispositions"]
AssociationType = str
"""A CASE associationType (isChildOf, isPeerOf, isPartOf, exactMatchOf, precedes, isRelatedTo,
replacedBy, exemplar, hasSkillLevel, isTranslationOf, isParentOf) or `ext:` and a name."""


class Competency(Part):
    """A CASE CFItem: something a learner can show."""

    identifier: str  # CFItem.identifier, a UUID
    uri: str
    statement: str
    code: str | None = None  # humanCodingScheme
    type: str | None = None  # CFItemType
    strand: Strand | None = None
    education_levels: tuple[str, ...] = ()


class Association(Part):
    """A CASE CFAssociation between two nodes, each named by its URI."""

    identifier: str
    type: AssociationType
    origin: str
    destination: str
    sequence: int | None = None


class Level(Part):
    """One step of a scale; `points` order the steps."""

    name: str
    points: Decimal


class Scale(Part):
    """Levels from lowest to highest, taken from a CFRubric; `applies_to` names competencies."""

    identifier: str
    levels: tuple[Level, ...]
    applies_to: tuple[str, ...] = ()  # empty: the whole framework


SignOffRole = Literal["academic", "cte", "state", "college"]
Relation = Literal["exact", "broader", "narrower", "replaced_by", "related", "none"]


class Equivalence(Part):
    """Evidence on `origin` may count for `destination`: this way only.

    `relation` says what the destination is to the origin: "broader" means that the origin
    covers less, and does not satisfy the destination unless a policy says so; "none", that
    somebody looked and found no destination, which is empty then. `weight` lies
    above 0 and at most 1. Both dates are inclusive, by when the evidence occurred; with
    `retroactive`, evidence from before `starts_on` counts as well.
    """

    origin: str
    destination: str
    relation: Relation = "exact"
    weight: Decimal = Decimal(1)
    kinds: tuple[EvidenceKind, ...] = ()  # empty: all
    level_at_least: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    retroactive: bool = False


class Articulation(Part):
    """A clause of an agreement: credits of a course count on another record as well.

    `course` is what evidence says in `context.course`; `record` names the school or college on
    whose record each credit also gives `rate` credits of the kind `credit_type`. Dates and
    `level_at_least` are those of `Equivalence`.
    """

    clause: str
    course: str
    record: str
    credit_type: str | None = None
    rate: Decimal = Decimal(1)
    provider: ProviderId | None = None  # who gives the course; None: anybody
    level_at_least: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    retroactive: bool = False
