"""Serving: the API, the engine that follows the log, and the pages, in one process or several."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from socket import socket
from threading import Event, Thread
from types import FrameType

import uvicorn

from api import processes
from api.processes import Ready, address_of, application
from ledger.collecting import long_lived
from ledger.config import Settings
from ledger.errors import SettingError
from ledger.service import Ledger
from projections.engine import Engine

_log = logging.getLogger(__name__)
SHUTDOWN_S = 15  # requests that are being answered may take so long to end
ENGINE_STOP_S = 30.0


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Ready) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            long_lived()
            self._ready(address_of(self.servers[0].sockets[0]))


def serve(
    ledger: Ledger, settings: Settings, *, engine: bool = True, pages: bool = True,
    ready: Ready = lambda _address: None,
) -> None:  # fmt: skip
    """Answer requests until SIGTERM or SIGINT; what was begun is finished first.

    With `settings.serve_processes` above 1 others answer, and this one has the engine.

    Raises:
        LedgerError: a process could not begin.
        SettingError: nobody can listen at this address.
    """
    single = settings.serve_processes == 1
    config = uvicorn.Config(
        application(ledger, settings, pages=pages) if single else "",
        host=settings.host, port=settings.port, loop="uvloop", http="httptools",
        log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )  # fmt: skip
    with _signals_do_not_kill(), _following(ledger, settings, on=engine):
        try:
            if single:
                _Server(config, ready).run()
            else:
                long_lived()  # this one has the engine; those that answer say so for themselves
                processes.run(ledger, settings, config, pages=pages, ready=ready)
        except SystemExit as error:  # uvicorn's, where it cannot listen; it has said why
            where = f"{settings.host}, port {settings.port}"
            raise SettingError(
                f"MASTERY_HOST, MASTERY_PORT: cannot listen on {where}; the line before says why"
            ) from error


def follow(ledger: Ledger, settings: Settings) -> None:
    """Run the engine alone until SIGTERM or SIGINT."""
    stop = Event()
    with _signals_do_not_kill(stop.set):
        long_lived()
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
