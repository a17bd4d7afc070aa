"""What evidence from everywhere must come to, row by row of the capabilities, over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from projections.policies import canonical, preset
from tests.builders import policy, uri
from tests.integration.test_api_statements import statement
from tests.integration.test_capabilities_of_records import lines
from tests.served import EVIDENCE
from tests.town import Json, Teller, Town
from tests.unit.policies.cases import READINESS, RULES, STATES

FACETS = {"explains_thinking": "explanation", "adapts_to_new_situation": "transfer"}
GOLDEN_CASES = [
    pytest.param(case, id=case["name"])
    for case in READINESS["cases"]
    if all(one["moderated"] for one in case["evidence"])  # second scoring has tests of its own
]
RUBRIC = ["1", "2", "3", "4"]
TODAY = datetime(2026, 6, 1, tzinfo=UTC)
EVENTS, LEARNERS, BATCH = 1_000, 20, 50


# -- from everywhere ------------------------------------------------------------------------


def test_every_kind_of_provider_stands_in_one_transcript(town: Town) -> None:
    """S0-1: assessments, hours, awards and statements of seven kinds of provider, each told apart."""
    jane = {"id": "S-1", "identifiers": [{"type": "mbox", "value": "mailto:jane@example.org"}]}
    hours: dict[str, Any] = {"kind": "work_based_learning", "hours": 7.5, "score": None}
    card: dict[str, Any] = {"kind": "credential", "credential": {"id": "osha-10"}, "score": None}
    sent: dict[str, dict[str, Any]] = {
        "school": {}, "assessment_vendor": {}, "college": {}, "nonprofit": {}, "state": {},
        "employer": hours, "credential_issuer": card,
    }  # fmt: skip
    learners = {
        town.shown(town.provider(kind), "W1", learner=jane, **said)["learner"]
        for kind, said in sent.items()
    }
    said = statement(actor={"mbox": "mailto:jane@example.org"})
    answer = town.provider("lms").client.post(EVIDENCE, json=said, params={"format": "xapi"})
    learners.add(answer.json()["learner"])
    (learner,) = learners
    found = town.get(f"/v1/learners/{learner}/transcript")
    aligned = lines(town, learner)["W1"]["evidence"]
    kinds = {one["provider"]["kind"]: one["kind"] for one in [*aligned, *found["unaligned"]]}
    assert kinds == dict.fromkeys(sent, "assessment") | {
        "employer": "work_based_learning", "credential_issuer": "credential", "lms": "assessment",
    }  # fmt: skip
    assert [one["hours"] for one in found["work_based_learning"]] == ["7.5"]
    assert [one["credential"] for one in found["credentials"]] == ["osha-10"]


def test_strands_are_told_apart_and_never_blended(town: Town) -> None:
    """S0-7: technical, academic and employability, and no number over all of them."""
    types = {"T1": "technical skill", "M1": "academic standard", "E1": "employability skill"}
    town.framework(*types, name="f0000000-0000-4000-8000-000000000003", title="Whole", types=types)
    school = town.provider()
    learner = town.shown(school, "T1", score=0.9)["learner"]
    town.shown(school, "M1", score=0.2)
    town.shown(school, "E1", score=0.9)
    found = town.get(f"/v1/learners/{learner}/transcript")
    strands = {
        one["strand"]: [
            (each["name"]["code"], each["verdict"]["state"]) for each in one["competencies"]
        ]
        for one in found["strands"]
        if one["competencies"]
    }
    assert strands == {
        "technical": [("T1", "mastered")], "academic": [("M1", "in_progress")],
        "employability": [("E1", "mastered")],
    }  # fmt: skip
    blended = {"estimate", "level", "state", "score"}
    assert not blended & set().union(found, *found["strands"])


# -- whenever it comes ----------------------------------------------------------------------


def test_a_thousand_pieces_in_any_order_come_to_the_same(town: Town) -> None:
    """S0-2: two classes with the same record, one told in order and one shuffled."""
    record = list(range(EVENTS))
    told = list(record)
    Random(2026).shuffle(told)
    found = [as_told(town, name, order) for name, order in (("in-order", record), ("late", told))]
    assert found[0] == found[1]
    assert {one[0] for each in found[0] for one in each.values()} >= {"mastered", "in_progress"}


def as_told(town: Town, name: str, order: list[int]) -> list[dict[str, list[str | None]]]:
    """Let a class be told of in this order; give what each learner's transcript says."""
    school, learners = town.provider(), dict[str, str]()
    for start in range(0, EVENTS, BATCH):
        batch = [piece(name, number) for number in order[start : start + BATCH]]
        answer = school.client.post(EVIDENCE, json=batch).json()
        assert answer["accepted"] == BATCH
        learners |= {
            said["learner"]["id"]: receipt["learner"]
            for said, receipt in zip(batch, answer["items"], strict=True)
        }
    return [
        {
            code: [line["verdict"][what] for what in ("state", "estimate", "since")]
            for code, line in lines(town, learners[key], on=TODAY.isoformat()).items()
        }
        for key in sorted(learners)
    ]


def piece(name: str, number: int) -> dict[str, Any]:
    """The same for both classes but for the learner's name: the moment and the score are the number's."""
    draw = Random(number)
    return {
        "id": f"{name}/{number}",
        "kind": "assessment",
        "learner": {"id": f"{name}-{number % LEARNERS:02}"},
        "occurred_at": (TODAY - timedelta(hours=number + 1)).isoformat(),
        "alignments": [{"competency": uri(draw.choice(("W1", "W2", "P1")))}],
        "result": {"score": draw.randint(0, 85), "max": 100},
    }


