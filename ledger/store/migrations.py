"""Numbered SQL files, each applied once, in order, by the owner of the database.

Not for read models: those are dropped and rebuilt (projections).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import NamedTuple

import psycopg

from ledger.errors import SettingError
from ledger.store import roles

LOCK_KEY = 0x6D61_7374_6572_79  # "mastery": one migration at a time per database

_CREATE_BOOK = """
CREATE TABLE IF NOT EXISTS public.mastery_migrations (
    number     integer     PRIMARY KEY,
    name       text        NOT NULL,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


class Migration(NamedTuple):
    """One numbered file."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Digest of the file, so that an edited migration is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> tuple[Migration, ...]:
    """List the shipped migrations in order."""
    folder = resources.files("ledger.store") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=str)
    return tuple(
        Migration(int(file.name[:4]), file.name.removesuffix(".sql"), file.read_text("utf-8"))
        for file in files
    )


def migrate(conninfo: str, *, role: str = roles.APP) -> tuple[str, ...]:
    """Apply what is missing and give the names of what was applied; then let `role` work here.

    Every file runs in a transaction of its own; a second process waits for the first. Without a
    role (""), the owner itself works.

    Raises:
        SettingError: a migration that was applied before has other content now, or is newer than
            this program; or `role` cannot be set up.
        psycopg.Error: the server refused.
    """
    applied: list[str] = []
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        connection.execute(_CREATE_BOOK)
        done: dict[int, str] = dict(
            connection.execute("SELECT number, sha256 FROM public.mastery_migrations").fetchall()
        )
        shipped = migrations()
        _refuse_newer(done, shipped)
        for migration in shipped:
            found = done.get(migration.number)
            if found is None:
                _apply(connection, migration)
                applied.append(migration.name)
            elif found != migration.sha256:
                raise SettingError(
                    f"migration {migration.name} was applied as {found[:12]}… "
                    f"and reads {migration.sha256[:12]}… now: migrations are never edited"
                )
        if role:
            roles.admit(connection, role)
    return tuple(applied)


def _refuse_newer(done: Iterable[int], shipped: Sequence[Migration]) -> None:
    # An older program might write what the newer schema's readers take for something else.
    found, known = max(done, default=0), max(migration.number for migration in shipped)
    if found > known:
        raise SettingError(
            f"the database is at migration {found} and this program knows {known}: it is older "
            f"than the database; start one that knows {found}"
        )


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        connection.execute(migration.sql.encode())
        connection.execute(
            "INSERT INTO public.mastery_migrations (number, name, sha256) VALUES (%s, %s, %s)",
            (migration.number, migration.name, migration.sha256),
        )
