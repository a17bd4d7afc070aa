from __future__ import annotations

import pytest
from playwright.sync_api import Browser


@pytest.mark.browser
def test_the_systems_chromium_can_be_driven(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<h1>Ledger</h1>")
    assert page.get_by_role("heading").inner_text() == "Ledger"
    page.close()
