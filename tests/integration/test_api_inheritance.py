"""Which policy decides, and under which floors: the whole resolution table, over HTTP."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

from tests.builders import FRAMEWORK, policy, uri
from tests.town import Town

ENROLLED = ("programme", "school", "district", "state")  # from narrow to wide
NARROWEST_FIRST = (*ENROLLED, "framework", "everywhere")
SUBSETS = list(chain.from_iterable(combinations(ENROLLED, size) for size in range(5)))
STARTS = {"programme": "2026-06-01", "school": "2026-05-01"}  # the others: always
FIRST = str(policy()["id"])  # the town begins with it adopted everywhere, and not as a floor


def decided(town: Town, learner: str, on: str) -> dict[str, tuple[str, list[str]]]:
    """Give, by competency, the policy that decided and the floors that held, narrowest first."""
    found = town.get(f"/v1/learners/{learner}/mastery", on=f"{on}T12:00:00Z")["competencies"]
    return {
        one["name"]["competency"]: (
            one["verdict"]["policy"],
            [
                finding["needed"].partition(" ")[0]
                for finding in one["verdict"]["findings"] if finding["rule"] == "floor"
            ],
        )
        for one in found
    }  # fmt: skip


def expected(adopted: tuple[str, ...], on: str) -> tuple[str, list[str]]:
    """Write the rule down anew: the narrowest in force decides, under the floors of all wider."""
    in_force = [
        level for level in NARROWEST_FIRST if level in adopted and STARTS.get(level, "") <= on
    ]
    return (in_force[0], in_force[1:]) if in_force else (FIRST, [])


def adopt(town: Town, level: str, scope: str = "") -> None:
    terms: dict[str, Any] = {"level": level, "scope": scope, "floor": True}
    if level in STARTS:
        terms["starts_on"] = STARTS[level]
    town.post(f"/v1/policies/{level}/adoptions", terms)


def test_the_narrowest_in_force_decides_under_the_floors_of_all_wider_levels(town: Town) -> None:
    """S1-3: every subset of levels, on two frameworks, on days before, at and after each start."""
    for level in NARROWEST_FIRST:
        town.post("/v1/policies", policy(level))
    school = town.provider()
    learners: list[tuple[str, tuple[str, ...]]] = []
    for number, subset in enumerate(SUBSETS):
        name = f"S-{number}"
        receipt = town.shown(school, "W1", "P1", learner=name, occurred_at="2026-01-05T00:00:00Z")
        learners.append((receipt["learner"], subset))
        places = {level: f"{level} {number}" for level in ENROLLED}
        town.enrolled(school, name, starts_on="2026-01-01", **places)
        for level in subset:
            adopt(town, level, places[level])
    for also in ((), ("framework",), ("framework", "everywhere")):
        if also:
            adopt(town, also[-1], FRAMEWORK if also[-1] == "framework" else "")
        for learner, subset in learners:
            for on in ("2026-04-30", "2026-05-01", "2026-05-31", "2026-06-01"):
                found = decided(town, learner, on)
                wide = subset + also
                narrow = tuple(level for level in wide if level != "framework")
                assert found == {
                    uri("W1"): expected(wide, on), uri("P1"): expected(narrow, on),
                }, (subset, also, on)  # fmt: skip
