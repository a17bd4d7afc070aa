"""Who waits for the append lock, so that a test can let writers take turns."""

from __future__ import annotations

from typing import Any

from psycopg import Connection


def waiting(connection: Connection[Any]) -> int:
    """Count who waits for an advisory lock in this database."""
    found = connection.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ).fetchone()
    assert found is not None
    return int(found[0])
