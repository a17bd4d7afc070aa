"""A door between the ledger's writer and PostgreSQL, which shuts at a chosen step of an append.

It reads PostgreSQL's wire protocol (documentation, chapter 54, "Frontend/Backend Protocol") just
far enough to know which statement goes by and when its answer is complete. Loopback only.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from struct import Struct
from threading import Thread
from typing import Literal, NamedTuple, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

When = Literal["before", "after"]
"""Before the statement reaches the server, or after its answer has left it and not arrived."""
How = Literal["cut", "ended", "late"]
"""The connection is cut; the backend is ended by pg_terminate_backend; or the connection is cut
and the statement still reaches the server, a while after the writer has given up on it."""

LATE_S = 0.4
_LENGTH = Struct(">I")
_PID = Struct(">i")
_WRITER = b"enable_seqscan"  # only the writer says this
_BLOCK_BYTES = 65_536


class Stop(NamedTuple):
    """Where to shut the door."""

    step: str
    when: When
    how: How


class Wire:
    """Takes connections on a free port and passes them on, until a stop is due."""

    def __init__(self, url: str) -> None:
        self._real = url
        parts = conninfo_to_dict(url)
        self._upstream = f"{parts['host']}/.s.PGSQL.{parts.get('port') or 5432}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self.stop: Stop | None = None
        self.shut = False
        """Whether the stop has come to pass."""
        self.statements: list[str] = []
        """What the writer has said."""

    @property
    def url(self) -> str:
        """Name the database behind the door."""
        return make_conninfo(
            self._real, host="127.0.0.1", port=self._port, sslmode="disable", gssencmode="disable"
        )

    def __enter__(self) -> Self:
        self._serve()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cut every connection and take no more."""
        for one in [self._listener, *self._open]:
            shut(one)
        self._open.clear()

    def open(self) -> None:
        """Take connections again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._serve()

    def _serve(self) -> None:
        Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def end_backend(self, pid: int) -> None:
        with psycopg.connect(self._real) as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._upstream)
                self._open += [client, server]
                passage = _Passage(self, client, server)
                Thread(target=passage.requests, daemon=True).start()
                Thread(target=passage.answers, daemon=True).start()


class _Passage:
    """One connection through the door."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self._wire, self._client, self._server = wire, client, server
        self._is_writer = False
        self._withholding: Stop | None = None
        self._pid = 0

    def requests(self) -> None:
        """Pass on what the client says."""
        try:
            self._server.sendall(read_startup(self._client))
            for message in packets(self._client):
                self._request(message)
        except OSError:
            pass
        finally:
            shut(self._server)

    def _request(self, message: bytes) -> None:
        if message[:1] in {b"Q", b"P"}:
            self._is_writer = self._is_writer or _WRITER in message
            stop = self._due(message)
            if stop is not None and stop.when == "after":
                self._withholding = stop
            elif stop is not None:
                self._shut(stop, message)
                return
        self._server.sendall(message)

    def _due(self, message: bytes) -> Stop | None:
        if not self._is_writer:
            return None
        said = message[5:].strip(b"\0").decode(errors="replace")
        self._wire.statements.append(said)
        stop = self._wire.stop
        if stop is None or stop.step not in said:
            return None
        self._wire.stop, self._wire.shut = None, True
        return stop

    def answers(self) -> None:
        """Pass on what the server answers, but for the end of an answer that is withheld."""
        try:
            for message in packets(self._server):
                if message[:1] == b"K":
                    (self._pid,) = _PID.unpack_from(message, 5)
                if self._withholding is None:
                    self._client.sendall(message)
                elif message[:1] == b"Z":
                    stop, self._withholding = self._withholding, None
                    self._shut(stop, b"")
                elif message[:1] != b"C":
                    self._client.sendall(message)
        except OSError:
            pass
        finally:
            shut(self._client)

    def _shut(self, stop: Stop, unsent: bytes) -> None:
        if stop.how == "ended":
            self._wire.end_backend(self._pid)
            return
        shut(self._client)
        if stop.how == "late":
            time.sleep(LATE_S)
            self._server.sendall(unsent)
            time.sleep(LATE_S)
        shut(self._server)


def read_startup(source: socket.socket) -> bytes:
    """Read a client's first message, which has no type."""
    head = source.recv(4, socket.MSG_WAITALL)
    return head + source.recv(_LENGTH.unpack(head)[0] - 4, socket.MSG_WAITALL)


def packets(source: socket.socket) -> Iterator[bytes]:
    """Read messages whole: a type, a length, a body."""
    held = b""
    while block := source.recv(_BLOCK_BYTES):
        held += block
        while len(held) >= 5 and len(held) >= (size := 1 + _LENGTH.unpack_from(held, 1)[0]):
            yield held[:size]
            held = held[size:]


def shut(one: socket.socket) -> None:
    """Close a socket at once, and wake who reads from it."""
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
