"""Histories that were replayed a moment ago, so that a slider need not replay one at each step.

Facts are only ever added: a history known up to some position is right for ever about every
moment up to there. It is personal, so it is forgotten soon.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from ledger.domain.ids import LearnerId, Position
from projections.answers import Answers
from projections.history import History

KEPT_S = 120.0
KEPT_MAX = 32

Key = tuple[LearnerId, str | None]


class Replays:
    """The histories of the last two minutes; thread-safe."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._kept: OrderedDict[Key, tuple[float, History]] = OrderedDict()

    def whole(self, answers: Answers, learner: LearnerId, policy: str | None) -> History:
        """Replay a history to its end, and keep it."""
        found = answers.history(learner, policy=policy)
        with self._lock:
            self._kept[learner, policy] = (self._clock() + KEPT_S, found)
            self._kept.move_to_end((learner, policy))
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return found

    def up_to(
        self, answers: Answers, learner: LearnerId, policy: str | None,
        as_of: Position | datetime | None,
    ) -> History:  # fmt: skip
        """Give a history that reaches at least to a moment: a kept one, or replayed now."""
        with self._lock:
            self._forget()
            kept = self._kept.get((learner, policy))
        if kept is not None and as_of is not None and _reaches(kept[1], as_of):
            return kept[1]
        return self.whole(answers, learner, policy)

    def _forget(self) -> None:
        now = self._clock()
        for key in [key for key, (until, _) in self._kept.items() if until <= now]:
            del self._kept[key]


def _reaches(history: History, as_of: Position | datetime) -> bool:
    return as_of <= history.on if isinstance(as_of, datetime) else as_of <= history.position
