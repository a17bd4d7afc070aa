"""A reader who tails the log by position misses nothing, whatever the writers are doing.

With positions from a sequence, the second of two writers can commit first: a reader passes over
the first one's position, which is filled only later, and never comes back for it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import Thread
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from ledger.store.recorder import LedgerDatastore, LedgerRecorder, Row


def event(topic: str) -> StoredEvent:
    return StoredEvent(uuid4(), 1, topic, b"{}")


def row(topic: str) -> Row:
    return Row(uuid4().bytes, 1, topic, b"{}", uuid4().bytes, None)


def topics_read(recorder: PostgresApplicationRecorder, tail: list[int]) -> list[str]:
    """Read on from where `tail` ends, as a follower does."""
    read = recorder.select_notifications(start=tail[-1] + 1, limit=10)
    tail.extend(one.id for one in read)
    return [one.topic for one in read]


def test_a_reader_skips_nothing_while_a_writer_holds_its_transaction_open(migrated: str) -> None:
    tail = [0]
    with LedgerDatastore.open(migrated, pool_size=3) as datastore:
        recorder = LedgerRecorder(datastore)
        second = Thread(target=recorder.insert_events, args=([event("second")],))
        with datastore.cursor() as cursor, recorder.appending(cursor) as head:
            recorder.append(cursor, head, [row("first")])
            second.start()
            second.join(timeout=0.3)
            seen_while_open = topics_read(recorder, tail)
        second.join(timeout=10)
        seen_after = topics_read(recorder, tail)
    assert seen_while_open == []
    assert seen_after == ["first", "second"]
    assert tail == [0, 1, 2]


def test_a_writer_who_gives_up_leaves_no_gap(migrated: str) -> None:
    with LedgerDatastore.open(migrated, pool_size=3) as datastore:
        recorder = LedgerRecorder(datastore)
        with (
            suppress(ValueError), datastore.cursor() as cursor, recorder.appending(cursor) as head,
        ):  # fmt: skip
            recorder.append(cursor, head, [row("given up")])
            raise ValueError
        assert list(recorder.insert_events([event("kept")]) or []) == [1]


@contextmanager
def with_database_functions(url: str) -> Generator[PostgresApplicationRecorder]:
    """Open the library's own recorder, as POSTGRES_ENABLE_DB_FUNCTIONS=y would make it."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value}
    with PostgresDatastore(
        dbname=parts["dbname"], host=parts["host"], port="", user=parts["user"], password="",
        schema="public", enable_db_functions=True, pool_size=3,
    ) as datastore:  # fmt: skip
        recorder = PostgresApplicationRecorder(datastore, events_table_name="library_events")
        recorder.create_table()
        yield recorder


def test_the_library_s_database_functions_lose_an_event_for_a_tailing_reader(database: str) -> None:
    tail = [0]
    with with_database_functions(database) as recorder:
        with recorder.datastore.transaction(commit=True) as cursor:
            first = recorder.construct_pg_stored_event(uuid4(), 1, "first", b"{}")
            cursor.execute(recorder.sql_invoke_pg_function_insert_events, ([first],))
            recorder.insert_events([event("second")])
            seen_while_open = topics_read(recorder, tail)
        seen_after = topics_read(recorder, tail)
        stored = [one.topic for one in recorder.select_notifications(start=None, limit=10)]
    assert seen_while_open == ["second"]
    assert seen_after == []
    assert stored == ["first", "second"]
