"""Which pieces of evidence are attempts at the same thing, and which situation each came from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from uuid import UUID

from projections.policies.observation import Observation
from projections.policies.requirements import DistinctOf, WorkOf

Key = Callable[[Observation], Hashable | None]
"""Names what an observation belongs to; None where it does not say."""


def _site(seen: Observation) -> Hashable | None:
    return seen.context.site


def _context(seen: Observation) -> Hashable | None:
    where = seen.context
    place = where.site or where.course or seen.provider.int
    return place, where.task_family, where.equipment


DISTINCT: dict[DistinctOf, Key] = {
    "context": _context,
    "provider": lambda seen: seen.provider.int,
    "evaluator": lambda seen: seen.evaluator,
    "site": _site,
    "task": lambda seen: seen.context.task,
    "task_family": lambda seen: seen.context.task_family,
    "equipment": lambda seen: seen.context.equipment or None,
    "course": lambda seen: seen.context.course,
    "assessment": lambda seen: seen.context.assessment,
}


def work_key(of: WorkOf | str, everything: Sequence[Observation]) -> Key:
    """Give the function that names the work an observation is an attempt at.

    `everything` includes what does not count: a withdrawn middle attempt still ties the first
    to the last.
    """
    if of == "task":
        return _task
    if of == "assessment":
        return DISTINCT["assessment"]
    if of == "competency":
        return _one_work
    if not any(seen.revises for seen in everything):
        return _task_or_self
    roots = _joined(everything)
    return lambda seen: roots[seen.evidence]


def _one_work(_: Observation) -> Hashable:
    return True


def _task(seen: Observation) -> Hashable | None:
    return seen.context.task


def _task_or_self(seen: Observation) -> Hashable:
    return seen.context.task or seen.evidence.int


def _joined(everything: Sequence[Observation]) -> dict[UUID, Hashable]:
    parent: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        while (above := parent.get(node, node)) != node:
            parent[node] = parent.get(above, above)
            node = above
        return node

    for seen in everything:
        for tie in (seen.revises, seen.context.task):
            if tie is not None:
                parent[root(tie)] = root(seen.evidence)
    return {seen.evidence: root(seen.evidence) for seen in everything}


def same_attempt(seen: Observation) -> Hashable | None:
    """Name the one attempt that several people may have rated; None where nothing tells."""
    task = seen.context.task or seen.context.assessment
    return None if task is None else (task, seen.context.attempt)
