"""How each provider writes down what it saw, in a format of its own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from api.demo.awards import ISSUER, Award
from api.demo.programme import LEVELS, Programme
from api.demo.scenes import Scene
from api.demo.story import VOIDED

SSID_SYSTEM = "https://ssid.state.example"
VENDOR = "https://tradeproof.example"
_VERBS = "http://adlnet.gov/expapi/verbs"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, VENDOR)
HOURS_COLUMNS: tuple[str, ...] = (
    "Entry", "Date", "State ID", "Student", "Site", "Job", "Supervisor", "Hours", "Skill",
    "Rating", "Comment",
)  # fmt: skip
CHECKLIST_COLUMNS: tuple[str, ...] = (
    "Row", "Student No", "State ID", "Checked", "Lab", "Skill", "Mark", "Shown", "Instructor",
)  # fmt: skip
MARKS = {"Emerging": "E", "Developing": "D", "Proficient": "P", "Advanced": "A"}

Item = dict[str, Any]  # JSON as it is written
Row = Mapping[str, str]


def lms_item(scene: Scene, programme: Programme) -> Item:
    """The learning management system speaks the ledger's own JSON."""
    learner = scene.learner
    item: Item = {
        "id": scene.id,
        "version": 1,
        "kind": "assessment",
        "learner": {
            "id": learner.lms_id,
            "identifiers": [
                {"type": "ssid", "system": SSID_SYSTEM, "value": learner.ssid},
                {"type": "email", "value": learner.mail},
            ],
            "name": learner.name,
        },
        "occurred_at": scene.at.isoformat(),
        "title": scene.task,
        "alignments": [
            {"competency": skill.code, "framework": programme.identifier} for skill in scene.skills
        ],
        "result": {"level": scene.level, "scale": LEVELS},
        "evaluator": {"id": scene.evaluator, "role": "teacher"},
        "context": {
            "site": scene.site,
            "school": learner.school,
            "course": "Welding Technology",
            "programme": "48.0508",
            "task": scene.task,
            "task_family": scene.task.partition(": ")[2],
            "attempt": scene.attempt,
            "purpose": "summative" if "explanation" in scene.facets else "formative",
        },
        "facets": scene.facets,
    }
    if scene.revises:
        item["revises_external"] = scene.revises
    if scene.narrative:
        item["narrative"] = scene.narrative
    return item


def statement_id(scene: Scene) -> str:
    """Name a test result's statement."""
    return str(uuid.uuid5(_NAMESPACE, scene.id))


def test_statement(scene: Scene, programme: Programme) -> Item:
    """The vendor sends xAPI: a score out of 100, and passed from 75."""
    raw = min(max(round(scene.quality * 25), 3), 100)
    passed = raw >= 75
    slug = scene.task.lower().replace(", form ", "/").replace(" ", "-")
    return {
        "id": statement_id(scene),
        "actor": _actor(scene),
        "verb": {
            "id": f"{_VERBS}/{'passed' if passed else 'failed'}",
            "display": {"en": "passed" if passed else "failed"},
        },
        "object": {
            "id": f"{VENDOR}/tests/{slug}",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/assessment",
                "name": {"en": scene.task},
            },
        },
        "result": {
            "score": {"scaled": raw / 100, "raw": raw, "min": 0, "max": 100},
            "success": passed,
            "completion": True,
            "duration": f"PT{20 + scene.minute % 30}M",
        },
        "context": {
            "platform": "TradeProof",
            "contextActivities": {
                "parent": [{"id": skill.uri} for skill in scene.skills],
                "grouping": [{"id": programme.uri}],
            },
        },
        "timestamp": scene.at.isoformat(),
    }


def video_statement(scene: Scene, programme: Programme) -> Item:
    """Watching a video is participation: recorded, shown, and never mastery."""
    statement = test_statement(scene, programme)
    del statement["result"]
    statement["verb"] = {"id": f"{_VERBS}/experienced", "display": {"en": "watched"}}
    statement["object"] = {
        "id": f"{VENDOR}/videos/{scene.skills[0].code.lower()}",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/media",
            "name": {"en": f"{scene.skills[0].label}: how it is done"},
        },
    }
    return statement


def void_statement(scene: Scene) -> Item:
    """The vendor takes a statement back."""
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"void {scene.id}")),
        "actor": {"account": {"homePage": VENDOR, "name": "records"}, "name": "TradeProof records"},
        "verb": {"id": f"{_VERBS}/voided", "display": {"en": "voided"}},
        "object": {"objectType": "StatementRef", "id": statement_id(scene)},
        "timestamp": scene.at.isoformat(),
    }


def _actor(scene: Scene) -> Item:
    person = scene.learner
    named = {"name": person.name} if scene.id != VOIDED else {}
    return {"objectType": "Agent", "mbox": f"mailto:{person.mail}", **named}


def award_item(award: Award, programme: Programme) -> Item:
    """The issuer sends its credentials in the ledger's own JSON."""
    credential = award.credential
    item: Item = {
        "id": award.id,
        "kind": "credential",
        "learner": {"identifiers": [{"type": "email", "value": award.learner.mail}]},
        "occurred_at": award.at.isoformat(),
        "title": credential.name,
        "alignments": [
            {"competency": programme.skill(code).uri, "framework": programme.uri}
            for code in credential.codes
        ],
        "credential": {
            "id": credential.id,
            "name": credential.name,
            "achievement_type": credential.type,
            "issuer": {"id": ISSUER, "name": "Trade Credentials Council"},
            "license_number": f"TCC-{award.id.rpartition('/')[2]}",
            "valid_from": award.at.isoformat(),
        },
    }
    if award.until is not None:
        item["credential"]["valid_until"] = award.until.isoformat()
    return item


def hours_row(scene: Scene) -> Row:
    """The employer keeps a time sheet in a spreadsheet."""
    return dict(
        zip(
            HOURS_COLUMNS,
            (
                scene.id, scene.day.strftime("%m/%d/%Y"), scene.learner.ssid, scene.learner.name,
                scene.site, scene.task, scene.evaluator, f"{2 + scene.minute % 13 / 2:g}",
                scene.skills[0].code, str(LEVELS.index(scene.level) + 1), scene.narrative or "",
            ),
            strict=True,
        )
    )  # fmt: skip


def checklist_row(scene: Scene) -> Row:
    """The college ticks a checklist and exports it with semicolons."""
    shown = "performance|explanation" if scene.minute % 3 == 0 else "performance"
    return dict(
        zip(
            CHECKLIST_COLUMNS,
            (
                scene.id, scene.learner.college_id, scene.learner.ssid, scene.day.isoformat(),
                scene.task, scene.skills[0].code, MARKS[scene.level], shown, scene.evaluator,
            ),
            strict=True,
        )
    )  # fmt: skip
