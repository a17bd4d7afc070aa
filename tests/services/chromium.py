"""The Chromium that browser tests drive: the system's, since Playwright's own is not downloaded."""

from __future__ import annotations

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str | None:
    """Give the path of the system's Chromium, or nothing if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)
