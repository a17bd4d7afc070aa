"""Random policy documents and random evidence for them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from ledger.domain.evidence import Context, Result
from ledger.domain.ids import CompetencyId, Position, ProviderId
from ledger.errors import InvalidDocumentError
from projections.policies import PolicyDocument, parse
from projections.policies.observation import Observation
from tests.unit.policies.cases import LEVELS, NOW, SKILL, evidence_id, raw

Json = dict[str, Any]

PERIODS = st.sampled_from(["P20D", "P2M", "P1Y", "PT36H", "P1W"])
COUNTS = st.integers(1, 3)
BARS: st.SearchStrategy[Json] = st.one_of(
    st.just({}),
    st.sampled_from(LEVELS).map(lambda level: {"level": level}),
    st.integers(1, 4).map(lambda points: {"points": points}),
)

ESTIMATES: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from(["highest", "latest", "mean", "median"]).map(lambda name: {"method": name}),
    st.just({"method": "mean", "weighted": True}),
    COUNTS.map(lambda n: {"method": "n_mastery", "n": n}),
    COUNTS.map(lambda k: {"method": "window_mean", "k": k}),
    st.integers(1, 99).map(lambda p: {"method": "decaying_average", "latest_percent": p}),
    st.integers(1, 99).map(lambda p: {"method": "weighted_decaying_average", "latest_percent": p}),
)

BAYES: Json = {
    "method": "bayesian", "prior": "0.3", "learn": "0.2", "guess": "0.2", "slip": "0.1",
    "forget": "0.05", "correct_from": 3, "opportunities": True,
}  # fmt: skip

DISTINCT = st.sampled_from(
    [
        "context",
        "provider",
        "evaluator",
        "site",
        "task",
        "task_family",
        "equipment",
        "course",
        "assessment",
    ]
)


def barred(rule: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.tuples(st.fixed_dictionaries(fields), BARS).map(
        lambda pair: {"rule": rule, **pair[0], **pair[1]}
    )


COUNTING_RULES: st.SearchStrategy[Json] = st.one_of(
    barred("observations_at_least", at_least=COUNTS),
    barred("distinct", of=DISTINCT, at_least=COUNTS),
    barred("kind", which=st.just(["credential", "assessment"]), at_least=COUNTS),
    barred("facet", which=st.sampled_from(["explanation", "transfer"]), at_least=COUNTS),
    barred("confirmed_by_second_rater", at_least=COUNTS),
    st.just({"rule": "hours_at_least", "hours": "7.5"}),
    st.just({"rule": "credential", "any_of": ["osha-10"]}),
)

OTHER_RULES: st.SearchStrategy[Json] = st.one_of(
    barred("estimate_at_least"),
    st.tuples(barred("estimate_at_least"), ESTIMATES).map(lambda p: {**p[0], "estimate": p[1]}),
    st.just({"rule": "observations_at_least", "at_least": 1, "below": True, "level": "Proficient"}),
    st.fixed_dictionaries(
        {
            "rule": st.just("improved"),
            "of": st.sampled_from(["work", "task", "competency"]),
            "by": st.sampled_from(["kept", "raised"]),
            "at_least": st.integers(1, 2),
        }
    ),
    st.fixed_dictionaries(
        {
            "rule": st.just("result_of"),
            "which": st.sampled_from(["t1", "t2"]),
            "is": st.sampled_from(["at_least", "at_most", "equal"]),
            "share": st.sampled_from(["0.5", "0.75", "1"]),
            "attempt": st.sampled_from(["latest", "highest", "first"]),
        }
    ),
    st.just({"rule": "covers", "share": "0.5"}),
    st.just(
        {"rule": "points", "need": 2, "children": [{"id": "a", "points": 2, "required": True}]}
    ),
)


def _composed(rules: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    lists = st.lists(rules, min_size=1, max_size=3)
    return st.one_of(
        lists.map(lambda parts: {"rule": "all_of", "rules": parts}),
        lists.map(lambda parts: {"rule": "any_of", "rules": parts}),
        st.tuples(lists, st.integers(1, 3)).map(
            lambda pair: {"rule": "at_least", "n": min(pair[1], len(pair[0])), "of": pair[0]}
        ),
        st.tuples(rules, PERIODS).map(
            lambda pair: {"rule": "within", "period": pair[1], "inner": pair[0]}
        ),
    )


REQUIREMENTS = st.recursive(st.one_of(COUNTING_RULES, OTHER_RULES), _composed, max_leaves=5)

COUNTING: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "purposes": st.just(["summative", "unknown"]),
        "attempts": st.fixed_dictionaries(
            {
                "keep": st.sampled_from(["all", "latest", "highest", "first"]),
                "per": st.sampled_from(["task", "work", "assessment"]),
            }
        ),
        "new_situations": st.fixed_dictionaries(
            {"per": DISTINCT, "keep": st.sampled_from(["latest", "highest", "first"])}
        ),
        "window": PERIODS,
        "rigour_floor": st.integers(0, 2),
        "weight_floor": st.just("0.5"),
        "pool": st.just("assessment"),
        "future": st.sampled_from(["excluded", "counted"]),
        "equivalents": st.fixed_dictionaries(
            {"broader": st.sampled_from(["excluded", "counted"]), "chain_max": st.integers(0, 3)}
        ),
        "awaiting_second_rater": st.sampled_from(["unconfirmed", "in_progress"]),
    },
)
EXPIRY: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {}, optional={"expires_after": PERIODS, "half_life_days": st.integers(1, 400)}
)


def _parsed(data: Json) -> PolicyDocument | None:
    try:
        return parse(data)
    except InvalidDocumentError:
        return None


@st.composite
def documents(draw: st.DrawFn) -> PolicyDocument:
    fields: Json = {
        "estimate": draw(st.one_of(ESTIMATES, st.just(BAYES))),
        "counting": draw(COUNTING),
        "expiry": draw(EXPIRY),
        "any_evidence": draw(st.booleans()),
    }
    if draw(st.booleans()):
        fields["conflict"] = {"levels_apart": draw(st.integers(1, 2))}
    found = _parsed(raw(draw(REQUIREMENTS), **fields))
    return (
        found if found is not None else parse(raw(**fields | {"estimate": {"method": "highest"}}))
    )


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


SCORES = st.one_of(
    st.integers(-1, 12).map(Decimal),
    st.decimals(min_value=0, max_value=10, places=2),
    st.sampled_from([Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+999999")]),
)
GOOD_RESULTS = st.sampled_from([Result(level=level, scale=LEVELS) for level in LEVELS])
RESULTS = st.one_of(
    st.none(),
    GOOD_RESULTS,
    st.builds(Result, level=maybe(st.sampled_from([*LEVELS, "B", "unknown"])),
              scale=st.sampled_from([(), LEVELS, LEVELS[::-1], ("A", "B", "C")]),
              success=maybe(st.booleans()),
              status=st.sampled_from(["final", "final", "final", "provisional"])),
    st.builds(Result, score=SCORES, min=maybe(SCORES), max=maybe(SCORES), cut=maybe(SCORES),
              success=maybe(st.booleans())),
)  # fmt: skip
CONTEXTS = st.builds(
    Context,
    site=maybe(st.sampled_from("xyz")),
    task=maybe(st.sampled_from(["t1", "t2", "t3"])),
    task_family=maybe(st.sampled_from("fg")),
    equipment=st.sampled_from([(), ("saw",), ("saw", "lathe")]),
    course=maybe(st.just("c")),
    attempt=maybe(st.integers(1, 2)),
    assessment=maybe(st.sampled_from("pq")),
    purpose=st.sampled_from(["summative", "formative", "unknown"]),
)


@st.composite
def observations(
    draw: st.DrawFn,
    number: int,
    *,
    excluded: bool = True,
    results: st.SearchStrategy[Result | None] = RESULTS,
) -> Observation:
    moment = NOW + timedelta(hours=draw(st.integers(-24 * 500, 24 * 30)))
    reasons = ["contested", "awaiting_second_rater", "withdrawn", "no_result", "not_yet_occurred"]
    return Observation(
        evidence=evidence_id(number),
        competency=SKILL,
        position=Position(draw(st.integers(1, 99))),
        first_position=Position(number),
        kind=draw(st.sampled_from(["assessment", "credential", "work_based_learning"])),
        occurred_at=moment,
        recorded_at=NOW,
        provider=ProviderId(UUID(int=draw(st.integers(1, 3)))),
        evaluator=draw(maybe(st.sampled_from(["t1", "t2", "t3"]))),
        result=draw(results),
        weight=draw(st.sampled_from([Decimal(1), Decimal("0.5"), Decimal(0), Decimal("NaN")])),
        context=draw(CONTEXTS),
        facets=draw(
            st.sampled_from([("performance",), ("explanation",), ("explanation", "transfer")])
        ),
        revises=draw(maybe(st.integers(1, 8).map(evidence_id))),
        hours=draw(maybe(st.sampled_from([Decimal(4), Decimal(-1), Decimal("NaN")]))),
        credential=draw(maybe(st.just("osha-10"))),
        valid_until=draw(
            maybe(st.integers(0, 400).map(lambda days: moment + timedelta(days=days)))
        ),
        rigour=draw(maybe(st.integers(0, 3))),
        confirmed_by=draw(st.sampled_from([(), (), ("t9",)])),
        excluded=draw(maybe(st.sampled_from(reasons))) if excluded else None,
    )


@st.composite
def histories(draw: st.DrawFn, size_max: int = 6) -> list[Observation]:
    return [draw(observations(number)) for number in range(1, draw(st.integers(0, size_max)) + 1)]


CHILDREN = st.dictionaries(
    st.sampled_from([CompetencyId("a"), CompetencyId("b")]),
    st.sampled_from(["mastered", "in_progress", "no_evidence"]),
)
