"""Given facts: short words for histories, as a fold reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid5

from ledger.domain.catalogue import Recorded, encode
from ledger.domain.evidence import (
    Alignment,
    Attribute,
    Context,
    Evidence,
    EvidenceKind,
    Facet,
    Identifier,
    Party,
    Result,
    Source,
)
from ledger.domain.facts import (
    AttributesRecorded,
    AuthorityGranted,
    EnrolmentRecorded,
    EnrolmentWithdrawn,
    EvidenceCorrected,
    EvidenceRecorded,
    EvidenceWithdrawn,
    Fact,
    FrameworkPublished,
    LearnerIdentified,
    PolicyAdopted,
    PolicyPublished,
    ProviderRegistered,
)
from ledger.domain.framework import Association, Competency, Strand
from ledger.domain.ids import (
    EvidenceId,
    FactId,
    FrameworkId,
    LearnerId,
    PolicyId,
    Position,
    ProviderId,
    StreamId,
)
from projections.policies import canonical, digest, parse

_NAMES = UUID(int=0x6D617374)
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FRAMEWORK = FrameworkId("f0000000-0000-4000-8000-000000000001")
CODES = ("W1", "W2", "W3", "W4")


def learner(number: int = 1) -> LearnerId:
    return LearnerId(uuid5(_NAMES, f"learner {number}"))


def provider(number: int = 1) -> ProviderId:
    return ProviderId(uuid5(_NAMES, f"provider {number}"))


def evidence_id(number: int) -> EvidenceId:
    return EvidenceId(uuid5(_NAMES, f"evidence {number}"))


def uri(code: str) -> str:
    return f"https://frameworks.example/{code}"


def day(number: float) -> datetime:
    return START + number * DAY


class Given:
    """A log in memory: each word appends one fact, recorded at `now`."""

    def __init__(self) -> None:
        self.facts: list[Recorded] = []
        self.now = START
        self._versions: dict[UUID, int] = {}

    def at(self, moment: datetime) -> Given:
        """Let the time be later; it never goes back."""
        self.now = max(self.now, moment)
        return self

    def fact(self, stream: UUID, fact: Fact, *, by: ProviderId | None = None) -> Recorded:
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        position = Position(len(self.facts) + 1)
        recorded = Recorded(
            position=position, stream=StreamId(stream), version=version, topic=encode(fact)[0],
            recorded_at=self.now, fact_id=FactId(uuid5(_NAMES, f"fact {position}")), provider=by,
            fact=fact,
        )  # fmt: skip
        self.facts.append(recorded)
        return recorded

    def of(self, who: LearnerId) -> list[Recorded]:
        return [one for one in self.facts if one.stream == who]

    # -- reference --------------------------------------------------------------------------

    def provider(self, number: int = 1, *, trusted: bool = True) -> ProviderId:
        who = provider(number)
        self.fact(who, ProviderRegistered(provider=who, name=f"Provider {number}", kind="school"))
        if trusted:
            self.grant(number)
        return who

    def grant(self, number: int = 1, **terms: object) -> Recorded:
        fact = AuthorityGranted(provider=provider(number), grant="all", **terms)  # type: ignore[arg-type]  # rows of a table
        return self.fact(provider(number), fact)

    def framework(
        self, *codes: str, version: str = "v1", children: dict[str, str] | None = None,
        dispositions: tuple[str, ...] = (), name: FrameworkId = FRAMEWORK,
    ) -> Recorded:  # fmt: skip
        """Publish a framework of these codes; `children` names each child's parent."""
        links = (children or {}).items()
        return self.fact(
            uuid5(_NAMES, name),
            FrameworkPublished(
                framework=name, version=version, title="Welding",
                competencies=tuple(
                    competency(code, "dispositions" if code in dispositions else "technical")
                    for code in codes or CODES
                ),
                associations=tuple(
                    Association(
                        identifier=f"{child} in {parent}", type="isChildOf", origin=uri(child),
                        destination=uri(parent),
                    )
                    for child, parent in links
                ),
            ),
        )  # fmt: skip

    def policy(
        self, document: dict[str, object], *, starts_on: date | None = None, scope: str = "",
        level: Literal["everywhere", "framework", "state", "district", "school", "programme"] = "everywhere",
        floor: bool = False,
    ) -> str:  # fmt: skip
        """Publish and adopt a policy; give its digest."""
        policy = parse(document)
        name, stream = PolicyId(policy.id), uuid5(_NAMES, policy.id)
        published = PolicyPublished(policy=name, digest=digest(policy), document=canonical(policy))
        self.fact(stream, published)
        adopted = PolicyAdopted(
            policy=name, digest=digest(policy), level=level, scope=scope, starts_on=starts_on,
            floor=floor,
        )  # fmt: skip
        self.fact(stream, adopted)
        return digest(policy)

    # -- learners ---------------------------------------------------------------------------

    def identified(self, who: LearnerId, name: str) -> Recorded:
        identifier = Identifier(type="id", value=name)
        fact = LearnerIdentified(learner=who, provider=provider(), identifier=identifier, name=name)
        return self.fact(who, fact)

    def enrolled(self, who: LearnerId, external_id: str = "e1", **terms: object) -> Recorded:
        fact = EnrolmentRecorded(
            learner=who, provider=provider(), external_id=external_id, **terms  # type: ignore[arg-type]  # rows of a table
        )  # fmt: skip
        return self.fact(who, fact)

    def disenrolled(self, who: LearnerId, external_id: str = "e1") -> Recorded:
        fact = EnrolmentWithdrawn(
            learner=who, provider=provider(), external_id=external_id, by="provider", reason="?"
        )
        return self.fact(who, fact)

    def described(self, who: LearnerId, external_id: str, value: str) -> Recorded:
        attributes = (Attribute(name="group", value=value),)
        fact = AttributesRecorded(
            learner=who, provider=provider(), external_id=external_id, attributes=attributes
        )
        return self.fact(who, fact)

    def recorded(
        self, number: int, said: Evidence, *, who: LearnerId | None = None, by: int = 1
    ) -> EvidenceId:
        target = who or learner()
        fact = EvidenceRecorded(
            id=evidence_id(number), learner=target, provider=provider(by), evidence=said
        )
        self.fact(target, fact, by=provider(by))
        return evidence_id(number)

    def corrected(
        self, evidence: EvidenceId, said: Evidence, *, who: LearnerId | None = None
    ) -> Recorded:
        target = who or learner()
        fact = EvidenceCorrected(
            id=evidence, learner=target, provider=provider(), evidence=said, reason="typing error"
        )
        return self.fact(target, fact)

    def withdrawn(self, evidence: EvidenceId, *, who: LearnerId | None = None) -> Recorded:
        target = who or learner()
        fact = EvidenceWithdrawn(
            id=evidence, learner=target, provider=provider(), reason="wrong learner"
        )
        return self.fact(target, fact)


