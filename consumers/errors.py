"""Every error of the consumers, in one tree.

DownstreamError
├── BrokerUnavailableError   Kafka does not answer, or refused; nothing was committed there
├── FencedError              another process took over this one's part; this one must stop
├── TopicUnfitError          a topic exists with settings that break what is promised
├── AheadOfLogError          downstream holds more than the ledger: one of them was restored
└── DestinationRefusedError  a webhook may not be sent to that address
"""

from __future__ import annotations


class DownstreamError(Exception):
    """Anything that goes wrong between the ledger and the systems downstream."""


class BrokerUnavailableError(DownstreamError):
    """Kafka does not answer, or refused; what was begun there is not committed."""


class FencedError(DownstreamError):
    """Another process has taken over; whatever this one still sends is refused."""


class TopicUnfitError(DownstreamError):
    """A topic exists with settings under which the promises of docs/subscribers.md do not hold."""

    def __init__(self, topic: str, *, setting: str, expected: str, found: str) -> None:
        super().__init__(
            f"topic {topic} has {setting}={found}, and needs {expected}; "
            "it is not altered by the relay: alter it yourself, or name another kafka_prefix"
        )
        self.topic, self.setting, self.expected, self.found = topic, setting, expected, found


class AheadOfLogError(DownstreamError):
    """A position downstream lies beyond the ledger's end: a backup of one of them was restored."""

    def __init__(self, what: str, *, position: int, head: int) -> None:
        super().__init__(
            f"{what}: position {position} is beyond the ledger's end {head}; was a backup restored?"
            " See docs/operations.md, `Kafka is ahead of the ledger`"
        )
        self.what, self.position, self.head = what, position, head


class DestinationRefusedError(DownstreamError):
    """A webhook may not be sent there."""
