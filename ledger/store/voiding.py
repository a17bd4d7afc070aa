"""Taking back what was sent under one id of the provider's, be it about one learner or a group.

A statement about a group was recorded once for each member, under names that count them. Only
the writer knows what is recorded, so all members are asked for where the id itself is of nothing:
any may have been refused when they were sent, or their learner erased since.

What has not come yet, or not all of it, is withdrawn as it comes: an announcement waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from ledger.domain.messages import GROUP_MEMBERS_MAX, member_id
from ledger.errors import UnknownEvidenceError
from ledger.store.appending import Outcome, Receipt
from ledger.store.tasks import Task
from ledger.store.withdrawal_tasks import Withdraw

Submit = Callable[[Sequence[Task]], Future[list[Outcome]]]


def void(
    submit: Submit, external_id: str, *, withdrawal: Callable[..., Withdraw]
) -> Future[list[Outcome]]:
    """Withdraw one message, or each member of a group: one outcome for each.

    `withdrawal` makes the task for an `external_id`. What is known under neither is awaited.
    """
    answer: Future[list[Outcome]] = Future()
    answer.set_running_or_notify_cancel()  # it is answered, whoever still waits

    def settle(done: Future[list[Outcome]]) -> None:
        try:
            (single,) = done.result()
            if _is_known(single):
                answer.set_result([single])
                return
            # In one transaction, the announcement first: a member that comes meanwhile is seen
            # by the one or by the other.
            names = (member_id(external_id, at) for at in range(GROUP_MEMBERS_MAX))
            members = (withdrawal(external_id=name) for name in names)
            tasks = [withdrawal(external_id=external_id, announces=True), *members]
            submit(tasks).add_done_callback(gather)
        except Exception as error:  # noqa: BLE001  whoever waits hears of it
            answer.set_exception(error)

    def gather(done: Future[list[Outcome]]) -> None:
        try:
            whole, *members = done.result()
            found = [outcome for outcome in members if _is_known(outcome)]
        except Exception as error:  # noqa: BLE001  whoever waits hears of it
            answer.set_exception(error)
        else:
            answer.set_result(found or [whole])

    submit([withdrawal(external_id=external_id)]).add_done_callback(settle)
    return answer


def _is_known(outcome: Outcome) -> bool:
    return isinstance(outcome, Receipt) or not isinstance(outcome.error, UnknownEvidenceError)
