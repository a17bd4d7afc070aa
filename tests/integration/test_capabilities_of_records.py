"""What a record must be able to show, row by row of the capabilities, over HTTP."""

from __future__ import annotations

from typing import Any

from tests.builders import FRAMEWORK, policy, uri
from tests.town import Town, link

JANE = {"id": "S-1", "identifiers": [{"type": "ssid", "value": "10023"}]}
STATES = policy(
    "every-state",
    conflict={"levels_apart": 1},
    expiry={"expires_after": "P1Y"},
    requirement={"rule": "all_of", "rules": [
        {"rule": "estimate_at_least"},
        {"rule": "confirmed_by_second_rater", "level": "met"},
    ]},
)  # fmt: skip


def transcript(town: Town, learner: str, **asked: object) -> bytes:
    answer = town.steward.get(f"/v1/learners/{learner}/transcript", params=asked)  # type: ignore[arg-type]  # rows of a table
    assert answer.status_code == 200
    return answer.content


def lines(town: Town, learner: str, **asked: object) -> dict[str, dict[str, Any]]:
    found = town.get(f"/v1/learners/{learner}/transcript", **asked)
    return {
        line["name"]["competency"].rpartition("/")[2]: line
        for strand in found["strands"]
        for line in strand["competencies"]
    }


def test_one_artefact_evidences_many_competencies_and_retracting_it_moves_all_back(
    town: Town,
) -> None:
    """S0-5: three competencies with a weight each; the digest is kept, and not the artefact."""
    charity = town.provider("nonprofit")
    receipt = town.shown(
        charity,
        alignments=[
            {"competency": uri(code), "weight": weight}
            for code, weight in (("W1", 1), ("W2", 0.5), ("P1", 0.25))
        ],
        links=[{"name": "garden.pdf", "sha256": "ab" * 32}],
    )
    learner = receipt["learner"]
    moved = {code: town.state(learner, code) for code in ("W1", "W2", "P1")}
    assert set(moved.values()) == {"mastered"}
    kept = town.get(f"/v1/evidence/{receipt['evidence']}")["evidence"]
    assert kept["links"] == [{"name": "garden.pdf", "sha256": "ab" * 32}]
    assert [one.get("weight", "1") for one in kept["alignments"]] == ["1", "0.5", "0.25"]
    path = f"/v1/evidence/{receipt['evidence']}/withdrawal"
    assert charity.client.post(path, json={"reason": "of another team"}).status_code == 200
    assert {town.state(learner, code) for code in moved} == {"no_evidence"}
    gained, lost = ("no_evidence", "mastered"), ("mastered", "no_evidence")
    codes = sorted(moved)
    assert town.changes() == [
        *((code, *gained) for code in codes), *((code, *lost) for code in codes),
    ]  # fmt: skip


def test_a_new_version_of_a_framework_carries_only_what_is_mapped(town: Town) -> None:
    """S2-2: under the old version byte-identical; under the new one only mapped competencies carry."""
    school = town.provider()
    receipt = town.shown(school, "W1", "W2")
    learner, position = receipt["learner"], receipt["position"]
    before = transcript(town, learner, as_of=position)
    town.framework("V1", "V2", name=FRAMEWORK, title="Welding, revised")
    town.crosswalk(link("W1", "V1", relation="replaced_by"))
    assert transcript(town, learner, as_of=position) == before
    found = lines(town, learner)
    assert found["V1"]["verdict"]["state"] == "mastered"
    assert found["V1"]["via"] == {receipt["evidence"]: ["walk"]}
    assert "V2" not in found
    new = found["V1"]["name"]["framework_version"]
    unmapped = {
        code
        for code, line in found.items()
        if line["name"]["framework_version"] != new and code != "W1"
    }
    assert unmapped == {"W2"}


