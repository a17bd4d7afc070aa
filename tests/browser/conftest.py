"""One served ledger and one Chromium for the tests of pages; each test has a browser of its own.

Both end with this package: Playwright keeps an event loop running for as long as it lives.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.site import Site, chromium, served, visiting
from tests.services.postgres import Postgres

Visit = Callable[..., Page]


@pytest.fixture(scope="package")
def site(postgres_server: Postgres, migrated_template: str) -> Iterator[Site]:
    """Serve a seeded ledger."""
    name = postgres_server.create(template=migrated_template)
    with served(postgres_server.url(name)) as found:
        yield found
    postgres_server.drop(name)


@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Start the system's Chromium."""
    with chromium(chromium_path) as found:
        yield found


@pytest.fixture
def visit(browser: Browser, site: Site) -> Generator[Visit]:
    """Open an address as somebody; fails the test if a page has a script error."""
    with ExitStack() as stack:
        faults: list[str] = []

        def go(path: str, **how: Any) -> Page:
            page = stack.enter_context(visiting(browser, site, **how)).new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on(
                "console", lambda said: faults.append(said.text) if _is_fault(said.text) else None
            )
            page.goto(path)
            return page

        yield go
        assert faults == []


def _is_fault(text: str) -> bool:
    """Tell what a page did wrong, such as breaking its content policy, from a status of 4xx."""
    return "Failed to load resource" not in text
