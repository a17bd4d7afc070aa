"""Three brokers, and one of them is killed and stays away: all goes on, and nothing is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fault import downstream_kills
from tests.services import kafka
from tests.services.parts import missing

pytestmark = [pytest.mark.kafka, pytest.mark.fault]
AWAY_S = 5.0


def test_with_one_broker_of_three_away_all_goes_on(tmp_path: Path) -> None:
    if not kafka.available():
        missing("Kafka", remedy="run `make parts`")
    with downstream_kills.assembled(seed=1, log=tmp_path / "fleet.log", brokers=3) as parts:
        late = downstream_kills.arrives(parts, "the start", print)
        before = len(parts.submitter.acknowledged)
        parts.cluster.brokers[0].kill()
        time.sleep(AWAY_S)
        late += downstream_kills.arrives(parts, "one broker away", print)
        assert len(parts.submitter.acknowledged) > before, "evidence is taken without it"
        seen = len(parts.reader.seen)
        assert seen > 0
        parts.cluster.brokers[0].start()  # for the audit, whose client tries every broker
        assert late + downstream_kills.ended(parts, print) == []
