from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from ledger.domain.evidence import Identifier, Submission
from ledger.standards import xapi
from ledger.standards.items import Item
from ledger.standards.translation import Refused, Translated, Withdrawal, collect
from tests.unit.standards.samples import COMPETENCY, REMOVED, STATEMENT, changed, written

ADL, TLA = "http://adlnet.gov/expapi/verbs/", "https://w3id.org/xapi/tla/verbs/"
LEARNER = {"mbox": "mailto:lee@example.org", "name": "Lee"}
LEARNER_EXTENSION = "https://w3id.org/xapi/tla/extensions/learner"
EXPIRES = "https://w3id.org/xapi/comp/contextextensions/expires"
PLAIN = changed(STATEMENT, "context", {})
ON_COMPETENCY = changed(PLAIN, "object", COMPETENCY)


def said(document: dict[str, Any], verb: str) -> dict[str, Any]:
    return changed(document, "verb", {"id": verb})


def taken(document: object, *, now: datetime | None = None) -> tuple[Submission, ...]:
    outcome = xapi.outcome_of(Item(0, written(document)), now=now)
    assert isinstance(outcome, Translated), outcome
    return outcome.submissions


def refused(document: object) -> list[tuple[str, str]]:
    outcome = xapi.outcome_of(Item(0, written(document)))
    assert isinstance(outcome, Refused), outcome
    return [(reject.where, reject.why) for reject in outcome.rejects]


def test_a_passed_test_is_an_assessment_with_its_score() -> None:
    (submission,) = taken(STATEMENT)
    evidence = submission.evidence
    assert (evidence.kind, evidence.title) == ("assessment", "Fillet weld")
    assert evidence.result is not None
    assert (evidence.result.score, evidence.result.max) == (Decimal(45), Decimal(50))
    assert (evidence.result.success, evidence.result.completion) == (True, True)
    assert evidence.hours == Decimal("1.5")
    assert evidence.context.course == "https://example.org/courses/weld-201"
    assert evidence.context.assessment == "https://example.org/tests/fillet"
    assert evidence.context.platform == "shop tablet"
    assert submission.learner == (Identifier(type="mbox", value="mailto:andy@example.org"),)
    assert submission.learner_name == "Andy Park"


def test_the_statement_is_kept_byte_for_byte() -> None:
    raw = json.dumps(STATEMENT, indent=2).encode()
    (_, submission), = collect(xapi.read_body(b"[ " + raw + b" ]")).submissions  # fmt: skip
    assert submission.document == raw
    assert submission.evidence.source.sha256 == sha256(raw).hexdigest()


def test_what_no_field_takes_is_kept_in_extensions() -> None:
    (submission,) = taken(STATEMENT)
    kept = json.loads(submission.evidence.extensions or "")
    assert kept["registration"] == "4bbc86e8-e1e7-4021-993c-b1b5157f4fdd"
    assert kept["extensions"] == {"https://example.org/x/booth": 4}
    assert kept["verb"] == f"{ADL}passed"
    assert "grouping" in kept["contextActivities"]


@pytest.mark.parametrize(
    ("document", "kind", "success"),
    [
        pytest.param(
            changed(said(PLAIN, f"{ADL}failed"), "result", REMOVED), "assessment", False,
            id="failed says no success",
        ),
        pytest.param(said(PLAIN, f"{ADL}scored"), "assessment", True, id="scored with a score"),
        pytest.param(
            changed(said(PLAIN, f"{ADL}scored"), "result", {}), "activity", None,
            id="scored without a score",
        ),
        pytest.param(said(PLAIN, f"{ADL}completed"), "activity", True, id="completed never counts"),
        pytest.param(said(PLAIN, f"{ADL}satisfied"), "activity", True, id="satisfied is the LMS's"),
        pytest.param(
            changed(said(PLAIN, f"{ADL}mastered"), "result", {}), "activity", None,
            id="mastered a thing that is no competency",
        ),
        pytest.param(
            changed(said(ON_COMPETENCY, f"{ADL}mastered"), "result", {}), "assessment", True,
            id="mastered a competency",
        ),
        pytest.param(
            changed(said(ON_COMPETENCY, "https://w3id.org/xapi/tla/verbs/achieved/"), "result", {}),
            "assessment", True, id="achieved, in another scheme and with a slash",
        ),
        pytest.param(
            changed(said(ON_COMPETENCY, f"{TLA}expired"), "result", {}), "assessment", False,
            id="a competency lost",
        ),
        pytest.param(
            said(ON_COMPETENCY, f"{TLA}asserted"), "activity", True, id="the learner's own word"
        ),
        pytest.param(
            changed(said(PLAIN, "http://id.tincanapi.com/verb/earned"), "result", {}),
            "credential", True, id="earned",
        ),
    ],
)  # fmt: skip
def test_the_verb_decides_what_it_is(document: Any, kind: str, success: bool | None) -> None:
    (submission,) = taken(document)
    result = submission.evidence.result
    assert submission.evidence.kind == kind
    assert (result.success if result else None) is success


