"""The subscriber kit: killed at any moment, the downstream table holds each change once."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from consumers.subscriber import Change, SqliteKeeper
from ledger.service import Ledger
from projections.engine import Engine
from tests import downstream, ledgers
from tests.served import serving
from tests.services.kafka import Broker

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"


def start(program: str, *arguments: str, token: str = "", **others: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LEDGER_TOKEN": token, **others}
    return subprocess.Popen([sys.executable, EXAMPLES / program, *arguments], env=environment)


def news(path: Path) -> list[str]:
    if not path.exists():
        return []
    with sqlite3.connect(path) as connection:
        try:
            rows = connection.execute("SELECT id FROM news ORDER BY sequence").fetchall()
        except sqlite3.OperationalError:
            return []
    connection.close()
    return [row[0] for row in rows]


def more(ledger: Ledger, url: str, start_at: int) -> None:
    by = ledgers.provider(ledger)
    if start_at == 0:
        downstream.load(ledger, learners=0)
    names = [f"n{start_at}-{number}" for number in range(40)]
    ledgers.submit(ledger, by, *[ledgers.submission(name, learner=name) for name in names])
    if start_at:
        before = [f"n{start_at - 1}-{number}" for number in range(10)]
        for name in before:
            ledger.withdraw(by, external_id=name, reason="wrong learner").result()
    Engine(ledger, downstream.settings(url)).catch_up()


def killed_over_and_over(
    start_one: Callable[[], subprocess.Popen[bytes]], grow: Callable[[int], None], *, kills: int
) -> None:
    """Kill the subscriber at random moments while the feed grows; it starts again each time."""
    chance = random.Random(7)
    for turn in range(kills):
        running = start_one()
        grow(turn)
        time.sleep(chance.uniform(0.1, 0.8))
        running.kill()
        running.wait()


def test_a_table_over_http_survives_kills(migrated: str, tmp_path: Path) -> None:
    path = tmp_path / "table.sqlite"
    with serving(migrated) as site:
        token = site.ledger.access.issue("reader", label="table")
        killed_over_and_over(
            lambda: start("mastery_table.py", str(path), site.url, token=token),
            lambda turn: more(site.ledger, migrated, turn), kills=6,
        )  # fmt: skip
        wanted = downstream.feed(site.ledger)
        last = start("mastery_table.py", str(path), site.url, token=token)
        downstream.until(lambda: len(news(path)) >= len(wanted), what="all the news")
        last.kill()
        last.wait()
        assert news(path) == wanted
        states = ledgers.rows(
            migrated, "SELECT count(*) FROM views.mastery WHERE state = 'mastered'"
        )
    with sqlite3.connect(path) as connection:
        mine = connection.execute(
            "SELECT count(*) FROM mastery WHERE state = 'mastered'"
        ).fetchone()
    connection.close()
    assert mine[0] == states[0][0]


@pytest.mark.kafka
def test_a_table_over_kafka_survives_kills_and_starts_over_from_zero(
    migrated: str, kafka_broker: Broker, tmp_path: Path
) -> None:
    # The example reads the topic by its plain name, so this ledger has no prefix.
    given = downstream.settings(migrated, kafka_broker, kafka_prefix="")
    source = f"kafka://{kafka_broker.servers}"
    path = tmp_path / "table.sqlite"
    with ledgers.opened(migrated) as ledger, downstream.relaying(ledger, given):
        killed_over_and_over(
            lambda: start("mastery_table.py", str(path), source),
            lambda turn: more(ledger, migrated, turn), kills=4,
        )  # fmt: skip
        wanted = downstream.feed(ledger)
        for fresh in (path, tmp_path / "anew.sqlite"):
            last = start("mastery_table.py", str(fresh), source)
            downstream.until(lambda at=fresh: len(news(at)) >= len(wanted), what="all the news")
            last.kill()
            last.wait()
            assert news(fresh) == wanted


@pytest.mark.kafka
def test_a_table_in_postgresql_equals_the_views(
    migrated: str, database: str, kafka_broker: Broker
) -> None:
    with serving(migrated) as site:
        for turn in range(2):
            more(site.ledger, migrated, turn)
        token = site.ledger.access.issue("reader", label="table")
        running = start("mastery_table_postgres.py", database, site.url, token=token)

        def states(url: str, table: str) -> set[tuple[str, ...]]:
            with psycopg.connect(url) as connection:
                query = f"SELECT learner::text, competency, state FROM {table}"
                try:
                    return set(connection.execute(query.encode()).fetchall())
                except psycopg.errors.UndefinedTable:
                    return set()

        known = "views.mastery WHERE state <> 'no_evidence'"
        downstream.until(
            lambda: states(database, "mastery") == states(migrated, known), what="equal tables"
        )
        running.kill()
        running.wait()


def test_a_failing_effect_leaves_neither_effect_nor_offset(tmp_path: Path) -> None:
    def apply(connection: sqlite3.Connection, change: Change) -> None:
        connection.execute("INSERT INTO seen VALUES (?)", (change["n"],))
        if change["n"] == 2:
            raise RuntimeError

    path = str(tmp_path / "table.sqlite")
    schema = "CREATE TABLE IF NOT EXISTS seen (n INTEGER)"
    keeper = SqliteKeeper(path, apply=apply, schema=schema, erase=lambda *_: None)
    keeper.take([("t/0", 0, {"n": 1})])
    with pytest.raises(RuntimeError):
        keeper.take([("t/0", 1, {"n": 2}), ("t/0", 2, {"n": 3})])
    assert keeper.offsets() == {"t/0": 1}
    assert keeper.take([("t/0", 0, {"n": 1}), ("t/0", 1, {"n": 9})]) == 1
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT n FROM seen").fetchall() == [(1,), (9,)]
    connection.close()
