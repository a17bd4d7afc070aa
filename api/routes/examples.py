"""The examples that the OpenAPI document and docs/api.md show; a test sends the first of them."""

from __future__ import annotations

import json
from typing import Any

EVIDENCE: dict[str, Any] = {
    "id": "attempt/88213",
    "kind": "assessment",
    "learner": {"id": "S-100231"},
    "occurred_at": "2026-03-02T10:15:00-06:00",
    "alignments": [
        {
            "competency": "WELD.3.2",
            "framework": "https://case.example.org/CFDocuments/welding",
            "result": {"level": "Proficient", "scale": ["Emerging", "Proficient", "Advanced"]},
        }
    ],
    "result": {"score": 87.5, "max": 100},
    "context": {"site": "shop-2", "task": "fillet weld, horizontal", "attempt": 2},
    "facets": ["performance", "explanation"],
}
EVIDENCE_LINES = "".join(
    json.dumps(EVIDENCE | {"id": f"attempt/{number}"}) + "\n" for number in (88213, 88214)
)
ACCEPTED: dict[str, Any] = {
    "index": 0,
    "status": "accepted",
    "evidence": "019a3f0e-7a51-7b3c-9d2e-5f7a1c9b0e11",
    "learner": "6f1f6c1e-0f0b-4b53-9a0f-0a4e1c7b8d21",
    "position": 10412,
    "recorded_at": "2026-03-02T16:15:04.120481Z",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
DUPLICATE: dict[str, Any] = ACCEPTED | {"index": 1, "status": "duplicate", "duplicate": True}
WITHDRAWN: dict[str, Any] = ACCEPTED | {"status": "withdrawn"}
AWAITED: dict[str, Any] = {
    "index": 0,
    "status": "awaited",
    "position": 10412,
    "recorded_at": "2026-03-02T16:15:04.120481Z",
}
REJECTED: dict[str, Any] = {
    "index": 2,
    "status": "rejected",
    "errors": [
        {
            "reason": "is above max",
            "pointer": "/result/score",
            "expected": "at most 100",
        }
    ],
}
ANSWERS: dict[str, Any] = {
    "accepted": 1,
    "duplicates": 1,
    "rejected": 1,
    "items": [ACCEPTED, DUPLICATE, REJECTED],
}
SUMMARY: dict[str, Any] = {
    "status": "complete",
    "items": 3,
    "accepted": 1,
    "duplicates": 1,
    "rejected": 1,
}
ANSWERS_LINES = "".join(
    json.dumps(line) + "\n" for line in (ACCEPTED, DUPLICATE, REJECTED, SUMMARY)
)