def test_a_result_that_contradicts_its_verb_is_refused() -> None:
    assert refused(said(PLAIN, f"{ADL}failed")) == [("/result/success", "contradicts the verb")]


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        pytest.param({"raw": 4, "max": 5}, (4, None, 5), id="raw on a known scale"),
        pytest.param({"raw": 4, "max": 5, "scaled": 0.8}, (4, None, 5), id="raw before scaled"),
        pytest.param({"raw": 4, "scaled": 0.8}, ("0.8", 0, 1), id="scaled where max is unknown"),
        pytest.param({"scaled": -0.5}, (None, None, None), id="scaled below nought"),
        pytest.param({"raw": 4, "scaled": -0.5}, (4, None, None), id="raw before it"),
        pytest.param({"raw": 4}, (4, None, None), id="raw alone"),
        pytest.param({"raw": -3}, (None, None, None), id="raw on a scale that nobody knows"),
        pytest.param({"raw": -3, "min": -5, "max": 5}, (-3, -5, 5), id="raw below nought"),
    ],
)
def test_a_score_goes_in_on_its_own_scale(score: object, expected: tuple[Any, ...]) -> None:
    (submission,) = taken(changed(STATEMENT, "result/score", score))
    result = submission.evidence.result
    assert result is not None
    found = (result.score, result.min, result.max)
    assert found == tuple(None if each is None else Decimal(each) for each in expected)


@pytest.mark.parametrize("verb", ["inferred", "validated", "verified", "conferred", "revoked"])
def test_the_actor_of_an_assessors_verb_is_not_the_learner(verb: str) -> None:
    document = changed(
        said(ON_COMPETENCY, TLA + verb), "context", {"extensions": {LEARNER_EXTENSION: LEARNER}}
    )
    (submission,) = taken(changed(document, "result", {}))
    assert submission.learner == (Identifier(type="mbox", value="mailto:lee@example.org"),)
    assert submission.evidence.evaluator is not None
    assert submission.evidence.evaluator.id == "mailto:andy@example.org"


def test_a_competency_is_conferred_on_the_object() -> None:
    document = changed(said(PLAIN, f"{TLA}conferred"), "object", {"objectType": "Agent", **LEARNER})
    document["context"] = {"contextActivities": {"grouping": [COMPETENCY]}}
    (submission,) = taken(document)
    assert submission.learner_name == "Lee"
    assert submission.evidence.kind == "assessment"
    assert submission.evidence.alignments[0].competency == COMPETENCY["id"]


def test_an_assessor_who_names_no_learner_credits_nobody() -> None:
    assert refused(said(ON_COMPETENCY, f"{TLA}inferred")) == [
        (
            "/context/extensions",
            "the actor of 'inferred' is not the learner, and nothing else names one",
        )
    ]


def test_what_a_teacher_assigned_is_the_learners_activity() -> None:
    iri = "https://yetanalytics.com/profiles/prepositions/concepts/context-extensions/to"
    document = changed(said(PLAIN, f"{TLA}assigned"), "context", {"extensions": {iri: LEARNER}})
    (submission,) = taken(document)
    assert (submission.learner_name, submission.evidence.kind) == ("Lee", "activity")


def test_each_member_of_a_group_gets_a_submission() -> None:
    group = {"objectType": "Group", "member": [LEARNER, {"openid": "http://kim.example.org"}]}
    first, second = taken(changed(STATEMENT, "actor", group))
    assert [each.learner[0].type for each in (first, second)] == ["mbox", "openid"]
    assert [each.evidence.source.external_id[-2:] for each in (first, second)] == ["#0", "#1"]


def test_a_group_that_does_not_say_who_is_refused() -> None:
    group = {"objectType": "Group", "mbox": "mailto:class@example.org"}
    assert refused(changed(STATEMENT, "actor", group)) == [("/actor/member", "names no learner")]


@pytest.mark.parametrize("place", ["parent", "grouping", "category"])
def test_a_competency_in_the_context_is_aligned(place: str) -> None:
    other = {"id": "https://example.org/unit-3"}
    document = changed(PLAIN, "context", {"contextActivities": {place: [other, COMPETENCY]}})
    (submission,) = taken(document)
    assert [each.competency for each in submission.evidence.alignments] == [COMPETENCY["id"]]
    assert submission.evidence.alignments[0].name == "Fillet weld"


