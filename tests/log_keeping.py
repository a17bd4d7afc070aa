"""Putting a history of tests/builders.py into a real ledger, fact by fact, at its own times."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby

from ledger.config import Settings
from ledger.domain.catalogue import SEALED_TOPICS, Recorded
from ledger.domain.facts import LearnerErased
from ledger.domain.ids import EvidenceId, LearnerId, ProviderId
from ledger.domain.messages import Accepted
from ledger.service import Ledger
from ledger.store.erasing import Erase
from ledger.store.tasks import Decision, Known, ReceiptRow
from tests import ledgers
from tests.builders import START

Row = tuple[object, ...]
FACTS_PER_APPEND_MAX = 1_000


class Keep:
    """A task that appends a fact as it is."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    def message(self) -> None: ...

    def evidence(self) -> None: ...

    def identifiers(self) -> tuple[bytes, ...]:
        return ()

    def decide(self, known: Known) -> Decision:
        fact, stream = self._recorded.fact, self._recorded.stream
        sealed = fact.TOPIC in SEALED_TOPICS
        name = self._recorded.fact_id.bytes
        receipt = ReceiptRow(name, name, EvidenceId(stream), LearnerId(stream), ProviderId(stream))
        return Decision(
            Accepted(b""), EvidenceId(stream), LearnerId(stream), facts=(fact,), stream=stream,
            sealed=sealed, provider=self._recorded.provider, receipt=receipt,
            new_learner=sealed and self._recorded.version == 1,
        )  # fmt: skip


class Kept:
    """A ledger whose clock is turned by hand."""

    def __init__(self, url: str, **others: object) -> None:
        self.url, self.now = url, START
        self.settings: Settings = ledgers.settings(url, **others)
        self.ledger: Ledger

    def keep(self, facts: Sequence[Recorded]) -> None:
        """Append facts at the times and positions they have."""
        for recorded_at, some in groupby(facts, key=lambda one: one.recorded_at):
            self.now = recorded_at
            tasks = list(some)
            for start in range(0, len(tasks), FACTS_PER_APPEND_MAX):
                part = tasks[start : start + FACTS_PER_APPEND_MAX]
                outcomes = self.ledger._writer.submit([Keep(one) for one in part]).result(60)
                assert [ledgers.receipt(one).position for one in outcomes] == [
                    one.position for one in part
                ]

    def erase(self, *learners: LearnerId) -> None:
        """Destroy the keys of learners, and append the facts that say so."""
        facts = [LearnerErased(learner=one, reason="requested") for one in learners]
        tasks = [Erase(self.ledger._keys, one) for one in facts]
        assert all(map(ledgers.receipt, self.ledger._writer.submit(tasks).result(60)))
        assert not any(map(self.ledger.log.holds_key, learners))

    def view(self, name: str, columns: str = "*", order: str = "1, 2, 3, 4") -> list[Row]:
        """Read a view whole, in a fixed order."""
        return ledgers.rows(self.url, f"SELECT {columns} FROM views.{name} ORDER BY {order}")


@contextmanager
def kept(url: str, **others: object) -> Generator[Kept]:
    """Open a ledger whose clock says what the test says."""
    keeping = Kept(url, **others)

    def clock() -> datetime:
        return keeping.now

    with Ledger.open(keeping.settings, clock=clock) as ledger:
        keeping.ledger = ledger
        yield keeping
