"""The role that the service works as: what `mastery_app` may, and nothing else.

Migrations create `mastery_app` and give it its rights. Another role, named in the settings,
becomes a member of it and inherits them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import LiteralString

import psycopg
from psycopg import sql

from ledger.errors import SettingError

APP = "mastery_app"
SETTABLE_SINCE = 160_000  # PostgreSQL 16: membership says whether it is inherited and may be set

_HAS_ITS_RIGHTS = """
SELECT EXISTS (SELECT FROM pg_roles AS app, pg_class AS facts
                WHERE app.rolname = 'mastery_app' AND facts.relname = 'facts'
                  AND facts.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'ledger')
                  AND has_table_privilege(app.oid, facts.oid, 'INSERT'))
"""
"""By the catalogue: who asks may be somebody who may not look into the schema."""


def admit(connection: psycopg.Connection, role: str) -> None:
    """Let the service work as `role`: make it if there is none, with the rights of `mastery_app`.

    Asks for no more than is missing, so that an owner who may create no role finds one that was
    prepared for it. Requires that the connection commits each statement by itself.

    Raises:
        SettingError: the owner of the database may not do so, the role may change facts, or
            `mastery_app` lacks the rights that migrations gave it.
    """
    if not _is(connection, _HAS_ITS_RIGHTS):
        raise SettingError(
            "mastery_app may not insert facts here: the database was restored from a dump where "
            "there was no such role, and its rights were lost. In an empty database, CREATE ROLE "
            "mastery_app NOLOGIN; GRANT mastery_app TO the owner; then restore the dump again"
        )
    if role == APP:
        return
    newer = connection.info.server_version >= SETTABLE_SINCE
    may_take_on = "SET" if newer else "MEMBER"
    try:
        if not _is(connection, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", role):
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                _run(connection, "CREATE ROLE {} NOLOGIN", role)
        if not _is(connection, "SELECT pg_has_role(%s, 'mastery_app', 'USAGE')", role):
            option = " WITH INHERIT TRUE" if newer else ""
            _run(connection, "GRANT mastery_app TO {}" + option, role)
        if not _is(connection, f"SELECT pg_has_role(%s, '{may_take_on}')", role):
            _run(connection, "GRANT {} TO CURRENT_USER", role)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReservedName) as error:
        raise SettingError(
            f"MASTERY_DATABASE_ROLE: {connection.info.user} may not set up the role {role} "
            f"({error.diag.message_primary}): as a superuser, create it, grant mastery_app to it, "
            f"and grant it to {connection.info.user}"
        ) from error
    changes = "SELECT has_table_privilege(%s, 'ledger.facts', 'UPDATE, DELETE, TRUNCATE')"
    if _is(connection, changes, role):
        raise SettingError(
            f"MASTERY_DATABASE_ROLE: the role {role} may change facts, as their owner or a "
            "superuser may: name one that has no more rights than mastery_app"
        )


def _is(connection: psycopg.Connection, question: LiteralString, *parameters: str) -> bool:
    row = connection.execute(question, parameters or None).fetchone()
    assert row is not None
    return bool(row[0])


def _run(connection: psycopg.Connection, statement: LiteralString, role: str) -> None:
    connection.execute(sql.SQL(statement).format(sql.Identifier(role)))
