"""`python -m tests.browser.screenshots`: the pictures of docs/pages.md, taken anew.

Paper is printed to PDF by Chromium and drawn by pdftoppm (Debian: poppler-utils).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from ledger.store.migrations import migrate
from tests.browser import machines
from tests.browser.site import DESK, PHONE, Site, chromium, served, visiting
from tests.services import chromium as parts
from tests.services import postgres

IMAGES = Path(__file__).parents[2] / "docs" / "images"
ADA = "Ada Okafor"
UNFOLDED = "WELD.2.3"
TALL = (1200, 1180)


def main() -> int:
    """Take every picture."""
    path = parts.executable()
    if path is None:
        sys.stderr.write("screenshots: no Chromium; run `make parts`\n")
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with postgres.running() as server:
        database = server.url(server.create())
        migrate(database)
        with served(database) as site, chromium(path) as browser:
            _on_a_desk(browser, site)
            _of_the_machines(browser, site)
            _in_the_dark(browser, site)
            _on_a_phone(browser, site)
            _on_paper(browser, site)
    return 0


def _on_a_desk(browser: Browser, site: Site) -> None:
    with visiting(browser, site, size=DESK, role=None) as context:
        page = context.new_page()
        page.goto("/sign-in")
        _take(page, "sign-in")
    with visiting(browser, site, size=TALL) as context:
        page = context.new_page()
        for name, path in (
            ("overview", "/"),
            ("learners", "/learners?q=a"),
            ("evidence", site.evidence("fillet-1")),
        ):
            page.goto(path)
            _take(page, name)
        page.goto(site.transcript(ADA))
        _unfold(page)
        _take(page, "transcript")
        page.goto(site.history(ADA))
        page.locator(".happened a", has_text="Two weeks in bay 4").click()
        page.wait_for_url("**as_of=**")
        _take(page, "history")


def _of_the_machines(browser: Browser, site: Site) -> None:
    with machines.running(site), visiting(browser, site, role="operator", size=TALL) as context:
        page = context.new_page()
        page.goto("/operations")
        _take(page, "operations")


def _in_the_dark(browser: Browser, site: Site) -> None:
    with visiting(browser, site, size=TALL, scheme="dark") as context:
        page = context.new_page()
        page.goto(site.transcript(ADA))
        _unfold(page)
        _take(page, "transcript-dark")
        page.goto(site.history(ADA))
        _take(page, "history-dark")


def _on_a_phone(browser: Browser, site: Site) -> None:
    with visiting(browser, site, size=(PHONE[0], 1500)) as context:
        page = context.new_page()
        page.goto(site.transcript(ADA))
        _unfold(page)
        _take(page, "transcript-phone")
        page.goto(site.history(ADA))
        _take(page, "history-phone")


def _on_paper(browser: Browser, site: Site) -> None:
    draw = shutil.which("pdftoppm")
    if draw is None:
        sys.stderr.write("screenshots: no pdftoppm (poppler-utils), so none of paper\n")
        return
    with visiting(browser, site) as context, tempfile.TemporaryDirectory() as folder:
        page = context.new_page()
        page.goto(site.transcript(ADA))
        printed = Path(folder) / "transcript.pdf"
        page.pdf(path=printed, format="A4")
        subprocess.run(
            [draw, "-png", "-r", "90", "-singlefile", printed, IMAGES / "transcript-paper"],
            check=True,
        )


def _unfold(page: Page) -> None:
    page.locator("details.verdict").filter(has=page.get_by_text(UNFOLDED, exact=True)).locator(
        "> summary"
    ).click()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    sys.exit(main())
