"""A ledger that is served over HTTP for real: uvicorn in a thread, PostgreSQL beneath."""

from __future__ import annotations

import json
import secrets
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from threading import Thread
from typing import Any

import httpx
import uvicorn

from api.app import create_app
from ledger.domain.facts import AuthorityGranted
from ledger.domain.ids import ProviderId
from ledger.service import Ledger
from ledger.store.access import Role
from projections.answers import Answers
from tests.ledgers import settings

EVIDENCE = "/v1/evidence"
NDJSON = {"content-type": "application/x-ndjson"}


def lines(items: list[Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in items)


class Served:
    """A running service, with words for getting in."""

    def __init__(self, ledger: Ledger, url: str) -> None:
        self.ledger, self.url = ledger, url
        self._clients = ExitStack()

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        made = httpx.Client(base_url=self.url, headers=headers, timeout=30)
        return self._clients.enter_context(made)

    def close(self) -> None:
        self._clients.close()

    def as_role(self, role: Role) -> httpx.Client:
        return self.client(self.ledger.access.issue(role, label=f"a {role}"))

    def as_provider(self, *, trusted: bool = True) -> tuple[ProviderId, httpx.Client]:
        """Register a provider of its own for a test."""
        name = f"provider {secrets.token_hex(4)}"
        provider = self.ledger.register_provider(name, "lms")
        if trusted:
            fact = AuthorityGranted(provider=provider, grant="all")
            self.ledger.record_about_provider(fact)
        token = self.ledger.access.issue("provider", label=name, provider=provider)
        return provider, self.client(token)


@contextmanager
def serving(database_url: str, **others: object) -> Generator[Served]:
    """Serve a ledger until the test is over."""
    found = settings(database_url, **others)
    with Ledger.open(found) as ledger:
        app = create_app(
            ledger, found, answers=Answers(ledger, facts_kept_max=found.answers_facts_cached_max)
        )
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, loop="uvloop", http="httptools", log_level="error"
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, name="served")
        thread.start()
        try:
            while not server.started:
                thread.join(0.01)
                assert thread.is_alive()
            port = server.servers[0].sockets[0].getsockname()[1]
            with closing(Served(ledger, f"http://127.0.0.1:{port}")) as running:
                yield running
        finally:
            server.should_exit = True
            thread.join(20)


def item(number: int = 1, *, learner: str = "S-1", **others: object) -> dict[str, Any]:
    """Make one piece of evidence as a provider writes it."""
    made: dict[str, Any] = {
        "id": f"attempt/{number}",
        "kind": "assessment",
        "learner": {"id": learner},
        "occurred_at": "2026-03-02T10:15:00-06:00",
        "alignments": [{"competency": "W1", "framework": "f0000000-0000-4000-8000-000000000001"}],
        "result": {"score": 87.5, "max": 100},
    }
    return made | others
