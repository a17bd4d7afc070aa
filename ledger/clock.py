"""The clock, which is passed in wherever it is read. Not for deciding: there a time is an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the time now, with its offset."""


def utc_now() -> datetime:
    """Read the clock of this machine."""
    return datetime.now(UTC)
