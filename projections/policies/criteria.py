"""Three statuses for each node of a criteria tree, as in Open edX's ADR 0002.

From the findings of a verdict: whatever composes rules is a group, and every other rule a
criterion. A node that nobody attempted has no status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from projections.policies.verdict import Finding, Verdict

Status = Literal["Demonstrated", "PartiallyAttempted", "AttemptedNotDemonstrated"]
_GROUPS = frozenset({"all_of", "any_of", "at_least"})
_NOTHING = frozenset({"", "0", "none"})
_RESULTS = frozenset({"result_of", "estimate_at_least"})


def status_of(verdict: Verdict) -> Status | None:
    """Give the status of the whole tree. A root that is all_of is the findings themselves."""
    return combined([status(one) for one in verdict.findings], need=len(verdict.findings))


def status(finding: Finding) -> Status | None:
    """Give the status of one node."""
    if finding.rule in _GROUPS:
        return combined([status(one) for one in finding.parts], need=int(finding.needed))
    if finding.met:
        return "Demonstrated"
    if finding.rule.startswith("within:"):
        return status(finding.parts[0])
    # A count of 0 is nothing; a result of 0 is one that somebody has.
    is_result = finding.rule.partition(":")[0] in _RESULTS and finding.found != ""
    attempted = bool(finding.evidence) or is_result or finding.found not in _NOTHING
    return "AttemptedNotDemonstrated" if attempted else None


def combined(parts: Sequence[Status | None], *, need: int) -> Status | None:
    """Roll up the statuses of a group of which `need` have to be demonstrated: AND all, OR one.

    Not demonstrated, as soon as too few are left that may yet be; partial until then.
    """
    if parts.count("Demonstrated") >= need:
        return "Demonstrated"
    if all(one is None for one in parts):
        return None
    lost = parts.count("AttemptedNotDemonstrated")
    return "AttemptedNotDemonstrated" if len(parts) - lost < need else "PartiallyAttempted"
