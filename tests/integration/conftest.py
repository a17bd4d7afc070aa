"""A served ledger for the tests of one module; each test brings a provider of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.served import Served, serving
from tests.services.postgres import Postgres


@pytest.fixture(scope="module")
def served(postgres_server: Postgres, migrated_template: str) -> Iterator[Served]:
    """Serve a ledger over HTTP, on a database of this module's own."""
    name = postgres_server.create(template=migrated_template)
    with serving(postgres_server.url(name)) as running:
        yield running
    postgres_server.drop(name)
