"""Our recorder passes the eventsourcing library's own suites, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from ledger.store.recorder import LedgerDatastore, LedgerRecorder


class OnPostgres:
    """Gives each of the library's tests a recorder on a database of its own."""

    datastore: LedgerDatastore

    @pytest.fixture(autouse=True)
    def _open(self, migrated: str) -> Iterator[None]:
        self.datastore = LedgerDatastore.open(migrated, pool_size=10)
        with self.datastore:
            yield

    def create_recorder(self) -> LedgerRecorder:
        return LedgerRecorder(self.datastore)


class WithoutPositions(LedgerRecorder):
    """An aggregate recorder, in the library's terms, gives no positions back."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: object) -> None:
        super().insert_events(stored_events, **kwargs)


class TestAggregateRecorder(OnPostgres, AggregateRecorderTestCase):
    def create_recorder(self) -> LedgerRecorder:
        return WithoutPositions(self.datastore)


class TestApplicationRecorder(OnPostgres, ApplicationRecorderTestCase[LedgerRecorder]):
    pass


class TestNonInterleaving(OnPostgres, NonInterleavingNotificationIDsBaseCase):
    insert_num = 1000
