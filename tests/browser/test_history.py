"""The history: a slider over time that shows the state as of then."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import Site

pytestmark = pytest.mark.browser
ADA = "Ada Okafor"


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Point in time")


def standing(page: Page, code: str) -> Locator:
    return page.locator(".standing li").filter(has=page.get_by_text(code, exact=True))


def chosen(page: Page) -> Locator:
    return page.locator(".happened [aria-current=step]")


def move(page: Page, step: int) -> None:
    """Drag the thumb to a step, as a hand would, and wait for the answer."""
    with page.expect_response(re.compile(r"as_of=")):
        slider(page).fill(str(step))
    expect(page.locator("#then")).not_to_have_class(re.compile("busy"))


def test_the_slider_starts_at_the_last_step(visit: Visit, site: Site) -> None:
    page = visit(site.history(ADA))
    steps = page.locator(".happened li").count()
    assert slider(page).input_value() == slider(page).get_attribute("max") == str(steps)
    expect(standing(page, "WELD.2.3").locator(".state")).to_have_text("Mastered")


def test_the_slider_shows_the_state_as_of_then(visit: Visit, site: Site) -> None:
    page = visit(site.history(ADA))
    before = page.locator(".happened a", has_text="Two weeks in bay 4").get_attribute("data-step")
    assert before is not None
    move(page, int(before) - 1)
    expect(standing(page, "WELD.2.3").locator(".state")).to_have_text("In progress")
    move(page, int(before))
    expect(standing(page, "WELD.2.3").locator(".state")).to_have_text("Mastered")
    expect(standing(page, "WELD.2.3")).to_contain_text("Changed by this step, from in progress.")


def test_every_step_shows_what_the_transcript_as_of_then_says(visit: Visit, site: Site) -> None:
    page = visit(site.history(ADA))
    addresses = [one.get_attribute("href") for one in page.locator(".happened a").all()]
    for address in addresses[2::3]:
        page.goto(site.history(ADA) + (address or ""))
        here = _states(page, ".standing li", ".mono")
        page.get_by_role("link", name="Transcript as of then").click()
        page.wait_for_url(re.compile(r"as_of="))
        assert _states(page, "details.verdict > summary", ".code") == here


def _states(page: Page, row: str, code: str) -> dict[str, str]:
    return {
        one.locator(code).inner_text(): one.locator(".state").inner_text()
        for one in page.locator(row).all()
    }


def test_before_the_first_fact_nothing_was_known(visit: Visit, site: Site) -> None:
    page = visit(site.history(ADA))
    move(page, 0)
    expect(page.locator("#then")).to_contain_text("Nothing was known of any competency.")
    expect(slider(page)).to_have_attribute("aria-valuetext", "Before the first fact")


def test_the_slider_is_moved_by_the_keyboard_and_says_where_it_is(visit: Visit, site: Site) -> None:
    page = visit(site.history(ADA))
    last = int(slider(page).input_value())
    slider(page).focus()
    with page.expect_response(re.compile(r"as_of=")):
        page.keyboard.press("ArrowLeft")
    assert slider(page).input_value() == str(last - 1)
    expect(slider(page)).to_have_attribute("aria-valuetext", re.compile(rf"^Step {last - 1}, "))
    with page.expect_response(re.compile(r"as_of=0")):
        page.keyboard.press("Home")
    expect(page.locator("#then")).to_contain_text("Nothing was known")


def test_buttons_step_back_and_forth(visit: Visit, site: Site) -> None:
    page = visit(site.history(ADA))
    last = int(slider(page).input_value())
    later = page.get_by_role("button", name="One step later")
    expect(later).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="One step earlier").click()
    expect(chosen(page)).to_have_attribute("data-step", str(last - 1))
    later.click()
    expect(chosen(page)).to_have_attribute("data-step", str(last))


def test_a_step_has_an_address_that_can_be_shared(visit: Visit, site: Site) -> None:
    page = visit(site.history(ADA))
    page.locator(".happened a", has_text="Fillet weld coupon, revised").click()
    expect(chosen(page)).to_contain_text("Fillet weld coupon, revised")
    page.wait_for_url(re.compile(r"as_of=\d+$"))
    other = visit(page.url, role="auditor")
    expect(chosen(other)).to_contain_text("Fillet weld coupon, revised")
    assert other.locator("#then").inner_text() == page.locator("#then").inner_text()


def test_without_javascript_a_button_shows_the_state(visit: Visit, site: Site) -> None:
    page = visit(f"{site.history(ADA)}?step=3", javascript=False)
    expect(page.locator(".standing li")).to_have_count(1)
    slider(page).focus()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Show the state as of then").click()
    expect(page.locator("#then")).to_contain_text("Nothing was known of any competency.")
    page.get_by_role("button", name="One step later").click()
    expect(chosen(page)).to_contain_text("The ledger met this learner.")


def test_an_ended_session_leads_to_the_sign_in_page_and_back(visit: Visit, site: Site) -> None:
    page = visit(site.history(ADA))
    page.context.clear_cookies()
    slider(page).fill("2")
    page.wait_for_url(re.compile("/sign-in"))
    page.get_by_label("Token").fill(site.seeded.tokens["reader"])
    page.get_by_role("button", name="Sign in").click()
    expect(slider(page)).to_have_value("2")
