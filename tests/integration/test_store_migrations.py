from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import psycopg
import pytest

from ledger.errors import SettingError
from ledger.store import migrations
from ledger.store.migrations import Migration, migrate
from tests.ledgers import rows
from tests.services.postgres import Postgres, program

MIGRATE = "import sys; from ledger.store.migrations import migrate; print(*migrate(sys.argv[1]))"
ALL = [migration.name for migration in migrations.migrations()]


def schema_of(url: str) -> list[str]:
    """Dump the schema; the book of migrations is the migrations' own."""
    dumped = subprocess.run(
        [program("pg_dump"), "--schema-only", "--exclude-table=public.mastery_migrations", url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    # pg_dump brackets its output with a random word.
    return [line for line in dumped.stdout.splitlines() if not line.startswith("\\")]


def test_migrating_an_empty_database_gives_the_schema_as_written(
    postgres_server: Postgres, migrated: str, database: str
) -> None:
    with psycopg.connect(database) as connection:
        created = (resources.files("ledger.store") / "schema.sql").read_text("utf-8")
        connection.execute(created.encode())
    assert "CREATE TABLE ledger.facts (" in schema_of(database)
    assert schema_of(migrated) == schema_of(database)


def test_migrating_again_adds_nothing(database: str) -> None:
    assert list(migrate(database)) == ALL
    once = schema_of(database)
    assert migrate(database) == ()
    assert schema_of(database) == once


def test_an_edited_migration_is_refused(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = migrations.migrations()
    migrate(database)
    edited = shipped[0]._replace(sql=shipped[0].sql + "\n-- a second thought")
    monkeypatch.setattr(migrations, "migrations", lambda: (edited, *shipped[1:]))
    with pytest.raises(SettingError, match="never edited"):
        migrate(database)


def test_an_older_program_leaves_a_newer_database_alone(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = migrations.migrations()
    newer = Migration(len(shipped) + 1, "newer", "CREATE TABLE newer ()")
    with monkeypatch.context() as tomorrow:
        tomorrow.setattr(migrations, "migrations", lambda: (*shipped, newer))
        migrate(database)
    with pytest.raises(SettingError, match=f"migration {newer.number} .* knows {len(shipped)}:"):
        migrate(database)
    assert len(rows(database, "SELECT FROM public.mastery_migrations")) == newer.number


def test_a_migration_that_fails_leaves_nothing_behind(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = migrations.migrations()
    broken = Migration(len(shipped) + 1, "broken", "CREATE TABLE half (); SELECT 1/0;")
    with monkeypatch.context() as today:
        today.setattr(migrations, "migrations", lambda: (*shipped, broken))
        with pytest.raises(psycopg.errors.DivisionByZero):
            migrate(database)
    assert rows(database, "SELECT to_regclass('public.half')") == [(None,)]
    assert migrate(database) == ()


def test_processes_that_migrate_at_once_apply_each_migration_once(database: str) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, database],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path.cwd(),
        )
        for _ in range(2)
    ]  # fmt: skip
    ended = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0, 0], ended
    assert sorted(out.split() for out, _ in ended) == [[], ALL]
    assert rows(database, "SELECT count(*) FROM public.mastery_migrations") == [(len(ALL),)]


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = [migration.number for migration in migrations.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
