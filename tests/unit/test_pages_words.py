"""The words of pages: every code has some, and what is missing is said as one thing to do."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

import pytest

from api.auth import ROLES
from api.web import words
from api.web.session import local_path
from api.web.verdicts import asked_text, missing_texts, period_text
from ledger.domain.evidence import EvidenceKind, Result
from ledger.domain.facts import ProviderKind
from projections.lines import STRANDS
from projections.policies.observation import Exclusion
from projections.policies.verdict import Finding, MasteryState, Missing

BAR = {"at_least": "3 (Proficient)"}


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        pytest.param(words.STATES, get_args(MasteryState), id="states"),
        pytest.param(words.REASONS, get_args(Exclusion), id="reasons"),
        pytest.param(words.KINDS, get_args(EvidenceKind), id="kinds of evidence"),
        pytest.param(words.PROVIDER_KINDS, get_args(ProviderKind), id="kinds of providers"),
        pytest.param(words.STRANDS, STRANDS, id="strands"),
        pytest.param(words.ROLES, ROLES, id="roles"),
    ],
)
def test_every_code_has_words(table: dict[str, object], codes: tuple[str, ...]) -> None:
    assert set(table) == set(codes)


@pytest.mark.parametrize(
    ("asks", "said"),
    [
        pytest.param(
            [{"observations": "1", **BAR}],
            "one more piece of evidence, rated Proficient or higher", id="one more",
        ),
        pytest.param(
            [
                {"observations": "1", **BAR},
                {"observations": "1", "distinct": "context", **BAR},
                {"observations": "1", "distinct": "evaluator", **BAR},
                {"observations": "1", "facet": "explanation", **BAR},
            ],
            "one more piece of evidence, rated Proficient or higher, from another situation and "
            "another evaluator, with an explanation in the learner's own words",
            id="one piece may do it all",
        ),
        pytest.param(
            [
                {"observations": "2", **BAR},
                {"observations": "1", "kind": "work_based_learning", **BAR},
            ],
            "2 more pieces of evidence, rated Proficient or higher, one of them of kind "
            "work-based learning",
            id="two, and one of a kind",
        ),
        pytest.param([{"hours": "12.50"}], "12.5 more hours", id="hours"),
        pytest.param(
            [{"required": "safety", "points": "3"}],
            "mastery of safety, and 3 more points from the competencies below this one", id="parts",
        ),
        pytest.param([{"points": "1"}], "1 more point from the competencies below this one", id="points"),
        pytest.param(
            [{"revision": "as_good", "works": "2"}],
            "2 revisions at least as good as the first attempt", id="revisions",
        ),
        pytest.param(
            [{"observations": "1", "within": "P2Y"}],
            "one more piece of evidence, within 2 years", id="within",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_together(asks: list[dict[str, str]], said: str) -> None:
    assert missing_texts([Missing("rule", "", each) for each in asks]) == (said,)


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        pytest.param(Finding("distinct:site", True, "2", "2"), "At least 2 sites", id="sites"),
        pytest.param(Finding("hours_at_least", False, "3", "40"), "At least 40 hours", id="hours"),
        pytest.param(Finding("a_rule:of_tomorrow", False, "", "3"), "A rule of tomorrow: 3", id="unknown"),
    ],
)  # fmt: skip
def test_a_requirement_is_said_in_words(finding: Finding, said: str) -> None:
    assert asked_text(finding) == said


@pytest.mark.parametrize(
    ("period", "said"),
    [("P3Y", "3 years"), ("P1Y6M", "1 year and 6 months"), ("PT36H", "36 hours"), ("soon", "soon")],
)
def test_a_period_is_said_in_words(period: str, said: str) -> None:
    assert period_text(period) == said


@pytest.mark.parametrize(
    ("result", "said"),
    [
        pytest.param(None, "", id="none"),
        pytest.param(Result(level="Proficient"), "Proficient", id="a level"),
        pytest.param(Result(score=Decimal("87.50"), max=Decimal(100)), "87.5 of 100", id="a score"),
        pytest.param(Result(success=False), "not passed", id="not passed"),
        pytest.param(Result(level="Advanced", status="provisional"), "Advanced, provisional", id="not final"),
    ],
)  # fmt: skip
def test_a_result_is_said_on_its_own_scale(result: Result | None, said: str) -> None:
    assert words.outcome(result) == said


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "http://", "//x.example", "http://[", None],
)
def test_only_addresses_of_the_web_become_links(address: str | None) -> None:
    assert words.web_address(address) is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/learners?q=a", "/learners?q=a"),
        ("//x.example/a", "/"),
        ("https://x.example", "/"),
        ("/\\x.example", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("http://[", "/"),
        (None, "/"),
    ],
)
def test_signing_in_leads_on_within_this_site(text: str | None, path: str) -> None:
    assert local_path(text) == path


def test_moments_are_said_in_utc_and_numbers_without_idle_zeros() -> None:
    moment = datetime(2026, 3, 2, 16, 15, tzinfo=UTC)
    assert words.instant(moment) == "2 March 2026, 16:15 UTC"
    assert words.amount(Decimal("1200.50")) == "1,200.5"
    assert words.amount(Decimal("1E+2")) == "100"
    assert words.count(1, "fact") == "1 fact"
    assert words.count(1200, "fact") == "1,200 facts"
