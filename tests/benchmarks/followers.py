"""Many who follow the feed as server-sent events, in a process of their own.

    python -m tests.benchmarks.followers http://127.0.0.1:8000 TOKEN 200

Writes a line when all are connected, reads until a line comes, and writes how many changes came.
"""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

MARK = b"\nid: "


class Follower(asyncio.Protocol):
    """Counts changes, and keeps nothing."""

    def __init__(self, request: bytes, connected: asyncio.Semaphore) -> None:
        self._request, self._connected = request, connected
        self._began = False
        self.changes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count what came; the head of the answer is the first."""
        if not self._began:
            self._began = True
            assert data.startswith(b"HTTP/1.1 200"), data[:200]
            self._connected.release()
        self.changes += data.count(MARK)


async def follow(address: str, token: str, count: int) -> None:
    """Follow until a line comes on standard input."""
    to, loop = urlsplit(address), asyncio.get_running_loop()
    request = (
        f"GET /v1/changes/stream?after={_end(address, token)} HTTP/1.1\r\n"
        f"host: {to.netloc}\r\nauthorization: Bearer {token}\r\n\r\n"
    ).encode()
    connected = asyncio.Semaphore(0)
    assert to.hostname is not None
    assert to.port is not None
    opened = [
        await loop.create_connection(lambda: Follower(request, connected), to.hostname, to.port)
        for _ in range(count)
    ]
    for _ in range(count):
        await connected.acquire()
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.readline)
    sys.stdout.write(f"{sum(one.changes for _, one in opened)}\n")
    for transport, _ in opened:
        transport.abort()


def _end(address: str, token: str) -> int:
    """Find the end of the feed: who follows from there is not told what was."""
    after, headers = 0, {"authorization": f"Bearer {token}"}
    while True:
        url = f"{address}/v1/changes?after={after}&limit=1000"
        with urlopen(Request(url, headers=headers), timeout=30) as answer:
            page = json.load(answer)
        if not page["items"]:
            return after
        after = page["next"]


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], sys.argv[2], int(sys.argv[3])))
