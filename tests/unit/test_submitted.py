"""What is answered to a submitted message."""

from __future__ import annotations

import gzip
import tracemalloc
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from consumers.broker import Message
from consumers.submitted import (
    AWAITED_TYPE,
    ORIGINAL_BYTES_MAX,
    AwaitedData,
    Keys,
    Place,
    answer_headers,
    answers,
    understand,
)
from ledger.domain.ids import EvidenceId, LearnerId, Position, ProviderId
from ledger.service import Receipt
from ledger.standards.translation import Refused, Translated, Withdrawal
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


def test_a_void_of_what_has_not_come_is_answered_as_awaited() -> None:
    message = Message("evidence.submitted", 3, 7, b"k", b"{}", ())
    nobody = UUID(int=0)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    receipt = Receipt(
        EvidenceId(nobody), LearnerId(nobody), Position(9), at, b"", duplicate=False, awaited=True
    )
    void = Translated(0, b"{}", withdrawals=(Withdrawal("7", "voided"),))
    (answer,) = answers(message, [void], [], [[receipt]])
    place = Place("evidence.submitted", 3, 7, 0)
    assert answer == AwaitedData(place, "awaited", 9, at, duplicate=False)
    assert dict(answer_headers(message, 0, answer))["ce_type"] == AWAITED_TYPE.encode()


@pytest.mark.parametrize("first", [b'{"id": "', b'{"CFDocument": {}, "CFItems": "'])
def test_a_message_unpacks_to_no_more_than_a_body_may_have(first: bytes) -> None:
    value = gzip.compress(first + b"x" * 9_000_000)
    holder = Holder("provider", ProviderId(UUID(int=7)), "school")
    message = Message("evidence.submitted", 0, 7, b"k", value, (("provider-key", b"mlt_x"),))
    bounded = ledgers.settings("x", body_bytes_max=2_000_000)
    tracemalloc.start()
    try:
        found = understand(message, Keys(lambda _: holder), bounded, now=datetime.now(UTC))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (refused,) = found.translations
    assert isinstance(refused, Refused)
    assert refused.rejects[0].why == "unpacks to more than 2000000 bytes"
    assert refused.raw == value
    assert most < 8_000_000
