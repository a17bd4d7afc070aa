"""Sending one webhook: signed as Standard Webhooks says, to an address that was looked at first.

The host's name is resolved once, every address it has is checked, and the connection is made to
a checked address: a name that answers differently a moment later (DNS rebinding) gains nothing.
Redirects are not followed, for the same reason.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import io
import ipaddress
import math
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from consumers.errors import DestinationRefusedError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Resolver = Callable[[str, int], Sequence[str]]
ANSWER_BYTES_MAX = 4_096
AGENT = "mastery-ledger-webhooks/1"
# Networks that carry an IPv4 address inside, which could be a private one.
_CARRIERS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")))


class Destination(NamedTuple):
    """A URL taken apart, and the one address that was checked."""

    host: str
    port: int
    path: str
    tls: bool
    address: str


class Answer(NamedTuple):
    """What the subscriber answered; `retry_after_s` where it asked for patience."""

    status: int
    retry_after_s: float | None


def resolve(host: str, port: int) -> Sequence[str]:
    """Give every address of a host.

    Raises:
        OSError: the name does not resolve.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def destination(url: str, *, private_allowed: bool, resolver: Resolver = resolve) -> Destination:
    """Take a URL apart, resolve its host, and check every address.

    Raises:
        DestinationRefusedError: not https, with a user name or with characters that no request
            may hold, or with an address that is private.
        OSError: the name does not resolve.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise DestinationRefusedError(f"{url}: {error}") from error
    tls = parts.scheme == "https"
    if not tls and not (parts.scheme == "http" and private_allowed):
        raise DestinationRefusedError(f"{url} is not an https URL")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise DestinationRefusedError(f"{url} has characters that are to be percent-encoded")
    if not host or parts.username is not None or parts.password is not None:
        raise DestinationRefusedError(f"{url} has no host, or has a user name")
    port = port or (443 if tls else 80)
    try:
        addresses = resolver(host, port)
    except UnicodeError as error:
        raise DestinationRefusedError(f"{host} is not the name of a host") from error
    if not private_allowed:
        for address in addresses:
            if not is_public(address):
                raise DestinationRefusedError(f"{host} has the address {address}, which is private")
    if not addresses:
        raise DestinationRefusedError(f"{host} has no address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(host, port, path, tls, addresses[0])


def is_public(text: str) -> bool:
    """Say whether an address belongs to the public internet, whatever it is wrapped in."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if any(address in network for network in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def signed(body: bytes, *, name: str, at: int, secret: bytes) -> dict[str, str]:
    """Give the headers of Standard Webhooks; `at` is Unix time in seconds."""
    content = f"{name}.{at}.".encode() + body
    code = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": f"v1,{code}"}


class Sender:
    """One connection to one destination, kept open from delivery to delivery."""

    def __init__(self, to: Destination, *, timeout_s: float) -> None:
        self._to = to
        self._connection = _Pinned(to, timeout_s=timeout_s)

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Send, and read no more of the answer than is needed.

        Raises:
            OSError: no connection, or no whole answer in time.
            http.client.HTTPException: no answer in HTTP.
        """
        self._connection.begin()
        default = 443 if self._to.tls else 80
        host = f"[{self._to.host}]" if ":" in self._to.host else self._to.host
        given = {
            "host": host if self._to.port == default else f"{host}:{self._to.port}",
            "content-type": "application/cloudevents+json",
            "user-agent": AGENT,
        }
        self._connection.request("POST", self._to.path, body, {**given, **headers})
        answer = self._connection.getresponse()
        answer.read(ANSWER_BYTES_MAX)
        if not answer.isclosed():
            self.close()  # more than anybody needs to say: not worth reading to its end
        return Answer(answer.status, _seconds(answer.getheader("retry-after")))

    def close(self) -> None:
        """Let go of the connection; the next delivery opens another."""
        self._connection.close()


class _Pinned(http.client.HTTPConnection):
    """Connects to the checked address, and speaks TLS for the host's name."""

    def __init__(self, to: Destination, *, timeout_s: float) -> None:
        super().__init__(to.host, to.port, timeout=timeout_s)
        self._to, self._timeout_s, self._ends = to, timeout_s, 0.0
        self.response_class = self._response  # type: ignore[assignment]  # called like the class

    def begin(self) -> None:
        """Let the time of one delivery run."""
        self._ends = time.monotonic() + self._timeout_s
        if self.sock is not None:
            self.sock.settimeout(self._timeout_s)

    def _response(self, sock: socket.socket, method: str | None) -> http.client.HTTPResponse:
        timely: Any = _Timely(sock, ends=self._ends)
        return http.client.HTTPResponse(timely, method=method)

    def connect(self) -> None:
        """Open the connection."""
        opened = socket.create_connection((self._to.address, self._to.port), self._timeout_s)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._to.tls:
            context = ssl.create_default_context()
            opened = context.wrap_socket(opened, server_hostname=self._to.host)
        self.sock = opened


class _Timely(io.RawIOBase):
    """Reads from a socket until a moment, however little comes at a time."""

    def __init__(self, sock: socket.socket, *, ends: float) -> None:
        super().__init__()
        self._sock, self._ends = sock, ends
        self._inner = sock.makefile("rb", buffering=0)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give what a response reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read what there is, if there is time left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("no whole answer in time")
        self._sock.settimeout(left)
        return self._inner.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket, which the connection may keep open."""
        self._inner.close()
        super().close()


def _seconds(text: str | None) -> float | None:
    try:
        found = float(text) if text else math.nan
    except ValueError:
        return None  # a date: our own backoff is as good
    return max(0.0, found) if math.isfinite(found) else None
