"""Random histories: what providers, stewards and learners may do, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st

from ledger.domain.evidence import Context, Credential, EvidenceKind, Identifier, Party, Result
from ledger.domain.facts import (
    AuthorityRevoked,
    ContestResolved,
    EvidenceConfirmed,
    EvidenceContested,
    Fact,
    IdentityUnlinked,
    LearnerMerged,
    LearnerUnmerged,
    ProviderReinstated,
    ProviderSuspended,
    WithdrawalAnnounced,
)
from tests.builders import Given, day, evidence, evidence_id, learner, policy, provider
from tests.doings import BOARD, Doing, equate

LEARNERS = 3
PROVIDERS = 2
KINDS: tuple[EvidenceKind, ...] = ("assessment", "work_based_learning", "credential", "activity")
POLICIES: tuple[dict[str, Any], ...] = (
    policy(expiry={"expires_after": "P20D"}),
    policy(
        "latest", estimate={"method": "latest"},
        counting={"equivalents": {"broader": "counted", "chain_max": 2}},
    ),
    policy(
        "mean-within",
        estimate={"method": "mean"},
        requirement={
            "rule": "within",
            "period": "P30D",
            "inner": {"rule": "observations_at_least", "at_least": 2, "level": "met"},
        },
    ),
    policy("whole", requirement={"rule": "any_of", "rules": [
        {"rule": "estimate_at_least"}, {"rule": "covers", "at_least": 1},
    ]}),
    policy("habits", strands=["dispositions"]),
    policy("better", requirement={"rule": "improved"}),
)  # fmt: skip


@dataclass(frozen=True)
class History:
    """What is done, in the order the ledger hears of it."""

    doings: tuple[Doing, ...]
    prepared: bool = True  # framework, authority and a policy are there before any evidence
    walked: bool = False  # and a crosswalk

    def shuffled(self, random: Any) -> History:
        """Let evidence arrive in another order."""
        doings = list(self.doings)
        random.shuffle(doings)
        return replace(self, doings=tuple(doings))


_SAID = ("record", "record", "record", "record", "enrol", "describe", "disenrol")
_CHANGED = ("correct", "withdraw", "confirm", "contest", "resolve")
_REFERENCE = ("grant", "revoke", "suspend", "reinstate", "framework", "adopt")
_NAMING = ("name", "unlink", "announce")
_MERGING = ("merge", "merge", "merge", "unmerge")
_WALKING = ("walk", "sign", "sign", "unwalk", "assess", "validate")
_NEARBY = (*_SAID, *_SAID, *_SAID, *_CHANGED, *_REFERENCE, *_NAMING, *_WALKING)
_EQUATING = (*_WALKING, "align")


def doings(words: Sequence[str]) -> st.SearchStrategy[Doing]:
    return st.builds(
        Doing,
        what=st.sampled_from(words),
        who=st.integers(0, LEARNERS - 1),
        by=st.integers(0, PROVIDERS - 1),
        about=st.integers(0, 7),
        choice=st.integers(0, 7),
        day=st.integers(-10, 40),
        wait=st.sampled_from((0, 0, 1, 7)),
        score=st.sampled_from(("0.5", "0.8", "1")),
    )


def histories(*, corrections: bool = True, merging: bool = False) -> st.SearchStrategy[History]:
    """Give histories of up to 40 doings.

    Without corrections, only evidence: what it comes to must not depend on the order of arrival.
    With merging, learners become one person, and are parted again.
    """
    all_words = (*_SAID, *_SAID, *_CHANGED, *_REFERENCE, *_NAMING, *_EQUATING)
    words: tuple[str, ...] = all_words if corrections else ("record",)
    words = (*words, *_MERGING, *_MERGING) if merging else words
    some = st.lists(doings(words), min_size=3, max_size=40).map(_numbered)
    prepared = st.sampled_from((True, True, not corrections))
    return st.builds(History, some, prepared)


def nearby_histories() -> st.SearchStrategy[History]:
    """Give histories with no aligned credential and no policy that looks at children."""
    near = doings((*_NEARBY, *_MERGING)).filter(
        lambda one: one.what != "adopt" or _adopted(one)["id"] != "whole"
    )
    some = st.lists(near, min_size=8, max_size=60).map(_numbered)
    return st.builds(History, some, walked=st.booleans())


def _adopted(doing: Doing) -> dict[str, Any]:
    return POLICIES[doing.choice % len(POLICIES)]


def _numbered(found: list[Doing]) -> tuple[Doing, ...]:
    # The number of a piece of evidence goes with the doing, so a shuffle keeps its name.
    return tuple(replace(one, about=one.about + 8 * place) for place, one in enumerate(found))


def written(history: History) -> Given:
    """Write a history as facts."""
    given = Given()
    given.provider(0)
    given.provider(1, trusted=history.prepared)
    if history.prepared:
        given.framework(children={"W1": "W4"})
        given.policy(POLICIES[0])
    for what in ("walk", "sign") if history.walked else ():
        equate(given, Doing(what, about=1, score="1"))
    known: list[tuple[int, int, int]] = []
    for doing in history.doings:
        given.at(given.now + timedelta(days=doing.wait))
        _write(given, doing, known)
    return given


def _write(given: Given, doing: Doing, known: list[tuple[int, int, int]]) -> None:
    target = known[doing.choice % len(known)] if known else None
    match doing.what:
        case "record":
            number = doing.about
            given.recorded(number, _evidence(doing), who=learner(doing.who), by=doing.by)
            known.append((number, doing.who, doing.by))
        case "correct" if target:
            number, who, _ = target
            version = str(doing.day) if doing.day > 20 else None
            said = replace_version(doing, number, version)
            given.corrected(evidence_id(number), said, who=learner(who))
        case "withdraw" if target:
            given.withdrawn(evidence_id(target[0]), who=learner(target[1]))
        case "confirm" | "contest" | "resolve" if target:
            _remark(given, doing, target)
        case "describe":
            given.described(learner(doing.who), f"a{doing.choice % 2}", f"g{doing.by}")
        case "merge":
            met = [one for one in map(learner, range(LEARNERS)) if given.of(one)]
            if len(met) > 1:
                one, into = met[doing.who % len(met)], met[(doing.who + 1 + doing.by) % len(met)]
                given.fact(one, LearnerMerged(learner=one, into=into, reason="same_person"))
        case "unmerge" if given.of(learner(doing.who)):
            parted = LearnerUnmerged(learner=learner(doing.who), reason="mistaken")
            given.fact(parted.learner, parted)
        case "enrol":
            given.enrolled(
                learner(doing.who), f"e{doing.choice % 2}", district=f"d{doing.choice % 2}",
                starts_on=day(doing.day).date(), ends_on=day(doing.day + 5).date(),
            )  # fmt: skip
        case _:
            _name(given, doing)


def _name(given: Given, doing: Doing) -> None:
    """Name a learner, take a name away that may be theirs, take back what has not come; or all else."""
    who, by, called = learner(doing.who), provider(doing.by), f"n{doing.choice % 2}"
    match doing.what:
        case "name":
            given.identified(who, called)
        case "disenrol" if given.of(who):
            given.disenrolled(who, f"e{doing.choice % 2}")
        case "unlink" if given.of(who):
            name = Identifier(type="id", value=called)
            unlinked = IdentityUnlinked(learner=who, provider=by, identifier=name, reason="shared")
            given.fact(who, unlinked)
        case "announce":
            told = WithdrawalAnnounced(provider=by, external_id=f"x{doing.about}", reason="?")
            given.fact(evidence_id(-1 - doing.about), told, by=by)
        case _:
            _write_reference(given, doing)


def replace_version(doing: Doing, number: int, version: str | None) -> Any:
    return evidence(
        f"W{doing.about % 3 + 1}", score=doing.score, on=day(doing.day),
        external_id=f"x{number}", version=version,
    )  # fmt: skip


def _write_reference(given: Given, doing: Doing) -> None:
    who = provider(doing.by)
    match doing.what:
        case "grant":
            given.grant(doing.by, starts_at=day(doing.day - 30))
        case "revoke":
            fact = AuthorityRevoked(
                provider=who, grant="all", ends_at=day(doing.day), reason="left"
            )
            given.fact(who, fact)
        case "suspend":
            given.fact(who, ProviderSuspended(provider=who, starts_at=day(doing.day), reason="?"))
        case "reinstate":
            given.fact(who, ProviderReinstated(provider=who, at=day(doing.day), reason="!"))
        case "framework":
            codes = ("W1", "W2", "W3", "W4")[: 2 + doing.choice % 3]
            habits = ("W3",) if doing.by else ()
            given.framework(
                *codes, version=f"v{doing.choice}", children={"W1": "W2"}, dispositions=habits
            )
        case "adopt":
            chosen = _adopted(doing)
            starts_on = day(doing.day).date() if doing.choice % 2 else None
            floor = doing.who == 0
            if doing.about % 3 == 0:
                given.policy(chosen, level="district", scope="d1", starts_on=starts_on, floor=floor)
            else:
                given.policy(chosen, starts_on=starts_on, floor=floor)
        case _:
            equate(given, doing)


def _remark(given: Given, doing: Doing, target: tuple[int, int, int]) -> None:
    number, who, by = target
    about: dict[str, Any] = {
        "id": evidence_id(number), "learner": learner(who), "provider": provider(by),
    }  # fmt: skip
    match doing.what:
        case "confirm":
            result = (
                Result(score=Decimal(doing.score), max=Decimal(1)) if doing.choice % 3 else None
            )
            fact: Fact = EvidenceConfirmed(
                evaluator=Party(id=f"r{doing.choice % 3}"), occurred_at=day(doing.day),
                result=result, **about,
            )  # fmt: skip
        case "contest":
            fact = EvidenceContested(by=BOARD, reason="?", **about)
        case _:
            fact = ContestResolved(
                by=BOARD, reason="!", outcome="stands" if doing.choice % 2 else "set_aside", **about
            )
    given.fact(learner(who), fact, by=provider(by))


def _evidence(doing: Doing) -> Any:
    kind = KINDS[doing.choice % len(KINDS)]
    until = Credential(id="c1", valid_until=day(doing.day + 15)) if kind == "credential" else None
    codes = [f"W{doing.about % 3 + 1}"] + (["W3"] if doing.choice > 5 else [])
    said = evidence(
        *codes, score=doing.score, on=day(doing.day), kind=kind, external_id=f"x{doing.about}",
        site=f"s{doing.choice % 2}", evaluator=f"r{doing.by}", credential=until,
        revises_external=f"x{doing.about - 8}" if doing.choice == 3 else None,
        facets=("performance", "explanation") if doing.choice % 2 else ("performance",),
    )  # fmt: skip
    if doing.choice == 6:  # a credential: what it attests is on record, or comes to be
        return msgspec.structs.replace(said, alignments=())
    if doing.choice % 4:
        return said
    return msgspec.structs.replace(said, context=Context(site="s0", assessment=f"a{doing.by}"))
