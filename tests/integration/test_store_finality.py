from __future__ import annotations

import psycopg
import pytest

from ledger.store.database import as_role
from tests.ledgers import opened, provider, rows, submission, submit

CHANGES = [
    pytest.param("UPDATE ledger.{} SET provider = NULL", id="update"),
    pytest.param("UPDATE ledger.{} SET provider = NULL WHERE false", id="update of no row"),
    pytest.param("DELETE FROM ledger.{}", id="delete"),
    pytest.param("TRUNCATE ledger.{}", id="truncate"),
    pytest.param("TRUNCATE ledger.{} CASCADE", id="truncate and what hangs on it"),
    pytest.param(
        "INSERT INTO ledger.{0} SELECT * FROM ledger.{0}"
        " ON CONFLICT ON CONSTRAINT {0}_pkey DO UPDATE SET provider = NULL",
        id="update by an insert's conflict",
    ),
    pytest.param(
        "MERGE INTO ledger.{0} AS old USING ledger.{0} AS new ON old.position = new.position"
        " WHEN MATCHED THEN DELETE",
        id="delete by a merge",
    ),
]
TABLES = ["facts", "receipts"]


@pytest.fixture
def filled(migrated: str) -> str:
    with opened(migrated) as ledger:
        submit(ledger, provider(ledger), submission("a"), submission("b"))
    return migrated


def contents(url: str, table: str) -> list[tuple[object, ...]]:
    return rows(url, f"SELECT * FROM ledger.{table} ORDER BY position")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_of_the_database_cannot_change_what_is_recorded(
    filled: str, table: str, change: str
) -> None:
    before = contents(filled, table)
    with (
        psycopg.connect(filled) as connection,
        pytest.raises(psycopg.IntegrityError, match="append a correction instead"),
    ):
        connection.execute(change.format(table).encode())
    assert contents(filled, table) == before


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_application_s_role_may_not_change_what_is_recorded(
    filled: str, table: str, change: str
) -> None:
    before = contents(filled, table)
    with (
        psycopg.connect(as_role(filled, "mastery_app")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(change.format(table).encode())
    assert contents(filled, table) == before


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("ALTER TABLE ledger.facts DISABLE TRIGGER ALL", id="switch the trigger off"),
        pytest.param("DROP TRIGGER facts_are_final ON ledger.facts", id="drop the trigger"),
        pytest.param("SET session_replication_role = replica", id="pass for a replica"),
        pytest.param("DROP TABLE ledger.facts", id="drop the table"),
        pytest.param("CREATE TABLE ledger.more ()", id="add to the ledger's schema"),
        pytest.param(
            "CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger"
            " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            id="replace the guard",
        ),
    ],
)
def test_the_application_s_role_cannot_get_round_the_guard(migrated: str, statement: str) -> None:
    with (
        psycopg.connect(as_role(migrated, "mastery_app")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("table", "granted"),
    [
        pytest.param("facts", ["INSERT", "SELECT"], id="facts"),
        pytest.param("receipts", ["INSERT", "SELECT"], id="receipts"),
        pytest.param("documents", ["INSERT", "SELECT"], id="documents"),
        pytest.param("rejects", ["INSERT", "SELECT"], id="rejects"),
        pytest.param("data_keys", ["DELETE", "INSERT", "SELECT"], id="keys may be destroyed"),
        pytest.param("identifiers", ["DELETE", "INSERT", "SELECT"], id="names may be taken away"),
        pytest.param("holdings", ["DELETE", "INSERT", "SELECT"], id="and with them their marks"),
        pytest.param("tokens", ["INSERT", "SELECT", "UPDATE"], id="tokens may be revoked"),
    ],
)
def test_the_application_s_role_has_these_rights_and_no_others(
    migrated: str, table: str, granted: list[str]
) -> None:
    found = rows(
        migrated,
        "SELECT privilege_type FROM information_schema.table_privileges WHERE grantee ="
        " 'mastery_app' AND table_schema = 'ledger' AND table_name = %s ORDER BY 1",
        table,
    )
    assert [name for (name,) in found] == granted


def test_reader_and_writer_work_as_that_role(migrated: str) -> None:
    with opened(migrated) as ledger:
        submit(ledger, provider(ledger), submission("a"))
        writer = ledger._writer._connection
        assert writer is not None
        assert writer.execute("SELECT current_user AS who").fetchone() == {"who": "mastery_app"}
        assert ledger.log._rows("SELECT current_user::text", ()) == [("mastery_app",)]
