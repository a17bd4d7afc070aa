"""Small documents that the tests of the standards change one member at a time."""

from __future__ import annotations

import copy
import json
from typing import Any

EVIDENCE: dict[str, Any] = {
    "id": "attempt/88213",
    "version": "1",
    "kind": "assessment",
    "learner": {"id": "S-100231", "name": "Ana Ruiz"},
    "occurred_at": "2026-03-02T10:15:00-06:00",
    "alignments": [
        {
            "competency": "WELD.3.2",
            "framework": "https://case.example.org/CFDocuments/welding",
            "result": {"level": "Proficient", "scale": ["Emerging", "Proficient", "Advanced"]},
        }
    ],
    "result": {"score": 87.5, "min": 0, "max": 100, "success": True},
    "context": {"site": "shop-2", "task": "fillet weld", "attempt": 2, "purpose": "summative"},
    "facets": ["performance", "explanation"],
    "evaluator": {"id": "t-77", "name": "M. Okafor", "role": "teacher"},
}

STATEMENT: dict[str, Any] = {
    "id": "7ced3322-e1a5-411a-a67d-6a735c76f119",
    "actor": {"objectType": "Agent", "name": "Andy Park", "mbox": "mailto:andy@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed", "display": {"en-US": "passed"}},
    "object": {
        "objectType": "Activity",
        "id": "https://example.org/tests/fillet",
        "definition": {
            "name": {"de": "Kehlnaht", "en-US": "Fillet weld"},
            "type": "http://adlnet.gov/expapi/activities/assessment",
        },
    },
    "result": {
        "score": {"scaled": 0.9, "raw": 45, "min": 0, "max": 50},
        "success": True,
        "completion": True,
        "duration": "PT1H30M",
    },
    "context": {
        "registration": "4bbc86e8-e1e7-4021-993c-b1b5157f4fdd",
        "platform": "shop tablet",
        "contextActivities": {
            "grouping": [
                {
                    "id": "https://example.org/courses/weld-201",
                    "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
                }
            ]
        },
        "extensions": {"https://example.org/x/booth": 4},
    },
    "timestamp": "2026-03-02T10:15:00-06:00",
}

COMPETENCY = {
    "id": "https://case.example.org/ims/case/v1p0/CFItems/11111111-1111-4111-8111-111111111111",
    "definition": {
        "type": "https://w3id.org/xapi/tla/activity-types/competency",
        "name": {"en": "Fillet weld"},
    },
}

PACKAGE: dict[str, Any] = {
    "CFDocument": {
        "identifier": "d0",
        "uri": "http://case.example.org/CFDocuments/d0",
        "title": "Welding",
        "creator": "Example",
        "adoptionStatus": "Adopted",
    },
    "CFItems": [
        {
            "identifier": "i1",
            "uri": "http://case.example.org/CFItems/i1",
            "fullStatement": "Make a fillet weld",
            "humanCodingScheme": "W.1",
            "CFItemType": "Technical Skill",
            "educationLevel": ["11", "12"],
        },
        {
            "identifier": "i2",
            "uri": "https://case.example.org/CFItems/i2",
            "fullStatement": "Read a drawing",
        },
    ],
    "CFAssociations": [
        {
            "identifier": "a1",
            "associationType": "isChildOf",
            "originNodeURI": {"uri": "http://case.example.org/CFItems/i1"},
            "destinationNodeURI": {"uri": "http://case.example.org/CFDocuments/d0"},
            "sequenceNumber": 1,
        }
    ],
}

REMOVED = object()


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Copy a document with the member at a dotted path set, or taken out with REMOVED."""
    copied = copy.deepcopy(document)
    held: Any = copied
    *steps, last = (int(step) if step.isdecimal() else step for step in path.split("/"))
    for step in steps:
        held = held.setdefault(step, {}) if isinstance(held, dict) else held[step]
    if value is REMOVED:
        del held[last]
    else:
        held[last] = value
    return copied


def written(document: object) -> bytes:
    """Write a document as a provider would."""
    return json.dumps(document).encode()
