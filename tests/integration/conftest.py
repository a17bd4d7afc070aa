"""A served ledger for the tests of one module; each test brings a provider of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.served import Served, serving
from tests.services.postgres import Postgres
from tests.town import PHYSICS, Town, town_on


@pytest.fixture(scope="module")
def served(postgres_server: Postgres, migrated_template: str) -> Iterator[Served]:
    """Serve a ledger over HTTP, on a database of this module's own."""
    name = postgres_server.create(template=migrated_template)
    with serving(postgres_server.url(name)) as running:
        yield running
    postgres_server.drop(name)


@pytest.fixture
def town(postgres_server: Postgres, migrated_template: str) -> Iterator[Town]:
    """Serve a town of this test's own: two frameworks, and one score of 0.8 is enough."""
    with town_on(postgres_server, migrated_template) as found:
        found.framework("W1", "W2", "W3", "W4", children={"W1": "W4"})
        found.framework("P1", "P2", name=PHYSICS, title="Physics")
        found.policy()
        yield found
