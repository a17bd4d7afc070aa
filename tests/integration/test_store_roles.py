"""A role of another name than mastery_app, which several ledgers on one server may want."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import psycopg
import pytest

from ledger.errors import SettingError
from ledger.store import roles
from ledger.store.database import as_role
from ledger.store.migrations import migrate
from projections.engine import Engine
from tests.ledgers import opened, provider, receipt, rows, settings, submission, submit
from tests.services.postgres import Postgres


@pytest.fixture
def role(postgres_server: Postgres, migrated: str) -> Iterator[str]:
    """Name a role that does not exist yet; roles belong to the server, so it goes afterwards."""
    name = f"Writer_{uuid4().hex[:8]}"
    yield name
    with suppress(psycopg.errors.UndefinedObject), psycopg.connect(migrated) as connection:
        connection.execute(f'DROP OWNED BY "{name}"'.encode())
        connection.execute(f'DROP ROLE "{name}"'.encode())


@pytest.fixture
def plain(postgres_server: Postgres, migrated: str) -> Iterator[str]:
    """Name a user who may create no role."""
    name = f"plain_{uuid4().hex[:8]}"
    postgres_server.run("CREATE ROLE {} LOGIN", name)
    yield name
    with psycopg.connect(migrated) as connection:
        connection.execute(f"DROP OWNED BY {name}".encode())
    postgres_server.run("DROP ROLE {}", name)


def test_a_ledger_works_as_a_role_that_it_makes(migrated: str, role: str) -> None:
    with opened(migrated, database_role=role) as ledger:
        (outcome,) = submit(ledger, provider(ledger), submission("a"))
        written = receipt(outcome).position
        assert ledger.log._rows("SELECT current_user::text", ()) == [(role,)]
        assert Engine(ledger, settings(migrated)).catch_up() == written
    with opened(migrated, database_role=role) as again:
        assert again.log.head() == written


@pytest.mark.parametrize("table", ["facts", "receipts"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE ledger.{} SET provider = NULL", id="update"),
        pytest.param("DELETE FROM ledger.{}", id="delete"),
        pytest.param("TRUNCATE ledger.{}", id="truncate"),
        pytest.param("ALTER TABLE ledger.{} DISABLE TRIGGER ALL", id="switch the trigger off"),
    ],
)
def test_that_role_may_not_change_what_is_recorded(
    migrated: str, role: str, table: str, change: str
) -> None:
    with opened(migrated, database_role=role) as ledger:
        submit(ledger, provider(ledger), submission("a"))
    with (
        psycopg.connect(as_role(migrated, role)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(change.format(table).encode())


def test_views_built_as_mastery_app_serve_the_other_role(migrated: str, role: str) -> None:
    with opened(migrated) as ledger:
        submit(ledger, provider(ledger), submission("a"))
        Engine(ledger, settings(migrated)).catch_up()
    with opened(migrated, database_role=role) as ledger:
        submit(ledger, provider(ledger), submission("b"))
        assert Engine(ledger, settings(migrated)).catch_up() > 0


def test_a_role_may_be_made_by_an_owner_who_is_no_superuser(
    postgres_server: Postgres, database: str, role: str
) -> None:
    owner = f"owner_{uuid4().hex[:8]}"
    name = rows(database, "SELECT current_database()")[0][0]
    postgres_server.run("CREATE ROLE {} LOGIN CREATEROLE", owner)
    postgres_server.run("ALTER DATABASE {} OWNER TO {}", name, owner)
    postgres_server.run("GRANT mastery_app TO {} WITH ADMIN OPTION", owner)
    try:
        url = postgres_server.url(name, user=owner)
        assert migrate(url, role=role)
        with psycopg.connect(as_role(url, role)) as connection:
            connection.execute("SELECT FROM ledger.facts")
    finally:
        with psycopg.connect(database) as connection:
            for each in (f'"{role}"', owner):
                connection.execute(f"DROP OWNED BY {each}".encode())
        postgres_server.run("ALTER DATABASE {} OWNER TO postgres", name)
        postgres_server.run("DROP ROLE {}", role)
        postgres_server.run("DROP ROLE {}", owner)


def test_an_owner_who_may_make_no_role_is_told_what_is_missing(
    postgres_server: Postgres, migrated: str, plain: str, role: str
) -> None:
    name = rows(migrated, "SELECT current_database()")[0][0]
    with (
        psycopg.connect(postgres_server.url(name, user=plain), autocommit=True) as connection,
        pytest.raises(SettingError, match=f"{plain} may not set up the role {role}.*superuser"),
    ):
        roles.admit(connection, role)


def test_a_role_that_was_prepared_is_taken_as_it_is(
    postgres_server: Postgres, migrated: str, plain: str, role: str
) -> None:
    postgres_server.run("CREATE ROLE {}", role)
    postgres_server.run("GRANT mastery_app TO {}", role)
    postgres_server.run("GRANT {} TO {}", role, plain)
    name = rows(migrated, "SELECT current_database()")[0][0]
    with psycopg.connect(postgres_server.url(name, user=plain), autocommit=True) as connection:
        roles.admit(connection, role)


def test_a_role_that_may_change_facts_is_refused(migrated: str) -> None:
    with pytest.raises(SettingError, match="postgres may change facts"):
        migrate(migrated, role="postgres")


def test_a_reserved_name_is_refused(migrated: str) -> None:
    with pytest.raises(SettingError, match="may not set up the role none"):
        migrate(migrated, role="none")


def test_a_database_that_came_back_without_the_rights_of_its_role_is_refused(migrated: str) -> None:
    with psycopg.connect(migrated) as connection:
        connection.execute("REVOKE ALL ON ledger.facts FROM mastery_app")
    with pytest.raises(SettingError, match="CREATE ROLE mastery_app NOLOGIN"):
        migrate(migrated)
