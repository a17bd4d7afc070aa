"""A town's learning over HTTP: words for frameworks, providers and evidence, all sent for real."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple
from uuid import uuid5

import httpx

from ledger.domain.ids import ProviderId
from ledger.store.access import Role
from projections.engine import Engine
from tests.builders import _NAMES, FRAMEWORK, policy, uri
from tests.ledgers import settings
from tests.served import Served, item, serving
from tests.services.postgres import Postgres

Json = dict[str, Any]
BOARD = {"id": "board", "name": "School board"}
PHYSICS = "f0000000-0000-4000-8000-000000000002"


class Teller(NamedTuple):
    """A provider that can submit."""

    id: ProviderId
    client: httpx.Client


class Town:
    """A served ledger, its steward, and what is true at first: one framework, one policy."""

    def __init__(self, served: Served, url: str) -> None:
        self.served, self.url = served, url
        self.steward = served.as_role("steward")
        self._numbers = count(1)

    def as_role(self, role: Role) -> httpx.Client:
        return self.served.as_role(role)

    def post(self, path: str, body: object, *, status: int = 200) -> Json:
        """Send as the steward, and expect a status."""
        answer = self.steward.post(path, json=body)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        found: Json = answer.json()
        return found

    def faults(self, path: str, body: object) -> dict[str, str]:
        """Send what is refused; give the reasons by pointer."""
        found = self.post(path, body, status=400)
        return {one["pointer"]: one["reason"] for one in found["errors"]}

    def get(self, path: str, **asked: object) -> Any:
        answer = self.steward.get(path, params=asked)  # type: ignore[arg-type]  # rows of a table
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    # -- what learning is judged by ---------------------------------------------------------

    def framework(
        self, *codes: str, name: str = FRAMEWORK, title: str = "Welding",
        types: dict[str, str] | None = None, children: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        found = self.post(
            "/v1/frameworks", package(codes, name, title, types or {}, children or {})
        )
        assert found["refused"] == []

    def policy(self, document: Json | None = None, **adoption: object) -> None:
        """Publish a policy and adopt it everywhere, or as said."""
        found = self.post("/v1/policies", document or policy())
        terms = {"level": "everywhere"} | adoption
        self.post(f"/v1/policies/{found['policy']}/adoptions", terms)

    def provider(self, kind: str = "school", *, trusted: bool = True) -> Teller:
        name = {"name": f"Provider {next(self._numbers)}", "kind": kind, "all_authority": trusted}
        found = self.post("/v1/providers", name, status=201)["provider"]
        token = self.post(f"/v1/providers/{found}/tokens", {}, status=201)["token"]
        return Teller(ProviderId(found), self.served.client(token))

    def crosswalk(
        self, *links: Json, name: str = "walk", signed: tuple[str, ...] = ("academic", "cte")
    ) -> None:
        self.post("/v1/crosswalks", {"id": name, "title": name, "links": links})
        for role in signed:
            self.sign(role, name)

    def sign(self, role: str, name: str = "walk") -> Json:
        body = {"role": role, "by": BOARD, "signed_at": "2026-01-02T00:00:00Z"}
        return self.post(f"/v1/crosswalks/{name}/signatures", body)

    # -- what learners show -----------------------------------------------------------------

    def shown(
        self, by: Teller, *codes: str, score: float | None = 0.9, learner: str | Json = "S-1",
        **others: object,
    ) -> Json:  # fmt: skip
        """Submit one piece of evidence; give its receipt."""
        said = item(next(self._numbers)) | {
            "learner": {"id": learner} if isinstance(learner, str) else learner,
            "alignments": [{"competency": uri(code)} for code in codes],
            "result": None if score is None else {"score": score, "max": 1},
            **others,
        }
        answer = by.client.post("/v1/evidence", json=said)
        assert answer.status_code == 201, answer.text
        receipt: Json = answer.json()
        return receipt

    def enrolled(self, by: Teller, learner: str = "S-1", **terms: object) -> Json:
        body = {"id": f"e{next(self._numbers)}", "learner": {"id": learner}, **terms}
        answer = by.client.post("/v1/enrolments", json=body)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    # -- what they have mastered ------------------------------------------------------------

    def line(self, learner: str, code: str, **asked: object) -> Json:
        found: Json = self.get(f"/v1/learners/{learner}/mastery/{uri(code)}", **asked)
        return found

    def verdict(self, learner: str, code: str, **asked: object) -> Json:
        found: Json = self.line(learner, code, **asked)["verdict"]
        return found

    def state(self, learner: str, code: str, **asked: object) -> str:
        return str(self.verdict(learner, code, **asked)["state"])

    def reasons(self, learner: str, code: str, **asked: object) -> list[str]:
        found = self.verdict(learner, code, **asked)
        return [one["reason"] for one in found["not_counted"]]

    def changes(self) -> list[tuple[str, str, str]]:
        """Let the engine catch up, and give (competency, from, to) of every change so far."""
        Engine(self.served.ledger, settings(self.url, due_margin_ms=0)).catch_up()
        found = self.get("/v1/changes", limit=1000)
        return [
            (one["competency"].rpartition("/")[2], one["from_state"], one["to_state"])
            for one in found["items"]
        ]


def link(origin: str, destination: str, **terms: object) -> Json:
    return {"origin": uri(origin), "destination": uri(destination), **terms}


def package(
    codes: tuple[str, ...], name: str, title: str, types: dict[str, str], children: dict[str, str]
) -> Json:
    """Write a CASE package small enough to read."""
    base, now = "https://frameworks.example", "2026-01-01T00:00:00Z"
    document = {
        "identifier": name, "uri": f"{base}/documents/{name}", "creator": "State", "title": title,
        "lastChangeDateTime": now,
    }  # fmt: skip
    whole = {"title": title, "identifier": name, "uri": document["uri"]}
    items = [
        {
            "identifier": _id(code), "uri": uri(code), "fullStatement": f"Can do {code}",
            "humanCodingScheme": code, "lastChangeDateTime": now, "CFDocumentURI": whole,
            **({"CFItemType": types[code]} if code in types else {}),
        }
        for code in codes
    ]  # fmt: skip
    associations = [
        {
            "identifier": _id(f"{child} in {parent}"), "associationType": "isChildOf",
            "uri": f"{base}/associations/{child}-{parent}", "lastChangeDateTime": now,
            "originNodeURI": _node(child), "destinationNodeURI": _node(parent),
        }
        for child, parent in children.items()
    ]  # fmt: skip
    return {"CFDocument": document, "CFItems": items, "CFAssociations": associations}


def _id(text: str) -> str:
    return str(uuid5(_NAMES, text))


def _node(code: str) -> Json:
    return {"title": code, "identifier": _id(code), "uri": uri(code)}


@contextmanager
def town_on(server: Postgres, template: str) -> Generator[Town]:
    """Serve a town on a database of its own."""
    name = server.create(template=template)
    try:
        with serving(server.url(name)) as served:
            yield Town(served, server.url(name))
    finally:
        server.drop(name)
