"""The short run of what `make fault` does downstream: every kind of kill, one broker, some seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault import downstream_kills
from tests.services import kafka
from tests.services.parts import missing

pytestmark = [pytest.mark.kafka, pytest.mark.fault]
KILLS = 8
SEED = 30


def test_nothing_is_lost_repeated_or_out_of_order(tmp_path: Path) -> None:
    """S4-11: whatever is killed, one logical message for each change, in order for each learner."""
    if not kafka.available():
        missing("Kafka", remedy="run `make parts`")
    report = downstream_kills.run(
        KILLS, seed=SEED, log=tmp_path / "fleet.log", say=print,
        brokers=1, frozen_s=0,
    )  # fmt: skip
    assert report.wrong == []
    assert set(report.kills) == set(downstream_kills.KINDS), "the seed draws every kind"
