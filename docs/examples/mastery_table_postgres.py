"""The same table in PostgreSQL: effects and offsets in one transaction of your own database.

python mastery_table_postgres.py postgresql://localhost/sis kafka://127.0.0.1:9092
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from threading import Event

import psycopg

from consumers.subscriber import Change, follow_http, follow_kafka

SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger_offsets (source text PRIMARY KEY, next bigint NOT NULL);
CREATE TABLE IF NOT EXISTS mastery (
    learner uuid NOT NULL, competency text NOT NULL, state text NOT NULL,
    since timestamptz NOT NULL, sequence bigint NOT NULL, PRIMARY KEY (learner, competency));
"""
KEEP = """
INSERT INTO mastery VALUES (%s, %s, %s, %s, %s) ON CONFLICT (learner, competency) DO UPDATE
SET state = excluded.state, since = excluded.since, sequence = excluded.sequence
"""
MOVE_ON = """
INSERT INTO ledger_offsets VALUES (%s, %s) ON CONFLICT (source) DO UPDATE SET next = excluded.next
"""


class PostgresKeeper:
    """Keeps a table in PostgreSQL."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        with psycopg.connect(conninfo) as connection:
            connection.execute(SCHEMA)

    def offsets(self) -> dict[str, int]:
        """Give how far each source is."""
        with psycopg.connect(self._conninfo) as connection:
            return dict(connection.execute("SELECT source, next FROM ledger_offsets").fetchall())

    def take(self, batch: Iterable[tuple[str, int, Change | None]]) -> int:
        """Apply what is new and move on, in one transaction."""
        new = 0
        with psycopg.connect(self._conninfo) as connection:
            # Two runs of this program take turns, so neither takes what the other has.
            connection.execute("LOCK TABLE ledger_offsets IN EXCLUSIVE MODE")
            rows = connection.execute("SELECT source, next FROM ledger_offsets").fetchall()
            at: dict[str, int] = dict(rows)
            for source, offset, change in batch:
                if offset >= at.get(source, 0):
                    at[source], new = offset + 1, new + 1
                    if change is not None:
                        self._apply(connection, change)
            for place in at.items():
                connection.execute(MOVE_ON, place)
        return new

    def _apply(self, connection: psycopg.Connection, change: Change) -> None:
        if "erased" in change:
            connection.execute("DELETE FROM mastery WHERE learner = %s", (change["erased"],))
            return
        row = (change["learner"], change["competency"])
        if change["to_state"] == "no_evidence":
            connection.execute("DELETE FROM mastery WHERE learner = %s AND competency = %s", row)
        else:
            since, sequence = change["effective_at"], change["sequence"]
            connection.execute(KEEP, (*row, change["to_state"], since, sequence))


if __name__ == "__main__":
    _, database, source = sys.argv
    if source.startswith("kafka://"):
        follow_kafka(PostgresKeeper(database), source.removeprefix("kafka://"), Event())
    else:
        follow_http(PostgresKeeper(database), source, os.environ["LEDGER_TOKEN"], Event())
