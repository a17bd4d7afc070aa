"""Equivalency over HTTP: what else counts, by whose consent, and what rests on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import policy, uri
from tests.town import BOARD, Town, link

CLAUSE = {"clause": "4.1", "course": "ENGL 101", "record": "Riverside High"}
WITHDRAWN = {"role": "cte", "by": BOARD, "reason": "the physics board objects"}


def test_a_crosswalk_counts_once_both_have_signed_and_is_cited(town: Town) -> None:
    """S0-4, S1-2: an employer's observation satisfies an academic standard only by a signed crosswalk."""
    firm = town.provider("employer")
    receipt = town.shown(firm, "W1", kind="work_based_learning")
    town.crosswalk(link("W1", "P1"), signed=("academic",))
    assert town.state(receipt["learner"], "W1") == "mastered"
    assert town.state(receipt["learner"], "P1") == "no_evidence"
    assert [one["counts"] for one in town.get("/v1/crosswalks")] == [False]
    town.sign("cte")
    line = town.line(receipt["learner"], "P1")
    assert line["verdict"]["state"] == "mastered"
    assert line["via"] == {receipt["evidence"]: ["walk"]}
    (listed,) = town.get("/v1/crosswalks")
    assert listed["counts"] is True
    assert [one["role"] for one in listed["signatures"]] == ["academic", "cte"]
    assert [one["by"]["id"] for one in listed["signatures"]] == ["board", "board"]


def test_a_withdrawal_lists_what_rested_on_it_and_the_feed_tells(town: Town) -> None:
    """S1-2: either may withdraw; dependent states are judged again and listed."""
    school = town.provider()
    town.crosswalk(link("W1", "P1"))
    receipt = town.shown(school, "W1")
    own = town.shown(school, "P2", learner="S-2")
    assert town.changes()[-1] == ("P2", "no_evidence", "mastered")
    found = town.post("/v1/crosswalks/walk/withdrawal", WITHDRAWN)
    assert found["consequences"] == {
        "learners": 1,
        "pairs": 1,
        "changed": 1,
        "rested": [
            {
                "learner": receipt["learner"], "competency": uri("P1"),
                "evidence": [receipt["evidence"]], "before": "mastered", "after": "no_evidence",
            }
        ],
        "credits": [],
    }  # fmt: skip
    assert town.changes()[-1] == ("P1", "mastered", "no_evidence")
    assert town.state(own["learner"], "P2") == "mastered"
    steps = town.get(f"/v1/learners/{receipt['learner']}/history")["steps"]
    assert "withdrawn" in steps[-1]["text"]
    assert [one["after"] for one in steps[-1]["changes"]] == ["no_evidence"]
    again = town.post("/v1/crosswalks/walk/withdrawal", WITHDRAWN)
    assert again == found | {"duplicate": True}
    (listed,) = town.get("/v1/crosswalks")
    assert (listed["counts"], listed["withdrawn"]["role"]) == (False, "cte")


def test_withdrawn_words_count_again_only_when_published_and_signed_anew(town: Town) -> None:
    receipt = town.shown(town.provider(), "W1")
    town.crosswalk(link("W1", "P1"))
    town.post("/v1/crosswalks/walk/withdrawal", WITHDRAWN)
    body = {"role": "cte", "by": BOARD, "signed_at": "2026-01-02T00:00:00Z"}
    assert town.post("/v1/crosswalks/walk/signatures", body, status=409)["detail"].endswith("anew")
    town.crosswalk(link("W1", "P1"), signed=())
    assert town.state(receipt["learner"], "P1") == "no_evidence"
    town.sign("academic")
    assert town.sign("cte")["duplicate"] is False
    assert town.sign("cte")["duplicate"] is True
    assert town.state(receipt["learner"], "P1") == "mastered"


