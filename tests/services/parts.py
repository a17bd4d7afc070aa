"""What a test says when a part of the machine is missing."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

MISSING = "missing part: "


def missing(part: str, *, remedy: str) -> NoReturn:
    """Skip the test for want of `part`; where CI=true, tests/conftest.py makes it a failure."""
    pytest.skip(f"{MISSING}{part}; {remedy}")


def parts_are_required() -> bool:
    """Say whether a missing part fails a test, as it does in CI."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def is_missing_part(reason: str) -> bool:
    """Tell a skip for a missing part from a skip that the test's author meant."""
    return MISSING in reason or "could not import" in reason
