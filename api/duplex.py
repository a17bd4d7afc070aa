"""A response that is written while the request is still being read.

Not Starlette's StreamingResponse: that one reads the request too, to notice when the client
leaves, and would swallow the body.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from typing import IO

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

MEMORY_BYTES_MAX = 8 * 1024 * 1024
READ_BYTES = 64 * 1024


class Backlog:
    """Answers that the client has not taken yet: in memory first, then in an unnamed file.

    A client that sends everything before it reads anything would otherwise stop a bounded
    buffer, then the reading of its own request, and both sides would wait for ever.
    """

    def __init__(self, *, memory_bytes_max: int = MEMORY_BYTES_MAX) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(memory_bytes_max)  # noqa: SIM115 (closed in close)
        self._written = self._read = 0
        self._news = asyncio.Event()
        self._complete = False

    def put(self, data: bytes) -> None:
        """Add to the end."""
        if self._read == self._written:  # everything was taken: start anew, so it stays small
            self._read = self._written = 0
            self._file.seek(0)
            self._file.truncate()
        self._file.seek(self._written)
        self._file.write(data)
        self._written += len(data)
        self._news.set()

    def complete(self) -> None:
        """Say that nothing follows."""
        self._complete = True
        self._news.set()

    async def take(self) -> bytes:
        """Give what comes next; b"" at the end."""
        while self._read == self._written:
            if self._complete:
                return b""
            self._news.clear()
            await self._news.wait()
        self._file.seek(self._read)
        data = self._file.read(READ_BYTES)
        self._read += len(data)
        return data

    def close(self) -> None:
        """Drop what is left."""
        self._file.close()


class DuplexResponse(Response):
    """Sends what `source` gives; the source may read the request's body meanwhile."""

    def __init__(
        self, source: AsyncIterator[bytes], *, media_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self._source = source
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.init_headers(headers)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Run source and sending side by side."""
        backlog = Backlog()
        filling = asyncio.create_task(self._fill(backlog))
        try:
            data = await backlog.take()
            # Only now: a client that waits for "100 Continue" must not see the answer's head
            # before its body was asked for.
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while data:
                await send({"type": "http.response.body", "body": data, "more_body": True})
                data = await backlog.take()
            await filling  # a failure leaves the response without its end, which a client notices
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)
            backlog.close()

    async def _fill(self, backlog: Backlog) -> None:
        try:
            async for data in self._source:
                backlog.put(data)
        finally:
            backlog.complete()
