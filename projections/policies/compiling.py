"""From a document to what judges: every name looked up, every number made ready, once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from projections.policies.averages import Estimator
from projections.policies.composing import ChildrenRule, ComposedRule, WithinRule
from projections.policies.documents import PolicyDocument
from projections.policies.numbers import to_decimal, to_units
from projections.policies.requirements import (
    AllOf,
    AnyOf,
    AnyRule,
    AtLeast,
    ConfirmedBySecondRater,
    Covers,
    CredentialHeld,
    Distinct,
    EstimateAtLeast,
    FacetShown,
    HoursAtLeast,
    Improved,
    Kind,
    ObservationsAtLeast,
    PointsFromChildren,
    ResultOf,
    Within,
)
from projections.policies.rules import (
    ANY_RATING,
    HoursRule,
    Requirement,
    credential,
    distinct,
    facet,
    kind,
    observations,
)
from projections.policies.rules_of_quality import EstimateRule, ResultRule
from projections.policies.rules_of_works import ConfirmedRule, ImprovedRule


class Compiler:
    """Compiles the requirements of one document."""

    def __init__(self, document: PolicyDocument) -> None:
        self._document, self._scale = document, document.scale
        self._levels = [(to_units(one.points), one.name) for one in document.scale.levels]
        self.estimator = Estimator(
            document.estimate, document.scale, half_life_days=document.expiry.half_life_days
        )

    def level(self, units: int) -> str:
        """Name the highest level that so many units reach; the lowest level has no floor."""
        name = self._levels[0][1]
        for points, one in self._levels:
            if units >= points:
                name = one
        return name

    def requirement(self, rule: AnyRule) -> Requirement:
        """Compile one requirement and its parts."""
        match rule:
            case AllOf(rules=rules):
                return ComposedRule("all_of", len(rules), [self.requirement(one) for one in rules])
            case AnyOf(rules=rules):
                return ComposedRule("any_of", 1, [self.requirement(one) for one in rules])
            case AtLeast(n=n, of=of):
                return ComposedRule("at_least", n, [self.requirement(one) for one in of])
            case Within(inner=inner):
                return WithinRule(rule, self.requirement(inner))
            case EstimateAtLeast():
                return self._estimate(rule)
            case _:
                return self._leaf(rule)

    def _leaf(self, rule: AnyRule) -> Requirement:
        match rule:
            case ObservationsAtLeast():
                return observations(rule, self._bar(rule.level, rule.points))
            case Distinct():
                return distinct(rule, self._bar(rule.level, rule.points))
            case Kind():
                return kind(rule, self._bar(rule.level, rule.points))
            case FacetShown():
                return facet(rule, self._bar(rule.level, rule.points))
            case ConfirmedBySecondRater():
                bar = self._bar(rule.level, rule.points, default=self._scale.mastery)
                return ConfirmedRule(rule, bar, self.named(bar))
            case _:
                return self._other(rule)

    def _other(self, rule: AnyRule) -> Requirement:
        match rule:
            case Improved():
                return ImprovedRule(rule, self.estimator.top)
            case HoursAtLeast():
                return HoursRule(rule)
            case CredentialHeld():
                return credential(rule)
            case ResultOf():
                return ResultRule(rule, to_units(self._scale.full_marks))
            case Covers() | PointsFromChildren():
                return ChildrenRule(rule)
            case _:
                raise TypeError(f"no requirement is called {type(rule).__name__}")

    def _estimate(self, rule: EstimateAtLeast) -> Requirement:
        half_life_days = self._document.expiry.half_life_days
        estimator = self.estimator
        if rule.estimate is not None:
            estimator = Estimator(rule.estimate, self._scale, half_life_days=half_life_days)
        bar = self._bar(rule.level, rule.points, default=self._scale.mastery)
        return EstimateRule(estimator, bar, name=self.level, fades=half_life_days is not None)

    def _bar(
        self, level: str | None, points: Decimal | None, *, default: Decimal | None = None
    ) -> int:
        if level is not None:
            points = self._scale.points_of(level)
        points = default if points is None else points
        return ANY_RATING if points is None else to_units(points)

    def named(self, units: int) -> str:
        """Name the level that begins at so many units, or write the points."""
        return next(
            (name for points, name in self._levels if points == units), f"{to_decimal(units):f}"
        )


def parts_of(rule: AnyRule, where: str = "/requirement") -> Iterator[tuple[str, AnyRule]]:
    """Give a requirement and all its parts, each with its JSON pointer."""
    yield where, rule
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules):
            for place, one in enumerate(rules):
                yield from parts_of(one, f"{where}/rules/{place}")
        case AtLeast(of=of):
            for place, one in enumerate(of):
                yield from parts_of(one, f"{where}/of/{place}")
        case Within(inner=inner):
            yield from parts_of(inner, f"{where}/inner")
        case _:
            return
