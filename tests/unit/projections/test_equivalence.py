"""A crosswalk counts one way, once it is signed, under its own conditions (S0-4, S1-2, S2-1, S2-3)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.domain.evidence import Alignment, Party, Result
from ledger.domain.facts import (
    CredentialAligned,
    CrosswalkPublished,
    CrosswalkSigned,
    CrosswalkWithdrawn,
    FrameworkPublished,
)
from ledger.domain.framework import Competency, Equivalence
from ledger.domain.ids import FrameworkId
from projections.equivalence import Equivalences, Reached, Shown
from projections.frameworks import Frameworks, Resolved

SOMEBODY = Party(id="p")
MAY = datetime(2026, 5, 4, 12, tzinfo=UTC)
SCALE = ("Emerging", "Proficient", "Advanced")


@pytest.fixture
def frameworks() -> Frameworks:
    found = Frameworks()
    items = tuple(
        Competency(identifier=name, uri=f"https://case.example/{name}", statement=name)
        for name in "abcdef"
    )
    found.apply(
        FrameworkPublished(framework=FrameworkId("f"), version="1", title="F", competencies=items)
    )
    return found


def resolved(frameworks: Frameworks, name: str) -> Resolved:
    found = frameworks.resolve(Alignment(competency=name))
    assert found is not None
    return found


def crosswalk(
    *links: Equivalence, name: str = "x", signed: tuple[str, ...] = ("academic", "cte")
) -> Equivalences:
    found = Equivalences()
    found.apply(CrosswalkPublished(crosswalk=name, title=name, links=links))
    for role in signed:
        found.apply(sign(name, role))
    return found


def sign(name: str, role: str) -> CrosswalkSigned:
    assert role in {"academic", "cte"}
    return CrosswalkSigned(
        crosswalk=name, role="academic" if role == "academic" else "cte", by=SOMEBODY, signed_at=MAY
    )


def test_a_signature_does_not_land_on_words_that_came_in_between() -> None:
    found = Equivalences()
    first = CrosswalkPublished(crosswalk="x", title="x", links=(), needs=("cte",))
    found.apply(first)
    seen = found.digest("x")
    found.apply(replace(first, title="y"))
    found.apply(replace(sign("x", "cte"), words=seen))
    assert not found.counts
    found.apply(replace(sign("x", "cte"), words=found.digest("x")))
    assert found.counts


def reach(
    equivalences: Equivalences,
    frameworks: Frameworks,
    start: str = "a",
    *,
    occurred_at: datetime = MAY,
    result: Result | None = None,
) -> dict[str, Reached]:
    shown = Shown("work_based_learning", occurred_at, result)
    found = equivalences.reach(resolved(frameworks, start), shown, frameworks)
    return {one.resolved.item.identifier: one for one in found.values()}


def counting(found: dict[str, Reached]) -> set[str]:
    return {name for name, one in found.items() if not one.refused}


@pytest.mark.parametrize(
    ("signed", "reached"),
    [
        pytest.param((), set[str](), id="nobody signed"),
        pytest.param(("cte",), set[str](), id="one signature is not enough"),
        pytest.param(("cte", "academic"), {"b"}, id="both signed"),
    ],
)
def test_a_crosswalk_counts_once_both_have_signed(
    frameworks: Frameworks, signed: tuple[str, ...], reached: set[str]
) -> None:
    found = crosswalk(Equivalence(origin="a", destination="b"), signed=signed)
    assert counting(reach(found, frameworks)) == reached


def test_it_counts_one_way_only(frameworks: Frameworks) -> None:
    found = crosswalk(Equivalence(origin="a", destination="b"))
    assert reach(found, frameworks, "b") == {}


def test_a_withdrawn_crosswalk_counts_for_nothing(frameworks: Frameworks) -> None:
    found = crosswalk(Equivalence(origin="a", destination="b"))
    found.apply(CrosswalkWithdrawn(crosswalk="x", role="cte", by=SOMEBODY, reason="revised"))
    assert reach(found, frameworks) == {}


def test_published_anew_it_must_be_signed_anew(frameworks: Frameworks) -> None:
    found = crosswalk(Equivalence(origin="a", destination="b"))
    link = Equivalence(origin="a", destination="c")
    found.apply(CrosswalkPublished(crosswalk="x", title="x", links=(link,)))
    assert reach(found, frameworks) == {}


@pytest.mark.parametrize(
    ("link", "counts"),
    [
        pytest.param(Equivalence(origin="a", destination="b", relation="narrower"), True, id="narrower"),
        pytest.param(Equivalence(origin="a", destination="b", relation="replaced_by"), True, id="replaced by"),
        pytest.param(Equivalence(origin="a", destination="b", relation="broader"), False, id="broader"),
        pytest.param(Equivalence(origin="a", destination="b", relation="related"), False, id="related"),
        pytest.param(Equivalence(origin="a", destination="b", kinds=("assessment",)), False, id="another kind"),
        pytest.param(Equivalence(origin="a", destination="b", starts_on=date(2026, 5, 4)), True, id="the first day"),
        pytest.param(Equivalence(origin="a", destination="b", starts_on=date(2026, 5, 5)), False, id="a day early"),
        pytest.param(
            Equivalence(origin="a", destination="b", starts_on=date(2026, 5, 5), retroactive=True), True,
            id="early, and retroactive",
        ),
        pytest.param(Equivalence(origin="a", destination="b", ends_on=date(2026, 5, 4)), True, id="the last day"),
        pytest.param(Equivalence(origin="a", destination="b", ends_on=date(2026, 5, 3)), False, id="a day late"),
        pytest.param(Equivalence(origin="a", destination="b", level_at_least="Proficient"), True, id="level reached"),
        pytest.param(Equivalence(origin="a", destination="b", level_at_least="Advanced"), False, id="level too low"),
        pytest.param(Equivalence(origin="a", destination="b", level_at_least="Gold"), False, id="level unknown"),
    ],
)  # fmt: skip
def test_its_conditions_decide(frameworks: Frameworks, link: Equivalence, counts: bool) -> None:
    found = reach(crosswalk(link), frameworks, result=Result(level="Proficient", scale=SCALE))
    assert (found["b"].refused == "") is counts


def test_a_chain_multiplies_its_weights_and_names_its_crosswalks(frameworks: Frameworks) -> None:
    half = Decimal("0.5")
    found = crosswalk(Equivalence(origin="a", destination="b", weight=half), name="one")
    found.apply(
        CrosswalkPublished(
            crosswalk="two",
            title="two",
            links=(Equivalence(origin="b", destination="c", weight=half),),
        )
    )
    for role in ("academic", "cte"):
        found.apply(sign("two", role))
    reached = reach(found, frameworks)["c"]
    assert (reached.weight, reached.via) == (Decimal("0.25"), ("one", "two"))


def test_a_chain_ends_after_three_crosswalks(frameworks: Frameworks) -> None:
    links = [
        Equivalence(origin=one, destination=other)
        for one, other in zip("abcde", "bcdef", strict=True)
    ]
    assert counting(reach(crosswalk(*links), frameworks)) == {"b", "c", "d"}


def test_a_circle_ends_and_nothing_counts_for_itself(frameworks: Frameworks) -> None:
    links = [Equivalence(origin=one, destination=other) for one, other in ("ab", "bc", "ca", "ba")]
    assert counting(reach(crosswalk(*links), frameworks)) == {"b", "c"}


def test_of_two_ways_the_heavier_counts_and_only_it(frameworks: Frameworks) -> None:
    found = crosswalk(
        Equivalence(origin="a", destination="b", weight=Decimal("0.4")),
        Equivalence(origin="a", destination="c"),
        Equivalence(origin="c", destination="b", weight=Decimal("0.9")),
    )
    assert reach(found, frameworks)["b"].weight == Decimal("0.9")


def test_a_refused_way_does_not_hide_one_that_counts(frameworks: Frameworks) -> None:
    found = crosswalk(
        Equivalence(origin="a", destination="b", relation="broader"),
        Equivalence(origin="a", destination="c", weight=Decimal("0.3")),
        Equivalence(origin="c", destination="b", weight=Decimal("0.3")),
    )
    assert reach(found, frameworks)["b"].refused == ""


def test_a_credential_attests_while_its_alignment_is_in_force() -> None:
    found = Equivalences()
    found.apply(
        CredentialAligned(
            credential="AWS-CW",
            competencies=("a", "b"),
            level="Proficient",
            starts_on=date(2026, 1, 1),
        )
    )
    held = found.attested(["AWS-CW", "other"], MAY)
    assert [one.competency for one in held] == ["a", "b"]
    assert held[0].result == Result(level="Proficient", success=True)
    assert found.attested(["AWS-CW"], datetime(2025, 12, 31, tzinfo=UTC)) == []
