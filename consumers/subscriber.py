"""The subscriber kit: each change exactly once into a database of your own.

The whole trick is in two lines of your database: what a change does and how far you are are
committed in one transaction. If either fails, both did; coming back, you go on from where the
database says you are. Start over from zero by deleting both.

This module needs kafka-python, or nothing but Python for the feed over HTTP. It imports nothing
of the ledger, so it can be copied into another program as it stands.

    keeper = SqliteKeeper(path, apply=remember, erase=forget)
    follow_http(keeper, "https://ledger.example.org", token, stop)

`apply(connection, change)` is yours: write what the change means to you, and do not commit.
So is `erase(connection, learner)`: delete all you hold of somebody who was erased.
"""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from threading import Event
from typing import Any, Protocol

Change = dict[str, Any]
"""A change as docs/asyncapi.json describes it (FeedEntry)."""

HTTP = "http"
"""Names the feed over HTTP where Kafka would name a topic and partition."""
WAIT_S = 30
PAGE_ITEMS = 500
RETRY_S = 1.0
RETRY_S_MAX = 30.0
REFUSALS = {400, 401, 403, 404, 405, 410}
"""What is asked again as it was is answered so again: whoever runs this has to change something."""


class Keeper(Protocol):
    """A database that holds effects and offsets together."""

    def offsets(self) -> dict[str, int]:
        """Give how far each source is: what comes next."""
        ...

    def take(self, batch: Iterable[tuple[str, int, Change | None]]) -> int:
        """Take (source, offset, change) in one transaction; give how many were new."""
        ...


class SqliteKeeper:
    """Keeps a SQLite database. For PostgreSQL: docs/examples/mastery_table_postgres.py."""

    def __init__(
        self, path: str, *, apply: Callable[[sqlite3.Connection, Change], None],
        erase: Callable[[sqlite3.Connection, str], None], schema: str = "",
    ) -> None:  # fmt: skip
        self._path, self._apply, self._erase = path, apply, erase
        with self._transaction() as connection:
            for statement in filter(str.strip, schema.split(";")):
                connection.execute(statement)
            connection.execute(
                "CREATE TABLE IF NOT EXISTS ledger_offsets"
                " (source TEXT PRIMARY KEY, next INTEGER NOT NULL)"
            )

    def offsets(self) -> dict[str, int]:
        """Give how far each source is."""
        with self._transaction() as connection:
            return dict(connection.execute("SELECT source, next FROM ledger_offsets").fetchall())

    def take(self, batch: Iterable[tuple[str, int, Change | None]]) -> int:
        """Apply what is new and move on, in one transaction."""
        new = 0
        with self._transaction() as connection:
            at = dict(connection.execute("SELECT source, next FROM ledger_offsets").fetchall())
            for source, offset, change in batch:
                if offset < at.get(source, 0):
                    continue  # another run of this program took it already
                at[source] = offset + 1
                new += 1
                if change is not None:
                    self._one(connection, change)
            connection.executemany(
                "INSERT INTO ledger_offsets VALUES (?, ?)"
                " ON CONFLICT (source) DO UPDATE SET next = excluded.next",
                at.items(),
            )
        return new

    def _one(self, connection: sqlite3.Connection, change: Change) -> None:
        if "erased" in change:
            self._erase(connection, change["erased"])
        else:
            self._apply(connection, change)

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            # The lock is taken before anything is read: two runs of this program take turns.
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.close()


def follow_http(keeper: Keeper, url: str, token: str, stop: Event) -> None:
    """Follow GET /v1/changes until `stop` is set, over any failure of the way there."""
    pause_s = RETRY_S
    while not stop.is_set():
        after = keeper.offsets().get(HTTP, 1) - 1
        try:
            page = _page(url, token, after)
        except (OSError, ValueError) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code in REFUSALS:
                raise
            stop.wait(pause_s)
            pause_s = min(pause_s * 2, RETRY_S_MAX)
            continue
        pause_s = RETRY_S
        if page:
            keeper.take((HTTP, change["sequence"], _plain(change)) for change in page)


def follow_kafka(
    keeper: Keeper, servers: str, stop: Event, *, topic: str = "mastery.changes.v1",
    **connection: Any,
) -> None:  # fmt: skip
    """Follow the Kafka topic until `stop` is set. Offsets live in your database, not in Kafka.

    `connection` is for KafkaConsumer: security_protocol, sasl_mechanism, ...
    """
    from kafka import KafkaConsumer  # noqa: PLC0415  not needed for HTTP
    from kafka.structs import TopicPartition  # noqa: PLC0415  the same

    consumer: Any = KafkaConsumer(
        bootstrap_servers=servers.split(","), isolation_level="read_committed",
        enable_auto_commit=False, auto_offset_reset="earliest", **connection,
    )  # fmt: skip
    try:
        while not (numbers := consumer.partitions_for_topic(topic)):
            if stop.wait(0.5):
                return
        places: dict[str, Any] = {
            f"{topic}/{number}": TopicPartition(topic, number) for number in numbers
        }
        consumer.assign(list(places.values()))
        at = keeper.offsets()
        for source, place in places.items():
            consumer.seek(place, at.get(source, 0))
        while not stop.is_set():
            found = consumer.poll(timeout_ms=500)
            batch = [
                (f"{topic}/{one.partition}", one.offset, _change(one))
                for records in found.values()
                for one in records
            ]
            if batch:
                keeper.take(batch)
    finally:
        consumer.close(autocommit=False)


def _page(url: str, token: str, after: int) -> list[Change]:
    request = urllib.request.Request(  # noqa: S310  the address is the caller's own
        f"{url}/v1/changes?after={after}&limit={PAGE_ITEMS}&wait={WAIT_S}",
        headers={"authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=WAIT_S + 30) as answer:  # noqa: S310  as above
        items: list[Change] = json.load(answer)["items"]
    return items


def _change(record: Any) -> Change | None:
    """Read a record; one without a value means: forget whom its key names."""
    if record.value is None:
        return {"erased": record.key.decode()}
    change: Change = json.loads(record.value)
    return change


def _plain(change: Change) -> Change:
    """Read an entry of the feed, which says in words of its own that somebody was erased."""
    erases = change["cause"] == "erasure" and not change["competency"]
    return {"erased": change["learner"]} if erases else change
