"""What becomes of a foreign document: every item in it ends as exactly one outcome.

`Translated` holds what the ledger can take, `Refused` says where and why. Both keep the
item's bytes as received, so nothing is lost and a refused item can be repaired and sent again.
Outcomes come as iterators, so that a file of any length passes through in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from ledger.domain.evidence import Submission
from ledger.domain.facts import FrameworkPublished
from ledger.errors import Reject

Rejects = tuple[Reject, ...]
"""Never empty where it stands for a refusal."""


class Withdrawal(NamedTuple):
    """The provider takes back what it sent before under `external_id`.

    An xAPI statement about a group was sent as `<id>#0`, `<id>#1`, ...: all of them go.
    """

    external_id: str
    reason: str


class Correction(NamedTuple):
    """The provider says it otherwise now: `submission` replaces what was said before."""

    reason: str
    submission: Submission


class Translated(Struct, frozen=True):
    """Item `index` (from 0) is understood, as one or more of these.

    An xAPI statement about a group is one submission for each member; a voiding statement is
    a withdrawal; a CASE package is a framework.
    """

    index: int
    raw: bytes
    submissions: tuple[Submission, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    frameworks: tuple[FrameworkPublished, ...] = ()


class Refused(Struct, frozen=True):
    """Item `index` (from 0) cannot be taken; `rejects` says where and why, at least once.

    `raw` is the item as received (its first bytes, where it is longer than the limit).
    """

    index: int
    raw: bytes
    rejects: Rejects


Outcome = Translated | Refused


class Translation(NamedTuple):
    """All outcomes of one document, for documents that are small enough to hold."""

    translated: tuple[Translated, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def submissions(self) -> tuple[tuple[int, Submission], ...]:
        """Every submission with the index of the item it came from."""
        return tuple((one.index, each) for one in self.translated for each in one.submissions)

    @property
    def withdrawals(self) -> tuple[tuple[int, Withdrawal], ...]:
        """Every withdrawal with the index of the item it came from."""
        return tuple((one.index, each) for one in self.translated for each in one.withdrawals)

    @property
    def frameworks(self) -> tuple[FrameworkPublished, ...]:
        """Every framework, in the document's order."""
        return tuple(each for one in self.translated for each in one.frameworks)

    @property
    def rejects(self) -> tuple[tuple[int, Reject], ...]:
        """Every reject with the index of the item it is about."""
        return tuple((one.index, each) for one in self.refused for each in one.rejects)


def collect(outcomes: Iterable[Outcome]) -> Translation:
    """Hold all outcomes at once."""
    translated: list[Translated] = []
    refused: list[Refused] = []
    for outcome in outcomes:
        if isinstance(outcome, Translated):
            translated.append(outcome)
        else:
            refused.append(outcome)
    return Translation(tuple(translated), tuple(refused))
