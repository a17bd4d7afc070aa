"""A downstream table of who has mastered what, kept exactly once from the ledger's feed.

    LEDGER_TOKEN=mlt_... python mastery_table.py mastery.sqlite http://127.0.0.1:8000
    python mastery_table.py mastery.sqlite kafka://127.0.0.1:9092

Stop it, kill it, start it again: the table goes on. Delete the file: it starts over from zero.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from threading import Event

from consumers.subscriber import Change, SqliteKeeper, follow_http, follow_kafka

SCHEMA = """
CREATE TABLE IF NOT EXISTS mastery (
    learner TEXT NOT NULL, competency TEXT NOT NULL, state TEXT NOT NULL, since TEXT NOT NULL,
    sequence INTEGER NOT NULL, PRIMARY KEY (learner, competency));
CREATE TABLE IF NOT EXISTS news (
    sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, learner TEXT NOT NULL,
    competency TEXT NOT NULL, what TEXT NOT NULL)
"""


def apply(connection: sqlite3.Connection, change: Change) -> None:
    """Take one change over; never commits, the keeper does."""
    row = (change["learner"], change["competency"])
    if change["to_state"] == "no_evidence":
        # Withdrawn, corrected away, or the learner was merged into another: nothing is left.
        connection.execute("DELETE FROM mastery WHERE learner = ? AND competency = ?", row)
    else:
        connection.execute(
            "INSERT INTO mastery VALUES (?, ?, ?, ?, ?) ON CONFLICT (learner, competency)"
            " DO UPDATE SET state = excluded.state, since = excluded.since,"
            " sequence = excluded.sequence",
            (*row, change["to_state"], change["effective_at"], change["sequence"]),
        )
    connection.execute(
        "INSERT INTO news VALUES (?, ?, ?, ?, ?)",
        (change["sequence"], change["id"], *row, meaning(change)),
    )


def erase(connection: sqlite3.Connection, learner: str) -> None:
    """Forget a learner who was erased from the ledger."""
    connection.execute("DELETE FROM mastery WHERE learner = ?", (learner,))
    connection.execute("DELETE FROM news WHERE learner = ?", (learner,))


def meaning(change: Change) -> str:
    """Say in a word what happened: gained, lost, lapsed, contested, unconfirmed or in progress."""
    before, now = change["from_state"], change["to_state"]
    if now == "mastered":
        return "gained"
    if now in {"lapsed", "contested", "unconfirmed"}:
        return str(now)
    return "lost" if before == "mastered" else str(now)


def keeper(path: str) -> SqliteKeeper:
    """Open the table."""
    return SqliteKeeper(path, apply=apply, schema=SCHEMA, erase=erase)


if __name__ == "__main__":
    _, file, source = sys.argv
    if source.startswith("kafka://"):
        follow_kafka(keeper(file), source.removeprefix("kafka://"), Event())
    else:
        follow_http(keeper(file), source, os.environ["LEDGER_TOKEN"], Event())
