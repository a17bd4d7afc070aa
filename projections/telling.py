"""Facts in words, for people who read a history."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from ledger.domain.catalogue import Recorded
from ledger.domain.evidence import Evidence, Result
from ledger.domain.facts import (
    AssessmentRegistered,
    AssessmentValidated,
    AttributesRecorded,
    AuthorityGranted,
    AuthorityRevoked,
    ContestResolved,
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    EnrolmentRecorded,
    EnrolmentWithdrawn,
    EvidenceConfirmed,
    EvidenceContested,
    EvidenceCorrected,
    EvidenceRecorded,
    EvidenceWithdrawn,
    Fact,
    FrameworkPublished,
    IdentityUnlinked,
    LearnerIdentified,
    LearnerMerged,
    LearnerRegistered,
    LearnerUnmerged,
    PolicyAdopted,
    ProviderReinstated,
    ProviderSuspended,
)
from ledger.domain.ids import CompetencyId, EvidenceId, ProviderId
from projections.learner import LearnerRecord
from projections.registry import Registry
from projections.transcript import competency_name, provider_line

_KINDS = {
    "assessment": "an assessment",
    "credential": "a credential",
    "work_based_learning": "a work-based learning observation",
    "activity": "an activity",
}


class Telling(NamedTuple):
    """A fact in one sentence, and what it is about."""

    text: str
    evidence: EvidenceId | None = None
    occurred_at: datetime | None = None


def tell(recorded: Recorded, record: LearnerRecord, registry: Registry) -> Telling:
    """Put a fact into words; one that this program does not know is said to be so."""
    fact = recorded.fact
    match fact:
        case EvidenceRecorded(evidence=evidence):
            text = f"{_who(fact.provider, registry)} recorded {_what(evidence, registry)}."
            return Telling(text, fact.id, evidence.occurred_at)
        case EvidenceCorrected(evidence=evidence):
            piece = record.pieces.get(fact.id)
            holds = piece is not None and piece.position == recorded.position
            also = "" if holds else " A newer version had arrived before, and holds."
            text = (
                f"{_who(fact.provider, registry)} corrected it to {_what(evidence, registry)}:"
                f" {fact.reason}.{also}"
            )
            return Telling(text, fact.id, evidence.occurred_at)
        case EvidenceWithdrawn():
            text = f"{_who(fact.provider, registry)} withdrew it: {fact.reason}."
            return Telling(text, fact.id)
        case EvidenceConfirmed() | EvidenceContested() | ContestResolved():
            return Telling(_remark(fact), fact.id)
        case EnrolmentRecorded() | EnrolmentWithdrawn() | AttributesRecorded():
            return Telling(_stated(fact, registry))
        case LearnerRegistered():
            return Telling("The ledger met this learner.")
        case LearnerIdentified() | IdentityUnlinked():
            return Telling(_named(fact, registry))
        case _:
            return Telling(_reference(fact, registry, recorded.topic))


def _named(fact: LearnerIdentified | IdentityUnlinked, registry: Registry) -> str:
    kind = fact.identifier.type
    if isinstance(fact, IdentityUnlinked):
        return f"An identifier of type {kind} was found not to be this learner's ({fact.reason})."
    return f"{_who(fact.provider, registry)} named the learner by an identifier of type {kind}."


def _remark(fact: EvidenceConfirmed | EvidenceContested | ContestResolved) -> str:
    match fact:
        case EvidenceConfirmed(result=None):
            return "A second person looked at it and agreed."
        case EvidenceConfirmed():
            return f"A second person looked at it{_outcome(fact.result)}."
        case EvidenceContested():
            return f"It was contested ({fact.by.role or 'somebody entitled to'}): {fact.reason}."
        case ContestResolved(outcome="stands"):
            return f"The contest was decided, and it stands: {fact.reason}."
        case ContestResolved():
            return f"The contest was decided, and it was set aside: {fact.reason}."


def _equating(fact: Fact, topic: str) -> str:
    match fact:
        case CrosswalkPublished():
            return f"The crosswalk {fact.title} was published; it needs {', '.join(fact.needs)} to sign."
        case CrosswalkSigned():
            return f"The crosswalk {fact.crosswalk} was signed ({fact.role})."
        case CrosswalkWithdrawn():
            return f"The crosswalk {fact.crosswalk} was withdrawn ({fact.role}): {fact.reason}."
        case CredentialAligned():
            return f"The credential {fact.credential} was aligned to {len(fact.competencies)} competencies."
        case AssessmentRegistered():
            return f"The assessment {fact.title} was put on record; it counts once it is validated."
        case AssessmentValidated():
            return f"The assessment {fact.assessment} was validated."
        case _:
            return f"A fact of a kind that this program does not show was recorded ({topic})."


def _reference(fact: Fact, registry: Registry, topic: str) -> str:
    match fact:
        case AuthorityGranted():
            return f"{_who(fact.provider, registry)} was granted authority ({fact.grant})."
        case AuthorityRevoked():
            who = _who(fact.provider, registry)
            return f"{who} lost its authority ({fact.grant}) from {fact.ends_at:%Y-%m-%d}: {fact.reason}."
        case ProviderSuspended():
            who = _who(fact.provider, registry)
            return f"{who} was suspended from {fact.starts_at:%Y-%m-%d}: {fact.reason}."
        case ProviderReinstated():
            who = _who(fact.provider, registry)
            return f"{who} was reinstated at {fact.at:%Y-%m-%d}: {fact.reason}."
        case FrameworkPublished():
            return f"The framework {fact.title} was published (version {fact.version[:12]})."
        case PolicyAdopted():
            scope = f" for {fact.level} {fact.scope}" if fact.scope else " everywhere"
            start = f" from {fact.starts_on:%Y-%m-%d}" if fact.starts_on else ""
            held = ", as a floor" if fact.floor else ""
            return f"The policy {fact.policy} was adopted{scope}{start}{held}."
        case LearnerMerged() | LearnerUnmerged():
            return _identity(fact)
        case _:
            return _equating(fact, topic)


def _identity(fact: LearnerMerged | LearnerUnmerged) -> str:
    why = fact.reason.replace("_", " ")
    if isinstance(fact, LearnerMerged):
        return f"The learner {fact.learner} was merged into {fact.into} ({why})."
    return f"The learner {fact.learner} was parted again from whom they were merged into ({why})."


def _who(provider: ProviderId, registry: Registry) -> str:
    return provider_line(provider, registry).name


def _what(evidence: Evidence, registry: Registry) -> str:
    title = f" “{evidence.title}”" if evidence.title else ""
    names: list[str] = []
    for alignment in evidence.alignments:
        resolved = registry.resolve(alignment)
        name = CompetencyId(alignment.competency)
        described = competency_name(resolved.competency if resolved else name, registry)
        names.append(described.code or described.statement)
    about = f" on {', '.join(dict.fromkeys(names))}" if names else ""
    result = evidence.result or next(
        (one.result for one in evidence.alignments if one.result is not None), None
    )
    course = f" for {evidence.context.course}" if evidence.context.course else ""
    given = f", {evidence.credits} credits{course}" if evidence.credits else ""
    return f"{_KINDS[evidence.kind]}{title}{about}{_outcome(result)}{given}"


def _outcome(result: Result | None) -> str:
    if result is None:
        return ""
    if result.level is not None:
        return f", rated {result.level}"
    if result.score is not None:
        return f", {result.score}" + (f" of {result.max}" if result.max is not None else "")
    if result.success is not None:
        return ", passed" if result.success else ", not passed"
    return f", {result.status.replace('_', ' ')}"


def _stated(
    fact: EnrolmentRecorded | EnrolmentWithdrawn | AttributesRecorded, registry: Registry
) -> str:
    who = _who(fact.provider, registry)
    if isinstance(fact, EnrolmentWithdrawn):
        withdrew = f"{who} withdrew" if fact.by == "provider" else f"A steward withdrew {who}'s"
        what = "an enrolment" if fact.by == "provider" else "enrolment"
        return f"{withdrew} {what} that was a mistake ({fact.external_id}): {fact.reason}."
    time = _time(fact.starts_on, fact.ends_on)
    if isinstance(fact, AttributesRecorded):
        names = ", ".join(f"{one.name}: {one.value}" for one in fact.attributes)
        return f"{who} recorded attributes{time}: {names or 'none'}."
    places = [
        f"{level} {name}"
        for level, name in (
            ("programme", fact.programme), ("course", fact.course), ("school", fact.school),
            ("district", fact.district), ("state", fact.state),
        )
        if name
    ]  # fmt: skip
    return f"{who} recorded an enrolment in {', '.join(places) or 'nothing named'}{time}."


def _time(starts_on: date | None, ends_on: date | None) -> str:
    start = f" from {starts_on}" if starts_on else ""
    end = f" until {ends_on}" if ends_on else ""
    return f"{start}{end}"
