"""Who may do what: every route asks, and every refusal is a problem document."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import Any
from uuid import uuid4

import httpx
import jsonschema
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.app import create_app
from api.auth import ROLES, SCOPES, Guard, Needs, read_session, sign_session
from api.cli.main import run
from ledger.store.access import Holder, Role
from projections.answers import Answers
from tests.ledgers import MASTER_KEY, settings
from tests.served import Served, item, serving
from tests.services.postgres import Postgres
from tests.town import Town

OPEN = {"/health", "/openapi.json", "/docs", "/asyncapi.json"}


def operations(client: httpx.Client) -> list[tuple[str, str, dict[str, Any]]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [
        (path, method, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


def filled(path: str) -> str:
    return path.replace("{competency}", "W1").replace("{framework}", "f").replace("{policy}", "p").replace(
        "{name}", "g"
    ).replace("{learner}", str(uuid4())).replace("{evidence}", str(uuid4())).replace(
        "{provider}", str(uuid4())
    )  # fmt: skip


def is_problem(answer: httpx.Response, status: int) -> bool:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:problem-type:mastery-ledger:")
    assert body["title"]
    assert "Traceback" not in answer.text
    return True


def test_every_route_but_the_open_ones_wants_a_token(served: Served) -> None:
    nobody = served.client()
    asked = 0
    for path, method, operation in operations(nobody):
        if path in OPEN:
            assert "security" not in operation
            continue
        answer = nobody.request(method, filled(path))
        assert is_problem(answer, 401), (method, path)
        assert "Bearer" in answer.headers["www-authenticate"]
        assert operation["security"], (method, path)
        asked += 1
    assert asked >= 20


def test_no_route_is_left_out_of_the_document(served: Served) -> None:
    """A route outside the document would escape the test above."""
    app = create_app(served.ledger, settings("x"), answers=Answers(served.ledger))
    documented = set(app.openapi()["paths"])
    assert {route.path_format for route in api_routes(app)} <= documented
    others = {str(getattr(route, "path", "")) for route in app.routes} - {""}
    assert others <= OPEN | documented


def api_routes(app: FastAPI) -> list[APIRoute]:
    found: list[APIRoute] = []
    for included in app.routes:
        router = getattr(included, "original_router", None)
        found += [route for route in getattr(router, "routes", ()) if isinstance(route, APIRoute)]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_a_token_opens_what_its_role_may_and_nothing_else(served: Served, role: Role) -> None:
    client = served.as_provider()[1] if role == "provider" else served.as_role(role)
    scopes = {
        (route.path_format, method.lower()): dependency.call.scope
        for route in api_routes(
            create_app(served.ledger, settings("x"), answers=Answers(served.ledger))
        )
        for dependency in route.dependant.dependencies
        if isinstance(dependency.call, Needs)
        for method in route.methods or ()
    }
    for path, method, _ in operations(client):
        if path in OPEN:
            continue
        # Not read to its end: the feed's event stream has none.
        with client.stream(method, filled(path)) as answer:
            if scopes[path, method] in SCOPES[role]:
                assert answer.status_code not in {401, 403}, (method, path)
                continue
            answer.read()
        assert is_problem(answer, 403), (method, path)


def test_a_token_is_taken_as_the_basic_password(served: Served) -> None:
    token = served.ledger.access.issue("auditor", label="basic")
    basic = base64.b64encode(f"anybody:{token}".encode()).decode()
    answer = served.client().get("/v1/providers", headers={"authorization": f"Basic {basic}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer mlt_nobody", id="an unknown token"),
        pytest.param("Basic !!!", id="not base64"),
        pytest.param("Basic " + base64.b64encode(b"\xff:\xff").decode(), id="not UTF-8"),
        pytest.param("Digest x", id="another scheme"),
    ],
)
def test_anything_else_is_nobody(served: Served, header: str) -> None:
    answer = served.client().get("/v1/providers", headers={"authorization": header})
    assert is_problem(answer, 401)


def test_a_revoked_token_opens_nothing(served: Served) -> None:
    token = served.ledger.access.issue("auditor", label="short")
    served.ledger.access.revoke(token)
    assert is_problem(served.client(token).get("/v1/providers"), 401)


def test_a_token_that_nobody_holds_any_more_is_revoked_by_its_id(town: Town) -> None:
    one, other = town.provider(), town.provider()
    path = f"/v1/providers/{one.id}/tokens"
    lost = town.post(path, {}, status=201)["token"]
    kept, found = town.get(path)
    assert found["id"] == hashlib.sha256(lost.encode()).hexdigest()[:16]
    assert (found["role"], found["revoked_at"]) == ("provider", None)
    assert lost not in str(found)
    away = f"{path}/{found['id']}"
    elsewhere = away.replace(str(one.id), str(other.id))
    assert is_problem(town.steward.delete(elsewhere), 404)
    assert is_problem(one.client.delete(away), 403)
    for _ in range(2):
        assert town.steward.delete(away).status_code == 204
    assert town.get(path)[0] == kept
    assert town.get(path)[1]["revoked_at"] is not None
    assert is_problem(town.served.client(lost).get("/v1/providers"), 401)
    assert one.client.get("/v1/providers").status_code == 200


def test_the_command_line_lists_tokens_and_revokes_by_id(
    town: Town, capfd: pytest.CaptureFixture[str]
) -> None:
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    lost = town.served.ledger.access.issue("auditor", label="a laptop, stolen")
    assert run(["token", "list", "--json"], env=env) == 0
    (found,) = [one for one in json.loads(capfd.readouterr()[0]) if "stolen" in one["label"]]
    assert run(["token", "revoke", "--id", found["id"]], env=env) == 0
    assert is_problem(town.served.client(lost).get("/v1/providers"), 401)
    assert run(["token", "revoke", "--id", "0" * 16], env=env) == 1
    capfd.readouterr()
    assert run(["token", "list"], env=env) == 0
    (line,) = [one for one in capfd.readouterr()[0].splitlines() if "stolen" in one]
    assert line.split()[0] == found["id"]
    assert len(line.split()) == 7  # id, role, three words, made, revoked


def test_an_answer_is_believed_for_some_seconds_only() -> None:
    now: list[float] = [0.0]
    asked: list[str] = []

    def look_up(token: str) -> Holder | None:
        asked.append(token)
        return Holder("auditor", None, "x") if now[0] < 8 else None

    guard = Guard(look_up, ttl_s=5, clock=lambda: now[0])
    assert asyncio.run(guard.caller("t"))
    assert asyncio.run(guard.caller("t"))
    assert len(asked) == 1
    now[0] = 6
    assert asyncio.run(guard.caller("t"))
    now[0] = 12
    assert asyncio.run(guard.caller("t")) is None


def test_a_session_cookie_cannot_be_altered_or_outlive_its_end() -> None:
    key = bytes(32)
    cookie = sign_session("mlt_secret", key=key, until=100)
    assert read_session(cookie, key=key, now=99) == "mlt_secret"
    assert read_session(cookie, key=key, now=100) is None
    assert read_session(cookie[:-1] + "0", key=key, now=99) is None
    assert read_session("x" + cookie, key=key, now=99) is None
    assert read_session(cookie, key=bytes(31) + b"1", now=99) is None
    assert read_session(None, key=key, now=99) is None


def test_a_provider_speaks_for_itself_only(served: Served) -> None:
    (_, one), (other, _) = served.as_provider(), served.as_provider()
    assert is_problem(one.get("/v1/rejects", params={"provider": str(other)}), 403)
    names = {"identifier": "S-1", "provider": str(other)}
    assert is_problem(one.get("/v1/learners", params=names), 403)


def test_a_learner_is_found_by_the_names_of_the_one_who_asks(served: Served) -> None:
    (provider, one), (_, other) = served.as_provider(), served.as_provider()
    receipt = one.post("/v1/evidence", json=item(learner="S-77")).json()
    assert (
        one.get("/v1/learners", params={"identifier": "S-77"}).json()["learner"]
        == receipt["learner"]
    )
    assert is_problem(other.get("/v1/learners", params={"identifier": "S-77"}), 404)
    steward = served.as_role("steward")
    named = {"identifier": "S-77", "provider": str(provider)}
    assert steward.get("/v1/learners", params=named).json()["learner"] == receipt["learner"]
    assert is_problem(steward.get("/v1/learners", params={"identifier": "S-77"}), 400)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/v1/nothing", 404, id="no such path"),
        pytest.param("PUT", "/v1/evidence", 405, id="another method"),
        pytest.param("GET", "/v1/learners/not-an-id/mastery", 400, id="not an id"),
        pytest.param("GET", f"/v1/learners/{uuid4()}/mastery", 404, id="nobody"),
        pytest.param("GET", f"/v1/learners/{uuid4()}/mastery?as_of=yesterday", 400, id="no moment"),
        pytest.param("GET", f"/v1/evidence/{uuid4()}", 404, id="no such evidence"),
        pytest.param("GET", "/v1/changes?after=-1", 400, id="out of range"),
        pytest.param("GET", "/v1/policies/none", 404, id="no such policy"),
        pytest.param("GET", "/v1/frameworks/none", 404, id="no such framework"),
    ],
)
def test_every_error_is_a_problem_document(
    served: Served, method: str, path: str, status: int
) -> None:
    assert is_problem(served.as_role("auditor").request(method, path), status)


def test_405_says_which_methods_there_are(served: Served) -> None:
    assert served.client().put("/v1/evidence").headers["allow"] == "POST"
    methods = served.client().delete("/v1/policies").headers["allow"].split(", ")
    assert {"GET", "POST"} <= set(methods)


def test_faults_of_a_body_have_pointers(served: Served) -> None:
    answer = served.as_role("steward").post("/v1/providers", json={"name": "", "sort": 1})
    assert is_problem(answer, 400)
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/name", "/kind", "/sort"}


def test_faults_of_parameters_name_them(served: Served) -> None:
    answer = served.as_role("auditor").get("/v1/changes", params={"limit": "many"})
    assert answer.json()["errors"][0]["parameter"] == "limit"


def test_the_document_describes_what_is_answered(served: Served) -> None:
    """The schemas in the OpenAPI document hold for real answers."""
    client = served.as_provider()[1]
    document = client.get("/openapi.json").json()
    single = client.post("/v1/evidence", json=item(1)).json()
    many = client.post("/v1/evidence", json=[item(1), {"id": "x"}]).json()
    refused = client.post("/v1/evidence", json={"id": "x"}).json()
    for name, value in (("Answer", single), ("Answers", many), ("Problem", refused)):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(value)
    body = document["paths"]["/v1/evidence"]["post"]["requestBody"]["content"]["application/json"]
    schema = {**body["schema"], "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(body["example"])
    example = client.post("/v1/evidence", json=body["example"])
    assert example.status_code == 201


def test_without_postgresql_the_answer_is_503_and_nothing_is_lost(
    postgres_server: Postgres, migrated_template: str
) -> None:
    name = postgres_server.create(template=migrated_template)
    with serving(postgres_server.url(name), append_retry_s=0.2) as running:
        provider = running.as_provider()[1]
        assert provider.post("/v1/evidence", json=item(1)).status_code == 201
        postgres_server.drop(name)
        answer = provider.post("/v1/evidence", json=item(2))
        assert is_problem(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
        assert is_problem(running.client().get("/health"), 503)