@pytest.mark.parametrize(
    ("links", "pointer", "reason"),
    [
        pytest.param([link("W1", "X9")], "/links/0/destination", "no framework", id="unknown end"),
        pytest.param([link("X9", "W1")], "/links/0/origin", "no framework", id="unknown origin"),
        pytest.param([link("W1", "W1")], "/links/0/destination", "itself", id="to itself"),
        pytest.param([link("W1", "P1", weight="0")], "/links/0/weight", "greater than 0", id="no weight"),
        pytest.param([link("W1", "P1", weight=1.5)], "/links/0/weight", "less than or equal to 1", id="overweight"),
        pytest.param(
            [link("W1", "P1", starts_on="2026-05-01", ends_on="2026-04-30")], "/links/0/ends_on", "ends before",
            id="upside down",
        ),
        pytest.param([link("W1", "P1"), link("W1", "P1")], "/links/1", "repeats /links/0", id="twice"),
        pytest.param(
            [link("W1", "P1", relation="narrower"), link("P1", "W1", relation="narrower")],
            "/links/0/relation", "a circle", id="each narrower than the other",
        ),
        pytest.param(
            [link("W1", "W2"), link("W2", "P1"), link("W1", "P1", relation="broader")],
            "/links/2/relation", "a circle", id="broader than its equal",
        ),
        pytest.param(
            [link("W1", "W2", relation="replaced_by"), link("W2", "W1", relation="replaced_by")],
            "/links/1/relation", "a circle", id="replaced by what it replaces",
        ),
    ],
)  # fmt: skip
def test_an_unsound_crosswalk_is_refused_with_the_place(
    town: Town, links: list[dict[str, Any]], pointer: str, reason: str
) -> None:
    found = town.faults("/v1/crosswalks", {"id": "x", "title": "x", "links": links})
    assert reason in found[pointer]
    assert town.get("/v1/crosswalks") == []


@pytest.mark.parametrize(
    ("terms", "pointer", "reason"),
    [
        pytest.param({}, "/links", "nothing of competencies", id="empty"),
        pytest.param({"credits": [CLAUSE, CLAUSE]}, "/credits/1/clause", "repeats", id="twice"),
        pytest.param({"credits": [CLAUSE | {"rate": 0}]}, "/credits/0/rate", "greater", id="no rate"),
        pytest.param(
            {"credits": [CLAUSE | {"provider": "6f1f6c1e-0f0b-4b53-9a0f-0a4e1c7b8d21"}]},
            "/credits/0/provider", "no such provider", id="unknown provider",
        ),
        pytest.param(
            {"credits": [CLAUSE | {"starts_on": "2026-05-01", "ends_on": "2026-04-30"}]},
            "/credits/0/ends_on", "ends before", id="upside down",
        ),
        pytest.param(
            {"links": [link("W1", "P1", relation="none")]}, "/links/0/destination", "nowhere",
            id="none that leads somewhere",
        ),
    ],
)  # fmt: skip
def test_an_unsound_agreement_is_refused_with_the_place(
    town: Town, terms: dict[str, Any], pointer: str, reason: str
) -> None:
    found = town.faults("/v1/crosswalks", {"id": "x", "title": "x", **terms})
    assert reason in found[pointer]


def test_a_circle_of_equals_counts_once(town: Town) -> None:
    """A circle without a contradiction is two one-way links: each end is reached once."""
    receipt = town.shown(town.provider(), "W1")
    town.crosswalk(link("W1", "P1"), link("P1", "W2"), link("W2", "W1"))
    for code in ("W1", "P1", "W2"):
        assert town.verdict(receipt["learner"], code)["counted"] == [receipt["evidence"]]


def test_a_signature_nobody_asked_for_and_an_unknown_crosswalk_are_refused(town: Town) -> None:
    town.crosswalk(link("W1", "P1"), signed=())
    body = {"role": "state", "by": BOARD, "signed_at": "2026-01-02T00:00:00Z"}
    assert set(town.faults("/v1/crosswalks/walk/signatures", body)) == {"/role"}
    town.post("/v1/crosswalks/none/signatures", body, status=404)
    town.post("/v1/crosswalks/none/withdrawal", WITHDRAWN, status=404)
    auditor = town.as_role("auditor")
    assert auditor.post("/v1/crosswalks/walk/signatures", json=body).status_code == 403


@pytest.mark.parametrize("relation", ["broader", "related"])
def test_what_covers_less_does_not_satisfy(town: Town, relation: str) -> None:
    """S2-3: narrower evidence does not satisfy the broader; nothing is symmetric by guess."""
    school = town.provider()
    town.crosswalk(link("W1", "P1", relation=relation))
    receipt = town.shown(school, "W1")
    assert town.state(receipt["learner"], "P1") != "mastered"
    assert town.reasons(receipt["learner"], "P1") == ["not_equivalent"]
    back = town.shown(school, "P1", learner="S-2")
    assert town.state(back["learner"], "W1") == "no_evidence"


