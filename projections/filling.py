"""Filling a new generation from the whole log: by this process, or by several, each a share.

Every share is a range of stream ids; since learner ids are random, shares are of a size.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from multiprocessing import get_context
from typing import NamedTuple
from uuid import UUID

from pydantic import SecretStr

from ledger.config import Settings
from ledger.service import Ledger
from projections import views
from projections.building import Builder
from projections.collecting import cycles_uncollected
from projections.registry import Registry
from projections.rows import Counts, Quality
from projections.views import Generation

SHARES_PER_PROCESS = 8  # small enough to show progress, and for all to end at about one time
_IDS = 2**128
Progress = Callable[[int, int], None]
"""Called with how many facts are done, and of how many."""


class Share(NamedTuple):
    """Streams whose id is past `after` and not past `last`; None is unbounded."""

    after: UUID | None
    last: UUID | None


WHOLE = Share(None, None)


class Filled(NamedTuple):
    """How many facts were read, and what each provider sent."""

    facts: int
    counts: Counts


def fill(
    ledger: Ledger, settings: Settings, found: Generation, *, share: Share = WHOLE,
    progress: Progress = lambda _done, _all: None,
) -> Filled:  # fmt: skip
    """Fold a share of the log into a generation's tables, in this process."""
    registry = Registry.fold(ledger.log.reference(until=found.position))
    builder = Builder(registry, on=found.clock)
    facts_max = settings.rebuild_batch_facts_max
    done = 0
    with (
        views.connected(ledger.conninfo) as connection,
        connection.cursor() as cursor,
        cycles_uncollected(),
    ):
        for stream in ledger.log.by_learner(
            until=found.position, facts_max=facts_max, after=share.after, last=share.last
        ):
            builder.add(stream)
            done += len(stream)
            if builder.facts >= facts_max:
                builder.write(cursor, found.generation)
                progress(done, found.position)
        builder.write(cursor, found.generation)
    progress(done, found.position)
    return Filled(done, builder.counts)


def fill_by_processes(
    ledger: Ledger, settings: Settings, found: Generation, *, processes: int, progress: Progress
) -> Filled:
    """Fold the log into a generation's tables by several processes; an error in one ends all."""
    settings = settings.model_copy(update={"database_url": SecretStr(ledger.owner_conninfo)})
    done, counts = 0, Counts()
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_Worker.start, initargs=(settings,)
    ) as pool:
        asked = [
            pool.submit(_Worker.fill, found, share)
            for share in shares(processes * SHARES_PER_PROCESS)
        ]
        for answer in as_completed(asked):
            filled = answer.result()
            done += filled.facts
            _add(counts, filled.counts)
            progress(done, found.position)
    return Filled(done, counts)


def shares(count: int) -> list[Share]:
    """Cut all stream ids into so many ranges. Requires count >= 1."""
    ends = [UUID(int=_IDS * place // count - 1) for place in range(1, count)]
    return [Share(after, last) for after, last in zip([None, *ends], [*ends, None], strict=True)]


class _Worker:
    """What a process keeps between two shares."""

    settings: Settings
    ledger: Ledger
    held = ExitStack()

    @classmethod
    def start(cls, settings: Settings) -> None:
        cls.settings = settings
        cls.ledger = cls.held.enter_context(Ledger.open(settings))

    @classmethod
    def fill(cls, found: Generation, share: Share) -> Filled:
        return fill(cls.ledger, cls.settings, found, share=share)


def _add(counts: Counts, more: Counts) -> None:
    for provider, quality in more.items():
        known = counts.setdefault(provider, Quality())
        for name in Quality.__slots__:
            setattr(known, name, getattr(known, name) + getattr(quality, name))
