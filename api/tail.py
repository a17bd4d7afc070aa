"""The end of the feed, held once for all who follow it: two hundred followers ask the store once.

A thread hears of new changes and holds the last of them; requests wait for it without a thread
of their own. It ends when nobody has followed for a while.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from threading import Lock, Thread

from consumers import metrics, outbox
from ledger.errors import StoreUnavailableError
from projections.feed import FeedEntry

_log = logging.getLogger(__name__)
ENTRIES_HELD_MAX = 10_000
READ_MAX = 1_000
LINGER_S = 5.0
LISTEN_S = 1.0
FOLLOWER_S = 0.0025
PAUSE_S_MAX = 0.5
"""Each follower costs its process a turn when the feed goes on, so the more there are, the more
changes are told at once: no sooner than so long a follower after the last, and this at most."""
RETRY_S = 0.5


class Tail:
    """Follows the feed for one event loop."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._held: deque[FeedEntry] = deque(maxlen=ENTRIES_HELD_MAX)
        self._last = 0
        self._followers = 0
        self._left_at = 0.0
        self._lock = Lock()
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._written: tuple[int, int, bytes] = (0, 0, b"")

    @property
    def last(self) -> int:
        """Give the last sequence number as far as it is known here; 0 where nobody follows."""
        return self._last

    def held(self, after: int, *, limit: int) -> list[FeedEntry] | None:
        """Give the entries after a sequence number; None where the store must be asked."""
        with self._lock:
            if after >= self._last > 0 and self._thread is not None:
                return []
            if not self._held or self._held[0].sequence > after + 1:
                return None
            # Sequences have no gaps, so places are told by subtraction.
            start = after + 1 - self._held[0].sequence
            return list(islice(self._held, start, start + limit))

    def written(
        self, after: int, *, limit: int, write: Callable[[FeedEntry], bytes]
    ) -> tuple[int, bytes] | None:
        """Give the last sequence number and the text of what `held` gives, if there is any.

        Followers go on together, so what was written for the first is kept for the others.
        """
        start, end, text = self._written
        if start == after < end:
            return end, text
        found = self.held(after, limit=limit)
        if not found:
            return None
        self._written = after, found[-1].sequence, b"".join(map(write, found))
        return self._written[1:]

    async def beyond(self, after: int, *, timeout_s: float) -> bool:
        """Wait until the feed goes on past a sequence number; False where the time is over first."""
        self._follow()
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    changed = self._changed
                    if self._last > after:
                        return True
                    await changed.wait()
        except TimeoutError:
            return False
        finally:
            self._followers -= 1
            self._left_at = time.monotonic()
            metrics.FOLLOWERS.set(self._followers)

    # -- inside -----------------------------------------------------------------------------

    def _follow(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._followers += 1
        metrics.FOLLOWERS.set(self._followers)
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="feed-tail", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._ended():
            try:
                with outbox.connected(self._conninfo) as connection:
                    outbox.listen(connection, outbox.CHANGES_CHANNEL)
                    self._begin(outbox.changes_head(connection))
                    while not self._ended():
                        while found := outbox.changes_after(connection, self._last, limit=READ_MAX):
                            self._advance(found[-1].sequence, found)
                            time.sleep(min(self._followers * FOLLOWER_S, PAUSE_S_MAX))
                        outbox.wait(connection, timeout_s=LISTEN_S)
            except StoreUnavailableError:
                if self._followers:
                    _log.warning("the feed's followers wait for PostgreSQL")
                else:
                    self._left_at = 0.0  # nobody waits for it to come back
                time.sleep(RETRY_S)
            except Exception:  # noqa: BLE001  said in the line below; followers wait for this thread
                _log.exception("the end of the feed cannot be read; it is tried again")
                time.sleep(RETRY_S)

    def _begin(self, head: int) -> None:
        """Go on from what is held, unless a restored feed ends before it: then that never was."""
        if self._last == 0 or head < self._last:
            with self._lock:
                self._held.clear()
                self._written = 0, 0, b""
            self._advance(head, [])

    def _advance(self, last: int, found: list[FeedEntry]) -> None:
        with self._lock:
            self._held.extend(found)
            self._last = last
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _ended(self) -> bool:
        closed = self._loop is None or self._loop.is_closed()
        with self._lock:
            idle = not self._followers and time.monotonic() - self._left_at > LINGER_S
            if closed or idle:
                self._thread = None
                self._held.clear()
                self._last = 0
                return True
            return False
