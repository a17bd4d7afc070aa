"""Putting `Writes` into the tables of one generation, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

from projections import packing, statements
from projections.rows import Change, LearnerRow, MasteryRow, Quality, Writes


def write(cursor: Cursor[Any], generation: int, writes: Writes, *, sequence: int | None) -> int:
    """Write everything; give how many changes joined the feed after `sequence` (None: no feed)."""
    if writes.rewritten:
        _run(cursor, "forget_observations", generation, learners=writes.rewritten)
    if writes.observations:
        packing.copy_observations(cursor, generation, map(packing.observation, writes.observations))
    if writes.closings:
        evidence, position, by = _columns(writes.closings)
        _run(cursor, "close", generation, evidence=evidence, position=position, by=by)
    _write_mastery(cursor, generation, writes)
    if writes.learners:
        _run(
            cursor, "put_learners", generation,
            **_named(LearnerRow._fields, list(writes.learners.values())),
        )  # fmt: skip
    if writes.providers:
        counts = [
            (UUID(int=provider), *(getattr(quality, name) for name in Quality.__slots__))
            for provider, quality in writes.providers.items()
        ]
        names = ("provider", *Quality.__slots__)
        _run(cursor, "add_providers", generation, **_named(names, counts))
    if sequence is None:
        return 0
    return put_changes(cursor, writes.changes, sequence=sequence)


def put_changes(cursor: Cursor[Any], changes: Sequence[Change], *, sequence: int) -> int:
    """Append to the feed after a sequence number, and announce it; give how many."""
    if changes:
        numbered = [(sequence + place, *change) for place, change in enumerate(changes, start=1)]
        names = ("sequence", *Change._fields)
        _run(cursor, "put_changes", 0, **_named(names, numbered))
        _run(cursor, "announce", 0, sequence=sequence + len(changes))
    return len(changes)


def _write_mastery(cursor: Cursor[Any], generation: int, writes: Writes) -> None:
    if not writes.mastery:
        return
    rows = [row for row in writes.mastery.values() if row is not None]
    gone = [pair for pair, row in writes.mastery.items() if row is None]
    if rows:
        _run(cursor, "put_mastery", generation, **_named(MasteryRow._fields, rows))
    if gone:
        _run(cursor, "drop_mastery", generation, **_named(("learner", "competency"), gone))


def _run(cursor: Cursor[Any], name: str, generation: int, **parameters: object) -> None:
    cursor.execute(statements.query(name, generation=generation), parameters)


def _named(names: Sequence[str], rows: Iterable[tuple[object, ...]]) -> dict[str, list[object]]:
    return dict(zip(names, _columns(rows), strict=True))


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
