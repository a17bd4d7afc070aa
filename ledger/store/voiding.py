"""Taking back what was sent under one id of the provider's, be it about one learner or a group.

A statement about a group was recorded once for each member, under names that count them. Only
the writer knows what is recorded, so all members are asked for once one of the first two is
found: one alone may have been refused when it was sent, or its learner erased since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from ledger.domain.messages import GROUP_MEMBERS_MAX, member_id
from ledger.errors import UnknownEvidenceError
from ledger.store.appending import Outcome, Receipt
from ledger.store.evidence_tasks import Withdraw
from ledger.store.tasks import Task

Submit = Callable[[Sequence[Task]], Future[list[Outcome]]]

_FIRST = 2  # a group has two members at least; one person alone has no name that counts


def void(
    submit: Submit, external_id: str, *, withdrawal: Callable[..., Withdraw]
) -> Future[list[Outcome]]:
    """Withdraw one message, or each member of a group: one outcome for each.

    `withdrawal` makes the task for an `external_id`. What is known under neither is refused, once.
    """
    answer: Future[list[Outcome]] = Future()
    answer.set_running_or_notify_cancel()  # it is answered, whoever still waits

    def settle(done: Future[list[Outcome]]) -> None:
        try:
            single, *first = done.result()
            found = [outcome for outcome in first if _is_known(outcome)]
            if not found:
                answer.set_result([single])
                return
            names = (member_id(external_id, at) for at in range(_FIRST, GROUP_MEMBERS_MAX))
            others = [withdrawal(external_id=name) for name in names]
            submit(others).add_done_callback(lambda rest: gather(found, rest))
        except Exception as error:  # noqa: BLE001  whoever waits hears of it
            answer.set_exception(error)

    def gather(first: list[Outcome], rest: Future[list[Outcome]]) -> None:
        try:
            found = [outcome for outcome in rest.result() if _is_known(outcome)]
        except Exception as error:  # noqa: BLE001  whoever waits hears of it
            answer.set_exception(error)
        else:
            answer.set_result([*first, *found])

    names = (external_id, *(member_id(external_id, at) for at in range(_FIRST)))
    submit([withdrawal(external_id=name) for name in names]).add_done_callback(settle)
    return answer


def _is_known(outcome: Outcome) -> bool:
    return isinstance(outcome, Receipt) or not isinstance(outcome.error, UnknownEvidenceError)
