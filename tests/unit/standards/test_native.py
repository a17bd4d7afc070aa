from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from ledger.domain.evidence import Evidence, Identifier, Submission
from ledger.errors import InvalidDocumentError
from ledger.standards import native
from ledger.standards.items import Item
from ledger.standards.json_text import value_of
from ledger.standards.translation import Correction, Refused, Translated, Withdrawal, collect
from tests.unit.standards.samples import EVIDENCE, REMOVED, changed, written

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def taken(document: object) -> Submission:
    outcome = native.outcome_of(Item(0, written(document)))
    assert isinstance(outcome, Translated), outcome
    return outcome.submissions[0]


def refused(document: object) -> list[tuple[str, str]]:
    outcome = native.outcome_of(Item(0, written(document)), now=NOW)
    assert isinstance(outcome, Refused), outcome
    return [(reject.where, reject.why) for reject in outcome.rejects]


def test_an_item_becomes_the_evidence_it_describes() -> None:
    submission = taken(EVIDENCE)
    evidence = submission.evidence
    assert submission.learner == (Identifier(type="id", value="S-100231"),)
    assert submission.learner_name == "Ana Ruiz"
    assert submission.document is None
    assert (evidence.source.format, evidence.source.external_id) == ("native", "attempt/88213")
    assert evidence.source.external_version == "1"
    assert evidence.occurred_at.isoformat() == "2026-03-02T10:15:00-06:00"
    assert evidence.result is not None
    assert evidence.result.score == Decimal("87.5")
    assert evidence.alignments[0].result is not None
    assert evidence.alignments[0].result.level == "Proficient"
    assert evidence.context.attempt == 2
    assert evidence.facets == ("performance", "explanation")


def test_a_number_is_never_a_float() -> None:
    body = written(EVIDENCE).replace(b"87.5", b"1.10")
    outcome = native.outcome_of(Item(0, body))
    assert isinstance(outcome, Translated)
    result = outcome.submissions[0].evidence.result
    assert result is not None
    assert str(result.score) == "1.10"


def test_a_decimal_string_is_a_number() -> None:
    result = taken(changed(EVIDENCE, "result/score", "87.50")).evidence.result
    assert result is not None
    assert result.score == Decimal("87.50")


def test_what_is_absent_takes_the_default_of_the_domain() -> None:
    least = {name: EVIDENCE[name] for name in ("id", "kind", "learner", "occurred_at")}
    evidence = taken(least).evidence
    assert evidence == Evidence(
        kind="assessment", occurred_at=evidence.occurred_at, source=evidence.source
    )


def test_a_date_alone_is_that_day_at_midnight_utc() -> None:
    evidence = taken(changed(EVIDENCE, "occurred_at", "2026-03-02")).evidence
    assert evidence.occurred_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert evidence.occurred_precision == "day"


def test_t_and_z_may_be_small() -> None:
    evidence = taken(changed(EVIDENCE, "occurred_at", "2026-03-02t10:15:00z")).evidence
    assert evidence.occurred_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)


def test_a_date_alone_may_stand_for_a_term() -> None:
    item = changed(changed(EVIDENCE, "occurred_at", "2026-03-02"), "occurred_precision", "term")
    assert taken(item).evidence.occurred_precision == "term"


def test_the_digest_is_of_content_not_of_spelling() -> None:
    shuffled = json.dumps(dict(reversed(EVIDENCE.items())), indent=3).encode()
    outcome = native.outcome_of(Item(0, shuffled))
    assert isinstance(outcome, Translated)
    assert outcome.submissions[0].digest == taken(EVIDENCE).digest
    assert taken(changed(EVIDENCE, "result/score", 87.4)).digest != taken(EVIDENCE).digest


def test_extensions_are_kept_with_their_numbers_as_written() -> None:
    item = written(EVIDENCE)[:-1] + b', "extensions": {"b": 1.50, "a": [true]}}'
    outcome = native.outcome_of(Item(0, item))
    assert isinstance(outcome, Translated)
    assert outcome.submissions[0].evidence.extensions == '{"a":[true],"b":1.50}'


def test_evidence_survives_being_stored() -> None:
    evidence = taken(EVIDENCE).evidence
    assert msgspec.json.decode(msgspec.json.encode(evidence), type=Evidence) == evidence


def test_identifiers_and_id_name_the_same_learner() -> None:
    learner = {"id": "S-1", "identifiers": [{"type": "ssid", "value": "73", "system": "urn:nm"}]}
    assert taken(changed(EVIDENCE, "learner", learner)).learner == (
        Identifier(type="id", value="S-1"),
        Identifier(type="ssid", value="73", system="urn:nm"),
    )