def test_dual_enrolment_gives_credits_on_both_records_and_a_drop_reverses_them(town: Town) -> None:
    """S2-5: one course, a credit at school and at college; a drop takes both back, history intact."""
    school, college = town.provider(), town.provider("college")
    course: dict[str, Any] = {"credits": 1, "context": {"course": "ENGL 101"}, "learner": JANE}
    three: dict[str, Any] = {**course, "credits": 3}
    at_school = town.shown(school, credit_type="english", **course)
    at_college = town.shown(college, credit_type="college", **three)
    learner = at_school["learner"]
    assert at_college["learner"] == learner
    town.enrolled(school, "S-1", school="Riverside High", course="ENGL 101")
    town.enrolled(college, "S-1", school="Valley College", course="ENGL 101")
    found = town.get(f"/v1/learners/{learner}/transcript")
    assert {(one["credit_type"], one["credits"]) for one in found["credits"]} == {
        ("english", "1"), ("college", "3"),
    }  # fmt: skip
    assert {one["school"] for one in found["enrolments"]} == {"Riverside High", "Valley College"}
    for by, receipt in ((college, at_college), (school, at_school)):
        path = f"/v1/evidence/{receipt['evidence']}/withdrawal"
        by.client.post(path, json={"reason": "dropped at the college"})
    assert town.get(f"/v1/learners/{learner}/transcript")["credits"] == []
    topics = [one["topic"] for one in town.get(f"/v1/learners/{learner}/history")["steps"]]
    assert topics.count("mastery.evidence-recorded.v1") == 2
    assert topics.count("mastery.evidence-withdrawn.v1") == 2


def test_every_state_is_explained_in_plain_words_that_name_nobody(town: Town) -> None:
    """S3-3: each state says where the learner stands and what comes next, with nobody's name."""
    town.policy(STATES)
    school = town.provider()
    lee, orr = ({"id": one, "name": f"{one} Secret"} for one in ("ms-lee", "mr-orr"))
    seen: dict[str, Any] = {"occurred_at": "2026-03-02T10:00:00Z", "evaluator": lee}
    good = town.shown(school, "W1", **seen)
    learner = good["learner"]
    town.shown(school, "W2", score=0.1, **seen)
    disputed = town.shown(school, "W3", **seen)
    confirmed = {"evaluator": orr, "occurred_at": "2026-03-03T10:00:00Z"}
    unconfirmed = explained(town, learner, "W1")
    town.post(f"/v1/evidence/{good['evidence']}/confirmation", confirmed)
    town.post(f"/v1/evidence/{disputed['evidence']}/confirmation", confirmed)
    contest = {"by": {"id": "p", "name": "Pat Secret"}, "reason": "of another learner"}
    town.post(f"/v1/evidence/{disputed['evidence']}/contest", contest)
    found = [
        unconfirmed,
        explained(town, learner, "W1"),
        explained(town, learner, "W1", on="2027-06-01"),
        explained(town, learner, "W2"),
        explained(town, learner, "W3"),
        explained(town, learner, "P1"),
    ]
    assert [one["state"] for one in found] == [
        "unconfirmed", "mastered", "lapsed", "in_progress", "contested", "no_evidence",
    ]  # fmt: skip
    for one in found:
        assert one["plain"].splitlines()[0].endswith(".")
        assert "Secret" not in one["plain"] + one["exact"]
        assert f"policy {STATES['id']}, sha256 " in one["exact"]
        next_steps = "What you can do next:" in one["plain"]
        assert next_steps is (one["state"] not in {"mastered", "contested"}) or next_steps
    assert good["evidence"] in found[1]["exact"]


def explained(town: Town, learner: str, code: str, **asked: object) -> dict[str, Any]:
    found: dict[str, Any] = town.get(f"/v1/learners/{learner}/explanations/{uri(code)}", **asked)
    return found


