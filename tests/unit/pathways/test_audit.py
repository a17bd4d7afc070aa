"""A pathway's audit deals out what a learner holds as well as it can be dealt out."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidDocumentError
from projections.pathways import documents
from projections.pathways.audit import Item, assign, audit, fits, need_of
from projections.pathways.documents import AnyRequirement, Competencies, Credits, PathwayDocument

NAMES = ["english", "science", "welding", "maths"]


def credit(course: str, amount: str = "1") -> Item:
    return Item("credit", course, Decimal(amount))


def pathway(*requirements: AnyRequirement) -> PathwayDocument:
    return PathwayDocument(id="weld", title="Welding", requirements=requirements)


def score(
    requirements: list[AnyRequirement], dealt: list[tuple[int, ...]], items: list[Item]
) -> tuple[int, Decimal]:
    left = [need_of(one) for one in requirements]
    for item, given_to in zip(items, dealt, strict=True):
        for index in given_to:
            left[index] = max(Decimal(0), left[index] - item.amount)
    unmet = sum(1 for one in left if one > 0)
    missing = sum(
        (one / need_of(requirement) for one, requirement in zip(left, requirements, strict=True)),
        Decimal(0),
    )
    return unmet, missing


def every_dealing(requirements: list[AnyRequirement], item: Item) -> list[tuple[int, ...]]:
    """Exhaustively, every set of requirements that may use the item together."""
    fitting = [index for index, one in enumerate(requirements) if fits(one, item)]
    found: list[tuple[int, ...]] = []
    for chosen in product([False, True], repeat=len(fitting)):
        some = tuple(index for index, take in zip(fitting, chosen, strict=True) if take)
        shared = all(
            requirements[other].id in requirements[one].shares_with
            and requirements[one].id in requirements[other].shares_with
            for one in some
            for other in some
            if one != other
        )
        if shared:
            found.append(some)
    return found


@st.composite
def small_cases(draw: st.DrawFn) -> tuple[list[AnyRequirement], list[Item]]:
    count = draw(st.integers(1, 3))
    ids = [f"r{index}" for index in range(count)]
    requirements: list[AnyRequirement] = [
        Credits(
            id=name,
            at_least=draw(st.sampled_from([Decimal("0.5"), Decimal(1), Decimal(2)])),
            courses=tuple(draw(st.sets(st.sampled_from(NAMES), min_size=1, max_size=3))),
            shares_with=tuple(draw(st.sets(st.sampled_from(ids)))),
        )
        for name in ids
    ]
    items = [
        credit(draw(st.sampled_from(NAMES)), draw(st.sampled_from(["0.5", "1"])))
        for _ in range(draw(st.integers(0, 5)))
    ]
    return requirements, items


@settings(max_examples=150, deadline=None)
@given(small_cases())
def test_no_other_way_of_dealing_out_is_better(
    case: tuple[list[AnyRequirement], list[Item]],
) -> None:
    requirements, items = case
    dealt, exact = assign(requirements, items)
    ours = [
        tuple(index for index, one in enumerate(requirements) if place in dealt[one.id])
        for place in range(len(items))
    ]
    every = product(*(every_dealing(requirements, item) for item in items))
    best = min((score(requirements, list(way), items) for way in every), default=(0, Decimal(0)))
    assert exact
    assert score(requirements, ours, items) == best
    assert all(
        way in every_dealing(requirements, item) for way, item in zip(ours, items, strict=True)
    )


def test_a_credit_counts_once_unless_both_requirements_share_it() -> None:
    science = Credits(id="science", at_least=Decimal(1), courses=("welding",))
    cte = Credits(id="cte", at_least=Decimal(1), courses=("welding",))
    once = audit(pathway(science, cte), [credit("welding")])
    assert [one.met for one in once.requirements].count(True) == 1
    both = audit(
        pathway(
            science.model_copy(update={"shares_with": ("cte",)}),
            cte.model_copy(update={"shares_with": ("science",)}),
        ),
        [credit("welding")],
    )
    assert both.complete


def test_what_is_missing_is_named() -> None:
    wanted = Competencies(id="core", of=("a", "b", "c"), at_least=2)
    found = audit(pathway(wanted), [Item("competency", "b")])
    assert found.requirements[0].missing == "1 more competency, out of: a, c"
    assert not found.complete


def test_what_is_held_already_is_no_way_to_what_is_missing() -> None:
    core = Competencies(id="core", of=("a",))
    elective = Competencies(id="elective", of=("a", "b"), at_least=1)
    other = Competencies(id="other", of=("a",))
    items = [Item("competency", "a")]
    found = audit(pathway(core, elective), items, named=str.upper)
    assert [one.missing for one in found.requirements] == ["", "1 more competency, out of: B"]
    found = audit(pathway(core, other), items)
    assert sorted(one.missing for one in found.requirements) == [
        "",
        "1 more competency: all that are named here are held, and fulfil other requirements",
    ]


def test_a_gate_opens_by_mastery_and_by_nothing_else() -> None:
    document = documents.parse(
        {
            "id": "weld",
            "title": "Welding",
            "requirements": [{"requires": "competencies", "id": "core", "of": ["safety", "tig"]}],
            "gates": [{"id": "g", "opens": ["tig"], "needs": ["safety"]}],
        }
    )
    closed = audit(document, [Item("hours", "log", Decimal(5000))])
    assert not closed.gates[0].open
    assert closed.gates[0].waits_for == ("safety",)
    assert audit(document, [Item("competency", "safety")]).gates[0].open


@pytest.mark.parametrize(
    ("change", "where"),
    [
        pytest.param({"requirements": []}, "/requirements", id="asks for nothing"),
        pytest.param(
            {"requirements": [{"requires": "competencies", "id": "a", "of": ["x"], "at_least": 2}]},
            "/requirements/0/competencies",
            id="can never be met",
        ),
        pytest.param(
            {
                "gates": [
                    {"id": "g", "opens": ["b"], "needs": ["a"]},
                    {"id": "h", "opens": ["a"], "needs": ["b"]},
                ]
            },
            "",
            id="gates wait for each other",
        ),
        pytest.param({"surprise": 1}, "/surprise", id="a member that nobody reads"),
    ],
)
def test_an_impossible_pathway_is_refused_with_its_place(
    change: dict[str, object], where: str
) -> None:
    document: dict[str, object] = {
        "id": "weld",
        "title": "Welding",
        "requirements": [{"requires": "credits", "id": "c", "at_least": "1"}],
    }
    with pytest.raises(InvalidDocumentError) as refused:
        documents.parse({**document, **change})
    assert refused.value.rejects[0].where == where


def test_the_canonical_form_reads_back_as_the_same_document() -> None:
    document = pathway(Credits(id="c", at_least=Decimal("1.50")))
    assert documents.parse(documents.canonical(document)) == document