def test_evidence_before_straddling_and_after_follows_the_retroactivity_clause(town: Town) -> None:
    """S2-1: three learners, three documented results."""
    school = town.provider()
    town.crosswalk(link("W1", "P1", starts_on="2026-02-01"))
    town.crosswalk(link("W2", "P2", starts_on="2026-02-01", retroactive=True), name="looks-back")
    early, late = "2026-01-31T12:00:00Z", "2026-02-01T12:00:00Z"
    before = town.shown(school, "W1", "W2", learner="before", occurred_at=early)["learner"]
    town.shown(school, "W1", learner="straddling", score=0.9, occurred_at=early)
    straddling = town.shown(school, "W1", learner="straddling", score=0.85, occurred_at=late)
    after = town.shown(school, "W1", learner="after", occurred_at=late)["learner"]
    assert (town.state(before, "P1"), town.state(before, "P2")) == ("no_evidence", "mastered")
    assert town.state(after, "P1") == "mastered"
    found = town.verdict(straddling["learner"], "P1")
    assert (found["state"], found["counted"]) == ("mastered", [straddling["evidence"]])
    (left_out,) = found["not_counted"]
    assert left_out["detail"] == "the crosswalk was not in force when it occurred"


def test_an_aligned_credential_attests_its_competencies(town: Town) -> None:
    vendor = town.provider("credential_issuer")
    aligned = {"credential": "AWS-CW", "competencies": [uri("W1")], "starts_on": "2026-01-01"}
    receipt = town.shown(vendor, kind="credential", score=None, credential={"id": "AWS-CW"})
    by = {"policy": "passed-is-enough"}
    town.post("/v1/policies", policy("passed-is-enough", results={"passed": 1, "failed": 0}))
    assert town.state(receipt["learner"], "W1", **by) == "no_evidence"
    town.post("/v1/credential-alignments", aligned)
    assert town.state(receipt["learner"], "W1", **by) == "mastered"
    assert town.post("/v1/credential-alignments", aligned)["duplicate"] is True
    wrong = aligned | {"competencies": [uri("X9")], "ends_on": "2025-01-01"}
    assert set(town.faults("/v1/credential-alignments", wrong)) == {"/competencies/0", "/ends_on"}


def test_an_unvalidated_assessment_counts_once_it_is_validated(town: Town) -> None:
    """S0-8: kept and not counted; validation, even later, counts it with no edit."""
    town.post("/v1/assessments", {"id": "exam/1", "title": "Exam 1", "competencies": [uri("W1")]})
    receipt = town.shown(town.provider(), "W1", context={"assessment": "exam/1"})
    assert town.reasons(receipt["learner"], "W1") == ["unvalidated_assessment"]
    body = {"by": BOARD, "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-12-31T00:00:00Z"}
    upside_down = body | {"ends_at": "2025-12-31T00:00:00Z"}
    assert set(town.faults("/v1/assessments/exam/1/validations", upside_down)) == {"/ends_at"}
    town.post("/v1/assessments/none/validations", body, status=404)
    (listed,) = town.get("/v1/assessments")
    assert (listed["assessment"], listed["competencies"]) == ("exam/1", [uri("W1")])
    assert "validations" not in listed
    town.post("/v1/assessments/exam/1/validations", body)
    assert town.get("/v1/assessments")[0]["validations"] == [body]
    assert town.state(receipt["learner"], "W1") == "mastered"
    later = town.shown(
        town.provider(), "W2", context={"assessment": "exam/1"}, occurred_at="2025-06-01"
    )
    assert town.reasons(later["learner"], "W2") == ["unvalidated_assessment"]


def test_meets_never_comes_from_a_band_below_the_floor(town: Town) -> None:
    """S2-7: the same competency from two instruments, compared by rigour band."""
    school = town.provider()
    for name, band in (("easy", 1), ("hard", 3)):
        town.post("/v1/assessments", {"id": name, "title": name, "rigour_band": band})
        town.post(f"/v1/assessments/{name}/validations", {"by": BOARD})
    town.policy(policy("rigorous", counting={"rigour_floor": 2}))
    easy = town.shown(school, "W1", score=1, context={"assessment": "easy"})
    assert town.reasons(easy["learner"], "W1") == ["below_rigour_band"]
    assert town.state(easy["learner"], "W1") != "mastered"
    hard = town.shown(school, "W1", score=0.8, context={"assessment": "hard"})
    assert town.verdict(hard["learner"], "W1")["counted"] == [hard["evidence"]]
    assert town.state(hard["learner"], "W1") == "mastered"
