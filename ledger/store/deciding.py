"""Deciding on the tasks of a group, one after another: what each comes to, or why it is refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from ledger.domain.ids import LearnerId
from ledger.domain.messages import Message
from ledger.errors import ErasedError, LedgerError, UnknownLearnerError
from ledger.store.enrolment_tasks import Enrol
from ledger.store.erasing import Erase
from ledger.store.evidence_tasks import Submit
from ledger.store.tasks import Decision, Known, Task
from ledger.store.unlinking import Free


class Refusal(NamedTuple):
    """One item that was not appended, and why; the rest of its batch stands."""

    error: LedgerError


def kinds_held(task: Task, known: Known) -> Iterable[bytes]:
    """Name what must be known of learners whom only some of a task's names mean so far.

    A new name goes to one of those, or to whom the message was about before.
    """
    if not isinstance(task, Submit | Enrol) or len(names := task.identifiers()) < 2:
        return ()
    meant = _meant(task, known)
    if not meant or all(key in known.learners for key in names):
        return ()
    message = _message_of(task, known)
    if message is not None:
        meant.add(message.learner)
    return [kind for learner in meant for kind in task.kinds_held(learner)]


def spoken_of_together(tasks: Sequence[Task], known: Known) -> set[LearnerId]:
    """Give the learners whom tasks speak of together: they may be one person, merged.

    In one task, or in several by a name or a message that is new with them.
    """
    messages = [task.message() for task in tasks]
    repeated = len(set(messages)) < len(messages)
    found: set[LearnerId] = set()
    by_new: defaultdict[bytes, set[LearnerId]] = defaultdict(set)
    for task, name in zip(tasks, messages, strict=True):
        message, keys = _message_of(task, known), task.identifiers()
        if message is None and len(keys) < 2 and not repeated:
            continue
        meant = _meant(task, known)
        if message is not None:
            meant.add(message.learner)
        elif name is not None:
            by_new[name] |= meant
        for key in keys:
            if key not in known.learners:
                by_new[key] |= meant
        if len(meant) > 1:
            found |= meant
    return found.union(*(together for together in by_new.values() if len(together) > 1))


def decide(task: Task, known: Known) -> Decision | Refusal:
    """Decide on a task; what refuses it is its own outcome."""
    try:
        if known.erased and not isinstance(task, Erase | Free):
            _check_kept(task, known)
        return task.decide(known)
    except LedgerError as error:
        return Refusal(error)


def _check_kept(task: Task, known: Known) -> None:
    """Refuse what is about somebody who was erased, before it can change what others are told."""
    message, meant = _message_of(task, known), _meant(task, known)
    if message is not None:
        meant.add(message.learner)
    for learner in meant & known.erased:
        raise ErasedError(learner)


def _message_of(task: Task, known: Known) -> Message | None:
    evidence = task.evidence()
    name = known.names.get(evidence) if evidence is not None else task.message()
    return known.messages.get(name) if name is not None else None


def _meant(task: Task, known: Known) -> set[LearnerId]:
    keys = task.found_by() if isinstance(task, Submit) else task.identifiers()
    return {known.learners[key] for key in keys if key in known.learners}


def refuse_keyless(
    decisions: list[Decision | Refusal], keyless: set[UUID], *, known: Collection[bytes]
) -> None:
    """Refuse what is about owners who were erased, or never were, and what only repeats it.

    An owner who is erased in this group is so for what comes after that.
    """
    refused: dict[int, Refusal] = {}
    erased: set[UUID] = set()
    for index, one in enumerate(decisions):
        if isinstance(one, Refusal):
            continue
        if one.erases:
            erased.add(one.stream)
        elif one.facts and (gone := {one.stream, *one.keyed} & (keyless | erased)):
            who = min(gone)
            was = who in erased or who.bytes in known
            error = ErasedError(who) if was else UnknownLearnerError(who)
            refused[id(one.accepted)] = decisions[index] = Refusal(error)
        elif id(one.accepted) in refused:
            decisions[index] = refused[id(one.accepted)]
