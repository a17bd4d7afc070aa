"""Bodies to send: evidence of a common size about many learners, each message once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import msgspec

LEARNERS = 2_000
COMPETENCIES = 40
COMPETENCIES_EACH = 8  # which a learner works on, in turn
FRAMEWORK = "11111111-2222-4333-8444-555555555555"
LEVELS = ("Beginning", "Developing", "Proficient", "Advanced")


def uri(number: int) -> str:
    """Name a competency."""
    return (
        f"https://case.bench.example/ims/case/v1p1/CFItems/{number:08d}-0000-4000-8000-000000000000"
    )


def item(number: int, *, learner: str | None = None) -> dict[str, object]:
    """Make one piece of evidence: a rated task with two contexts, some 700 bytes of JSON."""
    turn = number // LEARNERS % COMPETENCIES_EACH
    competency = (number * 7 + turn) % COMPETENCIES
    return {
        "id": f"attempt/{number}",
        "version": 1,
        "kind": "assessment",
        "learner": {"id": learner or f"S-{number % LEARNERS}"},
        "occurred_at": f"2026-03-{1 + number % 28:02d}T10:{number % 60:02d}:00-06:00",
        "title": f"Bench project {number % 50}",
        "alignments": [{"competency": uri(competency), "framework": FRAMEWORK}],
        "result": {"level": LEVELS[1 + number % 3], "scale": LEVELS},
        "evaluator": {"id": f"teacher-{number % 30}@school.example", "role": "teacher"},
        "context": {
            "site": f"shop {number % 5}",
            "course": "Welding Technology",
            "programme": "48.0508",
            "task": f"task {number % 400}",
            "task_family": f"family {number % 12}",
            "attempt": 1 + number % 3,
            "purpose": "formative",
        },
        "facets": ["performance", "explanation"] if number % 3 == 0 else ["performance"],
    }


def batches(size: int, *, first: int = 0) -> Iterator[bytes]:
    """Give JSON arrays of `size` items, on one line each, for ever."""
    for batch in count():
        start = first + batch * size
        yield msgspec.json.encode([item(number) for number in range(start, start + size)])


def singles(*, first: int = 0) -> Iterator[bytes]:
    """Give single items, for ever."""
    return (msgspec.json.encode(item(number)) for number in count(first))
