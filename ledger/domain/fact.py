"""The one base of facts, and the streams they belong to."""

from __future__ import annotations

from typing import ClassVar, Literal

from ledger.domain.value import Value

StreamKind = Literal[
    "learner", "identity", "provider", "framework", "policy", "pathway", "announcement"
]


class Fact(Value):
    """Something that happened. Header data (position, stream, times) is in `Recorded`."""

    TOPIC: ClassVar[str] = ""
    STREAM: ClassVar[StreamKind] = "learner"
