"""Verdicts in words: short ones for a family, exact ones for an auditor."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, get_args

import pytest

from projections.policies import default_policy, preset
from projections.policies.explain import exact, explained, plain, wanted
from projections.policies.observation import Exclusion
from projections.policies.verdict import MasteryState, Missing, NotCounted, Verdict
from tests.unit.policies.cases import NOW, document, evidence_id, judged, seen

GRADE_MAX = 6.0


def syllables(word: str) -> int:
    groups = re.findall(r"[aeiouy]+", word.lower().removesuffix("e").removesuffix("es"))
    return max(1, len(groups))


def reading_grade(text: str) -> float:
    """Flesch-Kincaid: the school year in which one reads this with ease."""
    sentences = [one for one in re.split(r"[.!?:\n]+", text) if re.search(r"[A-Za-z]", one)]
    words = re.findall(r"[A-Za-z']+", text)
    total = sum(map(syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * total / len(words) - 15.59


def test_the_grade_tells_easy_from_hard() -> None:
    assert reading_grade("The cat sat. It was a red cat.") < 1
    assert (
        reading_grade("Institutional accountability necessitates comprehensive documentation.") > 20
    )


def sample(state: MasteryState, *missing: Missing, reasons: tuple[Exclusion, ...] = ()) -> Verdict:
    left_out = tuple(NotCounted(evidence_id(n), reason) for n, reason in enumerate(reasons))
    verdict = judged(document(), seen(1))
    values: dict[str, Any] = {name: getattr(verdict, name) for name in verdict.__struct_fields__}
    values |= {"state": state, "missing": missing, "not_counted": left_out}
    return Verdict(**values)


ASKS = [
    {"observations": "1"}, {"observations": "2", "at_least": "Proficient"}, {"newer": "yes", "observations": "1"},
    *({"observations": count, "distinct": of} for of in ("context", "provider", "evaluator", "site", "task", "task_family", "equipment", "course", "assessment") for count in ("1", "2")),
    *({"observations": "1", "facet": one} for one in ("performance", "explanation", "transfer", "revision", "reflection")),
    {"observations": "1", "kind": "work_based_learning|credential"}, {"hours": "4.5"}, {"credential": "osha-10"},
    {"revision": "better", "works": "1"}, {"revision": "better", "works": "3", "new": "2"}, {"revision": "as_good", "works": "1"},
    {"revision": "as_good", "works": "2"}, {"children": "2"}, {"required": "safety", "points": "3"},
    {"observations": "1", "second_rater": "yes", "at_least": "Proficient"}, {"observations": "3", "second_rater": "yes", "new": "1", "at_least": "Proficient"},
    {"estimate": "3 (Proficient)"}, {"estimate": "3 (Proficient)", "observations": "2", "at_least": "3.5", "out_of": "4"},
    {"task": "A1", "share": "at_least 0.75"}, {"task": "A1", "share": "at_least 0.75", "never": "first"},
    {"observations": "1", "below": "Proficient"}, {"observations": "1", "within": "P1Y"}, {"observations": "1", "kind": "assessment", "rigour": "2", "purpose": "summative"},
]  # fmt: skip


@pytest.mark.parametrize("state", get_args(MasteryState))
def test_every_state_is_easy_to_read(state: MasteryState) -> None:
    missing = [Missing("rule", "", asks) for asks in ASKS]
    text = plain(sample(state, *missing, reasons=get_args(Exclusion)))
    assert reading_grade(text) <= GRADE_MAX, text


@pytest.mark.parametrize("asks", ASKS, ids=str)
def test_every_wish_is_short_sentences_to_act_on(asks: dict[str, str]) -> None:
    text = wanted(Missing("rule", "", asks))
    assert text.endswith(".")
    assert "_" not in text
    assert all(len(sentence.split()) <= 20 for sentence in text.split(". "))


@pytest.mark.parametrize("reason", get_args(Exclusion))
def test_every_reason_has_plain_words(reason: Exclusion) -> None:
    text = plain(sample("in_progress", reasons=(reason,)))
    assert "Some work did not count:" in text


@pytest.mark.parametrize(
    ("asks", "text"),
    [
        ({"observations": "1", "distinct": "site", "at_least": "Able"}, "Show it in one more place at Able or better."),
        ({"observations": "2", "distinct": "site"}, "Show it in 2 more places."),
        ({"observations": "1", "distinct": "evaluator"}, "Show it to one more person."),
        ({"observations": "3", "distinct": "provider"}, "Show it to 3 more schools or work places."),
        ({"observations": "1"}, "Show one more piece of work."),
        ({"observations": "2", "below": "Able"}, "Show 2 more pieces of work below Able."),
        ({"observations": "1", "facet": "explanation"}, "Show one more piece of work where you tell how you think."),
        ({"observations": "1", "kind": "work_based_learning"}, "Show one more piece of work, as work based learning."),
        ({"observations": "1", "second_rater": "yes", "at_least": "Able"}, "Ask a second person to rate a piece of your work at Able or better."),
        ({"observations": "2", "second_rater": "yes", "at_least": "Able", "new": "2"}, "Have two people rate 2 new pieces of work at Able or better."),
        ({"observations": "3", "second_rater": "yes", "new": "1"}, "Ask a second person to rate 2 pieces of your work. Have two people rate a new piece of work."),
        ({"observations": "1", "within": "P1Y"}, "Show one more piece of work, and do it now: old work does not count."),
        ({"hours": "4.5"}, "Work 4.5 more hours."),
        ({"hours": "1", "kind": "work_based_learning"}, "Work 1 more hour, as work based learning."),
        ({"observations": "1", "kind": "assessment", "rigour": "2", "purpose": "summative|unknown"}, "Show one more piece of work, as assessment, as summative or unknown work, in a task of band 2 or harder."),
        ({"credential": "a|b"}, "Earn this card or license: a or b."),
        ({"task": "A1", "share": "at_least 0.75"}, "Do the task A1. You need a score of at least 75 percent."),
        ({"task": "A1", "share": "equal 1"}, "Do the task A1. You need a score of 100 percent."),
        ({"task": "A1", "share": "at_least 0.825", "never": "first"}, "The first try at the task A1 counts. It was not at least 82.5 percent."),
        ({"children": "2"}, "Show more of the parts. You still need 2."),
        ({"required": "a, b"}, "You must show these parts: a, b."),
        ({"required": "a", "points": "3"}, "You must show these parts: a. Show parts that give 3 more points."),
        ({"points": "1"}, "Show parts that give 1 more point."),
        ({"estimate": "3 (Able)"}, "Keep at it until you reach 3 (Able)."),
        ({"estimate": "3 (Able)", "observations": "1", "at_least": "Able"}, "Do it once more and reach Able."),
        ({"estimate": "3 (Able)", "observations": "2", "at_least": "3.5", "out_of": "4"}, "Do it 2 more times and reach 3.5 of 4 each time."),
        ({"observations": "1", "newer": "yes", "at_least": "Able"}, "Show it once more at Able or better."),
        ({"revision": "better", "works": "1"}, "Go back to a piece of work and make it better than it was."),
        ({"revision": "better", "works": "2"}, "Go back to 2 pieces of work and make each better than it was."),
        ({"revision": "better", "works": "1", "new": "1"}, "Do a new piece of work. Then do it again, and do it better."),
        ({"revision": "better", "works": "3", "new": "2"}, "Go back to a piece of work and make it better than it was. Do 2 new pieces of work. Then do each again, and do it better."),
        ({"revision": "as_good", "works": "1"}, "Go back to the work that got worse. Make it as good as your first try."),
        ({"revision": "as_good", "works": "2"}, "Go back to the 2 pieces of work that got worse. Make each as good as your first try."),
    ],
)  # fmt: skip
def test_wish(asks: dict[str, str], text: str) -> None:
    assert wanted(Missing("rule", "", asks)) == text


def missing(rule: dict[str, Any], *pieces: Any, **fields: Any) -> list[dict[str, str]]:
    return [
        dict(one.asks)
        for one in judged(document(rule, any_evidence=True, **fields), *pieces).missing
    ]


FACETS = [
    {"rule": "facet", "which": one, "at_least": n}
    for n, one in enumerate(("explanation", "transfer", "revision"), 1)
]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"rule": "observations_at_least", "at_least": 3, "level": "Proficient"}, [{"observations": "2", "at_least": "Proficient"}]),
        ({"rule": "observations_at_least", "at_least": 3, "points": 3.5}, [{"observations": "3", "at_least": "3.5"}]),
        ({"rule": "distinct", "of": "site", "at_least": 2}, [{"observations": "1", "distinct": "site"}]),
        ({"rule": "any_of", "rules": FACETS[::-1]}, [{"observations": "1", "facet": "explanation"}]),
        ({"rule": "at_least", "n": 2, "of": FACETS[::-1]}, [{"observations": "1", "facet": "explanation"}, {"observations": "2", "facet": "transfer"}]),
        ({"rule": "all_of", "rules": FACETS[:2]}, [{"observations": "1", "facet": "explanation"}, {"observations": "2", "facet": "transfer"}]),
        ({"rule": "hours_at_least", "hours": 7.5}, [{"hours": "5.5"}]),
        ({"rule": "within", "period": "P1D", "inner": FACETS[0]}, [{"observations": "1", "facet": "explanation", "within": "P1D"}]),
        ({"rule": "credential", "any_of": ["a", "b"]}, [{"observations": "1", "credential": "a|b"}]),
        ({"rule": "kind", "which": ["credential"], "level": "Advanced"}, [{"observations": "1", "kind": "credential", "at_least": "Advanced"}]),
        ({"rule": "points", "need": 5, "children": [{"id": "a", "points": 5, "required": True}]}, [{"required": "a"}]),
        ({"rule": "covers", "at_least": 2}, [{"children": "2"}]),
        ({"rule": "improved"}, [{"revision": "better", "works": "1"}]),
        ({"rule": "improved", "of": "task"}, [{"revision": "better", "works": "1", "new": "1"}]),
        ({"rule": "result_of", "which": "t", "share": 0.5}, [{"task": "t", "share": "at_least 0.5"}]),
        ({"rule": "estimate_at_least", "level": "Advanced"}, [{"estimate": "4 (Advanced)", "observations": "1", "at_least": "Advanced"}]),
        ({"rule": "estimate_at_least", "points": 3.5, "estimate": {"method": "mean"}}, [{"estimate": "3.5 (Proficient)", "observations": "1", "at_least": "Advanced"}]),
        ({"rule": "estimate_at_least", "points": 3.2, "estimate": {"method": "mean"}}, [{"estimate": "3.2 (Proficient)", "observations": "1", "at_least": "3.4", "out_of": "4"}]),
        ({"rule": "estimate_at_least", "points": 3.75, "estimate": {"method": "mean"}}, [{"estimate": "3.75 (Proficient)", "observations": "3", "at_least": "Advanced"}]),
        ({"rule": "estimate_at_least", "level": "Advanced", "estimate": {"method": "mean"}}, [{"estimate": "4 (Advanced)", "observations": "199", "at_least": "Advanced"}]),
        ({"rule": "any_of", "rules": [{"rule": "hours_at_least", "hours": 400}, {"rule": "facet", "which": "transfer", "at_least": 9}]}, [{"observations": "9", "facet": "transfer"}]),
        ({"rule": "any_of", "rules": [{"rule": "result_of", "which": "t", "share": 1, "attempt": "first"}, {"rule": "facet", "which": "transfer", "at_least": 9}]}, [{"task": "t", "share": "at_least 1"}]),
        ({"rule": "observations_at_least", "at_least": 1}, []),
    ],
)  # fmt: skip
def test_what_is_missing_is_the_least_that_will_do(
    rule: dict[str, Any], expected: list[dict[str, str]]
) -> None:
    assert missing(rule, seen(1, site="a", hours=Decimal(2))) == expected


def test_texts_are_written_only_when_asked_for() -> None:
    verdict = judged(default_policy(), seen(1))
    assert {one.text for one in verdict.missing} == {""}
    assert all(one.text for one in explained(verdict).missing)


def test_a_family_reads_what_is_and_what_to_do() -> None:
    assert plain(judged(default_policy(), seen(1, site="shop", evaluator="x"))) == (
        "You are on your way. You have not yet shown all that is asked for.\n"
        "One piece of work counts.\n"
        "What you can do next:\n"
        "- Show one more piece of work at Proficient or better.\n"
        "- Show it in one more setting at Proficient or better.\n"
        "- Show it to one more person at Proficient or better.\n"
        "- Show one more piece of work where you tell how you think at Proficient or better."
    )
    mastered = judged(document(expiry={"expires_after": "P1Y"}), seen(1), seen(2))
    assert plain(mastered) == (
        "You have shown that you can do this.\nThis holds until 22 May 2027.\n2 pieces of work count."
    )


def test_nothing_is_asked_once_more_of_whom_nothing_counts_yet() -> None:
    hours = document(requirement={"rule": "all_of", "rules": [
        {"rule": "estimate_at_least"}, {"rule": "distinct", "of": "site", "at_least": 2},
        {"rule": "hours_at_least", "hours": "7.5"},
    ]})  # fmt: skip
    wishes = ("- Do it and reach Proficient.", "- Show it in 2 places.", "- Work 7.5 hours.")
    for none in (judged(hours), judged(hours, seen(1, excluded="withdrawn"))):
        assert plain(none).splitlines()[2:5] == list(wishes)
        assert tuple(f"- {one.text}" for one in explained(none).missing) == wishes


def test_an_auditor_reads_everything() -> None:
    verdict = judged(
        preset("readiness"),
        seen(1, "4", site="shop", evaluator="x"),
        seen(2, excluded="withdrawn", excluded_detail="typed twice"),
    )
    text = exact(verdict)
    one, two = evidence_id(1), evidence_id(2)
    for part in (
        f"competency skill: in_progress on {NOW.isoformat()}",
        f"policy readiness, sha256 {verdict.policy_digest}",
        "estimate 4, level 4",
        "met first at none, due none",
        f"  observations_at_least: not met, found 1, needed 3, by {one}",
        "  estimate_at_least: met, found 4 (4), needed 3 (3)",
        f"counted: {one}",
        f"not counted: {two}, withdrawn (typed twice)",
    ):
        assert part in text.splitlines()


def test_a_family_reads_of_everything_that_did_not_count_once() -> None:
    reasons: tuple[Exclusion, ...] = ("withdrawn", "out_of_window", "withdrawn")
    assert plain(sample("in_progress", Missing("r", "", {"newer": "yes"}), reasons=reasons)) == (
        "You are on your way. You have not yet shown all that is asked for.\n"
        "One piece of work counts.\n"
        "What you can do next:\n"
        "- Show it once more.\n"
        "Some work did not count:\n"
        "- It was taken back by those who sent it.\n"
        "- It is too old."
    )


def test_a_family_that_is_done_reads_of_nothing_more_to_do() -> None:
    wish = Missing("r", "", {"newer": "yes"})
    assert "next" not in plain(sample("mastered", wish))
    assert "next" not in plain(sample("in_progress"))
    assert wanted(Missing("r", "", {})) == "Show one more piece of work."
    kinds = {"observations": "1", "kind": "credential|work_based_learning"}
    assert wanted(Missing("r", "", kinds)).endswith(", as credential or work based learning.")


def test_an_auditor_reads_the_parts_of_a_requirement_below_it() -> None:
    sites = {"rule": "distinct", "of": "site", "at_least": 2}
    inner = {"rule": "within", "period": "P30D", "inner": sites}
    one_of = {"rule": "any_of", "rules": [inner, {"rule": "result_of", "which": "t", "share": 1}]}
    pieces = [seen(1, site="a"), seen(2, site="b", days_ago=9), seen(3, excluded="withdrawn")]
    verdict = judged(document(one_of, any_evidence=True), *pieces)
    one, two, three = (evidence_id(n) for n in (1, 2, 3))
    assert verdict.since is not None
    assert verdict.due_at is not None
    assert exact(verdict).splitlines()[3:] == [
        f"met first at {verdict.since.isoformat()}, due {verdict.due_at.isoformat()}",
        "  any_of: met, found 1, needed 1",
        f"    within:P30D: met, found 2, needed 2, by {one}, {two}",
        f"      distinct:site: met, found 2, needed 2, by {one}, {two}",
        "    result_of:t: not met, found nothing, needed at_least 1",
        f"counted: {one}, {two}",
        f"not counted: {three}, withdrawn",
    ]
    assert exact(judged(document())).splitlines()[-1] == "counted: nothing"


def test_work_that_does_not_count_was_seen_and_is_counted_once() -> None:
    gone = plain(judged(document(), seen(1, excluded="withdrawn")))
    assert gone.startswith("No work counts yet.\nWhat you can do next:")
    twice = [seen(1, "Beginning", evaluator="x"), seen(1, "Developing", evaluator="y")]
    assert "\nOne piece of work counts.\n" in plain(judged(document(), *twice))
