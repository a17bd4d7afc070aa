"""Where partitions end, with what no transaction has decided yet.

A transaction is committed when its coordinator says so, and each partition hears of it after that,
one leader after another (KIP-98, 5.3). Until it does, its end for readers of committed records lies
before records that are committed: who took that for the end would pass over them.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (kafka-python ships no types; see consumers/broker.py)

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

from kafka import KafkaConsumer
from kafka import errors as foreign
from kafka.structs import TopicPartition

from consumers.broker import Place, connection, translated
from ledger.config import Settings


class Watermarks:
    """Asks where partitions end; reads nothing."""

    def __init__(self, settings: Settings) -> None:
        with translated():
            self._client: Any = KafkaConsumer(
                **connection(settings), isolation_level="read_uncommitted",
                enable_auto_commit=False, allow_auto_create_topics=False, metrics_enabled=False,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(foreign.KafkaError, OSError):
            self._client.close(autocommit=False)

    def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        """Give the offset after the last record of each partition, decided or not."""
        with translated():
            found = self._client.end_offsets([TopicPartition(*place) for place in places])
        return {(place.topic, place.partition): int(end) for place, end in found.items()}
