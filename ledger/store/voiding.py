"""Taking back all that was sent under one id of the provider's, be it about one learner or a group.

A statement about a group was recorded once for each member, under names that count them. Only
the writer knows what is recorded, so all members are asked for where the id itself is of nothing:
any may have been refused when they were sent, or their learner erased since. Before an id was held
to mean one statement, one about a learner and one about a group may both have been recorded under
it; where one of its first members was, all are asked for too, and both go.

What has not come yet, or not all of it, is withdrawn as it comes: an announcement waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from ledger.errors import UnknownEvidenceError
from ledger.store.appending import Outcome, Receipt
from ledger.store.withdrawal_tasks import Withdraw

Submit = Callable[..., Future[list[Outcome]]]
"""Queues tasks for the writer (`GroupCommit.submit`)."""

_WEIGHT = 50  # it looks for all members that a group may have


def void(
    submit: Submit, external_id: str, *, withdrawal: Callable[..., Withdraw]
) -> Future[list[Outcome]]:
    """Withdraw what came under an id, and each member of a group of it: one outcome for each.

    `withdrawal` makes the task for an `external_id`, or for `evidence`. Where nothing came it is
    awaited.
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

    first: list[Outcome] = []

    def alone(outcomes: list[Outcome]) -> None:
        if all(map(_is_all, outcomes)):
            answer.set_result(outcomes)
            return
        first.extend(one for one in outcomes if isinstance(one, Receipt))
        announcing = withdrawal(external_id=external_id, announces=True)
        submit([announcing], weight=_WEIGHT).add_done_callback(heard(whole))

    def whole(outcomes: list[Outcome]) -> None:
        come = [named for one in outcomes if isinstance(one, Receipt) for named in one.members]
        if not come:
            answer.set_result(outcomes)
            return
        # An announcement sees to those who come after it.
        told = first or [one for one in outcomes if isinstance(one, Receipt) and not one.awaited]
        tasks = [withdrawal(evidence=named) for named in come]
        submit(tasks).add_done_callback(heard(lambda each: answer.set_result([*told, *each])))

    submit([withdrawal(external_id=external_id)]).add_done_callback(heard(alone))
    return answer


def _is_all(outcome: Outcome) -> bool:
    if isinstance(outcome, Receipt):
        return not outcome.members
    return not isinstance(outcome.error, UnknownEvidenceError)
