"""Kafka's administration: which topics there are, with which settings, and making one."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (kafka-python ships no types; see consumers/broker.py)

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from kafka import errors as foreign
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from consumers.broker import connection, translated
from ledger.config import Settings


class Admin:
    """Looks at topics and makes them; alters and deletes none."""

    def __init__(self, settings: Settings) -> None:
        with translated():
            self._client: Any = KafkaAdminClient(**connection(settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(foreign.KafkaError, OSError):
            self._client.close()

    def topics(self) -> set[str]:
        """Name the topics there are."""
        with translated():
            return set(self._client.list_topics())

    def create(
        self, name: str, *, partitions: int, replication: int, settings: Mapping[str, str]
    ) -> None:
        """Make a topic and wait until it can be used; one made meanwhile is left as it is."""
        wanted = {
            name: {
                "num_partitions": partitions,
                "replication_factor": replication,
                "configs": dict(settings),
            }
        }
        with translated():
            with suppress(foreign.TopicAlreadyExistsError):
                self._client.create_topics(wanted)
            self._client.wait_for_topics([name], timeout_ms=20_000)

    def settings(self, topic: str) -> dict[str, str]:
        """Give all settings of a topic, defaults included."""
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        with translated():
            found: Any = self._client.describe_configs([resource], config_filter="all")
        (of_topics,) = found.values()
        return {str(name): str(one["value"]) for name, one in of_topics[topic].items()}
