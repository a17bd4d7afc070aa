"""What a learner has shown, over HTTP: as known then, as true then, under which policy."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ledger.config import Settings
from projections.engine import Engine
from projections.policies import preset
from projections.policies.documents import canonical
from tests.builders import FRAMEWORK, uri
from tests.served import Served, item


def package(*codes: str) -> dict[str, Any]:
    """A CASE package small enough to read."""
    base = "https://frameworks.example"
    now = "2026-01-01T00:00:00Z"
    document = {
        "identifier": FRAMEWORK, "uri": f"{base}/documents/{FRAMEWORK}", "creator": "State",
        "title": "Welding", "lastChangeDateTime": now,
    }  # fmt: skip
    items = [
        {
            "identifier": f"a0000000-0000-4000-8000-00000000000{number}", "uri": uri(code),
            "fullStatement": f"Can do {code}", "humanCodingScheme": code, "lastChangeDateTime": now,
            "CFDocumentURI": {"title": "Welding", "identifier": FRAMEWORK, "uri": document["uri"]},
        }
        for number, code in enumerate(codes, start=1)
    ]  # fmt: skip
    return {"CFDocument": document, "CFItems": items, "CFAssociations": []}


@pytest.fixture(scope="module")
def steward(served: Served) -> httpx.Client:
    """Have the framework published and one score be enough, once for the module."""
    client = served.as_role("steward")
    assert client.post("/v1/frameworks", json=package("W1", "W2")).json()["refused"] == []
    policy = json.loads(
        canonical(preset("canvas-latest", {"id": "one-is-enough", "title": "One is enough"}))
    )
    # Canvas counts evidence that is dated after the moment asked about; here time is the point.
    policy.get("counting", {}).pop("future", None)
    assert client.post("/v1/policies", json=policy).status_code == 200
    return client


def submitted(served: Served, *items: dict[str, Any], trusted: bool = True) -> dict[str, Any]:
    _, client = served.as_provider(trusted=trusted)
    answers: list[dict[str, Any]] = client.post("/v1/evidence", json=list(items)).json()["items"]
    assert {each["status"] for each in answers} == {"accepted"}
    return answers[-1]


def verdict(client: httpx.Client, learner: str, **asked: object) -> dict[str, Any]:
    params = {"policy": "one-is-enough"} | asked
    answer = client.get(f"/v1/learners/{learner}/mastery/{uri('W1')}", params=params)  # type: ignore[arg-type]  # rows of a table
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["verdict"]
    return found


def test_mastery_comes_with_its_reasons(served: Served, steward: httpx.Client) -> None:
    receipt = submitted(served, item())
    found = verdict(steward, receipt["learner"])
    assert found["state"] == "mastered"
    assert found["counted"] == [receipt["evidence"]]
    assert found["findings"][0]["met"] is True


def test_what_is_missing_is_said_in_words(served: Served, steward: httpx.Client) -> None:
    receipt = submitted(served, item())
    found = verdict(steward, receipt["learner"], policy="demonstrated-mastery")
    assert found["state"] == "in_progress"
    assert all(missing["text"] for missing in found["missing"])


def test_as_of_answers_what_was_known_then(served: Served, steward: httpx.Client) -> None:
    receipt = submitted(served, item())
    before = receipt["position"] - 1
    assert verdict(steward, receipt["learner"], as_of=before)["state"] == "no_evidence"
    assert verdict(steward, receipt["learner"], as_of=receipt["position"])["state"] == "mastered"
    moment = receipt["recorded_at"]
    assert verdict(steward, receipt["learner"], as_of=moment)["state"] == "mastered"


def test_on_answers_what_was_true_then(served: Served, steward: httpx.Client) -> None:
    receipt = submitted(served, item())
    assert verdict(steward, receipt["learner"], on="2026-03-01")["state"] == "no_evidence"
    assert (
        verdict(steward, receipt["learner"], on="2026-03-02T10:15:00-06:00")["state"] == "mastered"
    )


def test_a_plus_sign_that_nobody_escaped_is_understood(
    served: Served, steward: httpx.Client
) -> None:
    receipt = submitted(served, item())
    path = f"/v1/learners/{receipt['learner']}/mastery?on=2026-03-03T00:00:00+01:00"
    assert steward.get(path).json()["on"] == "2026-03-03T00:00:00+01:00"


def test_evidence_without_authority_does_not_count_until_it_is_granted(
    served: Served, steward: httpx.Client
) -> None:
    provider, client = served.as_provider(trusted=False)
    receipt = client.post("/v1/evidence", json=item()).json()
    found = verdict(steward, receipt["learner"])
    assert [each["reason"] for each in found["not_counted"]] == ["outside_authority"]
    grant = {"grant": "late", "kinds": ["assessment"], "frameworks": [FRAMEWORK]}
    assert steward.post(f"/v1/providers/{provider}/grants", json=grant).status_code == 200
    assert verdict(steward, receipt["learner"])["state"] == "mastered"


def test_suspension_revocation_and_reinstatement_are_held_against_the_time(
    served: Served, steward: httpx.Client
) -> None:
    name = {"name": "Northside", "kind": "lms", "all_authority": True}
    provider = steward.post("/v1/providers", json=name).json()["provider"]
    token = steward.post(f"/v1/providers/{provider}/tokens").json()["token"]
    receipt = served.client(token).post("/v1/evidence", json=item()).json()
    path = f"/v1/providers/{provider}"
    suspended = {"reason": "audit", "starts_at": "2026-03-01T00:00:00Z"}
    assert steward.post(f"{path}/suspension", json=suspended).status_code == 200
    found = verdict(steward, receipt["learner"])
    assert [each["reason"] for each in found["not_counted"]] == ["provider_suspended"]
    steward.post(f"{path}/reinstatement", json={"reason": "done", "at": "2026-03-02T00:00:00Z"})
    assert verdict(steward, receipt["learner"])["state"] == "mastered"
    revoked = {"reason": "ended", "ends_at": "2026-03-01T00:00:00Z"}
    steward.post(f"{path}/grants/all/revocation", json=revoked)
    assert verdict(steward, receipt["learner"])["state"] != "mastered"


def test_transcript_and_history_tell_the_same_learner(
    served: Served, steward: httpx.Client
) -> None:
    receipt = submitted(
        served, item(1), item(2, occurred_at="2026-03-09", result={"success": True})
    )
    learner = receipt["learner"]
    transcript = steward.get(f"/v1/learners/{learner}/transcript").json()
    lines = [line for strand in transcript["strands"] for line in strand["competencies"]]
    assert [line["name"]["code"] for line in lines] == ["W1"]
    history = steward.get(f"/v1/learners/{learner}/history").json()
    assert [step["topic"] for step in history["steps"]].count("mastery.evidence-recorded.v1") == 2


def test_a_framework_comes_back_as_published(served: Served, steward: httpx.Client) -> None:
    listed = {each["framework"]: each for each in steward.get("/v1/frameworks").json()}
    assert listed[FRAMEWORK]["competencies"] == 2
    assert steward.get(f"/v1/frameworks/{FRAMEWORK}").json()["title"] == "Welding"
    kept = steward.get(f"/v1/frameworks/{FRAMEWORK}", params={"package": True})
    assert kept.json() == package("W1", "W2")
    again = steward.post("/v1/frameworks", json=package("W1", "W2")).json()
    assert again["duplicate"] is True


def test_a_policy_is_published_once_and_adopted_for_a_scope(
    served: Served, steward: httpx.Client
) -> None:
    document = steward.get("/v1/policies/demonstrated-mastery").json()
    ours = document | {"id": "ours", "title": "Ours"}
    first = steward.post("/v1/policies", json=ours).json()
    assert steward.post("/v1/policies", json=ours).json() == first | {"duplicate": True}
    assert steward.get("/v1/policies/ours").json() == ours
    listed = [each["policy"] for each in steward.get("/v1/policies").json()]
    assert {"demonstrated-mastery", "ours"} <= set(listed)
    adoption = {"level": "programme", "scope": "48.0508"}
    assert steward.post("/v1/policies/ours/adoptions", json=adoption).status_code == 200
    assert steward.get("/v1/policies/schema").json()["title"] == "PolicyDocument"
    refused = steward.post("/v1/policies", json=ours | {"estimate": {}})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"].startswith("/estimate")


def test_an_enrolment_is_recorded_once(served: Served) -> None:
    _, client = served.as_provider()
    client.post("/v1/evidence", json=item(learner="S-8"))
    enrolment = {
        "id": "e/1",
        "learner": {"id": "S-8"},
        "programme": "48.0508",
        "starts_on": "2025-08-18",
    }
    first = client.post("/v1/enrolments", json=enrolment)
    assert first.json()["duplicate"] is False
    assert client.post("/v1/enrolments", json=enrolment).json()["duplicate"] is True


def test_changes_are_read_in_pages_from_any_point(served: Served, steward: httpx.Client) -> None:
    receipt = submitted(served, item())
    Engine(served.ledger, Settings.read({})).catch_up()
    first = steward.get("/v1/changes", params={"limit": 1}).json()
    assert [each["sequence"] for each in first["items"]] == [1]
    seen = []
    page = first
    while page["items"]:
        seen += page["items"]
        page = steward.get("/v1/changes", params={"after": page["next"]}).json()
    assert [each["sequence"] for each in seen] == list(range(1, len(seen) + 1))
    assert receipt["learner"] in {each["learner"] for each in seen}
    health = served.client().get("/health").json()
    assert health["views"] == health["head"]
