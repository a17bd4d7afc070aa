"""Which strand a competency belongs to, where its own document says so in words we know.

Only an item type or subject that is listed here decides; anything else stays None, since a
wrong strand would count a workplace habit as an academic standard. Matched in lower case.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.domain.framework import Strand

ITEM_TYPES: dict[str, Strand] = {
    "technical skill": "technical",
    "technical standard": "technical",
    "technical competency": "technical",
    "occupational skill": "technical",
    "cte standard": "technical",
    "academic standard": "academic",
    "academic skill": "academic",
    "employability skill": "employability",
    "employability standard": "employability",
    "career ready practice": "employability",
    "workplace skill": "employability",
    "professional skill": "employability",
    "disposition": "dispositions",
    "work habit": "dispositions",
    "habit of mind": "dispositions",
}
SUBJECTS: dict[str, Strand] = {
    "career and technical education": "technical",
    "cte": "technical",
    "math": "academic",
    "mathematics": "academic",
    "english language arts": "academic",
    "ela": "academic",
    "science": "academic",
    "social studies": "academic",
    "employability": "employability",
    "employability skills": "employability",
    "career readiness": "employability",
}


def strand_of(
    item_type: str | None, subjects: Iterable[str], document_subjects: Iterable[str]
) -> Strand | None:
    """Ask the item's type, then its subjects, then the document's; None where they disagree."""
    by_type: Strand | None = ITEM_TYPES.get((item_type or "").strip().lower())
    return by_type or _agreed(subjects) or _agreed(document_subjects)


def _agreed(subjects: Iterable[str]) -> Strand | None:
    found: set[Strand | None] = {SUBJECTS.get(subject.strip().lower()) for subject in subjects}
    return found.pop() if len(found) == 1 else None
