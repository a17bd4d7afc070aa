"""What a document may say, and why one is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.ids import CompetencyId
from ledger.errors import InvalidDocumentError, Reject, UnknownPolicyError
from projections.policies import canonical, default_policy, digest, parse, preset
from projections.policies.presets import PRESETS
from projections.policies.reading import DOCUMENT_LENGTH_MAX
from projections.policies.soundness import circles
from tests.unit.policies.cases import raw


def refused(data: Any) -> list[Reject]:
    with pytest.raises(InvalidDocumentError) as refusal:
        parse(data)
    return list(refusal.value.rejects)


MASTERY = {"rule": "estimate_at_least"}
SEVERAL = {"rule": "observations_at_least", "at_least": 2}


def levels(*points: float) -> list[dict[str, Any]]:
    return [{"name": f"L{place}", "points": one} for place, one in enumerate(points)]


def result_of(share: float, is_: str, **fields: Any) -> dict[str, Any]:
    return {"rule": "result_of", "which": "A", "share": share, "is": is_, **fields}


@pytest.mark.parametrize(
    ("change", "where", "why"),
    [
        pytest.param({"requirement": {"rule": "all_of", "rules": []}}, "/requirement/rules", "at least 1", id="empty all_of"),
        pytest.param({"requirement": {"rule": "any_of", "rules": []}}, "/requirement/rules", "at least 1", id="empty any_of"),
        pytest.param({"requirement": {"rule": "at_least", "n": 1, "of": []}}, "/requirement/of", "at least 1", id="empty at_least"),
        pytest.param({"requirement": {"rule": "at_least", "n": 2, "of": [MASTERY]}}, "/requirement/n", "nobody", id="two of one"),
        pytest.param({"requirement": {"rule": "at_least", "n": 0, "of": [MASTERY]}}, "/requirement/n", "greater", id="none of one"),
        pytest.param({"requirement": {"rule": "vibes"}}, "/requirement", "vibes", id="unknown rule"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [MASTERY, {"rule": "vibes"}]}}, "/requirement/rules/1", "vibes", id="unknown rule inside"),
        pytest.param({"requirement": {"rule": "distinct", "of": "site"}}, "/requirement/at_least", "required", id="missing number"),
        pytest.param({"requirement": {**SEVERAL, "at_least": "2"}}, "/requirement/at_least", "integer", id="number as text"),
        pytest.param({"requirement": {**SEVERAL, "at_least": 0}}, "/requirement/at_least", "greater", id="nothing asked"),
        pytest.param({"requirement": {**MASTERY, "level": "Godlike"}}, "/requirement/level", "no level", id="unknown level"),
        pytest.param({"requirement": {**MASTERY, "points": 4.5}}, "/requirement/points", "nobody", id="unreachable points"),
        pytest.param({"requirement": {**MASTERY, "level": "Proficient", "points": 3}}, "/requirement/points", "twice", id="level and points"),
        pytest.param({"requirement": {**SEVERAL, "below": True}}, "/requirement/below", "below what", id="below nothing"),
        pytest.param({"requirement": {**SEVERAL, "below": True, "points": 0}}, "/requirement/points", "nothing lies", id="below zero"),
        pytest.param({"requirement": {"rule": "improved", "by": "kept"}}, "/requirement", "without any evidence", id="passes everyone"),
        pytest.param({"requirement": {"rule": "any_of", "rules": [MASTERY, {"rule": "improved", "by": "kept"}]}}, "/requirement", "without any evidence", id="one way passes everyone"),
        pytest.param({"requirement": {"rule": "observations_at_least", "at_least": 1}}, "/requirement", "any evidence at all", id="any evidence"),
        pytest.param({"requirement": {**MASTERY, "level": "Beginning"}}, "/requirement", "any evidence at all", id="lowest level"),
        pytest.param({"requirement": {"rule": "kind", "which": ["credential"]}, "counting": {"kinds": ["assessment"]}}, "/requirement/which/0", "not among", id="kind that does not count"),
        pytest.param({"requirement": {"rule": "kind", "which": ["activity"]}}, "/requirement/which/0", "", id="activity is no kind"),
        pytest.param({"requirement": {"rule": "kind", "which": []}}, "/requirement/which", "at least 1", id="no kind"),
        pytest.param({"requirement": {"rule": "credential", "any_of": []}}, "/requirement/any_of", "at least 1", id="no credential"),
        pytest.param({"requirement": {"rule": "hours_at_least", "hours": 0}}, "/requirement/hours", "greater", id="no hours"),
        pytest.param({"requirement": {"rule": "covers", "share": 0}}, "/requirement/share", "greater", id="share of nothing"),
        pytest.param({"requirement": {"rule": "covers", "share": 1.1}}, "/requirement/share", "less", id="more than all"),
        pytest.param({"requirement": {"rule": "covers", "share": 1, "at_least": 1}}, "/requirement/at_least", "contradict", id="share and number"),
        pytest.param({"requirement": {"rule": "covers", "children": ["a"], "at_least": 2}}, "/requirement/at_least", "only 1", id="more children than named"),
        pytest.param({"requirement": {"rule": "covers", "children": ["a", "b", "a"]}}, "/requirement/children/2", "repeats", id="child twice"),
        pytest.param({"requirement": {"rule": "points", "need": 3, "children": [{"id": "a", "points": 2}]}}, "/requirement/need", "2 points", id="too few points"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [result_of(0.8, "at_least"), result_of(0.5, "at_most")]}}, "/requirement/rules/1", "contradicts", id="above and below"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [result_of(0.8, "equal"), result_of(0.5, "equal")]}}, "/requirement/rules/1", "contradicts", id="equal to two"),
        pytest.param({"requirement": {"rule": "within", "period": "P0D", "inner": MASTERY}}, "/requirement/period", "no length", id="period of no length"),
        pytest.param({"requirement": {"rule": "within", "period": "3 years", "inner": MASTERY}}, "/requirement/period", "ISO 8601", id="no period"),
        pytest.param({"requirement": {**MASTERY, "estimate": {"method": "n_mastery", "n": 1, "threshold": 9}}}, "/requirement/estimate/threshold", "nobody", id="inner threshold"),
        pytest.param({"estimate": {"method": "n_mastery", "n": 1, "threshold": 9}}, "/estimate/threshold", "nobody", id="threshold"),
        pytest.param({"estimate": {"method": "decaying_average", "latest_percent": 100}}, "/estimate/latest_percent", "less", id="percent too high"),
        pytest.param({"estimate": {"method": "weighted_decaying_average", "latest_percent": 0}}, "/estimate/latest_percent", "greater", id="percent too low"),
        pytest.param({"estimate": {"method": "window_mean", "k": 0}}, "/estimate/k", "greater", id="empty window"),
        pytest.param({"estimate": {"method": "magic"}}, "/estimate", "magic", id="unknown method"),
        pytest.param({"estimate": {"method": "bayesian", "prior": 0, "learn": 0, "guess": 0, "slip": 0}, "requirement": {**MASTERY, "points": 1}}, "/estimate/learn", "nobody", id="never learnt"),
        pytest.param({"estimate": {"method": "bayesian", "prior": 1, "learn": 0, "guess": 0, "slip": 0}, "requirement": {**MASTERY, "points": 1}}, "/estimate/prior", "everybody", id="always known"),
        pytest.param({"estimate": {"method": "bayesian", "prior": 0.5, "learn": 0.5, "guess": 0, "slip": 0}, "requirement": {**MASTERY, "points": 1.1}}, "/requirement/points", "nobody", id="more than certain"),
        pytest.param({"scale": {"levels": levels(1, 1), "mastery_points": 1}}, "/scale/levels/1/points", "upside down", id="equal levels"),
        pytest.param({"scale": {"levels": levels(2, 1), "mastery_points": 1}}, "/scale/levels/1/points", "upside down", id="scale upside down"),
        pytest.param({"scale": {"levels": [], "mastery_points": 1}}, "/scale/levels", "at least 1", id="no levels"),
        pytest.param({"scale": {"levels": levels(1, 2)}}, "/scale", "where mastery begins", id="no mastery"),
        pytest.param({"scale": {"levels": levels(1, 2), "mastery_level": "x"}}, "/scale/mastery_level", "no level", id="unknown mastery level"),
        pytest.param({"scale": {"levels": levels(1, 2), "mastery_level": "L1", "mastery_points": 1}}, "/scale/mastery_points", "contradicts", id="two masteries"),
        pytest.param({"scale": {"levels": levels(1, 2), "mastery_points": 3}, "results": {}}, "/scale/mastery_points", "nobody", id="mastery above the scale"),
        pytest.param({"scale": {"levels": [{"name": "A", "points": 1}, {"name": " a", "points": 2}], "mastery_points": 1}}, "/scale/levels/1/name", "repeats", id="level twice"),
        pytest.param({"scale": {"levels": levels(1, float("nan")), "mastery_points": 1}}, "/scale/levels/1/points", "finite", id="not a number"),
        pytest.param({"scale": {"levels": levels(1, 1e10), "mastery_points": 1}}, "/scale/levels/1/points", "between", id="too large"),
        pytest.param({"scale": {"levels": levels(0, 1), "mastery_points": "0.0000000000001"}}, "/scale/mastery_points", "decimals", id="too fine"),
        pytest.param({"results": {"passed": 1, "failed": 2}}, "/results/failed", "worth more", id="failing pays"),
        pytest.param({"counting": {"kinds": []}}, "/counting/kinds", "at least 1", id="nothing counts"),
        pytest.param({"expiry": {"expires_after": "P1H"}}, "/expiry/expires_after", "ISO 8601", id="hours without T"),
        pytest.param({"expiry": {"half_life_days": 0}}, "/expiry/half_life_days", "greater", id="no half-life"),
        pytest.param({"colour": "red"}, "/colour", "Extra", id="unknown word"),
        pytest.param({"id": "Not A Slug"}, "/id", "pattern", id="bad id"),
        pytest.param({"language": 2}, "/language", "1", id="another language"),
    ],
)  # fmt: skip
def test_an_unsound_document_is_refused_with_its_place(
    change: dict[str, Any], where: str, why: str
) -> None:
    rejects = refused({**raw(), **change})
    assert where in [reject.where for reject in rejects]
    assert any(why in reject.why for reject in rejects if reject.where == where)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"requirement": {"rule": "observations_at_least", "at_least": 1}, "any_evidence": True}, id="any evidence, said openly"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [result_of(0.5, "at_least"), result_of(0.8, "at_most")]}}, id="between two"),
        pytest.param({"requirement": {"rule": "all_of", "rules": [result_of(0.8, "at_least"), result_of(0.5, "at_most", attempt="first")]}}, id="of two attempts"),
        pytest.param({"requirement": {**MASTERY, "points": 4}}, id="the very top"),
        pytest.param({"requirement": {**SEVERAL, "below": True, "points": 0.5}}, id="below something"),
        pytest.param({"requirement": {"rule": "points", "need": 2, "children": [{"id": "a", "points": 2}]}}, id="just enough points"),
        pytest.param({"requirement": {"rule": "at_least", "n": 2, "of": [MASTERY, SEVERAL]}}, id="two of two"),
        pytest.param({"requirement": {**MASTERY, "level": " pROFICIENT "}}, id="level in any case"),
        pytest.param({"scale": {"levels": levels(-2, -1), "mastery_points": -1}}, id="scale below zero"),
        pytest.param({"estimate": {"method": "n_mastery", "n": 1, "threshold": 4}}, id="threshold at the top"),
        pytest.param({"results": {"above_max": "extra_credit"}, "requirement": {**MASTERY, "points": 9}}, id="extra credit has no top"),
    ],
)  # fmt: skip
def test_a_sound_document_is_taken(change: dict[str, Any]) -> None:
    document = parse({**raw(), **change})
    assert parse(canonical(document)) == document


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("{", "not JSON", id="not JSON"),
        pytest.param(b"\xff", "not JSON", id="not text"),
        pytest.param('{"id": "a", "id": "b"}', "the same key twice", id="key twice"),
        pytest.param(" " * (DOCUMENT_LENGTH_MAX + 1), "longer than", id="too long"),
        pytest.param("[" * 50 + "]" * 50, "deep", id="too deep"),
        pytest.param("[" * 100_000, "deep", id="far too deep"),
    ],
)
def test_unreadable_text_is_refused(text: str | bytes, why: str) -> None:
    assert why in refused(text)[0].why


def test_a_document_that_contains_itself_is_refused() -> None:
    circle: dict[str, Any] = {"rule": "all_of"}
    circle["rules"] = [circle]
    assert "circle" in refused(raw(circle))[0].why


def test_numbers_are_written_as_text_without_idle_zeros() -> None:
    data = raw({**MASTERY, "points": Decimal("3.50")})
    assert '"points":"3.5"' in canonical(parse(data))
    assert digest(parse(data)) == digest(parse(raw({**MASTERY, "points": "3.5"})))
    assert digest(parse(data)) == digest(parse(json.dumps(raw({**MASTERY, "points": 3.5}))))


def test_the_default_policy_is_the_one_that_was_published() -> None:
    """Its digest stands in verdicts: who changes the document changes this line knowingly."""
    assert (
        digest(default_policy())
        == "a7ca0f3140e44e562e5b7f036516c1a137517a7d18bb6398dc44bd628b0d8eef"
    )


def test_an_unknown_preset_and_an_unknown_setting_are_refused() -> None:
    with pytest.raises(UnknownPolicyError):
        preset("blackboard")
    with pytest.raises(InvalidDocumentError) as refusal:
        preset("canvas-latest", {"parameter": 65})
    assert refusal.value.rejects[0].where == "/parameter"
    assert "mastery_points" in refusal.value.rejects[0].expected


@pytest.mark.parametrize(
    "name", [name for name in PRESETS if name not in {"moodle-points", "openedx-criteria"}]
)
def test_every_preset_is_sound_as_it_is(name: str) -> None:
    assert preset(name).id == name
    assert preset(name, {"id": "ours", "title": "Ours"}).id == "ours"


@pytest.mark.parametrize("ratings", ["Low=0, High=5,Mid=3", {"Low": 0, "High": 5, "Mid": 3}, [[5, "High"], [3, "Mid"], [0, "Low"]], '[{"name": "Low", "points": 0}, {"name": "Mid", "points": 3}, {"name": "High", "points": 5}]'])  # fmt: skip
def test_canvas_ratings_may_be_given_in_any_order_and_form(ratings: object) -> None:
    document = preset("canvas-highest", {"ratings": ratings})
    assert [level.name for level in document.scale.levels] == ["Low", "Mid", "High"]


def test_settings_reach_every_place_they_name() -> None:
    document = json.loads(
        canonical(
            preset(
                "demonstrated-mastery",
                {"observations": "4", "contexts": 3, "raters": 5, "expires_after": "P1Y"},
            )
        )
    )
    rules = document["requirement"]["rules"]
    assert (rules[1]["at_least"], rules[2]["at_least"]) == (4, 3)
    assert [one["at_least"] for one in rules[3]["rules"]] == [5, 5]
    assert document["expiry"] == {"expires_after": "P1Y"}
    assert preset("demonstrated-mastery", {"expires_after": "none"}).expiry.expires_after is None


def test_circles_of_competencies_are_found() -> None:
    def names(*words: str) -> list[CompetencyId]:
        return [CompetencyId(word) for word in words]

    a, b, c = names("a", "b", "c")
    assert [*circles({a: names("b", "c"), b: names("c")})] == []
    assert "a > b > c > a" in next(circles({a: [b], b: [c], c: [a]})).why
