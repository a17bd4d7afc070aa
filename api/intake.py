"""From items as received to answers: translate, hand to the ledger, wait for the commit, answer.

Beginning and finishing are two steps, so that a stream translates its next items while the
last ones are being committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import NamedTuple

from api.answers import Answer, Status
from api.bodies import is_deeper
from api.problems import Fault, fault_of, faults_of
from ledger.config import Settings
from ledger.domain.ids import ProviderId
from ledger.errors import ConflictError, InvalidDocumentError, LedgerError, Reject
from ledger.service import Ledger, Outcome, Receipt
from ledger.standards.items import Item
from ledger.standards.translation import Refused, Translated
from ledger.standards.translation import Outcome as Translation
from ledger.store.rejects import Rejected

Translate = Callable[[Item], Translation]
INLINE_BYTES_MAX = 16 * 1024
"""More than this is translated in a thread, so that other requests are answered meanwhile."""


class Begun(NamedTuple):
    """Items translated and handed over; the futures come true once they are committed."""

    provider: ProviderId
    translations: list[Translation]
    recorded: Future[list[Outcome]] | None
    withdrawn: list[tuple[int, Future[list[Outcome]]]]


class Finished(NamedTuple):
    """The answers, and by index the errors that the ledger refused items with."""

    answers: list[Answer]
    errors: dict[int, LedgerError]


class Intake:
    """Takes one provider's items into the ledger."""

    def __init__(
        self, ledger: Ledger, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._ledger, self._clock = ledger, clock
        self._depth_max = settings.json_depth_max

    async def begin(
        self, provider: ProviderId, items: Sequence[Item], translate: Translate
    ) -> Begun:
        """Translate items and hand them over, in their order."""
        if sum(len(item.raw) for item in items) <= INLINE_BYTES_MAX:
            return self._begin(provider, items, translate)
        return await asyncio.to_thread(self._begin, provider, items, translate)

    def _begin(
        self, provider: ProviderId, items: Sequence[Item], translate: Translate
    ) -> Begun:
        translations = [translate(self._bounded(item)) for item in items]
        submissions = [
            submission
            for one in translations
            if isinstance(one, Translated)
            for submission in one.submissions
        ]
        recorded = self._ledger.submit(provider, submissions) if submissions else None
        # After the submissions: a document may hold something and its withdrawal.
        withdraw = self._ledger.withdraw
        withdrawn = [
            (one.index, withdraw(provider, reason=each.reason, external_id=each.external_id))
            for one in translations
            if isinstance(one, Translated)
            for each in one.withdrawals
        ]
        return Begun(provider, translations, recorded, withdrawn)

    def _bounded(self, item: Item) -> Item:
        if item.fault is None and is_deeper(item.raw, self._depth_max):
            why = f"nested deeper than {self._depth_max} levels"
            return item._replace(fault=Reject("", why, f"at most {self._depth_max} levels"))
        return item

    async def finish(self, begun: Begun) -> Finished:
        """Wait until the items are in the log for good; keep the refused ones; answer each."""
        given = iter(await asyncio.wrap_future(begun.recorded) if begun.recorded else [])
        answers: list[Answer] = []
        errors: dict[int, LedgerError] = {}
        refused: list[Refused] = []
        for one in begun.translations:
            if isinstance(one, Refused):
                answers.append(_refused(one.index, tuple(map(fault_of, one.rejects))))
                refused.append(one)
                continue
            for _ in one.submissions:
                answer, error = answer_of(one.index, next(given))
                answers.append(answer)
                if error is not None:
                    errors[one.index] = error
                    refused.append(Refused(one.index, one.raw, _rejects_of(error)))
        for index, future in begun.withdrawn:
            (outcome,) = await asyncio.wrap_future(future)
            answer, error = answer_of(index, outcome, done="withdrawn")
            answers.append(answer)
            if error is not None:
                errors[index] = error
        if refused:
            await asyncio.to_thread(self._keep, begun.provider, refused)
        if begun.withdrawn:
            answers.sort(key=lambda answer: answer.index)
        return Finished(answers, errors)

    def _keep(self, provider: ProviderId, refused: list[Refused]) -> None:
        self._ledger.rejects.keep(provider, [Rejected(one.index, one.rejects, one.raw) for one in refused])

    def now(self) -> datetime:
        """Give the time that bounds when evidence may have occurred."""
        return self._clock()


def answer_of(
    index: int, outcome: Outcome, *, done: Status = "accepted"
) -> tuple[Answer, LedgerError | None]:
    """Turn what the ledger did with one item into its answer, and the error if it refused."""
    if not isinstance(outcome, Receipt):
        error = outcome.error
        status: Status = "conflict" if isinstance(error, ConflictError) else "rejected"
        return _refused(index, faults_of(error), status), error
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


def _refused(index: int, faults: tuple[Fault, ...], status: Status = "rejected") -> Answer:
    return Answer(index=index, status=status, errors=faults)


def _rejects_of(error: LedgerError) -> tuple[Reject, ...]:
    if isinstance(error, InvalidDocumentError):
        return error.rejects
    return (Reject("", str(error)),)
