"""Which names a learner holds one of, so that a weaker name merges no two people.

A mailbox may be a family's, and a school may give a new number to somebody whom the state knows.
So a name by which a learner is found does not outvote a stronger one of which the learner holds
another value: the state's number is stronger than any system's own, and that is stronger than a
mailbox. Kept in ledger.holdings: a keyed hash of learner and kind of name, to one of the value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from ledger.domain.evidence import Identifier
from ledger.domain.identity import identity_parts
from ledger.domain.ids import LearnerId, ProviderId
from ledger.errors import LearnerUnclearError
from ledger.store.keys import MasterKey

_WEAK, _OWN, _STRONG = 1, 2, 3
_STRENGTHS: Mapping[str, int] = {"ssid": _STRONG, "mbox_sha1sum": _WEAK, "openid": _WEAK}

Marks = dict[bytes, bytes]
"""By learner and kind of name, the value that the learner holds; keyed hashes, both."""


def kinds_held(
    keys: MasterKey, provider: ProviderId, names: Sequence[Identifier], *, learner: LearnerId
) -> Marks:
    """Name what a learner would hold by these names; of one kind, the last."""
    return dict(_marks(keys, provider, names, learner))


def taken_up(
    keys: MasterKey, provider: ProviderId, names: Sequence[Identifier], *,
    linked: Sequence[bool], learner: LearnerId, known: Mapping[bytes, bytes],
) -> Marks:  # fmt: skip
    """Give the kinds of name that a learner holds from now on.

    Raises:
        LearnerUnclearError: a stronger name says that this is somebody else.
    """
    found_by = max(
        (_strength(one) for one, is_known in zip(names, linked, strict=True) if is_known), default=0
    )
    new: Marks = {}
    for one, is_known in zip(names, linked, strict=True):
        for kind, mark in () if is_known else _marks(keys, provider, (one,), learner):
            held = new.get(kind) or known.get(kind)
            if held is None:
                new[kind] = mark
            elif held != mark and _strength(one) > found_by:
                raise LearnerUnclearError(
                    f"the learner whom the other names mean has another {one.type}: "
                    "one name is shared by two people, or one of them is wrong"
                )
    return new


def _marks(
    keys: MasterKey, provider: ProviderId, names: Sequence[Identifier], learner: LearnerId
) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    for one in names:
        if _strength(one) > _WEAK:
            *kind, value = identity_parts(provider, one)
            mark = keys.lookup("mark", *kind, value)
            found.append((keys.lookup("holds", learner.hex, *kind), mark))
    return found


def _strength(name: Identifier) -> int:
    return _STRENGTHS.get(identity_parts(_NOBODYS, name)[0], _OWN)


_NOBODYS = ProviderId(UUID(int=0))