def competency(code: str, strand: Strand = "technical") -> Competency:
    return Competency(
        identifier=str(uuid5(_NAMES, code)), uri=uri(code), statement=f"Can do {code}", code=code,
        strand=strand,
    )  # fmt: skip


def evidence(
    *codes: str, score: str | None = "0.9", on: datetime = START, kind: EvidenceKind = "assessment",
    external_id: str = "x", version: str | None = None, site: str | None = None,
    task: str | None = None, evaluator: str | None = None, facets: tuple[Facet, ...] = ("performance",),
    **others: object,
) -> Evidence:  # fmt: skip
    """Make a piece of evidence about competencies named by their codes."""
    return Evidence(
        kind=kind, occurred_at=on, facets=facets,
        source=Source(format="native", external_id=external_id, external_version=version),
        alignments=tuple(Alignment(competency=uri(code)) for code in codes or ("W1",)),
        result=None if score is None else Result(score=Decimal(score), max=Decimal(1)),
        context=Context(site=site, task=task),
        evaluator=Party(id=evaluator) if evaluator else None,
        **others,  # type: ignore[arg-type]  # rows of a table
    )  # fmt: skip


def policy(name: str = "one-is-enough", **parts: object) -> dict[str, object]:
    """Make a policy document: by default, the highest rating reaches 0.8 of 1."""
    return {
        "id": name,
        "title": name,
        "scale": {
            "levels": [{"name": "not yet", "points": 0}, {"name": "met", "points": "0.8"}],
            "mastery_level": "met",
            "points_possible": 1,
        },
        "estimate": {"method": "highest"},
        "requirement": {"rule": "estimate_at_least"},
        **parts,
    }
