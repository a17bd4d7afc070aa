"""Words for tests of policies: evidence in few letters, and golden files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger.domain.evidence import Context, Result
from ledger.domain.ids import CompetencyId, EvidenceId, Position, ProviderId
from projections.policies import compile_policy, parse
from projections.policies.documents import PolicyDocument
from projections.policies.observation import Observation
from projections.policies.verdict import MasteryState, Verdict

GOLDEN = Path(__file__).parents[2] / "data" / "golden"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SKILL = CompetencyId("skill")
LEVELS = ("Beginning", "Developing", "Proficient", "Advanced")


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(), parse_float=Decimal)


READINESS = golden("readiness_policy_proposed")
"""Cases of readiness; `RULES` and `STATES` say its words in ours."""
RULES = {
    "min_observations": "observations_at_least",
    "min_contexts": "distinct:context",
    "min_assessors": "distinct:evaluator",
    "requires_shown:explains_thinking": "facet:explanation",
    "requires_shown:adapts_to_new_situation": "facet:transfer",
    "level_at_least": "estimate_at_least",
    "improvement": "improved:kept",
    "max_age_days": "expires_after",
}
STATES = {
    "none": "no_evidence",
    "emerging": "in_progress",
    "developing": "in_progress",
    "ready": "mastered",
    "lapsed": "lapsed",
}


def evidence_id(number: int) -> EvidenceId:
    return EvidenceId(UUID(int=number))


def seen(
    number: int,
    level: str | None = "Proficient",
    *,
    days_ago: float = 10,
    provider: int = 1,
    result: Result | None = None,
    **fields: Any,
) -> Observation:
    """One observation. Context words (site, task, ...) go straight in."""
    words = {one: fields.pop(one) for one in list(fields) if one in Context.__struct_fields__}
    if result is None and level is not None:
        result = Result(level=level)
    values: dict[str, Any] = {
        "evidence": evidence_id(number),
        "competency": SKILL,
        "position": Position(number),
        "first_position": Position(number),
        "kind": "assessment",
        "occurred_at": NOW - timedelta(days=days_ago),
        "recorded_at": NOW,
        "provider": ProviderId(UUID(int=1000 + provider)),
        "result": result,
        "context": Context(**words),
        **fields,
    }
    return Observation(**values)


SCALE = {
    "levels": [{"name": name, "points": points} for points, name in enumerate(LEVELS, 1)],
    "mastery_level": "Proficient",
}


def document(requirement: Any = None, **fields: Any) -> PolicyDocument:
    """A small policy: highest rating at Proficient, unless told otherwise."""
    return parse(raw(requirement, **fields))


def raw(requirement: Any = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "test",
        "title": "Test",
        "scale": SCALE,
        "results": {"passed": 3, "failed": 1},
        "estimate": {"method": "highest"},
        "requirement": requirement or {"rule": "estimate_at_least"},
        **fields,
    }


def judged(
    policy: PolicyDocument,
    *observations: Observation,
    on: datetime = NOW,
    children: Mapping[str, MasteryState] | None = None,
) -> Verdict:
    states: dict[CompetencyId, MasteryState] = {
        CompetencyId(name): state for name, state in (children or {}).items()
    }
    return compile_policy(policy)(observations, competency=SKILL, on=on, children=states)


def met(verdict: Verdict) -> dict[str, bool]:
    """Every requirement that is no composition, and whether it is met."""
    found: dict[str, bool] = {}
    todo = list(verdict.findings)
    while todo:
        finding = todo.pop()
        todo.extend(finding.parts)
        if not finding.parts:
            found[finding.rule] = finding.met
    return found


def unmet(verdict: Verdict) -> set[str]:
    return {rule for rule, is_met in met(verdict).items() if not is_met}


def reasons(verdict: Verdict) -> list[str]:
    return [one.reason for one in verdict.not_counted]


def numbers(ids: Sequence[EvidenceId]) -> list[int]:
    return [one.int for one in ids]
