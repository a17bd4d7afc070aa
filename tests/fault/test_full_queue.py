"""A subscriber that does not read fills its own queue, and nobody else's."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import downstream
from tests.served import Served, serving

pytestmark = pytest.mark.fault
CHANGES = 30_000  # some 15 MB as events: more than all buffers between service and subscriber hold
READ_S_MAX = 60.0
MANY_CHANGES = b"""
    INSERT INTO views.mastery_changes
           (sequence, id, learner, competency, from_state, to_state, cause, cause_position, policy,
            policy_digest, effective_at, recorded_at)
    SELECT n, gen_random_uuid(), gen_random_uuid(), 'https://skills.example/welding/tig',
           'no_evidence', 'mastered', 'fact', n, 'one-is-enough', repeat('0', 64), now(), now()
      FROM generate_series(%s::bigint, %s) AS n"""


@contextmanager
def following(site: Served, token: str) -> Generator[socket.socket]:
    """Ask for the stream from its beginning, over a connection with a small window."""
    to = urlsplit(site.url)
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        found.settimeout(READ_S_MAX)
        found.connect((to.hostname, to.port))
        found.sendall(
            f"GET /v1/changes/stream?after=0 HTTP/1.1\r\nhost: {to.netloc}\r\n"
            f"authorization: Bearer {token}\r\n\r\n".encode()
        )
        yield found


def sequences(stream: socket.socket, *, until: int) -> list[int]:
    """Read on to a sequence number."""
    found, deadline = list[int](), time.monotonic() + READ_S_MAX
    with stream.makefile("rb") as lines:
        while (not found or found[-1] < until) and time.monotonic() < deadline:
            line = lines.readline()
            if line.startswith(b"id: "):
                found.append(int(line[4:]))
    return found


def health_s(site: Served) -> float:
    to, began = urlsplit(site.url), time.monotonic()
    connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=READ_S_MAX)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - began


def test_a_subscriber_that_does_not_read_delays_nobody_and_misses_nothing(migrated: str) -> None:
    with serving(migrated) as site:
        downstream.engine_catches_up(site.ledger, downstream.settings(migrated))
        token = site.ledger.access.issue("reader", label="stream")
        everything = list(range(1, CHANGES + 1))
        with following(site, token) as idle, following(site, token) as reading:
            with psycopg.connect(migrated, autocommit=True) as connection:
                for start in range(1, CHANGES, CHANGES // 3):
                    connection.execute(MANY_CHANGES, (start, start + CHANGES // 3 - 1))
                    connection.execute("SELECT pg_notify('mastery_changes', '')")
            assert sequences(reading, until=CHANGES) == everything
            assert health_s(site) < READ_S_MAX / 10
            assert sequences(idle, until=CHANGES) == everything
