"""Several processes that answer requests on one port, looked after by the one that began them.

Python runs one thread at a time in a process: on more than one core, more processes answer more.
Each has its own writer; the append lock in PostgreSQL keeps the log in one order. uvicorn's
supervisor starts them, and starts another where one died.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from multiprocessing import parent_process
from socket import socket
from threading import Thread

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from uvicorn.supervisors import Multiprocess

from api.app import create_app
from api.web.mounting import mount
from ledger.collecting import long_lived
from ledger.config import Settings
from ledger.errors import LedgerError
from ledger.service import Ledger
from ledger.store.database import once_up
from projections.answers import Answers

START_S = 60.0  # a process that does not answer by then ends the service

Ready = Callable[[str], None]
"""Called once with the address, as soon as requests are answered."""


def application(ledger: Ledger, settings: Settings, *, pages: bool) -> FastAPI:
    """Put the API, and the pages if asked for, over a ledger."""
    answers = Answers(ledger, facts_kept_max=settings.answers_facts_cached_max)
    app = create_app(ledger, settings, answers=answers)
    if pages:
        mount(app, session_key=ledger.session_key)
    return app


def address_of(listening: socket) -> str:
    """Write the address of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run(
    ledger: Ledger, settings: Settings, config: uvicorn.Config, *, pages: bool, ready: Ready
) -> None:
    """Answer requests from `settings.serve_processes` processes until SIGTERM or SIGINT.

    Raises:
        LedgerError: a process could not begin.
    """
    theirs = settings.model_copy(update={"database_url": SecretStr(ledger.owner_conninfo)})
    config.app, config.factory = partial(_made, theirs, pages=pages), True
    config.workers = settings.serve_processes
    listening = config.bind_socket()
    try:
        supervisor = _Supervisor(config, [listening], partial(ready, address_of(listening)))
        supervisor.run()
    finally:
        listening.close()
    if not supervisor.began:
        raise LedgerError("a process that answers requests could not begin; its output says why")


class _Supervisor(Multiprocess):
    """uvicorn's, which says when all processes answer."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket], ready: Callable[[], None]
    ) -> None:
        super().__init__(config, sockets)
        self._ready = ready
        self.began = False

    def init_processes(self) -> None:
        super().init_processes()
        for process in self.processes:
            if not process.wait_until_ready(START_S, self.should_exit):
                self.should_exit.set()
                return
        self.began = True
        self._ready()


def _made(settings: Settings, *, pages: bool) -> FastAPI:
    """Make the application of one process, which opens the same ledger for itself."""
    Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    stack = ExitStack()
    opening = once_up(lambda: Ledger.open(settings), timeout_s=settings.append_retry_s)
    app = application(stack.enter_context(opening), settings, pages=pages)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        with stack:
            long_lived()
            yield

    app.router.lifespan_context = lifespan
    return app


def _end_with_parent() -> None:
    """Stop this process when the one that began it is gone, however it went."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
