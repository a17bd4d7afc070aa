"""Which evidence counts: from observations to a tally, with a reason for everything left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast

from ledger.domain.ids import CompetencyId
from projections.policies.averages import CHANCE, UNRATED
from projections.policies.documents import PolicyDocument
from projections.policies.numbers import to_units
from projections.policies.observation import Observation
from projections.policies.ordering import Ordered
from projections.policies.periods import moment_after
from projections.policies.points import Exchange, Refused
from projections.policies.selecting import filters, selections, side
from projections.policies.tally import Tally, sooner
from projections.policies.verdict import MasteryState

_SIDES = frozenset({"contested_above", "contested_below"})


class Counter:
    """The counting rules of one document, ready to use.

    `hours` and `credentials`: a requirement asks for them, so evidence without a rating may
    count. `chances`: so does evidence without a result, as a chance to learn.
    """

    __slots__ = ("_broader", "_chances", "_credentials", "_exchange", "_filters", "_future", "_hours", "_kinds", "_mastery",
                 "_selections")  # fmt: skip

    def __init__(
        self,
        document: PolicyDocument,
        exchange: Exchange,
        *,
        hours: bool,
        credentials: bool,
        chances: bool,
    ) -> None:
        self._exchange, self._mastery = exchange, to_units(document.scale.mastery)
        self._kinds = frozenset(document.counting.kinds)
        self._future = document.counting.future == "counted"
        self._broader = document.counting.equivalents.broader == "counted"
        self._hours, self._credentials, self._chances = hours, credentials, chances
        self._filters = filters(document.counting)
        self._selections = selections(document)

    def tally(
        self,
        ordered: Ordered,
        *,
        on: datetime,
        children: Mapping[CompetencyId, MasteryState],
        also: Collection[str] = (),
    ) -> Tally:
        """Count what counts at `on`; reasons in `also` are passed over, to see what would be."""
        tally = Tally(ordered, on, children)
        if not self._count_all(tally, ordered):
            self._count_each(tally, also)
        tally.unrated = bool(tally.points) and min(tally.points) <= UNRATED
        for select in self._selections:
            select(tally, also)
        return tally

    def _count_all(self, tally: Tally, ordered: Ordered) -> bool:
        """Count everything, as is usual, if everything counts; else nothing."""
        if self._filters or not ordered.plain or not ordered.kinds <= self._kinds:
            return False
        if ordered and ordered[-1].occurred_at > tally.on:
            return False
        worths = ordered.column(self, self._worths)
        if None in worths:
            return False
        tally.count_all(cast("list[int]", worths))
        return True

    def _worths(self, observations: Sequence[Observation]) -> list[int | None]:
        """Give what each is worth that nothing excludes; None where that is no rating."""
        found = self._exchange.worths(observations)
        if None in found:
            for place, one in enumerate(observations):
                if found[place] is None:
                    worth = self._worth(one)
                    found[place] = worth if isinstance(worth, int) else None
        return found

    def _count_each(self, tally: Tally, also: Collection[str]) -> None:
        for one in tally.everything:
            worth: int | Refused | None = self._refused(one, tally, also)
            if worth is None:
                worth = self._exchange.worths((one,))[0] if one.excluded is None else None
                worth = self._worth(one) if worth is None else worth
            if one.excluded == "contested" and also and isinstance(worth, int):
                worth = self._decided(one, worth, also)
            if isinstance(worth, int):
                tally.seen.append(one)
                tally.points.append(worth)
            else:
                tally.drop(one, worth.reason, worth.detail)

    def _decided(self, one: Observation, worth: int, also: Collection[str]) -> int | Refused:
        """Count what is contested where disputes are supposed to be decided for its side."""
        if "contested" in also or side(worth, self._mastery) in also:
            return worth
        return Refused("contested", one.excluded_detail)

    def _worth(self, one: Observation) -> int | Refused:
        if one.excluded == "no_result":
            worth: int | Refused = Refused("no_result", one.excluded_detail)
        else:
            worth = self._exchange.points(one.result, credential=one.kind == "credential")
        if isinstance(worth, int) or worth.reason not in {"no_result", "not_on_scale"}:
            return worth
        if self._chances and worth.reason == "no_result":
            return CHANCE
        if (self._credentials and one.credential is not None) or (
            self._hours and one.hours is not None
        ):
            return UNRATED
        return worth

    def _refused(self, one: Observation, tally: Tally, also: Collection[str]) -> Refused | None:
        if one.kind == "activity":
            return Refused("activity", "")
        refused = self._excluded(one, tally, also)
        if refused is not None:
            return refused
        if one.kind not in self._kinds:
            return Refused("kind_not_counted", one.kind)
        if one.occurred_at > tally.on and not self._future:
            tally.turns_at = sooner(tally.turns_at, one.occurred_at)
            return Refused("not_yet_occurred", "")
        if one.valid_until is not None and "credential_expired" not in also:
            if tally.on > one.valid_until:
                return Refused("credential_expired", one.valid_until.isoformat())
            tally.turns_at = sooner(tally.turns_at, moment_after(one.valid_until))
        for filtered in self._filters:
            refused = filtered(one, tally)
            if refused is not None:
                return refused
        return None

    def _excluded(self, one: Observation, tally: Tally, also: Collection[str]) -> Refused | None:
        reason = one.excluded
        if reason == "contested" and also and not _SIDES.isdisjoint(also):
            return None  # on which side it is, its worth says
        if reason is None or reason in also or reason == "no_result":
            return None  # without a result it may still count for hours: _worth decides
        if one.broader and self._broader and reason == "not_equivalent":
            return None
        if reason == "not_yet_occurred" and (self._future or one.occurred_at <= tally.on):
            return None  # it was so when the record was read, and the question is about `on`
        if reason == "not_yet_occurred":
            tally.turns_at = sooner(tally.turns_at, one.occurred_at)
        if reason == "credential_expired" and one.valid_until is not None:
            return None
        return Refused(reason, one.excluded_detail)
