"""What the routes work with: one ledger, what it means, and the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fastapi import Request

from api.intake import Intake
from api.tail import Tail
from ledger.clock import Clock
from ledger.config import Settings
from ledger.service import Ledger
from projections.answers import Answers
from projections.feed import Feed


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a route may ask."""

    ledger: Ledger
    answers: Answers
    feed: Feed
    tail: Tail
    intake: Intake
    settings: Settings
    clock: Clock


def parts(request: Request) -> Parts:
    """Give the parts of the application that a request came to."""
    return cast("Parts", request.app.state.parts)