def test_as_of_is_a_saved_snapshot_byte_for_byte(town: Town) -> None:
    """S3-4: what was answered then is answered again, whatever was recorded since."""
    school = town.provider()
    receipt = town.shown(school, "W1")
    learner, then = receipt["learner"], receipt["recorded_at"]
    asked = {"as_of": receipt["position"]}
    saved = transcript(town, learner, **asked)
    report = town.steward.get("/v1/reports/one-short", params=asked).content
    assert lines(town, learner, as_of=then)["W1"]["verdict"]["state"] == "mastered"
    town.policy(policy("hard", requirement={"rule": "observations_at_least", "at_least": 9}))
    town.crosswalk(link("W1", "P1"))
    school.client.post(f"/v1/evidence/{receipt['evidence']}/withdrawal", json={"reason": "typo"})
    assert transcript(town, learner) != saved
    assert transcript(town, learner, **asked) == saved
    assert town.steward.get("/v1/reports/one-short", params=asked).content == report


def test_what_learners_say_of_themselves_is_shown_and_never_rated(town: Town) -> None:
    """S4-9: goals, reflections and self-assessments stand in the record and change no verdict."""
    school = town.provider()
    learner = town.shown(school, "W1", score=0.4)["learner"]
    before = town.verdict(learner, "W1", on="2026-06-01")
    for title in ("My goal", "My reflection", "I can do this"):
        town.shown(school, "W1", score=1, kind="activity", title=title, facets=["reflection"])
    after = town.verdict(learner, "W1", on="2026-06-01")
    assert [after[name] for name in ("state", "estimate", "counted")] == [
        before[name] for name in ("state", "estimate", "counted")
    ]
    assert {one["reason"] for one in after["not_counted"]} == {"activity"}
    titles = [one["title"] for one in town.line(learner, "W1")["evidence"]]
    assert {"My goal", "My reflection", "I can do this"} <= set(titles)


def test_dispositions_are_a_strand_of_their_own(town: Town) -> None:
    """S4-10: beside the other strands, and in no number with them."""
    town.framework("D1", "A1", name="f0000000-0000-4000-8000-000000000003", title="Habits", types={
        "D1": "disposition", "A1": "academic standard",
    })  # fmt: skip
    learner = town.shown(town.provider(), "D1", "A1", "W1")["learner"]
    found = town.get(f"/v1/learners/{learner}/transcript")
    strands = {
        one["strand"]: [line["name"]["code"] for line in one["competencies"]]
        for one in found["strands"]
    }
    assert (strands["dispositions"], strands["academic"]) == (["D1"], ["A1"])
    assert not {"estimate", "level", "state"} & (found.keys() | found["strands"][0].keys())


def test_mastery_fades_by_the_clock_and_not_by_an_edit(town: Town) -> None:
    """S4-12: one log, two dates, two states."""
    town.policy(policy("fades", expiry={"expires_after": "P1Y"}))
    learner = town.shown(town.provider(), "W1", occurred_at="2026-03-02T10:00:00Z")["learner"]
    head = town.served.ledger.log.head()
    assert town.state(learner, "W1", on="2027-03-01") == "mastered"
    assert town.state(learner, "W1", on="2027-03-04") == "lapsed"
    assert town.served.ledger.log.head() == head


def test_a_learner_who_moves_keeps_everything_and_meets_the_new_policy_from_that_day(
    town: Town,
) -> None:
    """S2-6: no term or cohort; the new district's policy decides from the day of the move."""
    twice = {"rule": "observations_at_least", "at_least": 2, "level": "met"}
    town.policy(policy("twice", requirement=twice), level="district", scope="Valley")
    school = town.provider()
    learner = town.shown(school, "W1")["learner"]
    town.enrolled(school, district="River", starts_on="2026-01-01", ends_on="2026-05-31")
    town.enrolled(school, district="Valley", starts_on="2026-06-01")
    assert town.state(learner, "W1", on="2026-05-31T12:00:00Z") == "mastered"
    moved = town.verdict(learner, "W1", on="2026-06-01T12:00:00Z")
    assert (moved["policy"], moved["state"]) == ("twice", "in_progress")
    assert len(moved["counted"]) == 1
