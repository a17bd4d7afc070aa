"""One process that serves: the API, the engine that follows the log, and the pages."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from socket import socket
from threading import Event, Thread
from types import FrameType

import uvicorn

from api.app import create_app
from api.web.mounting import mount
from ledger.config import Settings
from ledger.service import Ledger
from projections.answers import Answers
from projections.engine import Engine

_log = logging.getLogger(__name__)
SHUTDOWN_S = 15  # requests that are being answered may take so long to end
ENGINE_STOP_S = 30.0

Ready = Callable[[str], None]
"""Called once with the address, as soon as requests are answered."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Ready) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(f"http://{f'[{host}]' if ':' in host else host}:{port}")


def serve(
    ledger: Ledger, settings: Settings, *, engine: bool = True, pages: bool = True,
    ready: Ready = lambda _address: None,
) -> None:  # fmt: skip
    """Answer requests until SIGTERM or SIGINT; what was begun is finished first."""
    answers = Answers(ledger, facts_kept_max=settings.answers_facts_cached_max)
    app = create_app(ledger, settings, answers=answers)
    if pages:
        mount(app)
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, loop="uvloop", http="httptools",
        log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )  # fmt: skip
    server = _Server(config, ready)
    with _signals_do_not_kill(), _following(ledger, settings, on=engine):
        server.run()


def follow(ledger: Ledger, settings: Settings) -> None:
    """Run the engine alone until SIGTERM or SIGINT."""
    stop = Event()
    with _signals_do_not_kill(stop.set):
        Engine(ledger, settings).run(stop)


@contextmanager
def _following(ledger: Ledger, settings: Settings, *, on: bool) -> Generator[None]:
    """Run the engine in a thread beside the server."""
    stop = Event()
    thread = Thread(target=_run, args=(ledger, settings, stop), name="engine", daemon=True)
    if on:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if on:
            thread.join(ENGINE_STOP_S)


def _run(ledger: Ledger, settings: Settings, stop: Event) -> None:
    try:
        Engine(ledger, settings).run(stop)
    except Exception:  # noqa: BLE001 (whatever it was, requests are still answered)
        # On-demand answers stay right without it; /health says that the views fall behind.
        _log.exception("the engine ended")


@contextmanager
def _signals_do_not_kill(then: Callable[[], None] = lambda: None) -> Generator[None]:
    """Let SIGTERM and SIGINT end the work, not the process: the ledger is closed after it.

    uvicorn raises the signal once more when it has shut down; the default would end the process
    there, with an embedded PostgreSQL left running.
    """

    def heard(_number: int, _frame: FrameType | None) -> None:
        then()

    before = {each: signal.signal(each, heard) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
