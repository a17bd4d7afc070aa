"""What is answered to a submitted message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from consumers.broker import Message
from consumers.submitted import ORIGINAL_BYTES_MAX, Keys, understand
from tests import ledgers


@pytest.mark.parametrize(
    ("value", "encoding", "length"),
    [
        pytest.param("ä".encode() * 9, "utf-8", 9, id="short"),
        pytest.param(b"a" + "ä".encode() * ORIGINAL_BYTES_MAX, "utf-8", ORIGINAL_BYTES_MAX // 2,
                     id="cut within a letter"),
        pytest.param("ä".encode() * 9 + b"\xc3", "base64", 28, id="half a letter was sent"),
    ],
)  # fmt: skip
def test_text_stays_text_where_it_is_cut(value: bytes, encoding: str, length: int) -> None:
    message = Message("evidence.submitted", 0, 7, b"k", value, ())
    answer = understand(
        message, Keys(lambda _: None), ledgers.settings("x"), now=datetime.now(UTC)
    ).fault
    assert answer is not None
    assert (answer.original_encoding, len(answer.original)) == (encoding, length)
