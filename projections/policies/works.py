"""Which pieces of evidence are attempts at the same thing, and which situation each came from.

Asked for all evidence at once, as a column: judging asks these questions a million times.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from uuid import UUID

from projections.policies.observation import Observation
from projections.policies.requirements import DistinctOf, WorkOf

Key = Hashable | None
"""What an observation belongs to; None where it does not say."""

Column = Callable[[Sequence[Observation]], list[Key]]


def _contexts(seen: Sequence[Observation]) -> list[Key]:
    return [
        (where.site or where.course or one.provider.int, where.task_family, where.equipment)
        for one in seen
        for where in (one.context,)
    ]


COLUMNS: Mapping[str, Column] = {
    "context": _contexts,
    "provider": lambda seen: [one.provider.int for one in seen],
    "evaluator": lambda seen: [one.evaluator for one in seen],
    "site": lambda seen: [one.context.site for one in seen],
    "task": lambda seen: [one.context.task for one in seen],
    "task_family": lambda seen: [one.context.task_family for one in seen],
    "equipment": lambda seen: [one.context.equipment or None for one in seen],
    "course": lambda seen: [one.context.course for one in seen],
    "assessment": lambda seen: [one.context.assessment for one in seen],
    "attempted": lambda seen: [
        one.context.task or one.context.assessment or one.evidence.int for one in seen
    ],
    "rating": lambda seen: [
        (
            one.evidence.int if task is None else (task, where.attempt, one.revises),
            one.evaluator,
        )
        for one in seen
        for where in (one.context,)
        for task in (where.task or where.assessment,)
    ],
    "agreed": lambda seen: [one.confirmed_by or None for one in seen],
    "revises": lambda seen: [one.revises for one in seen],
    "facets": lambda seen: [one.facets for one in seen],
}
"""A column by name: those of `DistinctOf`, and: `attempted`, the task, or else the assessment, or
else the evidence itself, which a second rater rates again; `rating`, the attempt (what revises an
earlier piece of work is another one) and who rated it; `agreed`, who else looked at it and agreed; `revises`, the work it improves; `facets`."""


def repeats(keys: Sequence[Key]) -> bool:
    """Whether anything but None is in the column twice."""
    known = set(keys)
    return len(keys) - keys.count(None) > len(known) - (None in known)


def first_places(keys: Sequence[Key]) -> list[int]:
    """Give the places at which something new comes up, in order."""
    different = dict.fromkeys(keys)
    different.pop(None, None)
    if len(different) < 8:  # few: looking each one up is quicker than a loop over all
        return [*map(keys.index, different)]
    first: dict[Key, int] = {}
    for place, key in enumerate(keys):
        if key not in first:
            first[key] = place
    first.pop(None, None)
    return list(first.values())


def revised(everything: Iterable[Observation]) -> bool:
    """Whether anything says which earlier work it improves."""
    return any([one.revises for one in everything])  # noqa: C419  a generator takes twice as long


def work_column(
    of: WorkOf | DistinctOf, seen: Sequence[Observation], everything: Iterable[Observation]
) -> list[Key]:
    """Give the work that each observation is an attempt at.

    `everything` includes what does not count: a withdrawn middle attempt still ties the first
    to the last.
    """
    if of == "competency":
        return [True] * len(seen)
    if of != "work":
        return COLUMNS[of](seen)
    if not revised(everything):
        return [one.context.task for one in seen]  # nothing ties a work without a task to another
    roots = _joined(everything)
    return [roots[one.evidence] for one in seen]


def _joined(everything: Iterable[Observation]) -> Mapping[UUID, Hashable]:
    parent: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        while (above := parent.get(node, node)) != node:
            parent[node] = parent.get(above, above)
            node = above
        return node

    names: list[UUID] = []
    for one in everything:
        names.append(one.evidence)
        for tie in (one.revises, one.context.task):
            if tie is not None:
                parent[root(tie)] = root(one.evidence)
    return {name: root(name) for name in names}


def same_attempt(one: Observation) -> Key:
    """Name the one attempt that several people may have rated."""
    task = one.context.task or one.context.assessment
    return one.evidence.int if task is None else (task, one.context.attempt)


def rated_attempt(one: Observation) -> Key:
    """Name the one attempt that people may disagree on: a revision is another than what it revises."""
    attempt = same_attempt(one)
    return attempt if one.revises is None else (attempt, one.revises)
