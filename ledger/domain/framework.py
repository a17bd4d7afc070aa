"""What learning is judged against, in the terms of 1EdTech CASE 1.1."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from ledger.domain.evidence import Part

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
