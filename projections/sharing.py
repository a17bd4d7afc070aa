"""Sharing out the log: ranges of learners, worked through by this process and by others.

Every share is a range of stream ids; since learner ids are random, shares are of a size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from pydantic import SecretStr

from ledger.config import Settings
from ledger.service import Ledger

SHARES_PER_PROCESS = 8  # small enough to show progress, and for all to end at about one time
_IDS = 2**128
_Found = TypeVar("_Found")


Progress = Callable[[int, int], None]
"""Called with how many facts are done, and of how many."""


def untold(_done: int, _all: int) -> None:
    """Tell nobody: what a share has done is told when it ends."""


class Share(NamedTuple):
    """Streams whose id is past `after` and not past `last`; None is unbounded."""

    after: UUID | None
    last: UUID | None


WHOLE = Share(None, None)
Work = Callable[[Ledger, Settings, Share], _Found]
"""What is done to a share: a function of a module, since others are told its name."""


def share_out(
    ledger: Ledger, settings: Settings, work: Work[_Found], *, processes: int
) -> Iterator[tuple[int, _Found]]:
    """Do `work` to the whole log by so many processes; give what each share came to, as they end.

    With its place in the order of ids. An error in one process ends all.
    """
    if processes <= 1:
        yield 0, work(ledger, settings, WHOLE)
        return
    settings = settings.model_copy(update={"database_url": SecretStr(ledger.owner_conninfo)})
    parts = shares(processes * SHARES_PER_PROCESS)
    pool = ProcessPoolExecutor(
        processes - 1, get_context("spawn"), initializer=_Worker.start, initargs=(settings,)
    )
    try:
        asked = {place: pool.submit(_Worker.do, work, share) for place, share in enumerate(parts)}
        # From the other end than the others begin at, and without waiting until they have begun.
        for place in reversed(range(len(parts))):
            if place in asked and asked[place].cancel():
                del asked[place]
                yield place, work(ledger, settings, parts[place])
            yield from _ended(asked)
        for place, answer in asked.items():
            yield place, answer.result()
    finally:
        pool.shutdown(cancel_futures=True)


def shares(count: int) -> list[Share]:
    """Cut all stream ids into so many ranges. Requires count >= 1."""
    ends = [UUID(int=_IDS * place // count - 1) for place in range(1, count)]
    return [Share(after, last) for after, last in zip([None, *ends], [*ends, None], strict=True)]


def _ended(asked: dict[int, Future[_Found]]) -> Iterator[tuple[int, _Found]]:
    for place in [place for place, answer in asked.items() if answer.done()]:
        yield place, asked.pop(place).result()


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
    def do(cls, work: Work[Any], share: Share) -> Any:
        return work(cls.ledger, cls.settings, share)
