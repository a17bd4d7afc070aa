"""Every error of the ledger, in one tree.

LedgerError
├── NotFoundError
│   ├── UnknownLearnerError
│   ├── UnknownEvidenceError
│   ├── UnknownProviderError
│   ├── UnknownGrantError
│   ├── UnknownFrameworkError
│   ├── UnknownCompetencyError
│   ├── UnknownPolicyError
│   ├── UnknownCrosswalkError
│   ├── UnknownAssessmentError
│   ├── UnknownPathwayError
│   ├── UnknownTokenError
│   └── UnknownWebhookError
├── RefusedError                 the command cannot be carried out on this record
│   ├── NotYoursError            another provider's evidence
│   ├── AlreadyWithdrawnError
│   ├── LearnerUnclearError      whom it is about cannot be said
│   ├── UnknownGroupsError       a report by what is recorded of nobody
│   └── InvalidDocumentError     a document that says where and why
├── ConflictError                the same message key with other content
├── VersionConflictError         the stream moved on after it was read
├── BeyondLogError               a moment that the log has not reached
├── SealError                    a stored body or header was altered, or its key is missing
├── ErasedError                  the key was destroyed on purpose
├── SettingError
└── StoreUnavailableError        PostgreSQL does not answer

An error holds what was expected and what was found. HTTP status lives in api/problems.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID


class Reject(NamedTuple):
    """One thing wrong in a foreign document: data, not an exception.

    `where` is a JSON pointer ("/result/score"), or file and row ("results.csv:1042").
    `why` says what is wrong, `expected` what would be right.
    """

    where: str
    why: str
    expected: str = ""

    @property
    def remedy(self) -> str:
        """What would be right, to follow `why` in a sentence; empty where that is not known."""
        if not self.expected:
            return ""
        is_question = self.expected.endswith("?")
        return f" ({self.expected})" if is_question else f" (expected {self.expected})"


class LedgerError(Exception):
    """Anything the ledger refuses or cannot do."""


class NotFoundError(LedgerError):
    """The thing named does not exist here."""

    def __init__(self, what: str, name: object) -> None:
        super().__init__(f"no {what} {name}")
        self.what, self.name = what, name


class UnknownLearnerError(NotFoundError):
    """No learner has this id."""

    def __init__(self, learner: UUID | str) -> None:
        super().__init__("learner", learner)


class UnknownEvidenceError(NotFoundError):
    """No evidence has this id."""

    def __init__(self, evidence: UUID | str) -> None:
        super().__init__("evidence", evidence)


class UnknownEnrolmentError(NotFoundError):
    """The provider recorded no enrolment under this id."""

    def __init__(self, external_id: str) -> None:
        super().__init__("enrolment", external_id)


class UnknownProviderError(NotFoundError):
    """No provider has this id or name."""

    def __init__(self, provider: UUID | str) -> None:
        super().__init__("provider", provider)


class UnknownGrantError(NotFoundError):
    """The provider was given no grant of this name."""

    def __init__(self, grant: str) -> None:
        super().__init__("grant", grant)


class UnknownFrameworkError(NotFoundError):
    """No framework has this id."""

    def __init__(self, framework: str) -> None:
        super().__init__("framework", framework)


class UnknownCompetencyError(NotFoundError):
    """No framework has this competency, and no evidence names it."""

    def __init__(self, competency: str) -> None:
        super().__init__("competency", competency)


class UnknownPolicyError(NotFoundError):
    """No policy has this id or digest."""

    def __init__(self, policy: str) -> None:
        super().__init__("policy", policy)


class UnknownCrosswalkError(NotFoundError):
    """No crosswalk of this name was published."""

    def __init__(self, crosswalk: str) -> None:
        super().__init__("crosswalk", crosswalk)


class UnknownAssessmentError(NotFoundError):
    """No assessment of this id was registered."""

    def __init__(self, assessment: str) -> None:
        super().__init__("assessment", assessment)


class UnknownPathwayError(NotFoundError):
    """No pathway of this id was published."""

    def __init__(self, pathway: str) -> None:
        super().__init__("pathway", pathway)


class UnknownTokenError(NotFoundError):
    """No token has this id."""

    def __init__(self, token: str) -> None:
        super().__init__("token", token)


class UnknownWebhookError(NotFoundError):
    """No webhook has this id."""

    def __init__(self, webhook: UUID) -> None:
        super().__init__("webhook", webhook)


class RefusedError(LedgerError):
    """The command is understood, and this record does not allow it."""


class NotYoursError(RefusedError):
    """A provider tried to change what another provider said."""

    def __init__(self, evidence: UUID, *, owner: UUID, found: UUID) -> None:
        super().__init__(f"evidence {evidence} was submitted by provider {owner}, not by {found}")
        self.evidence, self.owner, self.found = evidence, owner, found


class AlreadyWithdrawnError(RefusedError):
    """Withdrawn evidence cannot be corrected."""

    def __init__(self, evidence: UUID) -> None:
        super().__init__(f"evidence {evidence} is withdrawn; submit it under a new id instead")
        self.evidence = evidence


class LearnerUnclearError(RefusedError):
    """The names given mean two learners, or not the one whom this was about before."""


class UnknownGroupsError(RefusedError):
    """What groups are asked by is no attribute that is recorded of anybody, and no place."""

    def __init__(self, by: str, known: Iterable[str]) -> None:
        super().__init__(f"{by} is recorded of nobody; groups are by {', '.join(known)}")
        self.by = by


class InvalidDocumentError(RefusedError):
    """A whole document is unusable; `rejects` says where and why."""

    def __init__(self, what: str, rejects: Sequence[Reject]) -> None:
        first = rejects[0] if rejects else Reject("", "empty")
        where = first.where or "(document)"
        place = where if where.startswith(what) else f"{what}: {where}"
        super().__init__(f"{place}: {first.why}")
        self.what, self.rejects = what, tuple(rejects)


class ConflictError(LedgerError):
    """The same provider, external id and version came before with other content."""

    def __init__(self, external_id: str, *, expected: bytes, found: bytes) -> None:
        super().__init__(
            f"{external_id} was recorded before with other content "
            f"(sha256 {expected.hex()[:16]}…, now {found.hex()[:16]}…)"
        )
        self.external_id, self.expected, self.found = external_id, expected, found


class VersionConflictError(LedgerError):
    """The stream moved on after the caller read it."""

    def __init__(self, stream: UUID, *, expected: int, found: int) -> None:
        super().__init__(f"stream {stream} is at version {found}, not {expected}")
        self.stream, self.expected, self.found = stream, expected, found


class BeyondLogError(LedgerError):
    """What was known at a moment that has not come yet: it would be answered otherwise then."""

    def __init__(self, moment: str) -> None:
        super().__init__(f"{moment} is beyond the end of the log")
        self.moment = moment


class SealError(LedgerError):
    """A stored body or header does not open under its key: it was altered, or the key is wrong."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} does not open: altered, or sealed under another master key")
        self.what = what


class ErasedError(LedgerError):
    """The data key was destroyed, so the body can never be read again.

    Said without the id: from a name, nobody is to find the way to what is left.
    """

    def __init__(self, owner: UUID) -> None:
        super().__init__("this learner's record was erased")
        self.owner = owner


class SettingError(LedgerError):
    """A MASTERY_ setting is unknown or cannot be read."""


class StoreUnavailableError(LedgerError):
    """PostgreSQL does not answer. Sent again, nothing is recorded twice."""
