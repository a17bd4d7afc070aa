"""kafka-python as tests need it: a socket that it lets go of is closed."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (kafka-python ships no types; see consumers/broker.py)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.fixture(autouse=True)
def sockets_of_kafka_python(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Generator[None]:
    """Close the socket of a connection that is given up while it is made.

    kafka-python (3.0.12, net/inet.py) leaves it to the garbage collector, whose warning would
    fail whichever test runs by then. Sockets that we forget still fail a test.
    """
    if request.node.get_closest_marker("kafka") is None:
        yield
        return
    from kafka.net.inet import KafkaNetSocket  # slow, and most tests need none

    connect: Any = KafkaNetSocket.sock_connect

    async def closing(self: Any, net: Any, sock: Any, *rest: Any, **named: Any) -> Any:
        try:
            return await connect(self, net, sock, *rest, **named)
        except BaseException:
            sock.close()
            raise

    with monkeypatch.context() as patch:
        patch.setattr(KafkaNetSocket, "sock_connect", closing)
        yield
