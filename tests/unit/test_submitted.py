"""What is answered to a submitted message."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from consumers.broker import Message
from consumers.submitted import ORIGINAL_BYTES_MAX, Keys, understand
from ledger.domain.ids import ProviderId
from ledger.standards.translation import Translated
from ledger.store.access import Holder
from tests import ledgers
from tests.served import item


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


@pytest.mark.parametrize("written_at", [0x2C2C2C2C, 0x3B3B3B3B, 0x09090909, 0x22222222])
def test_compressed_evidence_is_evidence_whenever_it_was_compressed(written_at: int) -> None:
    """A gzip has a time in its head, which may look like the commas of CSV."""
    value = gzip.compress(msgspec.json.encode(item(6)), mtime=written_at)
    holder = Holder("provider", ProviderId(UUID(int=7)), "school")
    keys = Keys(lambda _: holder)
    message = Message("evidence.submitted", 0, 7, b"k", value, (("provider-key", b"mlt_x"),))
    found = understand(message, keys, ledgers.settings("x"), now=datetime.now(UTC))
    assert [type(one) for one in found.translations] == [Translated]
