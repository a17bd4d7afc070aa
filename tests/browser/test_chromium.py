from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright


@pytest.mark.browser
def test_the_systems_chromium_can_be_driven(chromium_path: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content("<h1>Ledger</h1>")
        assert page.get_by_role("heading").inner_text() == "Ledger"
        browser.close()