@pytest.mark.parametrize(
    ("path", "value", "where", "why"),
    [
        pytest.param("id", REMOVED, "/id", "is missing", id="no id"),
        pytest.param("id", "", "/id", "is empty", id="empty id"),
        pytest.param("id", "a\nb", "/id", "has characters that are not allowed", id="line in id"),
        pytest.param("id", 7, "/id", "is not a string", id="id is a number"),
        pytest.param("kind", "quiz", "/kind", "is not one of the known values", id="unknown kind"),
        pytest.param("learner", {}, "/learner", "names nobody", id="nobody"),
        pytest.param("learner", "S-1", "/learner", "is not an object", id="learner is text"),
        pytest.param(
            "occured_at", "x", "/occured_at", "is not a member known here", id="misspelt member"
        ),
        pytest.param(
            "occurred_at", "2026-03-02T10:15:00", "/occurred_at", "has no offset from UTC",
            id="no offset",
        ),
        pytest.param("occurred_at", 1772, "/occurred_at", "is not a string", id="epoch seconds"),
        pytest.param(
            "occurred_at", "2026-02-30T10:15:00Z", "/occurred_at", "day is out of range for month",
            id="30 February",
        ),
        pytest.param(
            "occurred_at", "1826-03-02T10:15:00Z", "/occurred_at", "is in the year 1826",
            id="200 years early",
        ),
        pytest.param(
            "occurred_at", "2026-06-03T00:00:00Z", "/occurred_at", "is in the future",
            id="the day after tomorrow",
        ),
        pytest.param("result/score", 101, "/result/score", "101 is above max 100", id="over max"),
        pytest.param("result/score", -1, "/result/score", "-1 is below min 0", id="under min"),
        pytest.param("result/min", 200, "/result/max", "100 is below min 200", id="max under min"),
        pytest.param("result/cut", 101, "/result/cut", "101 is above max 100", id="cut over max"),
        pytest.param("result/score", "A", "/result/score", "is not a number", id="a grade as score"),
        pytest.param("result/score", True, "/result/score", "is not a number", id="true as score"),
        pytest.param(
            "result/score", 1e300, "/result/score", "is out of range", id="a score without end"
        ),
        pytest.param("result/success", "yes", "/result/success", "is not a boolean", id="yes"),
        pytest.param(
            "alignments/0/result/level", "Superb", "/alignments/0/result/level",
            "is not on the scale", id="level off the scale",
        ),
        pytest.param(
            "alignments/0/result/scale", ["Proficient", "Proficient"],
            "/alignments/0/result/scale", "names a level twice", id="scale with a level twice",
        ),
        pytest.param(
            "alignments/0/competency", REMOVED, "/alignments/0/competency", "is missing",
            id="aligned with nothing",
        ),
        pytest.param(
            "alignments/0/weight", -1, "/alignments/0/weight", "is negative", id="negative weight"
        ),
        pytest.param("context/attempt", 1.5, "/context/attempt", "is not a whole number", id="1.5th"),
        pytest.param("facets", ["skill"], "/facets/0", "is not one of the known values", id="facet"),
        pytest.param("hours", -2, "/hours", "is out of range", id="negative hours"),
        pytest.param("kind", "credential", "/credential", "is missing", id="which credential"),
        pytest.param("links", [{"name": "x"}], "/links/0", "names nothing", id="link to nowhere"),
        pytest.param("period", {"start": "3/2/26"}, "/period/start", "is not a date", id="US date"),
        pytest.param(
            "period", {"start": "2026-03-02", "end": "2026-03-01"}, "/period/end",
            "is before the start", id="ends before it starts",
        ),
        pytest.param(
            "title", "a\0b", "/title", "holds the character U+0000", id="NUL that SQL cannot hold"
        ),
        pytest.param("verification", {}, "/verification", "is not a member known here", id="own proof"),
        pytest.param("occurred_at", "9999-12-31T23:59:59-12:00", "/occurred_at", "is out of range",
                     id="past the end of time"),
    ],
)  # fmt: skip
def test_a_fault_is_named_where_it_is(path: str, value: Any, where: str, why: str) -> None:
    assert (where, why) in refused(changed(EVIDENCE, path, value))


def test_every_fault_is_named_at_once() -> None:
    item = changed(changed(changed(EVIDENCE, "kind", "x"), "hours", "x"), "learner/idd", 1)
    assert {where for where, _ in refused(item)} == {"/kind", "/hours", "/learner/idd"}


