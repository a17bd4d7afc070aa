"""The pages as they are served: a real database, the engine, uvicorn on a loopback port."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import uvicorn
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from api.app import create_app
from api.web import mount
from api.web.session import COOKIE
from projections.answers import Answers
from projections.engine import Engine
from tests import ledgers
from tests.browser.seeding import Clock, Seeded, seed

START_S_MAX = 20.0
CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--font-render-hinting=none",
]  # fmt: skip
DESK = (1200, 900)
PHONE = (360, 740)
ACTION_MS_MAX = 10_000


@dataclass(frozen=True)
class Site:
    """A served ledger."""

    url: str
    seeded: Seeded

    def transcript(self, name: str) -> str:
        return f"/learners/{self.seeded.learners[name]}"

    def history(self, name: str) -> str:
        return f"{self.transcript(name)}/history"

    def evidence(self, name: str) -> str:
        return f"/evidence/{self.seeded.evidence[name]}"


@contextmanager
def served(database: str) -> Generator[Site]:
    """Seed a ledger on this database and serve it."""
    clock = Clock()
    with ledgers.opened(database, clock=clock) as ledger:
        seeded = seed(ledger, clock)
        settings = ledgers.settings(database)
        Engine(ledger, settings, clock=clock).catch_up()
        app = create_app(ledger, settings, answers=Answers(ledger, clock=clock), clock=clock)
        mount(app, session_key=ledger.session_key)
        server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False)
        )
        thread = threading.Thread(target=server.run, name="pages", daemon=True)
        thread.start()
        try:
            yield Site(_address(server, thread), seeded)
        finally:
            server.should_exit = True
            thread.join(START_S_MAX)


def _address(server: uvicorn.Server, thread: threading.Thread) -> str:
    pause = threading.Event()
    for _ in range(int(START_S_MAX / 0.05)):
        if server.started:
            return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        assert thread.is_alive(), "the server ended before it answered"
        pause.wait(0.05)
    raise TimeoutError("the server did not answer")


@contextmanager
def chromium(path: str) -> Generator[Browser]:
    """Start the system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(
    browser: Browser, site: Site, *, role: str | None = "reader", size: tuple[int, int] = DESK,
    scheme: str = "light", javascript: bool = True,
) -> Generator[BrowserContext]:  # fmt: skip
    """Open a browser of its own, signed in with the token of a role."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=javascript, timezone_id="America/Chicago", locale="en-US",
    )  # fmt: skip
    try:
        context.set_default_timeout(ACTION_MS_MAX)
        if role is not None:
            with signed_in(site, role) as client:
                cookie = client.cookies[COOKIE]
            context.add_cookies([{"name": COOKIE, "value": cookie, "url": site.url}])
        yield context
    finally:
        context.close()


@contextmanager
def signed_in(site: Site, role: str) -> Generator[httpx.Client]:
    """Ask for pages without a browser, signed in with the token of a role."""
    with httpx.Client(base_url=site.url) as client:
        client.post("/sign-in", data={"token": site.seeded.tokens[role]})
        yield client
