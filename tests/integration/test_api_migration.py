"""A framework in a new version: what carries over, what nobody mapped, and what stays as it was."""

from __future__ import annotations

import pytest

from api.cli.main import run
from tests.builders import FRAMEWORK, uri
from tests.ledgers import MASTER_KEY
from tests.town import PHYSICS, Town, link

PATH = f"/v1/frameworks/{FRAMEWORK}/migration"


def becomes(town: Town, **asked: object) -> dict[str, str]:
    found = town.get(PATH, **asked)["competencies"]
    return {one["code"]: one["how"] for one in found}


def test_each_old_competency_is_kept_mapped_or_listed(town: Town) -> None:
    """S2-2: mapping by exact, broader, narrower, replaced-by and none; what is unmapped is listed."""
    learner = town.shown(town.provider(), "W1", "W2", "W3")["learner"]
    old = town.get(f"/v1/frameworks/{FRAMEWORK}")["version"]
    assert town.steward.get(PATH).status_code == 404  # there is one version only
    position = town.served.ledger.log.head()
    before = town.get(f"/v1/learners/{learner}/transcript", as_of=position)
    town.framework("W4", "V1", "V2", "V3", name=FRAMEWORK, title="Welding, revised")
    assert becomes(town) == {"W1": "unmapped", "W2": "unmapped", "W3": "unmapped", "W4": "kept"}
    links = (
        link("W1", "V1", relation="replaced_by"), link("W2", "V2", relation="broader"),
        {"origin": uri("W3"), "relation": "none"},
    )  # fmt: skip
    town.crosswalk(*links, signed=("cte",))
    assert becomes(town) == {"W1": "waits", "W2": "waits", "W3": "waits", "W4": "kept"}
    town.sign("academic")
    assert becomes(town) == {"W1": "mapped", "W2": "not_equivalent", "W3": "none", "W4": "kept"}
    found = town.get(PATH, unmapped=True, since=old)
    assert [one["code"] for one in found["competencies"]] == ["W2"]
    assert found["competencies"][0]["by"] == [
        {"crosswalk": "walk", "relation": "broader", "destination": uri("V2"), "counts": True}
    ]
    assert found["counts"] == {"mapped": 1, "not_equivalent": 1, "none": 1, "kept": 1}
    states = {code: town.state(learner, code) for code in ("V1", "V2", "V3")}
    assert states["V1"] == "mastered"
    assert "mastered" not in {states["V2"], states["V3"]}
    assert town.get(f"/v1/learners/{learner}/transcript", as_of=position) == before


def test_a_framework_may_be_succeeded_by_another(town: Town) -> None:
    town.crosswalk(link("W1", "P1"), link("W2", "W3"))
    assert becomes(town, to=PHYSICS) == {
        "W1": "mapped", "W2": "unmapped", "W3": "unmapped", "W4": "unmapped",
    }  # fmt: skip
    for wrong in ({"to": "none"}, {"since": "none", "to": PHYSICS}):
        assert town.steward.get(PATH, params=wrong).status_code == 404


def test_the_command_line_lists_what_is_unmapped(
    town: Town, capfd: pytest.CaptureFixture[str]
) -> None:
    env = {"MASTERY_DATABASE_URL": town.url, "MASTERY_MASTER_KEY": MASTER_KEY}
    town.framework("W1", "W2", name=FRAMEWORK, title="Welding, shortened")
    assert run(["framework", "migration", FRAMEWORK], env=env) == 0
    first, _, *rows = capfd.readouterr()[0].splitlines()
    assert first.endswith("2 kept, 2 unmapped")
    assert [row.split()[:2] for row in rows] == [["unmapped", "W3"], ["unmapped", "W4"]]
    assert run(["framework", "migration", FRAMEWORK, "--all", "--json"], env=env) == 0
    assert run(["framework", "migration", PHYSICS], env=env) == 1