def test_a_misspelt_member_is_told_the_nearest_name() -> None:
    outcome = native.outcome_of(Item(0, written(changed(EVIDENCE, "context/sight", "x"))))
    assert isinstance(outcome, Refused)
    assert outcome.rejects[0].expected == "did you mean site?"


def test_an_instant_on_a_date_alone_contradicts_itself() -> None:
    item = changed(changed(EVIDENCE, "occurred_at", "2026-03-02"), "occurred_precision", "instant")
    assert refused(item) == [("/occurred_precision", "a date alone is no instant")]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        pytest.param(b"{", "Input data was truncated", id="half an object"),
        pytest.param(b'{"id": "\xff"}', "not UTF-8: invalid start byte", id="Latin-1"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="a hundred thousand brackets"),
        pytest.param(b"1e99999999999999999999", "a number is out of range", id="a huge exponent"),
    ],
)
def test_what_is_no_json_is_refused_and_kept(raw: bytes, why: str) -> None:
    outcome = native.outcome_of(Item(3, raw))
    assert isinstance(outcome, Refused)
    assert (outcome.index, outcome.raw) == (3, raw)
    assert (outcome.rejects[0].where, outcome.rejects[0].why) == ("", why)


def test_one_bad_item_does_not_sink_the_rest() -> None:
    body = written([EVIDENCE, {"id": "b"}, changed(EVIDENCE, "id", "c")])
    translation = collect(native.read_body(body))
    assert [index for index, _ in translation.submissions] == [0, 2]
    assert {index for index, _ in translation.rejects} == {1}
    assert translation.refused[0].raw == b'{"id": "b"}'


def test_lines_pass_through_one_by_one() -> None:
    body = written(EVIDENCE) + b"\n\nnot json\n" + written(EVIDENCE)
    translation = collect(native.read_body(body, "application/x-ndjson; charset=utf-8"))
    assert [index for index, _ in translation.submissions] == [0, 2]
    assert translation.refused[0].raw == b"not json"


def test_a_broken_array_is_refused_as_a_whole() -> None:
    with pytest.raises(InvalidDocumentError, match="JSON is malformed"):
        collect(native.read_body(b'[{"id": "a"} {"id": "b"}]'))


def test_a_correction_points_from_its_own_root() -> None:
    body = written({"reason": "typo", "evidence": changed(EVIDENCE, "result/score", 101)})
    found = native.translate_correction(body)
    assert not isinstance(found, Correction)
    assert [reject.where for reject in found] == ["/evidence/result/score"]


def test_a_correction_holds_what_replaces() -> None:
    found = native.translate_correction(written({"reason": "typo", "evidence": EVIDENCE}))
    assert isinstance(found, Correction)
    assert (found.reason, found.submission) == ("typo", taken(EVIDENCE))


def test_a_withdrawal_needs_a_reason() -> None:
    given = native.translate_withdrawal(b'{"reason": "wrong learner"}', external_id="x")
    missing = native.translate_withdrawal(b"{}", external_id="x")
    assert given == Withdrawal("x", "wrong learner")
    assert not isinstance(missing, Withdrawal)
    assert missing[0].where == "/reason"


def test_the_published_schema_takes_what_the_door_takes() -> None:
    schema = native.EVIDENCE.json_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(EVIDENCE)
    assert not validator.is_valid(changed(EVIDENCE, "occured_at", "x"))
    assert all(map(validator.is_valid, schema["examples"]))


def test_a_day_of_clock_skew_is_allowed() -> None:
    late = (NOW + timedelta(hours=23)).isoformat()
    found = native.translate_native(
        value_of(written(changed(EVIDENCE, "occurred_at", late))), now=NOW
    )
    assert isinstance(found, Submission)


def test_a_reason_holds_no_character_that_a_database_cannot() -> None:
    found = native.translate_withdrawal(b'{"reason": "a\\u0000"}', external_id="x")
    assert isinstance(found, tuple)
    assert [getattr(each, "where", None) for each in found] == ["/reason"]


def test_a_member_that_is_named_twice_is_refused_where_it_stands() -> None:
    text = b'{"id": "a", "result": {"score": 3, "score": 97, "max": 100}, "id": "b"}'
    outcome = native.outcome_of(Item(0, text))
    assert isinstance(outcome, Refused)
    assert [(reject.where, reject.why) for reject in outcome.rejects] == [
        ("/id", "is named twice"),
        ("/result/score", "is named twice"),
    ]
