"""Kept histories: right about the past, asked anew about what they do not reach, soon forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from api.web.replays import KEPT_MAX, KEPT_S, Replays
from ledger.domain.ids import LearnerId, Position
from projections.answers import Answers
from projections.history import History

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADA = LearnerId(UUID(int=1))


class Asked:
    """Answers whose histories reach to position 10, noon; counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def history(self, learner: LearnerId, **_: Any) -> History:
        self.times += 1
        return History(learner, Position(10), NOON, ())


@pytest.mark.parametrize(
    ("as_of", "times"),
    [
        pytest.param(Position(10), 1, id="its last position"),
        pytest.param(Position(11), 2, id="a later position"),
        pytest.param(NOON, 1, id="its moment"),
        pytest.param(NOON + timedelta(seconds=1), 2, id="a later moment"),
        pytest.param(None, 2, id="now"),
    ],
)
def test_a_kept_history_answers_about_what_it_reaches(
    as_of: Position | datetime | None, times: int
) -> None:
    asked, replays = Asked(), Replays(clock=lambda: 0.0)
    replays.whole(cast("Answers", asked), ADA, None)
    replays.up_to(cast("Answers", asked), ADA, None, as_of)
    assert asked.times == times


def test_a_history_by_another_policy_is_another() -> None:
    asked, replays = Asked(), Replays(clock=lambda: 0.0)
    replays.whole(cast("Answers", asked), ADA, None)
    replays.up_to(cast("Answers", asked), ADA, "strict", Position(1))
    assert asked.times == 2


def test_a_history_is_forgotten_soon() -> None:
    now = [0.0]
    asked, replays = Asked(), Replays(clock=lambda: now[0])
    replays.whole(cast("Answers", asked), ADA, None)
    now[0] = KEPT_S
    replays.up_to(cast("Answers", asked), ADA, None, Position(1))
    assert asked.times == 2


def test_only_so_many_are_kept() -> None:
    asked, replays = Asked(), Replays(clock=lambda: 0.0)
    for number in range(KEPT_MAX + 1):
        replays.whole(cast("Answers", asked), LearnerId(UUID(int=number)), None)
    replays.up_to(cast("Answers", asked), LearnerId(UUID(int=0)), None, Position(1))
    assert asked.times == KEPT_MAX + 2
