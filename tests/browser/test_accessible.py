"""Every page, for everybody: read aloud, by keyboard, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Page

from tests.browser import accessibility
from tests.browser.conftest import Visit
from tests.browser.seeding import LONG
from tests.browser.site import PHONE, Site

pytestmark = pytest.mark.browser
ADA = "Ada Okafor"
PAGES = (
    "sign-in", "overview", "learners", "search", "transcript", "as of then", "history", "evidence",
    "document", "long name", "nothing there",
)  # fmt: skip


def address(site: Site, name: str) -> str:
    return {
        "sign-in": "/sign-in",
        "overview": "/",
        "learners": "/learners",
        "search": "/learners?q=a",
        "transcript": site.transcript(ADA),
        "as of then": f"{site.transcript(ADA)}?as_of=20",
        "history": site.history(ADA),
        "evidence": site.evidence("fillet-1"),
        "document": site.evidence("ppe-1"),
        "long name": site.transcript(LONG),
        "nothing there": "/learners/none",
    }[name]


UNFOLD = "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"


Look = Callable[[Page], object]


def found_on(visit: Visit, site: Site, look: Look, **how: object) -> dict[str, object]:
    """Look at every page, unfolded; give what is wrong, by page."""
    page, found = visit("/sign-in", **how), dict[str, object]()
    for name in PAGES:
        page.goto(address(site, name))
        page.evaluate(UNFOLD)
        if faults := look(page):
            found[name] = faults
    return found


def test_every_page_can_be_read_aloud(visit: Visit, site: Site) -> None:
    assert found_on(visit, site, accessibility.structure_faults) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_has_contrast(visit: Visit, site: Site, scheme: str) -> None:
    assert found_on(visit, site, accessibility.contrast_faults, scheme=scheme) == {}


def test_every_page_is_usable_by_keyboard(visit: Visit, site: Site) -> None:
    def unreached(page: Page) -> list[str]:
        stops, unseen = accessibility.tab_through(page)
        missed = accessibility.reachable(page) - len(stops)
        return unseen + ([f"{missed} not reached"] if missed else [])

    assert found_on(visit, site, unreached) == {}


def test_the_keyboard_skips_to_the_content_and_unfolds_a_verdict(visit: Visit, site: Site) -> None:
    page = visit(site.transcript(ADA))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    summary = page.locator("details.verdict > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.verdict").first.evaluate("one => one.open") is True


def test_no_page_scrolls_sideways_on_a_phone(visit: Visit, site: Site) -> None:
    assert found_on(visit, site, partial(accessibility.wider_than, PHONE[0]), size=PHONE) == {}


def test_text_may_be_twice_as_large(visit: Visit, site: Site) -> None:
    """WCAG 2.2, 1.4.4: nothing is cut off sideways."""

    def enlarged(page: Page) -> list[str]:
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        return accessibility.wider_than(640, page)

    assert found_on(visit, site, enlarged, size=(640, 740)) == {}


def test_every_target_is_large_enough_for_a_finger(visit: Visit, site: Site) -> None:
    assert found_on(visit, site, accessibility.small_targets, size=PHONE) == {}


def test_no_page_asks_another_site_for_anything(visit: Visit, site: Site) -> None:
    asked: list[str] = []

    page = visit("/sign-in")
    page.context.on("request", lambda request: asked.append(request.url))
    for name in PAGES:
        page.goto(address(site, name))
    assert [url for url in asked if not url.startswith(site.url)] == []
