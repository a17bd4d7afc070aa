"""Fixtures that give real servers, and the rule that CI skips nothing for a missing part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services import chromium, kafka, postgres
from tests.services.kafka_client import sockets_of_kafka_python
from tests.services.parts import is_missing_part, missing, parts_are_required

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tests.services.kafka import Broker
    from tests.services.postgres import Postgres

__all__ = ["sockets_of_kafka_python"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI=true, turn a skip for a missing part into a failure."""
    report = yield
    if report.skipped and parts_are_required() and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if is_missing_part(reason):
            report.outcome = "failed"
            report.longrepr = f"CI skips no test for a missing part: {reason}"
    return report


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """Run one PostgreSQL for the whole session."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[str]:
    """Give the URL of a new, empty database."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Postgres) -> str:
    """Migrate one database, from which each test's is cloned."""
    from ledger.store.migrations import migrate

    name = postgres_server.create()
    migrate(postgres_server.url(name))
    return name


@pytest.fixture
def migrated(postgres_server: Postgres, migrated_template: str) -> Iterator[str]:
    """Give the URL of a new database with the ledger's tables, and no fact in it."""
    name = postgres_server.create(template=migrated_template)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Run one Kafka broker for the whole session; a test uses topics of its own."""
    if not kafka.available():
        missing("Kafka", remedy="run `make parts`")
    with kafka.running(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Give the path of Chromium, for Playwright's `executable_path`."""
    path = chromium.executable()
    if path is None:
        missing("Chromium", remedy="run `make parts`")
    return path
