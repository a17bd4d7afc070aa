"""Instruments: which were validated, by whom, for when, and how hard they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ledger.domain.facts import AssessmentRegistered, AssessmentValidated, Fact

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Assessments:
    """A fold over assessment-registered and assessment-validated facts."""

    __slots__ = ("_registered", "_validated")

    def __init__(self) -> None:
        self._registered: dict[str, AssessmentRegistered] = {}
        self._validated: dict[str, list[AssessmentValidated]] = {}

    def apply(self, fact: Fact) -> bool:
        """Take over a fact; say whether it is about an instrument."""
        match fact:
            case AssessmentRegistered():
                self._registered[fact.assessment] = fact
            case AssessmentValidated():
                self._validated.setdefault(fact.assessment, []).append(fact)
            case _:
                return False
        return True

    def registered(self, assessment: str) -> AssessmentRegistered | None:
        """Give what is on record of an instrument; None if nobody registered it."""
        return self._registered.get(assessment)

    def all(self) -> Iterator[tuple[AssessmentRegistered, tuple[AssessmentValidated, ...]]]:
        """List the instruments, each with who vouched for it."""
        for name, fact in self._registered.items():
            yield fact, tuple(self._validated.get(name, ()))

    def unvalidated(self, assessment: str | None, occurred_at: datetime) -> bool:
        """Say whether this instrument is on record, and nobody vouched for it at that time.

        One that nobody registered is not held against the evidence: a policy's rigour floor
        leaves it out where that matters.
        """
        if assessment is None or assessment not in self._registered:
            return False
        return not any(
            (one.starts_at or _EVER) <= occurred_at <= (one.ends_at or _NEVER)
            for one in self._validated.get(assessment, ())
        )

    def rigour(self, assessment: str | None) -> int | None:
        """Give the rigour band of an instrument, if it is on record."""
        found = self._registered.get(assessment) if assessment is not None else None
        return found.rigour_band if found is not None else None
