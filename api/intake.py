"""From items as received to answers: translate, hand to the ledger, wait for the commit, answer.

Beginning and finishing are two steps, so that a stream or a file translates its next items
while the last ones are being committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from api.answers import Answer, Status
from api.problems import Fault, fault_of, faults_of
from ledger.clock import Clock
from ledger.config import Settings
from ledger.domain.ids import ProviderId
from ledger.errors import (
    ConflictError,
    ErasedError,
    InvalidDocumentError,
    LearnerUnclearError,
    LedgerError,
    Reject,
)
from ledger.service import Ledger, Outcome, Receipt
from ledger.standards.items import Item
from ledger.standards.nesting import is_deeper
from ledger.standards.translation import Outcome as Translation
from ledger.standards.translation import Refused, Translated
from ledger.store.rejects import Rejected

Translate = Callable[[Item], Translation]
INLINE_BYTES_MAX = 16 * 1024
"""More than this is translated in a thread, so that other requests are answered meanwhile."""

TRANSLATORS = 2
"""Threads that translate. One does all that Python can; the second, so that a short body need not
wait for the end of a long one. More of them only take turns, and were slower (docs/performance.md)."""


class Begun(NamedTuple):
    """Items translated and handed over; the futures come true once they are committed."""

    provider: ProviderId
    translations: Sequence[Translation]
    recorded: Future[list[Outcome]] | None
    withdrawn: list[tuple[int, Future[list[Outcome]]]]


class Finished(NamedTuple):
    """The answers; what was refused, as received; and by index what the ledger refused it with."""

    answers: list[Answer]
    refused: list[Refused]
    errors: dict[int, LedgerError]

    @property
    def forgotten(self) -> set[int]:
        """Which items were about somebody who was erased: they are not kept."""
        return {at for at, error in self.errors.items() if isinstance(error, ErasedError)}


class Intake:
    """Takes one provider's items into the ledger."""

    def __init__(self, ledger: Ledger, settings: Settings, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._depth_max = settings.json_depth_max
        self._threads = ThreadPoolExecutor(TRANSLATORS, thread_name_prefix="translate")

    async def begin(
        self, provider: ProviderId, items: Sequence[Item], translate: Translate
    ) -> Begun:
        """Translate items and hand them over, in their order."""
        if sum(len(item.raw) for item in items) <= INLINE_BYTES_MAX:
            return self._begin(provider, items, translate)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._begin, provider, items, translate)

    async def finish(self, begun: Begun) -> Finished:
        """Wait until the items are in the log for good; keep the refused ones; answer each."""
        recorded = await asyncio.wrap_future(begun.recorded) if begun.recorded else []
        withdrawn = [(at, await asyncio.wrap_future(future)) for at, future in begun.withdrawn]
        finished = settle(begun.translations, recorded, withdrawn)
        if finished.refused:
            await asyncio.to_thread(keep, self._ledger, begun.provider, finished)
        return finished

    def _begin(self, provider: ProviderId, items: Sequence[Item], translate: Translate) -> Begun:
        translations = [translate(bounded(item, self._depth_max)) for item in items]
        return hand_over(self._ledger, provider, translations)


def bounded(item: Item, depth_max: int) -> Item:
    """Mark an item that nests too deeply, before anything decodes it."""
    if item.fault is None and is_deeper(item.raw, depth_max):
        why = f"nested deeper than {depth_max} levels"
        return Item(item.index, item.raw, Reject("", why, f"at most {depth_max} levels"))
    return item


def hand_over(ledger: Ledger, provider: ProviderId, translations: Sequence[Translation]) -> Begun:
    """Queue what was understood, in its order."""
    understood = [one for one in translations if isinstance(one, Translated)]
    submissions = [submission for one in understood for submission in one.submissions]
    recorded = ledger.submit(provider, submissions) if submissions else None
    # After the submissions: a document may hold something and its withdrawal.
    withdrawn = [
        (one.index, ledger.withdraw(provider, reason=each.reason, external_id=each.external_id))
        for one in understood
        for each in one.withdrawals
    ]
    return Begun(provider, translations, recorded, withdrawn)


def settle(
    translations: Sequence[Translation],
    recorded: Sequence[Outcome],
    withdrawn: Sequence[tuple[int, Sequence[Outcome]]],
) -> Finished:
    """Answer each item by what became of it."""
    given = iter(recorded)
    finished = Finished([], [], {})
    for one in translations:
        if isinstance(one, Refused):
            faults = tuple(map(fault_of, one.rejects))
            finished.answers.append(_refused(one.index, faults))
            finished.refused.append(one)
            continue
        for _ in one.submissions:
            _settle(finished, one, next(given), "accepted")
    by_index = {one.index: one for one in translations} if withdrawn else {}
    for index, outcomes in withdrawn:
        for outcome in outcomes:
            _settle(finished, by_index[index], outcome, "withdrawn")
    if withdrawn:
        finished.answers.sort(key=lambda answer: answer.index)
    return finished


def _settle(finished: Finished, one: Translation, outcome: Outcome, done: Status) -> None:
    answer, error = answer_of(one.index, outcome, done=done)
    finished.answers.append(answer)
    if error is not None:
        finished.errors[one.index] = error
        finished.refused.append(Refused(one.index, one.raw, _rejects_of(error)))


def answer_of(
    index: int, outcome: Outcome, *, done: Status = "accepted"
) -> tuple[Answer, LedgerError | None]:
    """Turn what the ledger did with one item into its answer, and the error if it refused."""
    if not isinstance(outcome, Receipt):
        error = outcome.error
        status: Status = "conflict" if isinstance(error, ConflictError) else "rejected"
        return _refused(index, faults_of(error), status), error
    if outcome.awaited:  # whose it is, and which, is not known yet
        return Answer(
            index=index, status="awaited", position=outcome.position,
            recorded_at=outcome.recorded_at, duplicate=outcome.duplicate,
        ), None  # fmt: skip
    answer = Answer(
        index=index,
        status="duplicate" if outcome.duplicate and done == "accepted" else done,
        evidence=outcome.evidence,
        learner=outcome.learner,
        position=outcome.position,
        recorded_at=outcome.recorded_at,
        sha256=outcome.digest.hex() or None,
        duplicate=outcome.duplicate,
    )
    return answer, None


def keep(ledger: Ledger, provider: ProviderId, finished: Finished) -> None:
    """Keep what was refused, so that nothing is lost; of somebody who was erased, the reason alone."""
    items = [
        Rejected(one.index, one.rejects, b"" if one.index in finished.forgotten else one.raw)
        for one in finished.refused
    ]
    ledger.rejects.keep(provider, items)


def _refused(index: int, faults: tuple[Fault, ...], status: Status = "rejected") -> Answer:
    return Answer(index=index, status=status, errors=faults)


def _rejects_of(error: LedgerError) -> tuple[Reject, ...]:
    if isinstance(error, InvalidDocumentError):
        return error.rejects
    where = "/learner" if isinstance(error, LearnerUnclearError) else ""
    return (Reject(where, str(error)),)
