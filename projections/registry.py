"""All reference facts as one fold: providers and their authority, frameworks, policies.

In place, as a learner's record is: whoever folds owns the registry. For another position it is
folded anew (`Registry.fold`); reference facts are few.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Self

from ledger.domain.catalogue import Recorded
from ledger.domain.evidence import Alignment
from ledger.domain.facts import (
    EnrolmentRecorded,
    FrameworkPublished,
    PathwayPublished,
    PolicyAdopted,
    PolicyPublished,
    ProviderRegistered,
)
from ledger.domain.framework import Strand
from ledger.domain.identities import Identities
from ledger.domain.ids import CompetencyId, FrameworkId, Position, ProviderId
from projections.adoption import NO_SCOPES, Adoptions, Scopes, scopes_of
from projections.assessments import Assessments
from projections.authority import Authority
from projections.equivalence import Equivalences
from projections.frameworks import Frameworks, Resolved
from projections.policies.judge import Judge


class Registry:
    """What learners' evidence is read against, up to `position`.

    `revision` grows with every fact that may change how a record reads.
    """

    __slots__ = (
        "adoptions", "assessments", "authority", "equivalences", "frameworks", "identities",
        "pathways", "position", "providers", "revision", "widens",
    )  # fmt: skip

    def __init__(self) -> None:
        self.position = Position(0)
        self.revision = 0
        self.providers: dict[ProviderId, ProviderRegistered] = {}
        self.frameworks = Frameworks()
        self.authority = Authority()
        self.adoptions = Adoptions()
        self.equivalences = Equivalences()
        self.assessments = Assessments()
        self.identities = Identities()
        self.pathways: dict[str, PathwayPublished] = {}
        """Programmes of study, each in its latest version."""
        self.widens = False
        """Whether a crosswalk, an aligned credential or an instrument is on record."""

    @classmethod
    def fold(cls, facts: Iterable[Recorded]) -> Self:
        """Fold reference facts, oldest first; facts about learners are carried past."""
        registry = cls()
        for recorded in facts:
            registry.apply(recorded)
        return registry

    def apply(self, recorded: Recorded) -> None:
        """Take over the next fact."""
        fact = recorded.fact
        self.position = recorded.position
        match fact:
            case ProviderRegistered():
                self.providers[fact.provider] = fact
                return
            case FrameworkPublished():
                self.frameworks.apply(fact)
                self.equivalences.forget_resolutions()
            case PolicyPublished():
                self.adoptions.publish(fact)
                return
            case PathwayPublished():
                self.pathways[fact.pathway] = fact
                return
            case PolicyAdopted():
                self.adoptions.adopt(fact)
            case _:
                if self.identities.apply(fact):
                    return  # who is read together changes, and not how anything reads
                if self.equivalences.apply(fact) or self.assessments.apply(fact):
                    self.widens = True
                elif self.authority.apply(fact) is None:
                    return
        self.revision += 1

    def bearing_on(self, competencies: set[CompetencyId]) -> set[CompetencyId] | None:
        """Give the competencies whose evidence may bear on these; None: evidence on any may.

        Crosswalks tie some together. An aligned credential, or a policy that looks at children,
        may reach anything.
        """
        if self.equivalences.attests or self.adoptions.needs_children:
            return None
        return self.equivalences.tied(competencies, self.frameworks)

    def resolve(self, alignment: Alignment) -> Resolved | None:
        """Find which competency an alignment means, or None where no framework has it."""
        return self.frameworks.resolve(alignment)

    def policy_for(
        self, framework: FrameworkId | None, enrolments: Iterable[EnrolmentRecorded], on: datetime,
        strand: Strand | None = None,
    ) -> Judge:  # fmt: skip
        """Give the policy that decides for a learner enrolled so, at that moment."""
        day = day_of(on)
        scopes = scopes_of(enrolments, day) if self.adoptions.by_enrolment else NO_SCOPES
        return self.adoptions.deciding(framework, scopes, day, strand)

    def drafted_for(
        self, draft: Judge, framework: FrameworkId | None, scopes: Scopes, on: datetime, *,
        level: str, strand: Strand | None = None,
    ) -> Judge:  # fmt: skip
        """Give a draft as it would decide if it were adopted at a level: under wider floors."""
        return self.adoptions.drafted(
            draft, framework, scopes, day_of(on), level=level, strand=strand
        )

    def strand(self, competency: CompetencyId) -> Strand | None:
        """Give the strand of a competency, where it may decide which policy decides."""
        if self.adoptions.by_strand:
            described = self.frameworks.describe(competency)
            return described.item.strand if described is not None else None
        return "dispositions" if competency in self.frameworks.dispositions else None


def day_of(on: datetime) -> date:
    """Give the day in UTC."""
    return on.astimezone(UTC).date()
