"""The Kafka topics: their names, what they promise, and checking that they keep it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from consumers.administration import Admin
from consumers.errors import TopicUnfitError
from ledger.config import Settings

MESSAGE_BYTES_MAX = 1_048_576


class Topic(NamedTuple):
    """A topic as the relay makes it. `settings` are checked at every start, never altered."""

    name: str
    partitions: int
    settings: Mapping[str, str]


class Topics(NamedTuple):
    """All topics of one ledger, under its prefix."""

    facts: Topic
    changes: Topic
    positions: Topic
    submitted: Topic
    receipts: Topic
    rejected: Topic

    @classmethod
    def of(cls, settings: Settings) -> Topics:
        """Name the topics of a ledger."""
        prefix, partitions = settings.kafka_prefix, settings.kafka_partitions
        return cls(
            facts=Topic(f"{prefix}mastery.facts.v1", partitions, _KEPT),
            changes=Topic(f"{prefix}mastery.changes.v1", partitions, _KEPT),
            positions=Topic(f"{prefix}mastery.positions.v1", 1, _LATEST),
            submitted=Topic(f"{prefix}evidence.submitted", partitions, _PASSING),
            receipts=Topic(f"{prefix}evidence.receipts", partitions, _PASSING),
            rejected=Topic(f"{prefix}evidence.rejected", partitions, _PASSING),
        )


# Kept for ever, so that a subscriber can start over from zero. Not compacted: keys are learners,
# and compaction would keep only the last change of each.
_KEPT = MappingProxyType(
    {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
)
_LATEST = MappingProxyType({"cleanup.policy": "compact", "segment.ms": "86400000"})
# What was submitted is in the ledger, and what it answered can be asked for again.
_PASSING = MappingProxyType({"cleanup.policy": "delete"})
_PROMISED = ("cleanup.policy", "retention.ms", "retention.bytes")


def ensure(admin: Admin, topics: tuple[Topic, ...], *, replication: int) -> None:
    """Make the topics that are missing, and check those that are there.

    Raises:
        TopicUnfitError: one has settings under which events would be lost.
    """
    there = admin.topics()
    for topic in topics:
        if topic.name not in there:
            admin.create(
                topic.name, partitions=topic.partitions, replication=replication,
                settings=topic.settings,
            )  # fmt: skip
    for topic in topics:
        _check(topic, admin.settings(topic.name))


def _check(topic: Topic, found: Mapping[str, str]) -> None:
    for name in _PROMISED:
        expected = topic.settings.get(name)
        if expected is not None and found.get(name) != expected:
            raise TopicUnfitError(
                topic.name, setting=name, expected=expected, found=found.get(name, "")
            )
