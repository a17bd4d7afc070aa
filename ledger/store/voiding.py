"""Taking back what was sent under one id of the provider's, be it about one learner or a group.

A statement about a group was recorded once for each member, under names that count them. Only
the writer knows what is recorded, so all members are asked for where the id itself is of nothing:
any may have been refused when they were sent, or their learner erased since.

What has not come yet, or not all of it, is withdrawn as it comes: an announcement waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from ledger.domain.messages import member_id
from ledger.errors import UnknownEvidenceError
from ledger.store.appending import Outcome, Receipt
from ledger.store.withdrawal_tasks import Withdraw

Submit = Callable[..., Future[list[Outcome]]]
"""Queues tasks for the writer (`GroupCommit.submit`)."""

_ANNOUNCING_WEIGHT = 50  # it looks for all members that a group may have


def void(
    submit: Submit, external_id: str, *, withdrawal: Callable[..., Withdraw]
) -> Future[list[Outcome]]:
    """Withdraw one message, or each member of a group: one outcome for each.

    `withdrawal` makes the task for an `external_id`. What is known under neither is awaited.
    """
    answer: Future[list[Outcome]] = Future()
    answer.set_running_or_notify_cancel()  # it is answered, whoever still waits

    def heard(step: Callable[[list[Outcome]], None]) -> Callable[[Future[list[Outcome]]], None]:
        def hear(done: Future[list[Outcome]]) -> None:
            try:
                step(done.result())
            except Exception as error:  # noqa: BLE001  whoever waits hears of it
                answer.set_exception(error)

        return hear

    def alone(outcomes: list[Outcome]) -> None:
        if any(map(_is_known, outcomes)):
            answer.set_result(outcomes)
        else:
            announcing = withdrawal(external_id=external_id, announces=True)
            waiting = submit([announcing], weight=_ANNOUNCING_WEIGHT)
            waiting.add_done_callback(heard(announced))

    def announced(outcomes: list[Outcome]) -> None:
        # Members that came before the announcement; it sees to those that come after it.
        come = [at for one in outcomes if isinstance(one, Receipt) for at in one.members]
        names = [member_id(external_id, at) for at in come]
        if names:
            tasks = [withdrawal(external_id=name) for name in names]
            submit(tasks).add_done_callback(heard(answer.set_result))
        else:
            answer.set_result(outcomes)

    submit([withdrawal(external_id=external_id)]).add_done_callback(heard(alone))
    return answer


def _is_known(outcome: Outcome) -> bool:
    return isinstance(outcome, Receipt) or not isinstance(outcome.error, UnknownEvidenceError)
