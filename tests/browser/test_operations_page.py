"""The page of operations: how far everything is, who leads, and what somebody should look at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from tests.browser import accessibility, machines
from tests.browser.conftest import Visit
from tests.browser.site import PHONE, Site, signed_in

pytestmark = pytest.mark.browser


@pytest.fixture
def running(site: Site) -> Iterator[None]:
    with machines.running(site):
        yield


def test_an_operator_comes_there_from_any_page(visit: Visit, running: None) -> None:
    page = visit("/", role="operator")
    page.get_by_role("navigation").get_by_role("link", name="Operations").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
    expect(page.get_by_role("navigation").locator("[aria-current]")).to_have_text("Operations")


def test_it_says_how_far_everything_is_and_by_whom(visit: Visit, site: Site, running: None) -> None:
    page = visit("/operations", role="operator")
    head = site.seeded.ledger.log.head()
    cells = row(page, "Live views")
    assert cells == [f"{head:,}", "0", "engine"]
    reached, behind, by = row(page, "Topic of facts")
    assert (reached, behind, by) == (f"{head - 2:,}", "2", "relay on ledger-1")
    assert row(page, "Submitted evidence")[1:] == ["17", "1 consumer"]


def test_it_says_who_leads_and_who_was_not_heard_of(visit: Visit, running: None) -> None:
    page = visit("/operations", role="operator")
    assert [row[1] for row in rows(page, "relay")] == ["leads", "stands by"]
    assert [row[1] for row in rows(page, "consume")] == ["works", "silent"]
    assert [row[1] for row in rows(page, "engine")] == ["works"]
    first = rows(page, "consume")[0]
    assert first[3:] == ["88,120 messages", "36.0", "2"]
    expect(page.get_by_role("status")).to_contain_text("consume on ledger-2 (process 4716)")
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Operations")


def row(page: Page, name: str) -> list[str]:
    (found,) = rows(page, name)
    return found


def rows(page: Page, name: str) -> list[list[str]]:
    named = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))
    return [one.locator("td").all_inner_texts() for one in named.all()]


@pytest.mark.parametrize("role", ["reader", "auditor", "steward", "employer"])
def test_others_neither_see_it_nor_a_link_to_it(site: Site, role: str) -> None:
    with signed_in(site, role) as client:
        assert client.get("/operations").status_code == 403
        assert "/operations" not in client.get("/").text


def test_it_names_no_learner_and_no_provider(site: Site, running: None) -> None:
    with signed_in(site, "operator") as client:
        text = client.get("/operations").text
    for name in (*site.seeded.learners, *map(str, site.seeded.learners.values()),
                 *map(str, site.seeded.providers.values()), "Riverside"):  # fmt: skip
        assert name not in text


@pytest.mark.parametrize(
    ("look", "how"),
    [
        pytest.param(accessibility.structure_faults, {}, id="read aloud"),
        pytest.param(accessibility.contrast_faults, {}, id="contrast"),
        pytest.param(accessibility.contrast_faults, {"scheme": "dark"}, id="contrast in the dark"),
        pytest.param(partial(accessibility.wider_than, PHONE[0]), {"size": PHONE}, id="on a phone"),
        pytest.param(accessibility.small_targets, {"size": PHONE}, id="targets"),
    ],
)
def test_everybody_can_use_it(
    visit: Visit, running: None, look: object, how: dict[str, object]
) -> None:
    assert callable(look)
    assert not look(visit("/operations", role="operator", **how))
