"""The thinnest door there could be: the yardstick for evidence over HTTP on the machine of the day.

It checks a body with pydantic, seals each piece under a key of its own, looks its id up, and copies
facts and receipts in one commit for all that wait. It knows no learner's other names, no authority,
no plausibility, no resend that differs, and keeps nobody apart. What the service takes longer than
this is what the rest costs; what this takes is the machine, Python and PostgreSQL.
"""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from queue import Empty, SimpleQueue
from socket import socket
from threading import Thread
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
import psycopg
import uvicorn
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from ledger.standards.native_model import EvidenceIn

DATABASE_URL = "THIN_DATABASE_URL"
TABLES = """
DROP SCHEMA IF EXISTS thin CASCADE;
CREATE SCHEMA thin;
CREATE TABLE thin.facts (position bigint PRIMARY KEY, stream uuid, id uuid, body bytea, recorded_at timestamptz);
CREATE TABLE thin.receipts (key bytea PRIMARY KEY, position bigint);
"""

_MANY = TypeAdapter(list[EvidenceIn])
_ONE = TypeAdapter(EvidenceIn)
_KNOWN = "SELECT key FROM thin.receipts WHERE key = ANY(%s)"
_FACTS = "COPY thin.facts FROM STDIN (FORMAT BINARY)"
_RECEIPTS = "COPY thin.receipts FROM STDIN (FORMAT BINARY)"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Row(NamedTuple):
    """One sealed piece of evidence."""

    key: bytes
    stream: UUID
    fact: UUID
    sealed: bytes


class Owners:
    """A stream and a data key for each learner; kept in memory."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[UUID, bytes]] = {}

    def sealed(self, item: EvidenceIn) -> Row:
        """Seal one item under a key derived from its learner's and its own id."""
        name = item["learner"].get("id") or ""
        owner = self._known.get(name)
        if owner is None:
            owner = self._known[name] = uuid4(), os.urandom(32)
        stream, data_key = owner
        fact = uuid4()
        cipher = AESGCM(hmac.digest(data_key, fact.bytes, "sha256"))
        body = cipher.encrypt(fact.bytes[:12], msgspec.json.encode(item), stream.bytes + fact.bytes)
        return Row(sha256(item["id"].encode()).digest(), stream, fact, body)


class Writer(Thread):
    """Commits all that waits, in one transaction at a time."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(daemon=True)
        self._url, self._loop = url, loop
        self._waiting: SimpleQueue[tuple[asyncio.Future[None], Sequence[Row]]] = SimpleQueue()
        self._position = 0

    def put(self, rows: Sequence[Row]) -> asyncio.Future[None]:
        """Queue rows; the future comes true after their commit."""
        future = self._loop.create_future()
        self._waiting.put((future, rows))
        return future

    def run(self) -> None:
        """Write for ever."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            while True:
                taken = [self._waiting.get()]
                try:
                    while True:
                        taken.append(self._waiting.get_nowait())
                except Empty:
                    pass
                self._write(connection, [row for _, rows in taken for row in rows])
                self._loop.call_soon_threadsafe(_settle, [future for future, _ in taken])

    def _write(self, connection: psycopg.Connection[Any], rows: Sequence[Row]) -> None:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(1)")
            cursor.execute(_KNOWN, ([row.key for row in rows],))
            known = {key for (key,) in cursor.fetchall()}
            fresh = [row for row in rows if row.key not in known]
            first, now = self._position + 1, datetime.now(UTC)
            with cursor.copy(_FACTS) as copy:
                copy.set_types(["int8", "uuid", "uuid", "bytea", "timestamptz"])
                for position, row in enumerate(fresh, first):
                    copy.write_row((position, row.stream, row.fact, row.sealed, now))
            with cursor.copy(_RECEIPTS) as copy:
                copy.set_types(["bytea", "int8"])
                for position, row in enumerate(fresh, first):
                    copy.write_row((row.key, position))
            self._position += len(fresh)


def _settle(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():  # else its client went away
            future.set_result(None)


class Door:
    """The ASGI application; whatever the path, a body is evidence."""

    def __init__(self, url: str) -> None:
        self._url, self._owners = url, Owners()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end with the server."""
        if scope["type"] == "lifespan":
            await receive()
            self._writer = Writer(self._url, asyncio.get_running_loop())
            self._writer.start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = await _body(receive)
        items = _MANY.validate_json(body) if body[:1] == b"[" else [_ONE.validate_json(body)]
        rows = [self._owners.sealed(item) for item in items]
        await self._writer.put(rows)
        await _answer(send, msgspec.json.encode([row.fact for row in rows]))


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        print(f"listening on http://{host}:{port}", flush=True)


def main() -> None:
    """Serve on a free port of loopback, over the database that the environment names."""
    url = os.environ[DATABASE_URL]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
    config = uvicorn.Config(
        Door(url), host="127.0.0.1", port=0, loop="uvloop", http="httptools",
        log_level="warning", access_log=False,
    )  # fmt: skip
    _Server(config).run()


if __name__ == "__main__":
    main()
