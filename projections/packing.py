"""Rows of the views as binary COPY takes them, laid out whole.

Fields of fixed length come first, so one `Struct` packs them together; texts recur, and are
laid out once each. Source: PostgreSQL documentation, COPY, "Binary Format".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from struct import Struct, pack
from typing import Any

from psycopg import Cursor

from ledger.store import seal
from ledger.store.copying import HEADER, TRAILER, Target, copy_packed
from projections import statements
from projections.learner import LearnerRecord
from projections.observing import Observed
from projections.rows import Change, LearnerRow, MasteryRow, ObservationRow

_NULL = pack(">i", -1)
_LENGTH = Struct(">i")
_INT8 = Struct(">iq")
_OBSERVATION_COLUMNS = (
    "learner", "evidence", "provider", "position", "first_position", "occurred_at", "recorded_at",
    "ended_position", "competency", "kind", "framework",
)  # fmt: skip
_OBSERVATION = Struct(">hi16si16si16siqiqiqiq")
_MASTERY_COLUMNS = (
    "learner", "position", "competency", "state", "policy", "policy_digest", "estimate", "level",
    "framework", "framework_version", "since", "due_at", "floors", "crosswalks",
)  # fmt: skip
_MASTERY = Struct(">hi16siq")
_CHANGE_COLUMNS = (
    "sequence", "id", "learner", "competency", "from_state", "to_state", "level", "estimate",
    "cause", "cause_position", "policy", "policy_digest", "framework_version", "effective_at",
    "recorded_at", "floors", "crosswalks",
)  # fmt: skip
_CHANGE = Struct(">hiqi16si16s")
_LEARNER = Struct(">hi16siqiqiqiqiqi?")

_MICROSECOND = timedelta(microseconds=1)
_NUMERIC = Struct(">hhHh")
_NEGATIVE = 0x4000
_GROUP = 10_000
_TEXT_OID = 25


def observation(row: ObservationRow) -> bytes:
    """Lay out an observation."""
    (
        learner, competency, evidence, position, first_position, ended_position, provider, kind,
        framework, occurred_at, recorded_at,
    ) = row  # fmt: skip
    return b"".join((
        _OBSERVATION.pack(
            11, 16, learner.bytes, 16, evidence.bytes, 16, provider.bytes, 8, position,
            8, first_position, 8, seal.microseconds(occurred_at), 8, seal.microseconds(recorded_at),
        ),
        _NULL if ended_position is None else _INT8.pack(8, ended_position),
        _text(competency), _text(kind), _text(framework),
    ))  # fmt: skip


def observations(record: LearnerRecord, observed: Observed) -> Iterator[bytes]:
    """Lay out what a record says now, from the observations that were read for judging it."""
    learner, pieces = record.learner.bytes, record.pieces
    some_withdrawn, pack_fixed = record.withdrawn > 0, _OBSERVATION.pack
    for competency, line in observed.lines.items():
        name, framework = _text(competency), _text(line.framework)
        for seen, (since_2000, _) in zip(line.seen, line.seen.places, strict=True):
            ended = pieces[seen.evidence].withdrawn_position if some_withdrawn else None
            yield b"".join((
                pack_fixed(
                    11, 16, learner, 16, seen.evidence.bytes, 16, seen.provider.bytes,
                    8, seen.position, 8, seen.first_position,
                    8, since_2000 // _MICROSECOND, 8, _recorded(seen.recorded_at),
                ),
                _NULL if ended is None else _INT8.pack(8, ended), name, _text(seen.kind), framework,
            ))  # fmt: skip


def mastery(row: MasteryRow) -> bytes:
    """Lay out a row of the mastery view."""
    return b"".join((
        _MASTERY.pack(14, 16, row.learner.bytes, 8, row.position),
        _text(row.competency), _text(row.state), _text(row.policy), _text(row.policy_digest),
        _NULL if row.estimate is None else _numeric_field(row.estimate),
        _text(row.level), _text(row.framework), _text(row.framework_version),
        _moment(row.since), _moment(row.due_at), _texts(row.floors), _texts(row.crosswalks),
    ))  # fmt: skip


def learner(row: LearnerRow) -> bytes:
    """Lay out a row of the learner directory."""
    return _LEARNER.pack(
        7, 16, row.learner.bytes, 8, row.facts, 8, row.evidence, 8, row.withdrawn,
        8, row.last_position, 8, seal.microseconds(row.last_recorded_at), 1, row.revises,
    )  # fmt: skip


def change(sequence: int, row: Change) -> bytes:
    """Lay out an entry of the feed of changes."""
    return b"".join((
        _CHANGE.pack(17, 8, sequence, 16, row.id.bytes, 16, row.learner.bytes),
        _text(row.competency), _text(row.from_state), _text(row.to_state), _text(row.level),
        _NULL if row.estimate is None else _numeric_field(row.estimate), _text(row.cause),
        _NULL if row.cause_position is None else _INT8.pack(8, row.cause_position),
        _text(row.policy), _text(row.policy_digest), _text(row.framework_version),
        _moment(row.effective_at), _moment(row.recorded_at),
        _texts(row.floors), _texts(row.crosswalks),
    ))  # fmt: skip


def copy_changes(cursor: Cursor[Any], rows: Iterable[bytes]) -> None:
    """COPY laid-out entries into the feed."""
    _copy(cursor, Target("views", "mastery_changes", _CHANGE_COLUMNS), rows)


def copy_observations(cursor: Cursor[Any], generation: int, rows: Iterable[bytes]) -> None:
    """COPY laid-out observations into a generation."""
    _copy(cursor, _target(generation, "observations", _OBSERVATION_COLUMNS), rows)


def copy_mastery(cursor: Cursor[Any], generation: int, rows: Iterable[bytes]) -> None:
    """COPY laid-out rows into a generation's mastery view."""
    _copy(cursor, _target(generation, "mastery", _MASTERY_COLUMNS), rows)


