"""Filling a new generation from the whole log: by this process, or by several, each a share."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from ledger.collecting import cycles_uncollected
from ledger.config import Settings
from ledger.service import Ledger
from projections import views
from projections.building import Builder
from projections.people import by_person
from projections.registry import Registry
from projections.rows import Counts, Quality
from projections.sharing import Progress, Share, share_out, untold
from projections.views import Generation


class Filled(NamedTuple):
    """How many facts were read, and what each provider sent."""

    facts: int
    counts: Counts


def fill(
    ledger: Ledger, settings: Settings, found: Generation, *, processes: int, progress: Progress
) -> Filled:
    """Fold the log into a generation's tables; an error in one of several processes ends all."""
    work = partial(_fill, found=found, progress=progress if processes <= 1 else untold)
    done, counts = 0, Counts()
    for _, filled in share_out(ledger, settings, work, processes=processes):
        done += filled.facts
        _add(counts, filled.counts)
        progress(done, found.position)
    return Filled(done, counts)


def _fill(
    ledger: Ledger, settings: Settings, share: Share, *,
    found: Generation, progress: Progress,
) -> Filled:  # fmt: skip
    registry = Registry.fold(ledger.log.reference(until=found.position))
    builder = Builder(registry, on=found.clock)
    facts_max = settings.rebuild_batch_facts_max
    done = 0
    with (
        views.connected(ledger.conninfo) as connection,
        connection.cursor() as cursor,
        cycles_uncollected(),
    ):
        for stream in by_person(
            ledger.log, registry.identities, until=found.position, facts_max=facts_max,
            after=share.after, last=share.last,
        ):  # fmt: skip
            builder.add(stream)
            done += len(stream)
            if builder.facts >= facts_max:
                builder.write(cursor, found.generation)
                progress(done, found.position)
        builder.write(cursor, found.generation)
    return Filled(done, builder.counts)


def _add(counts: Counts, more: Counts) -> None:
    for provider, quality in more.items():
        known = counts.setdefault(provider, Quality())
        for name in Quality.__slots__:
            setattr(known, name, getattr(known, name) + getattr(quality, name))
