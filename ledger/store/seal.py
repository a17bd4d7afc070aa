"""Sealing bodies: AES-256-GCM under a key used for one body only.

The key of a body is BLAKE2b-256 keyed with the owner's data key over the body's id (RFC 7693:
a keyed pseudo-random function, measured four times as quick as HMAC here; docs/adr/0002). As
no key seals twice, the nonce is constant. Fact id, stream, topic and provider are authenticated
inside the seal; position, version and recorded_at, known only under the append lock, by the
header's own code (`keys.MasterKey.header_mac`).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from struct import Struct
from uuid import UUID

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import SealError

SEALED = b"\x01"  # first byte of a sealed state; clear bodies are JSON and begin with "{"
_NONCE = bytes(12)
_HEADER = Struct(">q16sq8s16s16s16s")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's, so that stored microseconds agree
_MICROSECOND = timedelta(microseconds=1)
_NO_PROVIDER = bytes(16)
_DOCUMENT_BYTES_MAX = 256 * 1024 * 1024


def body_key(data_key: bytes, name: bytes) -> bytes:
    """Derive the key of one body from its owner's data key and its own name."""
    return hashlib.blake2b(name, digest_size=32, key=data_key, person=b"mastery-body").digest()


def associated(fact_id: bytes, stream: bytes, topic: bytes, provider: bytes | None) -> bytes:
    """What a sealed body is bound to: all of its header that is known before appending."""
    return fact_id + stream + (provider or _NO_PROVIDER) + topic


def seal_body(body: bytes, *, data_key: bytes, fact_id: bytes, bound: bytes) -> bytes:
    """Seal the body of one fact. `fact_id` (16 bytes) must never be used twice."""
    return SEALED + AESGCM(body_key(data_key, fact_id)).encrypt(_NONCE, body, bound)


def open_body(state: bytes, *, data_key: bytes, fact_id: bytes, bound: bytes) -> bytes:
    """Open the body of one fact.

    Raises:
        SealError: body or bound header were altered, or the key is another's.
    """
    try:
        return AESGCM(body_key(data_key, fact_id)).decrypt(_NONCE, state[1:], bound)
    except InvalidTag as error:
        raise SealError(f"fact {UUID(bytes=fact_id)}") from error


def seal_document(document: bytes, *, data_key: bytes, address: bytes) -> bytes:
    """Compress and seal a document; its address names its key."""
    packed = zstandard.ZstdCompressor(level=3).compress(document)
    return SEALED + AESGCM(body_key(data_key, address)).encrypt(_NONCE, packed, address)


def open_document(sealed: bytes, *, data_key: bytes, address: bytes) -> bytes:
    """Open a document and give its bytes as they were received.

    Raises:
        SealError: it was altered, or the key is another's.
    """
    try:
        packed = AESGCM(body_key(data_key, address)).decrypt(_NONCE, sealed[1:], address)
    except InvalidTag as error:
        raise SealError(f"document {address.hex()[:16]}…") from error
    decompressor = zstandard.ZstdDecompressor()
    return decompressor.decompress(packed, max_output_size=_DOCUMENT_BYTES_MAX)


def microseconds(moment: datetime) -> int:
    """Count whole microseconds from 2000-01-01 UTC, as PostgreSQL stores a timestamptz."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(recorded_at: bytes) -> datetime:
    """Give the moment that PostgreSQL sends as 8 bytes (timestamptz_send)."""
    return _EPOCH + timedelta(microseconds=int.from_bytes(recorded_at, "big", signed=True))


def header(
    place: tuple[int, bytes, int, bytes], *, bound: tuple[bytes, bytes | None, bytes], state: bytes
) -> bytes:
    """Lay out what `mac` authenticates: the header columns, and what stands for the state.

    `place` is position, stream, version and recorded_at (8 bytes, as PostgreSQL sends it);
    `bound` is fact id, provider and topic. For the state stands a sealed one's authentication
    tag, or a clear one's digest.
    """
    fact_id, provider, topic = bound
    sealed = state[:1] == SEALED
    stands = state[-16:] if sealed else hashlib.blake2b(state, digest_size=16).digest()
    return _HEADER.pack(*place, fact_id, provider or _NO_PROVIDER, stands) + topic
