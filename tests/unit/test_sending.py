"""Webhooks are signed as published, and sent nowhere that was not looked at first."""

from __future__ import annotations

import base64

import pytest

from consumers.errors import DestinationRefusedError
from consumers.sending import destination, is_public, signed

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0",
    "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:0a00:0001::", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_webhook_goes_to_a_private_address(address: str) -> None:
    def resolver(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", address]

    assert not is_public(address)
    with pytest.raises(DestinationRefusedError, match="private"):
        destination("https://hooks.example.org/x", private_allowed=False, resolver=resolver)


@pytest.mark.parametrize("url", [
    "http://example.org/", "https://user@example.org/", "https://user:pw@example.org/",
    "ftp://example.org/", "https:///path", "example.org", "https://[::1/", "https://x:99999/",
    "https://example.org/a b", "https://example.org/\u00e4", "https://ex\u00e4mple.org/",
])  # fmt: skip
def test_a_url_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(DestinationRefusedError):
        destination(url, private_allowed=False, resolver=lambda _host, _port: ["93.184.216.34"])


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])  # a name that rebinds
    found = destination(
        "https://hooks.example.org:8443/x?y=1", private_allowed=False,
        resolver=lambda _host, _port: next(answers),
    )  # fmt: skip
    assert found.address == "93.184.216.34"
    assert (found.host, found.port, found.path) == ("hooks.example.org", 8443, "/x?y=1")


def test_a_signature_is_that_of_the_published_example() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    name, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    headers = signed(body, name=name, at=1_614_265_330, secret=secret)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
