"""Putting `Writes` into the tables of one generation, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

from projections import packing, statements
from projections.rows import Change, Quality, Writes


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
        _run(cursor, "drop_learners", generation, learner=list(writes.learners))
        rows = (row for row in writes.learners.values() if row is not None)
        packing.copy_learners(cursor, generation, map(packing.learner, rows))
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
        numbered = enumerate(changes, start=sequence + 1)
        packing.copy_changes(cursor, (packing.change(*one) for one in numbered))
        _run(cursor, "announce", 0, sequence=sequence + len(changes))
    return len(changes)


def _write_mastery(cursor: Cursor[Any], generation: int, writes: Writes) -> None:
    if not writes.mastery:
        return
    # Deleted and copied in: half the cost of an upsert from twelve arrays.
    _run(cursor, "drop_mastery", generation, **_named(("learner", "competency"), writes.mastery))
    rows = (row for row in writes.mastery.values() if row is not None)
    packing.copy_mastery(cursor, generation, map(packing.mastery, rows))


def _run(cursor: Cursor[Any], name: str, generation: int, **parameters: object) -> None:
    cursor.execute(statements.query(name, generation=generation), parameters)


def _named(names: Sequence[str], rows: Iterable[tuple[object, ...]]) -> dict[str, list[object]]:
    return dict(zip(names, _columns(rows), strict=True))


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
