"""The transcript: strands apart, and every verdict with its reasons."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import Site

pytestmark = pytest.mark.browser
ADA = "Ada Okafor"


def verdict(page: Page, code: str) -> Locator:
    return page.locator("details.verdict").filter(has=page.get_by_text(code, exact=True))


def unfold(page: Page, code: str) -> Locator:
    found = verdict(page, code)
    found.locator("> summary").click()
    expect(found.locator(".unfolded")).to_be_visible()
    return found


def test_strands_stay_apart_and_each_counts_its_own_states(visit: Visit, site: Site) -> None:
    page = visit(site.transcript(ADA))
    expect(page.get_by_role("heading", level=1)).to_have_text(ADA)
    strands = ["Technical skills", "Academic standards", "Employability skills", "Dispositions"]
    for strand in strands:
        expect(page.get_by_role("heading", level=2, name=strand)).to_be_visible()
    technical = page.get_by_role("region", name="Technical skills")
    expect(technical.get_by_label("States")).to_contain_text("2 mastered")


def test_a_verdict_unfolds_to_its_evidence(visit: Visit, site: Site) -> None:
    page = visit(site.transcript(ADA))
    expect(verdict(page, "WELD.2.3").locator(".unfolded")).to_be_hidden()
    found = unfold(page, "WELD.2.3")
    counted = found.get_by_role("table").first
    expect(counted.get_by_role("row")).to_have_count(5)
    bay = counted.get_by_role("row", name=re.compile("Two weeks in bay 4"))
    expect(bay).to_contain_text("Riverside Fabrication")
    expect(bay).to_contain_text("Employer")
    bay.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two weeks in bay 4")


def test_evidence_that_does_not_count_says_why(visit: Visit, site: Site) -> None:
    left_out = unfold(visit(site.transcript(ADA)), "WELD.2.3").get_by_role("table").nth(1)
    row = left_out.get_by_role("row", name=re.compile("Helped on weekends"))
    expect(row).to_contain_text("was not authorised")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param("WELD.5.1", "The provider took it back.", id="withdrawn"),
        pytest.param("WELD.3.2", "Taking part is recorded", id="attendance"),
    ],
)
def test_what_never_counts_is_shown_with_its_reason(
    visit: Visit, site: Site, code: str, reason: str
) -> None:
    expect(unfold(visit(site.transcript(ADA)), code)).to_contain_text(reason)


def test_what_is_missing_is_said_in_plain_words(visit: Visit, site: Site) -> None:
    page = visit(site.transcript(ADA))
    summary = verdict(page, "WELD.3.2").locator("> summary")
    said = (
        "Missing: one more piece of evidence, rated Proficient or higher, from another situation "
        "and another evaluator, with an explanation in the learner's own words."
    )
    expect(summary).to_contain_text(said)
    expect(unfold(page, "WELD.3.2").locator(".missing")).to_contain_text("One more piece")


def test_credentials_hours_credits_and_enrolments_are_listed(visit: Visit, site: Site) -> None:
    page = visit(site.transcript(ADA))
    expect(page.get_by_role("region", name="Credentials")).to_contain_text("AWS Certified Welder")
    expect(page.get_by_role("region", name="Work-based learning")).to_contain_text("50.5")
    expect(page.get_by_role("region", name="Credits")).to_contain_text("0.5")
    expect(page.get_by_role("region", name="Enrolments")).to_contain_text("Cedar Valley")


def test_the_page_names_the_policy_that_decided(visit: Visit, site: Site) -> None:
    page = visit(site.transcript(ADA))
    page.get_by_role("link", name="Demonstrated mastery").click()
    expect(page.locator("#policy-1")).to_contain_text("Completing a task once is not mastery")


def test_a_transcript_as_of_then_knows_nothing_of_later(visit: Visit, site: Site) -> None:
    page = visit(f"{site.transcript(ADA)}?as_of=2025-10-05T00:00:00Z")
    expect(page.get_by_role("status")).to_contain_text("as the ledger knew it")
    expect(verdict(page, "WELD.2.3").locator(".state")).to_have_text("In progress")
    expect(verdict(page, "EMPL.2.1")).to_have_count(0)
    page.get_by_role("link", name="Show it as it stands now").click()
    expect(verdict(page, "WELD.2.3").locator(".state")).to_have_text("Mastered")


def test_paper_shows_every_verdict_in_words_and_no_controls(visit: Visit, site: Site) -> None:
    page = visit(site.transcript(ADA))
    page.emulate_media(media="print")
    for said in page.locator(".verdict .said").all():
        expect(said).to_be_visible()
    for control in (page.get_by_role("button"), page.get_by_role("navigation")):
        expect(control).to_have_count(0)
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert page.pdf(format="Letter").startswith(b"%PDF")


def test_without_javascript_the_transcript_is_whole(visit: Visit, site: Site) -> None:
    page = visit(site.transcript(ADA), javascript=False)
    expect(unfold(page, "WELD.2.3")).to_contain_text("Fillet weld coupon, revised")


def test_what_was_said_before_a_correction_stays_readable(visit: Visit, site: Site) -> None:
    page = visit(site.evidence("trig-1"))
    expect(page.locator("main")).to_contain_text("Corrected 1 time")
    expect(page.get_by_role("region", name="What it says")).to_contain_text("44 of 50")
    facts = page.get_by_role("region", name="Facts and receipts")
    expect(facts).to_contain_text("question 7 was keyed wrongly")
    facts.get_by_text("What it says, as stored").first.click()
    expect(facts.locator("pre").first).to_contain_text('"score": "41"')
