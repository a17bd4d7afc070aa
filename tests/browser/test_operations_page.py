"""The page of operations: how far everything is, who leads, and what somebody should look at."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from consumers import metrics, outbox, reporting, statements
from consumers.reporting import reporting as reports
from projections import keeping
from tests import downstream
from tests.browser import accessibility
from tests.browser.conftest import Visit
from tests.browser.site import PHONE, Site, signed_in

pytestmark = pytest.mark.browser


@contextmanager
def machines(site: Site) -> Generator[None]:
    """A relay that leads, an engine, and one process that was killed a while ago."""
    conninfo = site.seeded.ledger.conninfo
    metrics.RELAY_LEADS.set(1)
    metrics.RELAY_POSITION.set(12, feed="facts")
    metrics.RELAY_POSITION.set(3, feed="changes")
    with (
        outbox.connected(conninfo) as connection,
        reports(conninfo, "relay", every_s=0.1), reports(conninfo, "engine", every_s=0.1),
    ):  # fmt: skip
        keeping.claim(connection, "engine")
        downstream.until(
            lambda: len([one for one in reporting.read(connection) if one.numbers]) == 2,
            what="two reports",
        )
        killed = {
            "process": "00000000-0000-4000-8000-000000000001", "part": "consume", "host": "gone-1",
            "pid": 4711,
        }  # fmt: skip
        connection.execute(statements.query("come"), killed)
        connection.execute(
            "UPDATE views.processes SET seen_at = seen_at - interval '90 s' WHERE pid = 4711"
        )
        try:
            yield
        finally:
            connection.execute("DELETE FROM views.processes WHERE pid = 4711")
            metrics.RELAY_LEADS.set(0)


@pytest.fixture
def running(site: Site) -> Iterator[None]:
    with machines(site):
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
    assert (reached, behind) == ("12", f"{head - 12:,}")
    assert by.startswith("relay on ")


def test_it_says_who_leads_and_who_was_not_heard_of(visit: Visit, running: None) -> None:
    page = visit("/operations", role="operator")
    assert row(page, "relay")[1] == "leads"
    assert row(page, "engine")[1] == "works"
    assert row(page, "consume")[1] == "silent"
    expect(page.get_by_role("status")).to_contain_text("consume on gone-1 (process 4711)")
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Operations")


def row(page: Page, name: str) -> list[str]:
    found = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))
    return [one.strip() for one in found.locator("td").all_inner_texts()]


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