def test_an_other_activity_and_an_untyped_one_are_not_aligned() -> None:
    context = {"contextActivities": {"other": [COMPETENCY], "parent": [{"id": "http://x.y/z"}]}}
    (submission,) = taken(changed(PLAIN, "context", context))
    assert submission.evidence.alignments == ()


def test_an_expiry_is_kept_with_what_it_ends() -> None:
    document = changed(
        said(ON_COMPETENCY, f"{ADL}achieved"),
        "context",
        {"extensions": {EXPIRES: "2027-01-01T00:00:00Z"}},
    )
    (submission,) = taken(document)
    assert submission.evidence.credential is not None
    assert submission.evidence.credential.valid_until == datetime(2027, 1, 1, tzinfo=UTC)


def test_an_expiry_that_cannot_be_read_is_refused() -> None:
    document = changed(
        said(ON_COMPETENCY, f"{ADL}achieved"), "context", {"extensions": {EXPIRES: "are tomatoes"}}
    )
    where = "/context/extensions/https:~1~1w3id.org~1xapi~1comp~1contextextensions~1expires"
    assert refused(document) == [(where, "is not a date and time")]


def test_the_instructor_judged_unless_a_context_agent_did() -> None:
    rater = {
        "objectType": "contextAgent",
        "agent": {"mbox": "mailto:rater@example.org"},
        "relevantTypes": ["https://example.org/roles/Assessor"],
    }
    context = {"instructor": {"mbox": "mailto:teacher@example.org"}}
    (by_teacher,) = taken(changed(PLAIN, "context", context))
    (by_rater,) = taken(changed(PLAIN, "context", {**context, "contextAgents": [rater]}))
    assert by_teacher.evidence.evaluator is not None
    assert by_teacher.evidence.evaluator.role == "instructor"
    assert by_rater.evidence.evaluator is not None
    assert by_rater.evidence.evaluator.id == "mailto:rater@example.org"
    assert by_rater.evidence.source.format == "xapi-2.0"


@pytest.mark.parametrize(
    "verb",
    [
        pytest.param(f"{ADL}voided", id="as the specification writes it"),
        pytest.param(f"{ADL}voided/".replace("http:", "https:"), id="with https and a slash"),
    ],
)
def test_a_voiding_statement_withdraws_the_one_it_names(verb: str) -> None:
    target = {"objectType": "StatementRef", "id": "9DED3322-e1a5-411a-a67d-6a735c76f119"}
    outcome = xapi.outcome_of(Item(0, written(changed(said(PLAIN, verb), "object", target))))
    assert isinstance(outcome, Translated)
    reason = f"voided by {STATEMENT['id']}: mailto:andy@example.org, {STATEMENT['timestamp']}"
    assert outcome.withdrawals == (Withdrawal("9ded3322-e1a5-411a-a67d-6a735c76f119", reason),)
    assert outcome.submissions == ()


def test_what_a_record_store_adds_does_not_make_another_statement() -> None:
    (plain,) = taken(STATEMENT)
    (stored,) = taken({**STATEMENT, "stored": "2026-03-03T00:00:00Z", "version": "1.0.3"})
    (other,) = taken(changed(STATEMENT, "result/score/raw", 44))
    assert stored.digest == plain.digest
    assert other.digest != plain.digest


def test_a_statement_without_an_id_is_known_by_its_content() -> None:
    (first,) = taken(changed(STATEMENT, "id", REMOVED))
    (again,) = taken(changed(STATEMENT, "id", REMOVED))
    assert first.evidence.source.external_id.startswith("sha256:")
    assert first.evidence.source.external_id == again.evidence.source.external_id


def test_the_time_is_the_timestamp_else_stored_else_now() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    timeless = changed(STATEMENT, "timestamp", REMOVED)
    (stored,) = taken({**timeless, "stored": "2026-03-03T00:00:00Z"}, now=now)
    (received,) = taken(timeless, now=now)
    assert stored.evidence.occurred_at == datetime(2026, 3, 3, tzinfo=UTC)
    assert received.evidence.occurred_at == now
    assert refused(timeless) == [("/timestamp", "is missing")]


def test_a_fault_found_late_is_named_as_the_statement_names_it() -> None:
    assert refused(changed(STATEMENT, "timestamp", "1826-03-02T10:15:00Z")) == [
        ("/timestamp", "is in the year 1826")
    ]


def test_an_attachment_is_a_link_with_its_digest() -> None:
    attachment = {
        "usageType": "http://x.y/z", "display": {"en": "photo"}, "contentType": "image/png",
        "length": 12, "sha2": "AB" * 32, "fileUrl": "https://x.y/photo.png",
    }  # fmt: skip
    (submission,) = taken({**STATEMENT, "attachments": [attachment]})
    (link,) = submission.evidence.links
    assert (link.uri, link.name, link.sha256) == ("https://x.y/photo.png", "photo", "ab" * 32)