def test_what_was_answered_is_in_the_transcript_at_once(town: Town) -> None:
    """S0-2: nothing has to catch up before a question is answered."""
    school = town.provider()
    for number in range(1, 11):
        learner = town.shown(school, "W1")["learner"]
        assert len(lines(town, learner)["W1"]["evidence"]) == number


# -- mastery, not completion ----------------------------------------------------------------


@pytest.fixture
def ready(town: Town) -> Town:
    """A town that asks for what the shipped preset for readiness asks for."""
    names = ("min_observations", "min_contexts", "min_assessors", "level_at_least", "max_age_days")
    given = {name: READINESS["policy"][name] for name in names}
    town.policy(json.loads(canonical(preset("readiness", given))))
    return town


def showing(town: Town, by: Teller, learner: str, seen: dict[str, Any], **others: object) -> Json:
    """Submit an observation in the words of the golden cases."""
    return town.shown(
        by, "W1", learner=learner, score=None,
        result={"level": str(seen["level"]), "scale": RUBRIC},
        occurred_at=(TODAY - timedelta(days=seen["age_days"])).isoformat(),
        evaluator={"id": seen["assessor"]}, context={"site": seen["context"]},
        facets=[FACETS[one] for one in seen["shows"]] or ["performance"], **others,
    )  # fmt: skip


@pytest.mark.parametrize("case", GOLDEN_CASES)
def test_one_task_done_once_is_not_readiness(ready: Town, case: dict[str, Any]) -> None:
    """S4-1 and S4-2: several times, in several places, seen by several people, and explained."""
    school = ready.provider()
    for one in case["evidence"]:
        showing(ready, school, "S-1", one)
    learner = ready.shown(school, "W2", score=0)["learner"]
    verdict = ready.verdict(learner, "W1", on=TODAY.isoformat())
    unmet = {one["rule"] for one in verdict["findings"] if not one["met"]}
    assert verdict["state"] == STATES[case["state"]]
    assert unmet == {RULES[one] for one in case["unmet"]}


def test_another_site_is_no_new_situation_where_the_policy_looks_at_tasks(town: Town) -> None:
    """S4-3: the same kind of task at two sites, then another kind of task at one of them."""
    two = {"rule": "distinct", "of": "task_family", "at_least": 2}
    town.policy(policy("families", requirement=two))
    school = town.provider()
    learner = town.shown(school, "W1", context={"site": "shop", "task_family": "butt"})["learner"]
    town.shown(school, "W1", context={"site": "yard", "task_family": "butt"})
    assert town.state(learner, "W1") == "in_progress"
    town.shown(school, "W1", context={"site": "shop", "task_family": "fillet"})
    assert town.state(learner, "W1") == "mastered"


def test_falling_quality_blocks_and_a_late_arrival_breaks_no_chain(ready: Town) -> None:
    """S4-4: what was done first is compared with what was done last, whenever each was told."""
    (fell,) = [one for one in READINESS["cases"] if one["name"] == "quality fell"]
    school = ready.provider()
    first, *rest = fell["evidence"]
    good = [*rest, {**rest[0], "age_days": 60}]
    (learner,) = {showing(ready, school, "S-1", one)["learner"] for one in good}
    assert ready.state(learner, "W1", on=TODAY.isoformat()) == "mastered"
    showing(ready, school, "S-1", first)  # the oldest and the best of them comes last
    verdict = ready.verdict(learner, "W1", on=TODAY.isoformat())
    assert verdict["state"] == "in_progress"
    assert [one["rule"] for one in verdict["findings"] if not one["met"]] == ["improved:kept"]


def test_trying_again_erases_nothing_and_the_policy_says_which_counts(town: Town) -> None:
    """S4-6: four attempts at one task; each preset of Canvas reads them in its own way."""
    school = town.provider()
    (learner,) = {
        town.shown(
            school, "W1", occurred_at=f"2026-03-0{day}T10:00:00Z",
            result={"score": score, "max": 5}, context={"task": "weld", "attempt": day},
        )["learner"]
        for day, score in enumerate((1, 4, 2, 3), start=1)
    }  # fmt: skip
    found = {}
    for name in ("highest", "latest", "average"):
        town.post("/v1/policies", json.loads(canonical(preset(f"canvas-{name}"))))
        found[name] = town.verdict(learner, "W1", policy=f"canvas-{name}")["estimate"]
    assert found == {"highest": "4", "latest": "3", "average": "2.5"}
    assert len(town.line(learner, "W1")["evidence"]) == 4


def test_attendance_and_completion_raise_nothing(town: Town) -> None:
    """S4-7: of two learners with the same evidence, one was there all year besides."""
    town.policy(policy("twice", requirement={"rule": "observations_at_least", "at_least": 2}))
    school = town.provider()
    plain, present = (
        town.shown(school, "W1", learner=name, occurred_at="2026-03-02T10:00:00Z")["learner"]
        for name in ("S-1", "S-2")
    )
    for week in range(1, 6):
        there: dict[str, Any] = {"kind": "activity", "hours": 30, "score": 1, "learner": "S-2"}
        town.shown(school, "W1", "W2", occurred_at=f"2026-03-1{week}T10:00:00Z", **there)
    town.enrolled(school, "S-2", course="Welding 1", starts_on="2026-01-01", ends_on="2026-05-31")
    verdicts = [
        {code: line["verdict"] for code, line in lines(town, one, on=TODAY.isoformat()).items()}
        for one in (plain, present)
    ]
    same = ("state", "estimate", "level", "since", "missing")
    assert [verdicts[0]["W1"][one] for one in same] == [verdicts[1]["W1"][one] for one in same]
    assert verdicts[1]["W2"]["state"] == "no_evidence"
    assert town.get(f"/v1/learners/{present}/transcript")["work_based_learning"] == []
