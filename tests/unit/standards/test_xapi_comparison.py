"""An LRS's own copy of a statement is that statement (xAPI 1.0.3 part two, 2.3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.evidence import Submission
from ledger.standards.json_text import canonical, digest_of, value_of
from tests.unit.standards.samples import COMPETENCY, REMOVED, STATEMENT, changed, written
from tests.unit.standards.test_xapi import LEARNER, taken

KIM = {"objectType": "Agent", "account": {"homePage": "https://x.example.org", "name": "kim"}}
PHOTO = {
    "usageType": "http://x.y/z", "display": {"en": "photo"}, "contentType": "image/png",
    "length": 12, "sha2": "ab" * 32,
}  # fmt: skip
SOUND = PHOTO | {"contentType": "audio/mpeg", "sha2": "cd" * 32}
RATER = {"objectType": "contextAgent", "agent": LEARNER}
SUB = {
    "objectType": "SubStatement", "actor": LEARNER, "object": COMPETENCY,
    "verb": {"id": "http://example.org/planned", "display": {"en": "planned"}},
}  # fmt: skip
PLAIN = changed(STATEMENT, "context", {})


def same(before: Submission, now: Submission) -> bool:
    """Whether the ledger takes what comes now for what it has recorded (messages.recorded)."""
    return before.digest in {now.digest, *now.known_by}


def group(*members: object) -> dict[str, Any]:
    return {"objectType": "Group", "member": list(members)}


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        pytest.param("stored", REMOVED, "2026-03-03T00:00:00Z", id="stored"),
        pytest.param("version", "1.0.0", "1.0.3", id="version"),
        pytest.param("authority", LEARNER, KIM, id="authority"),
        pytest.param("id", STATEMENT["id"], STATEMENT["id"].upper(), id="case of its id"),
        pytest.param("timestamp", "2026-03-02T10:15:00-06:00", "2026-03-02T16:15:00.000Z",
                     id="the instant in another zone"),
        pytest.param("timestamp", "2026-03-02T16:15:00.123456Z", "2026-03-02T16:15:00.123Z",
                     id="a time cut to milliseconds"),
        pytest.param("verb/display", {"en": "passed"}, {"en-US": "Passed"}, id="the verb's display"),
        pytest.param("verb/display", {"en": "passed"}, REMOVED, id="no display of the verb"),
        pytest.param("object/definition", {"name": {"en": "Weld"}}, REMOVED, id="no definition"),
        pytest.param("object/objectType", "Activity", REMOVED, id="an activity by default"),
        pytest.param("actor/objectType", "Agent", REMOVED, id="an agent by default"),
        pytest.param("actor/mbox", "mailto:andy@example.org", "mailto:andy@EXAMPLE.org",
                     id="the host's case"),
        pytest.param("actor", {"mbox_sha1sum": "ab" * 20}, {"mbox_sha1sum": "AB" * 20},
                     id="case of a hash"),
        pytest.param("actor", group(LEARNER, KIM), group(KIM, LEARNER), id="order of members"),
        pytest.param("attachments", [PHOTO, SOUND], [SOUND, PHOTO], id="order of attachments"),
        pytest.param("context/contextActivities", {"parent": COMPETENCY},
                     {"parent": [{"objectType": "Activity", "id": COMPETENCY["id"]}]},
                     id="one activity, or an array of one"),
        pytest.param("context/registration", "4bbc86e8-e1e7-4021-993c-b1b5157f4fdd",
                     "4BBC86E8-E1E7-4021-993C-B1B5157F4FDD", id="case of the registration"),
        pytest.param("context/team", group(LEARNER, KIM), group(KIM, LEARNER), id="order in a team"),
        pytest.param("context/contextAgents", [RATER],
                     [RATER | {"agent": LEARNER | {"objectType": "Agent"}}], id="a context agent"),
        pytest.param("result/score", {"scaled": 0.9, "raw": 45, "max": 50},
                     {"scaled": 0.90, "raw": 45.0, "max": 5e1}, id="a number written otherwise"),
    ],
)  # fmt: skip
def test_a_record_stores_copy_is_the_same_statement(path: str, before: Any, after: Any) -> None:
    (first,), (copy,) = (
        taken(changed(changed(STATEMENT, path, ""), path, each))[:1] for each in (before, after)
    )
    assert same(first, copy)
    assert same(copy, first)


def test_a_copy_of_a_plan_is_the_same_statement() -> None:
    plan = changed(SUB, "verb/display", REMOVED)
    (first,), (copy,) = (taken(changed(PLAIN, "object", each)) for each in (SUB, plan))
    assert same(first, copy)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("result/score/raw", 44, id="the score"),
        pytest.param("result/duration", "PT90M", id="a duration, which is compared as text"),
        pytest.param("result/response", "a weld", id="the response"),
        pytest.param("timestamp", "2026-03-02T10:15:00.001-06:00", id="a millisecond"),
        pytest.param("verb/id", "http://adlnet.gov/expapi/verbs/scored", id="the verb"),
        pytest.param("object/id", "https://example.org/tests/other", id="the object"),
        pytest.param("actor", LEARNER, id="the actor"),
        pytest.param("actor", KIM, id="an account"),
        pytest.param("context/contextActivities/grouping", [], id="a context activity less"),
        pytest.param("context/extensions", {"https://example.org/x/booth": 5}, id="an extension"),
        pytest.param("attachments", [PHOTO], id="an attachment more"),
    ],
)
def test_another_word_makes_another_statement(path: str, value: Any) -> None:
    (first,), (other,) = taken(STATEMENT), taken(changed(STATEMENT, path, value))
    assert not same(first, other)
    assert not same(other, first)


@pytest.mark.parametrize("given", ["2026-03-02T16:15:02Z", "2026-03-02T16:15:01.998Z"])
def test_a_time_that_a_record_store_gave_does_not_make_another_statement(given: str) -> None:
    timeless = changed(STATEMENT, "timestamp", REMOVED)
    stored = {"stored": "2026-03-02T16:15:02.000Z"}
    (first,) = taken(timeless | stored)
    (copy,) = taken(timeless | stored | {"timestamp": given})
    assert same(first, copy)


def test_a_copy_that_came_first_is_known_by_the_statement_without_a_time() -> None:
    timeless = changed(STATEMENT, "timestamp", REMOVED) | {"stored": "2026-03-02T16:15:02.000Z"}
    (copy,) = taken(timeless | {"timestamp": "2026-03-02T16:15:02Z"})
    (first,) = taken(timeless)
    assert same(copy, first)


def test_two_times_make_two_statements() -> None:
    (first,) = taken(STATEMENT)
    (other,) = taken(STATEMENT | {"timestamp": "2026-03-02T16:15:01Z"})
    assert not same(first, other)


def test_what_was_recorded_before_copies_were_known_is_known_still() -> None:
    (now,) = taken(STATEMENT | {"stored": "2026-03-03T00:00:00Z"})
    former = digest_of(canonical(value_of(written(STATEMENT))))
    assert former in now.known_by


def test_a_statement_without_an_id_keeps_the_name_that_it_always_had() -> None:
    nameless = changed(STATEMENT, "id", REMOVED)
    (now,) = taken(nameless)
    former = digest_of(canonical(value_of(written(nameless))))
    assert now.evidence.source.external_id == f"sha256:{former.hex()}"