def copy_learners(cursor: Cursor[Any], generation: int, rows: Iterable[bytes]) -> None:
    """COPY laid-out rows into a generation's learner directory."""
    _copy(cursor, _target(generation, "learners", LearnerRow._fields), rows)


def numeric(value: Decimal) -> bytes:
    """Lay out a finite decimal as PostgreSQL's numeric: groups of four decimal digits.

    Source: PostgreSQL, src/backend/utils/adt/numeric.c, numeric_send.
    """
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    shift = exponent % 4
    whole = int("".join(map(str, digits))) * 10**shift
    groups: list[int] = []
    while whole:
        whole, group = divmod(whole, _GROUP)
        groups.append(group)
    weight = (exponent - shift) // 4 + len(groups) - 1 if groups else 0
    head = _NUMERIC.pack(
        len(groups), weight, _NEGATIVE if sign and groups else 0, max(0, -exponent)
    )
    return head + pack(f">{len(groups)}H", *reversed(groups))


def _target(generation: int, name: str, columns: tuple[str, ...]) -> Target:
    return Target("views", f"{statements.prefix(generation)}_{name}", columns)


def _copy(cursor: Cursor[Any], target: Target, rows: Iterable[bytes]) -> None:
    copy_packed(cursor, target, (b"".join((HEADER, *rows, TRAILER)),))


@lru_cache(maxsize=65_536)
def _text(text: str | None) -> bytes:
    if text is None:
        return _NULL
    data = text.encode()
    return _LENGTH.pack(len(data)) + data


@lru_cache(maxsize=4096)
def _texts(texts: tuple[str, ...]) -> bytes:
    """Lay out an array of texts. Source: PostgreSQL, arrayfuncs.c, array_send."""
    inner = b"".join(map(_text, texts))
    ends = pack(">ii", len(texts), 1) if texts else b""
    data = pack(">iiI", len(ends) // 8, 0, _TEXT_OID) + ends + inner
    return _LENGTH.pack(len(data)) + data


@lru_cache(maxsize=4096)
def _numeric_field(value: Decimal) -> bytes:
    data = numeric(value)
    return _LENGTH.pack(len(data)) + data


@lru_cache(maxsize=4096)
def _recorded(moment: datetime) -> int:
    return seal.microseconds(moment)  # one moment for each appended batch


def _moment(moment: datetime | None) -> bytes:
    return _NULL if moment is None else _INT8.pack(8, seal.microseconds(moment))
