"""kafka-python as tests need it: a socket that it lets go of is closed without a word."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (kafka-python ships no types; see consumers/broker.py)

from __future__ import annotations

import socket
from typing import Any

import pytest


class _Socket(socket.socket):
    """A socket that closes itself when nobody holds it any more."""

    def __del__(self) -> None:
        self.close()


@pytest.fixture(autouse=True)
def sockets_of_kafka_python(request: pytest.FixtureRequest) -> None:
    """Close what kafka-python leaves to the garbage collector.

    A connection that is given up while it is made, or with something left to send, keeps its
    socket open (kafka-python 3.0.12, net/inet.py, net/transport.py), and the collector's warning
    would fail whichever test runs by then. Sockets that we forget still fail a test.
    """
    if request.node.get_closest_marker("kafka") is None:
        return
    from kafka.net.inet import KafkaNetSocket  # slow, and most tests need none

    def made(
        self: Any, family: int = socket.AF_UNSPEC, sock_type: int = socket.SOCK_STREAM,
        proto: int = socket.IPPROTO_TCP,
    ) -> socket.socket:  # fmt: skip
        del self
        return _Socket(family, sock_type, proto)

    KafkaNetSocket.socket = made  # for good: its threads go on after the test
