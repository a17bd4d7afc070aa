from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.kills import run


@pytest.mark.fault
def test_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    report = run(6, seed=2, log=tmp_path / "service.log", say=lambda _what, _found: None)
    assert report.wrong == []
    assert len(report.kills) > 2, "the seed draws more than two kinds"
