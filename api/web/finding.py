"""Finding learners: by ledger id, by a number that some provider gave them, or by name.

Names and numbers are stored sealed. A number is looked up by its keyed hash, at once. A name has
to be opened to be compared, so that search reads on for a limited time and says how far it came.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

from api.parts import Parts
from api.web import directory
from api.web.directory import Row
from ledger.domain.evidence import Identifier
from ledger.domain.facts import IdentityUnlinked, LearnerIdentified
from ledger.domain.ids import LearnerId
from ledger.errors import ErasedError
from projections.learner import LearnerRecord
from projections.people import of_person

PAGE_ROWS = 25
SEARCH_S_MAX = 2.0
SEARCH_CHUNK = 500
FOUND_MAX = 50
PROVIDERS_MAX = 500  # of a consortium; each may use the same number for somebody else


class Listed(NamedTuple):
    """A learner as a row of the list."""

    row: Row
    names: tuple[str, ...]
    states: tuple[tuple[str, int], ...]


class Search(NamedTuple):
    """What a search found; `looked_at` learners were opened, and `complete` says if that was all."""

    rows: tuple[Row, ...]
    looked_at: int
    complete: bool


def search(asked: Parts, text: str) -> Search:
    """Find learners by any of their names."""
    exact = _by_id(text)
    if exact is not None:
        exact = asked.answers.registry().identities.person(exact)
        return Search(tuple(directory.rows_of(asked.ledger, [exact])), 0, complete=True)
    numbered = _by_number(asked, text)
    by_name = _by_name(asked, text)
    known = {row.learner for row in numbered}
    rows = (*numbered, *(row for row in by_name.rows if row.learner not in known))
    return by_name._replace(rows=rows[:FOUND_MAX])


def names(asked: Parts, learners: Sequence[LearnerId]) -> dict[UUID, tuple[str, ...]]:
    """Open the names of some learners, the one given last first."""
    if not learners:
        return {}
    identities = asked.answers.registry().identities
    everybody = [one for learner in learners for one in identities.everybody(learner)]
    topics = [LearnerIdentified.TOPIC, IdentityUnlinked.TOPIC]
    found = asked.ledger.log.streams(everybody, topics=topics)
    return {
        one: LearnerRecord.fold(one, of_person(one, identities, found)).names for one in learners
    }


def _by_id(text: str) -> LearnerId | None:
    try:
        return LearnerId(UUID(text))
    except ValueError:
        return None


def _by_number(asked: Parts, text: str) -> list[Row]:
    kinds = ("mbox", "email") if "@" in text else ("id", "ssid")
    identifiers = tuple(Identifier(type=kind, value=text) for kind in kinds)
    registry = asked.answers.registry()
    providers, identities = list(registry.providers)[:PROVIDERS_MAX], registry.identities
    found: dict[LearnerId, None] = {}
    for provider in providers:
        with suppress(ErasedError):
            if (learner := asked.ledger.learners.find(provider, identifiers)) is not None:
                found[identities.person(learner)] = None
    return directory.rows_of(asked.ledger, list(found))


def _by_name(asked: Parts, text: str) -> Search:
    wanted, found, looked_at = text.casefold(), list[Row](), 0
    end, after = time.monotonic() + SEARCH_S_MAX, None
    while time.monotonic() < end and len(found) < FOUND_MAX:
        rows = directory.learner_rows(asked.ledger, after=after, limit=SEARCH_CHUNK)
        opened = names(asked, [row.learner for row in rows])
        found += [
            row
            for row in rows
            if any(wanted in name.casefold() for name in opened.get(row.learner, ()))
        ]
        looked_at += len(rows)
        if len(rows) < SEARCH_CHUNK:
            return Search(tuple(found), looked_at, complete=True)
        after = rows[-1].learner
    return Search(tuple(found), looked_at, complete=False)
