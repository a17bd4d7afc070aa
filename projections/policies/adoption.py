"""Which of several adopted policies decides: the narrowest scope, as in Open edX's ADR 0002."""

from __future__ import annotations

from typing import Literal

Scope = Literal["course", "organisation", "taxonomy", "system"]


def deciding(
    *, course: bool, organisation: bool, taxonomy: bool, taxonomy_overrides: bool = False
) -> Scope:
    """Name the scope whose policy is assigned, given which scopes have one.

    The course's own comes first; then the organisation's, unless the taxonomy's is marked to
    override it; then the taxonomy's; in the end the system's, which always exists.
    """
    if course:
        return "course"
    if organisation and not (taxonomy and taxonomy_overrides):
        return "organisation"
    return "taxonomy" if taxonomy else "system"
